package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

const address = "http://registry.test/npm/left-pad"

func TestGetStatus(t *testing.T) {
	tests := []struct {
		name     string
		status   int
		requests int // with two retries
		notFound bool
	}{
		{"ok", 200, 1, false},
		{"no content", 204, 1, false},
		{"not modified without a question", 304, 1, false},
		{"bad request", 400, 1, false},
		{"unauthorized", 401, 1, false},
		{"forbidden", 403, 1, false},
		{"not found", 404, 1, true},
		{"gone", 410, 1, true},
		{"request timeout", 408, 3, false},
		{"too many requests", 429, 3, false},
		{"server error", 500, 3, false},
		{"not implemented", 501, 1, false},
		{"bad gateway", 502, 3, false},
		{"unavailable", 503, 3, false},
		{"gateway timeout", 504, 3, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			world := scripted(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(test.status) })
			l := newLab(t, Options{Retries: 2}, world)
			_, err := l.Get(testContext(t), Request{URL: address + "?key=hidden", Access: Access{Upstream: "corp"}})
			if n := len(world.requests()); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
			if test.status == 200 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			wantContains(t, err.Error(), `"corp"`, address)
			wantLacks(t, err.Error(), "hidden")
			var upstream *feed.UpstreamError
			if errors.Is(err, feed.ErrNotFound) != test.notFound || errors.As(err, &upstream) == test.notFound {
				t.Errorf("%v: not found must be %t and an upstream error the opposite", err, test.notFound)
			}
			if upstream != nil && upstream.Status != test.status {
				t.Errorf("status %d, want %d", upstream.Status, test.status)
			}
		})
	}
}

