package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRedact(t *testing.T) {
	tests := []struct{ name, url, want string }{
		{"plain", "https://registry.test/a%2fb", "https://registry.test/a%2fb"},
		{"userinfo", "https://ann:pw@registry.test/a", "https://registry.test/a"},
		{"query", "https://registry.test/a?token=x", "https://registry.test/a"},
		{"empty query", "https://registry.test/a?", "https://registry.test/a"},
		{"fragment", "https://registry.test/a#x", "https://registry.test/a"},
		{"control", "https://registry.test/a\nb", "(unreadable address)"},
		{"unreadable", "https://ann:pw@[x/", "(unreadable address)"},
		{"opaque", "mailto:ann@registry.test", "(unreadable address)"},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Redact(test.url); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSecretNeverShows(t *testing.T) {
	const secret = Secret("t0psecret")
	holder := struct {
		A Secret
		B *Secret
		C []Secret
	}{secret, new(Secret), []Secret{secret}}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
		fmt.Fprintf(&shown, verb, secret)
		fmt.Fprintf(&shown, verb, holder)
	}
	data, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(data)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "y", secret, "z", holder)
	fmt.Fprint(&shown, secret, errors.New(secret.String()), Access{Authorization: secret})
	wantLacks(t, shown.String(), "t0psecret", fmt.Sprintf("%x", "t0psecret"))
	wantContains(t, shown.String(), redacted)
	if string(secret) != "t0psecret" || Secret("").String() != "" {
		t.Error("the text itself is lost, or an empty secret looks like one")
	}
}

