package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

const token = "Bearer t0psecret-t0psecret"

// TestCredentialsOnRedirect follows chains of redirects and looks at which hops
// carry credentials. Hosts ending in a digit get a port of their own.
func TestCredentialsOnRedirect(t *testing.T) {
	const base = "http://registry.test/npm/"
	tests := []struct {
		name  string
		chain []string
		sent  []bool
	}{
		{"no redirect", []string{base + "a"}, []bool{true}},
		{"same place", []string{base + "a", base + "b"}, []bool{true, true}},
		{"default port spelled out", []string{base + "a", "http://registry.test:80/npm/b"}, []bool{true, true}},
		{"upper case", []string{base + "a", "http://REGISTRY.test/npm/b"}, []bool{true, true}},
		{"other host", []string{base + "a", "http://evil.test/npm/a"}, []bool{true, false}},
		{"subdomain", []string{base + "a", "http://cdn.registry.test/npm/a"}, []bool{true, false}},
		{"other port", []string{base + "a", "http://registry.test:8080/npm/a"}, []bool{true, false}},
		{"outside the prefix", []string{base + "a", "http://registry.test/other/a"}, []bool{true, false}},
		{"prefix of a name", []string{base + "a", "http://registry.test/npm-evil/a"}, []bool{true, false}},
		{"dots", []string{base + "a", "http://registry.test/npm/%2e%2e/other"}, []bool{true, false}},
		{"dots and backslash", []string{base + "a", "http://registry.test/npm/%2e%2e%5cother"}, []bool{true, false}},
		{"escaped slash", []string{base + "a", "http://registry.test/npm/..%2fother"}, []bool{true, false}},
		{"out and back", []string{base + "a", "http://evil.test/", base + "b", base + "c"}, []bool{true, false, false, false}},
		{"starts elsewhere", []string{"http://evil.test/", base + "b"}, []bool{false, false}},
		{"scoped name", []string{base + "@a%2fb", base + "@a%2fc"}, []bool{true, true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var steps []http.HandlerFunc
			for _, to := range test.chain[1:] {
				steps = append(steps, say(http.StatusFound, "", "Location: "+to))
			}
			world := scripted(append(steps, say(200, "end"))...)
			l := newLab(t, Options{}, world)
			access := Access{Base: base, Authorization: token}
			if got := l.get(t, Request{URL: test.chain[0], Access: access}); got != "end" {
				t.Fatal(got)
			}
			for i, r := range world.requests() {
				if got := r.Header.Get("Authorization"); (got != "") != test.sent[i] || got != "" && got != token {
					t.Errorf("hop %d to %s carries %q", i, r.URL, got)
				}
			}
		})
	}
}

func TestRedirectsCarryNothingElse(t *testing.T) {
	world := scripted(say(302, "", "Location: http://ann:pw@evil.test/x", "Set-Cookie: a=b; Domain=test"), say(302, "", "Location: /y"), say(200, "end"))
	l := newLab(t, Options{}, world)
	if got := l.get(t, Request{URL: address + "?sig=hidden", Accept: "text/x"}); got != "end" {
		t.Fatal(got)
	}
	for i, r := range world.requests() {
		for _, name := range []string{"Authorization", "Cookie", "Referer"} {
			if i > 0 && r.Header.Get(name) != "" {
				t.Errorf("hop %d has %s %q", i, name, r.Header.Get(name))
			}
		}
		if r.Header.Get("Accept") != "text/x" || r.UserAgent() != "feedctl" {
			t.Errorf("hop %d: %v", i, r.Header)
		}
	}
}

func TestAnswerHidesCredentials(t *testing.T) {
	l := newLab(t, Options{}, say(200, ""))
	to, err := newTarget(Request{URL: address, Access: Access{Base: address, Authorization: token}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(testContext(t), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := hop{l.Client, to}.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if req.Header.Get("Authorization") != "" || resp.Request.Header.Get("Authorization") != "" {
		t.Error("the credentials are where others see them")
	}
}

func TestRefusedRedirects(t *testing.T) {
	tests := []struct {
		name, to, want string
		requests       int
	}{
		{"endless", address + "?token=hidden", "more than 10 redirects, the last one to " + address, 11},
		{"scheme", "ftp://registry.test/hidden?x", "neither http nor https", 1},
		{"unreadable", "http://[hidden?token=hidden", "(unreadable address)", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			world := scripted(say(302, "", "Location: "+test.to))
			l := newLab(t, Options{Retries: -1}, world)
			got := l.get(t, Request{URL: address})
			wantContains(t, got, test.want)
			wantLacks(t, got, "token")
			if n := len(world.requests()); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

func TestNoDowngrade(t *testing.T) {
	var plain script
	plain.steps = []http.HandlerFunc{say(200, "changed on the way")}
	insecure := httptest.NewServer(&plain)
	defer insecure.Close()
	secure := httptest.NewTLSServer(say(302, "", "Location: "+insecure.URL))
	defer secure.Close()
	l := newLab(t, Options{}, nil)
	got := l.get(t, Request{URL: secure.URL, Access: Access{CA: certificate(secure)}})
	wantContains(t, got, "redirect from https to "+insecure.URL+" refused")
	if len(plain.requests()) != 0 {
		t.Error("the insecure address was asked")
	}
}

func TestErrorNamesRedirect(t *testing.T) {
	world := scripted(say(302, "", "Location: http://cdn.test/blob?sig=hidden"), say(403, ""))
	l := newLab(t, Options{}, world)
	got := l.get(t, Request{URL: address, Access: Access{Base: address, Authorization: token}})
	wantContains(t, got, "403 Forbidden", "credentials are not sent where it redirects to", "redirected to http://cdn.test/blob")
	wantLacks(t, got, "hidden")
}

func TestAnswerTellsFinalURL(t *testing.T) {
	world := scripted(say(302, "", "Location: http://registry.test/simple/foo/?sig=hidden"), say(200, "x", "Content-Type: text/html"))
	l := newLab(t, Options{CacheDir: t.TempDir(), MaxAge: 1 << 60}, world)
	for range 2 { // from the upstream, then from the cache
		got, err := l.Ask(testContext(t), Request{URL: "http://registry.test/simple/Foo"})
		if err != nil || got.URL != "http://registry.test/simple/foo/" || got.ContentType != "text/html" {
			t.Errorf("%+v %v", got, err)
		}
	}
}

func FuzzCovers(f *testing.F) {
	f.Add("http://registry.test/npm/../x")
	f.Add("http://registry.test/npm/%2e%2e%2fx")
	f.Add("HTTP://registry.TEST:80/npm")
	base, err := url.Parse("http://registry.test/npm/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil || !covers(base, u) {
			return
		}
		path := u.JoinPath().Path // dot segments resolved
		inside := path == "/npm" || strings.HasPrefix(path, "/npm/")
		if !inside || !strings.EqualFold(u.Hostname(), "registry.test") {
			t.Errorf("%q is covered and lies outside (%s)", text, path)
		}
	})
}