func TestGetRecovers(t *testing.T) {
	const body = "the whole body of the document"
	tests := []struct {
		name  string
		first http.HandlerFunc
	}{
		{"server error", say(500, "")},
		{"too many requests", say(429, "")},
		{"connection closed", hangUp},
		{"body cut", cut(body, 8)},
		{"body stalled", stall(body, 8)},
		{"no header", silence},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			world := scripted(test.first, say(200, body))
			l := newLab(t, Options{StallTimeout: 400 * time.Millisecond, HeaderTimeout: 400 * time.Millisecond}, world)
			if got := l.get(t, Request{URL: address}); got != body {
				t.Error(got)
			}
			if got := l.Stats(); got.Requests != 2 || got.Retries != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestGetGivesUp(t *testing.T) {
	world := scripted(stall("whole", 2))
	l := newLab(t, Options{StallTimeout: 20 * time.Millisecond, Retries: 1}, world)
	_, err := l.Get(testContext(t), Request{URL: address})
	var upstream *feed.UpstreamError
	if !errors.As(err, &upstream) || upstream.Status != 0 || !upstream.Temporary() {
		t.Errorf("%#v", err)
	}
	wantContains(t, fmt.Sprint(err), "no byte came for 20ms", "2 attempts")
}

// A reader that pauses is no stalled server, and neither is a slow one that
// keeps sending.
func TestSlowIsNotStalled(t *testing.T) {
	world := scripted(func(w http.ResponseWriter, r *http.Request) {
		for range 15 {
			w.Write([]byte("x"))
			http.NewResponseController(w).Flush()
			time.Sleep(40 * time.Millisecond)
		}
	})
	l := newLab(t, Options{StallTimeout: 500 * time.Millisecond}, world)
	body, err := l.Open(testContext(t), Request{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	var data bytes.Buffer
	if _, err := io.CopyN(&data, body, 1); err != nil {
		t.Fatal(err)
	}
	time.Sleep(700 * time.Millisecond)
	if _, err := data.ReadFrom(body); err != nil || data.String() != strings.Repeat("x", 15) || len(world.requests()) != 1 {
		t.Error(data.String(), err, len(world.requests()))
	}
}

func TestRetryAfter(t *testing.T) {
	tests := []struct {
		name     string
		status   int
		field    string
		atLeast  time.Duration
		requests int
		text     string
	}{
		{"seconds", 429, "1", time.Second, 2, ""},
		{"date", 503, noon.Add(time.Second).Format(http.TimeFormat), time.Second, 2, ""},
		{"date gone by", 503, noon.Add(-time.Hour).Format(http.TimeFormat), 0, 2, ""},
		{"nonsense", 503, "soon", 0, 2, ""},
		{"negative", 503, "-5", 0, 2, ""},
		{"too long", 429, "600", 0, 1, "asks to wait 10m0s, until 2030-01-02T12:10:00Z"},
		{"too far", 503, noon.Add(time.Hour).Format(http.TimeFormat), 0, 1, "until 2030-01-02T13:00:00Z"},
		{"overflow", 503, "99999999999999999999999", 0, 1, "asks to wait"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			world := scripted(say(test.status, "", "Retry-After: "+test.field), say(200, "ok"))
			l := newLab(t, Options{}, world)
			start := time.Now()
			got := l.get(t, Request{URL: address})
			if test.text == "" && got != "ok" {
				t.Error(got)
			}
			wantContains(t, got, test.text)
			if took := time.Since(start); took < test.atLeast || took > test.atLeast+10*time.Second {
				t.Errorf("took %s, want %s or a little more", took, test.atLeast)
			}
			if n := len(world.requests()); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

func TestErrorExcerpt(t *testing.T) {
	tests := []struct {
		name, kind, body string
		want             string
		lacks            []string
	}{
		{"json error", "application/json", `{"error":"name is not valid"}`, "400 Bad Request: name is not valid", nil},
		{"json object", "application/json", `{"error":{"code":7,"message":"no such feed"}}`, ": no such feed", nil},
		{"json list", "application/json", `{"errors":[{"status":400,"message":"try later"}]}`, ": try later", nil},
		{"json without message", "application/json", `{"a":1}`, "400 Bad Request", []string{"{"}},
		{"text", "text/plain", "line one\r\n\x1b[31mline two\u202e", ": line one [31mline two", []string{"\x1b", "\n", "\u202e"}},
		{"page", "text/html", "<p>login</p>", "400 Bad Request", []string{"login"}},
		{"page as text", "text/plain", "  <!DOCTYPE html><p>login", "400 Bad Request", []string{"login"}},
		{"binary", "application/octet-stream", "secrets", "400 Bad Request", []string{"secrets"}},
		{"long", "text/plain", strings.Repeat("y", 100000), strings.Repeat("y", maxExcerpt) + "…", []string{strings.Repeat("y", maxExcerpt+1)}},
		{"echo", "text/plain", "bad token t0psecret in https://u:p@x.test/?q=t0psecret", ": bad token [redacted] in https://x.test/", []string{"t0psecret", "u:p"}},
		{"invalid text", "text/plain", "a\xff\xfeb", ": ab", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t, Options{}, say(400, test.body, "Content-Type: "+test.kind))
			access := Access{Base: "http://registry.test/", Authorization: "Bearer t0psecret"}
			got := l.get(t, Request{URL: address, Access: access})
			wantContains(t, got, test.want)
			wantLacks(t, got, test.lacks...)
		})
	}
}

func TestCredentialsNote(t *testing.T) {
	tests := []struct {
		name   string
		access Access
		want   string
	}{
		{"none", Access{}, "no credentials are configured"},
		{"wrong", Access{Base: "http://registry.test/npm/", Authorization: "Bearer wrong"}, "do not suffice"},
		{"elsewhere", Access{Base: "http://registry.test/pypi/", Authorization: "Bearer wrong"}, "go only to http://registry.test/pypi/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t, Options{}, say(401, ""))
			wantContains(t, l.get(t, Request{URL: address, Access: test.access}), "401 Unauthorized", test.want)
		})
	}
}

func zipped(parts ...[]byte) string {
	var out bytes.Buffer
	for _, part := range parts {
		w := gzip.NewWriter(&out)
		w.Write(part)
		w.Close()
	}
	return out.String()
}

func TestGetLimits(t *testing.T) {
	bomb := zipped(make([]byte, 4<<20))
	members := strings.Repeat(zipped(nil), 20000)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"gzip", say(200, zipped([]byte("small")), "Content-Encoding: gzip"), "small"},
		{"exactly the limit", say(200, strings.Repeat("a", 1000)), strings.Repeat("a", 1000)},
		{"announced", say(200, strings.Repeat("a", 1001)), "larger than the limit of 1000 B: it announces 1001 B"},
		{"streamed", func(w http.ResponseWriter, _ *http.Request) {
			for range 50 {
				w.Write(make([]byte, 100))
				http.NewResponseController(w).Flush()
			}
		}, "larger than the limit of 1000 B"},
		{"gzip bomb", say(200, bomb, "Content-Encoding: gzip"), "larger than the limit"},
		{"gzip bomb, streamed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			http.NewResponseController(w).Flush()
			w.Write([]byte(zipped(make([]byte, 100000))))
		}, "after decompression"},
		{"gzip of nothing for ever", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			http.NewResponseController(w).Flush()
			w.Write([]byte(members))
		}, "larger than the limit"},
		{"not gzip", say(200, "text longer than a gzip header", "Content-Encoding: gzip"), "gzip"},
		{"damaged gzip", say(200, zipped([]byte("x"))[:20]+"12345678", "Content-Encoding: gzip"), "error: "},
		{"other coding", say(200, "x", "Content-Encoding: br"), `content coding "br"`},
		{"two codings", say(200, "x", "Content-Encoding: gzip, gzip"), `content coding "gzip, gzip"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			world := scripted(test.answer)
			l := newLab(t, Options{}, world)
			got := l.get(t, Request{URL: address, Limit: 1000})
			wantContains(t, got, test.want)
			if len(world.requests()) != 1 {
				t.Errorf("%d requests for an answer that will not change", len(world.requests()))
			}
			if strings.HasPrefix(got, "error:") && !strings.Contains(got, "200 OK") {
				t.Errorf("%s: lacks the status", got)
			}
		})
	}
}

func TestBombIsNotUnpacked(t *testing.T) {
	l := newLab(t, Options{}, say(200, zipped(make([]byte, 64<<20)), "Content-Encoding: gzip"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wantContains(t, l.get(t, Request{URL: address, Limit: 1 << 20}), "larger than the limit of 1.0 MiB")
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 {
		t.Errorf("%d bytes allocated for a limit of 1 MiB", n)
	}
}

func TestTooLargeIsKnown(t *testing.T) {
	l := newLab(t, Options{}, say(200, "12345"))
	_, err := l.Get(testContext(t), Request{URL: address, Limit: 4})
	if !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func isJSON(body []byte) error {
	if !json.Valid(body) {
		return errors.New("not a JSON document")
	}
	return nil
}

func TestCaptivePortal(t *testing.T) {
	world := scripted(say(200, "<html>Log in to the hotel</html>"), say(200, `{"name":"left-pad"}`))
	l := newLab(t, Options{CacheDir: t.TempDir(), MaxAge: time.Hour}, world)
	got := l.get(t, Request{URL: address, Check: isJSON})
	wantContains(t, got, "200 OK", "HTML page", "captive portal", "not a JSON document")
	wantLacks(t, got, "hotel")
	if got := l.get(t, Request{URL: address, Check: isJSON}); got != `{"name":"left-pad"}` {
		t.Errorf("%s: the page was cached", got)
	}
}

func TestCancel(t *testing.T) {
	never := scripted(silence)
	tests := []struct {
		name    string
		options Options
		world   http.Handler
		before  func(l *lab)
	}{
		{"waiting for the header", Options{}, never, nil},
		{"waiting for the body", Options{}, scripted(stall("whole", 2)), nil},
		{"waiting to try again", Options{RetryWaitMin: time.Minute, RetryWaitMax: time.Minute}, scripted(say(500, "")), nil},
		{"waiting for Retry-After", Options{}, scripted(say(429, "", "Retry-After: 60")), nil},
		{"waiting for a connection", Options{MaxPerHost: 1}, never, func(l *lab) { l.slots.of("http://registry.test:80") <- struct{}{} }},
	}
	for _, test := range tests {
		for _, how := range []string{"get", "open"} {
			t.Run(test.name+", "+how, func(t *testing.T) {
				t.Parallel()
				l := newLab(t, test.options, test.world)
				if test.before != nil {
					test.before(l)
				}
				ctx, cancel := context.WithCancel(context.Background())
				defer time.AfterFunc(100*time.Millisecond, cancel).Stop()
				start := time.Now()
				var err error
				if how == "get" {
					_, err = l.Get(ctx, Request{URL: address})
				} else if body, openErr := l.Open(ctx, Request{URL: address}); openErr != nil {
					err = openErr
				} else {
					_, err = new(bytes.Buffer).ReadFrom(body)
					body.Close()
				}
				if !errors.Is(err, context.Canceled) || time.Since(start) > time.Second {
					t.Error(err, time.Since(start))
				}
				var upstream *feed.UpstreamError
				if errors.As(err, &upstream) {
					t.Errorf("%v: the upstream is blamed", err)
				}
			})
		}
	}
}

func TestGetsShareOneRequest(t *testing.T) {
	arrived, answer := make(chan struct{}), make(chan struct{})
	world := scripted(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-answer
		w.Write([]byte("shared"))
	})
	l := newLab(t, Options{}, world)
	impatient, cancel := context.WithCancel(context.Background())
	failed := make(chan error)
	go func() {
		_, err := l.Get(impatient, Request{URL: address})
		failed <- err
	}()
	<-arrived
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			if got := l.get(t, Request{URL: address}); got != "shared" {
				t.Error(got)
			}
		})
	}
	waitFor(t, func() bool { return l.waiting() == 6 })
	cancel() // the caller whose request it was
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(answer)
	group.Wait()
	if n := len(world.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestLastCallerEndsTheRequest(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	world := scripted(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(gone)
	}, say(200, "next"))
	l := newLab(t, Options{}, world)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-arrived; cancel() }()
	_, _ = l.Get(ctx, Request{URL: address})
	if got := l.get(t, Request{URL: address}); got != "next" {
		t.Error(got)
	}
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		t.Error("the request goes on")
	}
}

func (l *lab) waiting() int {
	l.flights.mu.Lock()
	defer l.flights.mu.Unlock()
	for _, one := range l.flights.flying {
		return one.waiting
	}
	return 0
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for range 500 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("waited for 5 s")
}

func TestRefusedAddresses(t *testing.T) {
	tests := []struct {
		name string
		r    Request
		want string
	}{
		{"userinfo", Request{URL: "http://ann:s3cret@registry.test/x"}, "holds a user or a password"},
		{"scheme", Request{URL: "file:///etc/passwd"}, "neither http nor https"},
		{"no host", Request{URL: "http:///x"}, "has no host"},
		{"not a URL", Request{URL: "http://[::1/s3cret"}, "is not a URL"},
		{"relative", Request{URL: "/x?s3cret"}, "neither http nor https"},
		{"credentials for nowhere", Request{URL: address, Access: Access{Upstream: "corp", Authorization: "Bearer s3cret"}}, `"corp": credentials need`},
		{"base with password", Request{URL: address, Access: Access{Base: "http://a:s3cret@registry.test/"}}, "holds a user or a password"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			world := scripted(say(200, ""))
			l := newLab(t, Options{}, world)
			got := l.get(t, test.r)
			wantContains(t, got, test.want)
			wantLacks(t, got, "s3cret")
			if len(world.requests()) != 0 {
				t.Error("a request was sent")
			}
		})
	}
}