func TestRedactingHandler(t *testing.T) {
	const password = "pa55/word"
	basic := Secret("Basic " + base64.StdEncoding.EncodeToString([]byte("ann:"+password)))
	registered := Secret("s3cr3t-value")
	tests := []struct {
		name string
		log  func(*slog.Logger)
		want string
	}{
		{"message", func(l *slog.Logger) { l.Info("got " + string(registered)) }, "got [redacted]"},
		{"attribute", func(l *slog.Logger) { l.Info("m", "a", "x"+string(registered)+"y") }, "x[redacted]y"},
		{"error", func(l *slog.Logger) { l.Info("m", "a", fmt.Errorf("because %s", registered+"")) }, "because"},
		{"raw error", func(l *slog.Logger) { l.Info("m", "a", errors.New("because "+string(registered))) }, "because [redacted]"},
		{"with", func(l *slog.Logger) { l.With("a", string(registered)).Info("m") }, "[redacted]"},
		{"group", func(l *slog.Logger) { l.WithGroup("g").Info("m", slog.Group("h", "a", string(registered))) }, "[redacted]"},
		{"bytes", func(l *slog.Logger) { l.Info("m", "a", []byte(registered)) }, "[redacted]"},
		{"header", func(l *slog.Logger) { l.Info("m", "a", http.Header{"X-Own": {string(registered)}}) }, "[redacted]"},
		{"nested pointer", func(l *slog.Logger) { l.Info("m", "a", struct{ P *string }{new(string(registered))}) }, "[redacted]"},
		{"decoded password", func(l *slog.Logger) { l.Info("password is " + password) }, "is [redacted]"},
		{"escaped password", func(l *slog.Logger) { l.Info("address x?" + url.QueryEscape(password)) }, "x?[redacted]"},
		{"token of basic", func(l *slog.Logger) { l.Info(strings.TrimPrefix(string(basic), "Basic ")) }, "[redacted]"},
		{"unknown bearer", func(l *slog.Logger) { l.Info("sent Bearer s3cr3t-unknown") }, "sent Bearer [redacted]"},
		{"header line", func(l *slog.Logger) { l.Info("Authorization: s3cr3t-unknown") }, "Authorization: [redacted]"},
		{"npmrc line", func(l *slog.Logger) { l.Info("//registry.test/:_authToken=s3cr3t-unknown") }, "_authToken=[redacted]"},
		{"JSON", func(l *slog.Logger) { l.Info(`{"_password":"s3cr3t-unknown"}`) }, "_password"},
		{"key", func(l *slog.Logger) { l.Info("m", "auth_token", "s3cr3t-unknown") }, "[redacted]"},
		{"userinfo", func(l *slog.Logger) { l.Info("from https://ann:s3cr3t-unknown@registry.test/x") }, "from https://registry.test/x"},
		{"userinfo that does not parse", func(l *slog.Logger) { l.Info("from //ann:s3cr3t-unknown@registry.test/x") }, "//[redacted]@registry.test/x"},
		{"query", func(l *slog.Logger) { l.Info("m", "url", "https://registry.test/x?sig=s3cr3t-unknown") }, "https://registry.test/x"},
		{"URL value", func(l *slog.Logger) {
			l.Info("m", "url", &url.URL{Scheme: "https", User: url.UserPassword("a", "s3cr3t-unknown"), Host: "registry.test"})
		}, "https://registry.test"},
		{"well-known token", func(l *slog.Logger) { l.Info("npm_s3cr3tunknowns3cr3tunknown") }, "npm_[redacted]"},
		{"ordinary text", func(l *slog.Logger) { l.Info("npm_config_registry of 12 packages", "n", 12) }, "npm_config_registry of 12 packages"},
		{"ordinary value", func(l *slog.Logger) { l.Info("m", "list", []string{"a", "b"}) }, `["a","b"]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var secrets Secrets
			secrets.Add(registered)
			secrets.Add(basic)
			secrets.Add("ab") // too short to be looked for
			var out strings.Builder
			test.log(slog.New(RedactingHandler(slog.NewJSONHandler(&out, nil), &secrets)))
			wantLacks(t, out.String(), "s3cr3t", "pa55", url.QueryEscape(password), string(basic)[len("Basic "):])
			wantContains(t, strings.ReplaceAll(out.String(), `\"`, `"`), test.want)
		})
	}
}

func TestRedactingHandlerWithoutSecrets(t *testing.T) {
	var out strings.Builder
	h := RedactingHandler(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}), nil)
	if h.Enabled(context.Background(), slog.LevelInfo) {
		t.Error("the level is lost")
	}
	slog.New(h).Warn("m", "a", "b")
	wantContains(t, out.String(), "msg=m a=b")
}

// TestNothingLeaks plants tokens everywhere and lets everything fail.
func TestNothingLeaks(t *testing.T) {
	access := Access{Upstream: "corp", Base: "http://registry.test/", Authorization: token}
	steps := map[string]http.HandlerFunc{
		"status":    say(500, "your token "+token+" is bad", "Content-Type: text/plain"),
		"hang up":   hangUp,
		"redirect":  say(302, "", "Location: http://a:t0psecret@other.test/?t0psecret"),
		"bad place": say(302, "", "Location: http://[t0psecret?t0psecret"),
		"too large": say(200, strings.Repeat("t0psecret", 100)),
		"check":     say(200, "t0psecret"),
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Options{Retries: 1, CacheDir: t.TempDir()}, step)
			r := Request{URL: address + "?q=t0psecret", Access: access, Limit: 100}
			r.Check = func(body []byte) error { return fmt.Errorf("in http://a:t0psecret@b.test/?t0psecret: %s", token) }
			_, getErr := l.Get(testContext(t), r)
			_, openErr := l.read(t, r)
			shown := fmt.Sprintf("%v %+v %s", getErr, openErr, l.log)
			wantLacks(t, shown, "t0psecret", "dDBwc2Vj")
			if getErr == nil {
				t.Error("nothing failed")
			}
		})
	}
}

func FuzzText(f *testing.F) {
	f.Add("Bearer abcdefghijk https://a:b@c.test/?d", []byte(`{"error":{"message":"x"}}`))
	f.Add("//a:b@c", []byte(`{"errors":[{"detail":"x"}]}`))
	f.Fuzz(func(t *testing.T, text string, body []byte) {
		got := shorten(printable(redactText(text)))
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\n\x1b\x00") || utf8.RuneCountInString(got) > maxExcerpt+1 {
			t.Errorf("%q", got)
		}
		_ = jsonMessage(body)
		_ = scrub(text, Secret(body))
	})
}

// TestClientTellsSecrets: what a request was authorized with is known to the
// log from then on, wherever it turns up.
func TestClientTellsSecrets(t *testing.T) {
	for _, how := range []string{"get", "open"} {
		t.Run(how, func(t *testing.T) {
			var secrets Secrets
			l := newLab(t, Options{Secrets: &secrets}, say(200, "x"))
			r := Request{URL: address, Access: Access{Base: address, Authorization: "Bearer t0psecret"}}
			if how == "get" {
				l.get(t, r)
			} else if _, err := l.read(t, r); err != nil {
				t.Error(err)
			}
			var out strings.Builder
			slog.New(RedactingHandler(slog.NewTextHandler(&out, nil), &secrets)).Info("it was t0psecret")
			wantLacks(t, out.String(), "t0psecret")
		})
	}
}
