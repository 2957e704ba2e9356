package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

const (
	artifact = "http://registry.test/npm/a/-/a-1.0.0.tgz"
	content  = "0123456789abcdefghijklmnopqrstuvwxyz"
	etag     = `ETag: "v1"`
	oldDate  = "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT"
)

var youngDate = "Last-Modified: " + time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)

// rest answers a request for the bytes from n on.
func rest(n int, fields ...string) http.HandlerFunc {
	span := fmt.Sprintf("Content-Range: bytes %d-%d/%d", n, len(content)-1, len(content))
	return say(http.StatusPartialContent, content[n:], append([]string{span}, fields...)...)
}

func TestOpenResumes(t *testing.T) {
	tests := []struct {
		name    string
		steps   []http.HandlerFunc
		ranges  []string // Range of each request
		ifRange []string
	}{
		{"whole", []http.HandlerFunc{say(200, content)}, []string{""}, []string{""}},
		{"strong ETag", []http.HandlerFunc{cut(content, 10, etag), rest(10, etag)}, []string{"", "bytes=10-"}, []string{"", `"v1"`}},
		{"stalled", []http.HandlerFunc{stall(content, 10, etag), rest(10, etag)}, []string{"", "bytes=10-"}, []string{"", `"v1"`}},
		{"part without ETag", []http.HandlerFunc{cut(content, 10, etag), rest(10)}, []string{"", "bytes=10-"}, []string{"", `"v1"`}},
		{"length unknown to the server", []http.HandlerFunc{cut(content, 10, etag), say(206, content[10:], "Content-Range: bytes 10-35/*")}, []string{"", "bytes=10-"}, []string{"", `"v1"`}},
		{"old date", []http.HandlerFunc{cut(content, 10, oldDate), rest(10, oldDate)}, []string{"", "bytes=10-"}, []string{"", oldDate[len("Last-Modified: "):]}},
		{"cut twice", []http.HandlerFunc{cut(content, 10, etag), cutRest(10, 20), rest(20)}, []string{"", "bytes=10-", "bytes=20-"}, []string{"", `"v1"`, `"v1"`}},
		{
			"shorter part than asked for",
			[]http.HandlerFunc{cut(content, 10, etag), say(206, content[10:20], "Content-Range: bytes 10-19/36"), rest(20)},
			[]string{"", "bytes=10-", "bytes=20-"},
			[]string{"", `"v1"`, `"v1"`},
		},
		{"error between", []http.HandlerFunc{cut(content, 10, etag), say(502, ""), rest(10)}, []string{"", "bytes=10-", "bytes=10-"}, []string{"", `"v1"`, `"v1"`}},
		{"nothing read yet", []http.HandlerFunc{cut(content, 0, etag), say(200, content, `ETag: "v2"`)}, []string{"", ""}, []string{"", ""}},
		{"whole again, same ETag", []http.HandlerFunc{cut(content, 10, etag), say(200, content, etag)}, []string{"", "bytes=10-"}, []string{"", `"v1"`}},
		{"no validator", []http.HandlerFunc{cut(content, 10), say(200, content)}, []string{"", ""}, []string{"", ""}},
		{"weak ETag", []http.HandlerFunc{cut(content, 10, `ETag: W/"v1"`), say(200, content, `ETag: W/"v1"`)}, []string{"", ""}, []string{"", ""}},
		{"young date", []http.HandlerFunc{cut(content, 10, youngDate), say(200, content, youngDate)}, []string{"", ""}, []string{"", ""}},
		{"cut while skipping", []http.HandlerFunc{cut(content, 20), cut(content, 5), say(200, content)}, []string{"", "", ""}, []string{"", "", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			world := scripted(test.steps...)
			l := newLab(t, Options{StallTimeout: 400 * time.Millisecond}, world)
			if got, err := l.read(t, Request{URL: artifact}); err != nil || got != content {
				t.Errorf("%q %v", got, err)
			}
			seen := world.requests()
			if len(seen) != len(test.ranges) {
				t.Fatalf("%d requests, want %d", len(seen), len(test.ranges))
			}
			for i, r := range seen {
				if r.Header.Get("Range") != test.ranges[i] || r.Header.Get("If-Range") != test.ifRange[i] || r.Header.Get("Accept-Encoding") != "identity" {
					t.Errorf("request %d: %v", i, r.Header)
				}
			}
			if l.Stats().Retries != int64(len(seen)-1) {
				t.Errorf("%+v", l.Stats())
			}
		})
	}
}

// cutRest answers with the bytes from n up to m, though it announced all.
func cutRest(n, m int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)-n))
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", n, len(content)-1, len(content)))
		say(http.StatusPartialContent, content[n:m])(w, nil)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func TestOpenFails(t *testing.T) {
	first := cut(content, 10, etag)
	tests := []struct {
		name     string
		steps    []http.HandlerFunc
		want     string
		requests int
	}{
		{"not found", []http.HandlerFunc{say(404, "")}, "not found", 1},
		{"forbidden", []http.HandlerFunc{say(403, "")}, "403 Forbidden", 1},
		{"server error", []http.HandlerFunc{say(500, "")}, "500 Internal Server Error", 4},
		{"part without a question", []http.HandlerFunc{rest(10)}, "206 Partial Content", 1},
		{"content coding", []http.HandlerFunc{say(200, content, "Content-Encoding: gzip")}, `content coding "gzip"`, 1},
		{"too large", []http.HandlerFunc{say(200, content+"!!!!!")}, "larger than the limit of 40 B: it announces 41 B", 1},
		{"too large, streamed", []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, content)
			http.NewResponseController(w).Flush()
			io.WriteString(w, content)
		}}, "larger than the limit of 40 B", 1},
		{"other ETag, part", []http.HandlerFunc{first, rest(10, `ETag: "v2"`)}, "the file changed while it was read, after 10 bytes", 2},
		{"other ETag, whole", []http.HandlerFunc{first, say(200, content, `ETag: "v2"`)}, "the file changed while it was read", 2},
		{"ETag gone, whole", []http.HandlerFunc{first, say(200, content)}, "the file changed while it was read", 2},
		{"other date", []http.HandlerFunc{cut(content, 10, oldDate), rest(10, "Last-Modified: Tue, 03 Jan 2006 15:04:05 GMT")}, "the file changed", 2},
		{"other length", []http.HandlerFunc{first, say(200, content+"!", etag)}, "the file changed", 2},
		{"other beginning", []http.HandlerFunc{cut(content, 10), say(200, "X"+content[1:])}, "changed while it was read, within its first 10 bytes", 2},
		{"other place", []http.HandlerFunc{first, rest(11)}, "bytes from 10 on were asked for", 2},
		{"no range told", []http.HandlerFunc{first, say(206, content[10:])}, "bytes from 10 on were asked for", 2},
		{"other total", []http.HandlerFunc{first, say(206, content[10:], "Content-Range: bytes 10-35/37")}, "bytes from 10 on", 2},
		{"part with a coding", []http.HandlerFunc{first, rest(10, "Content-Encoding: gzip")}, `content coding "gzip"`, 2},
		{"gone meanwhile", []http.HandlerFunc{first, say(404, "")}, "not found", 2},
		{"range refused", []http.HandlerFunc{first, say(416, "")}, "416 Requested Range", 2},
		{"always cut", []http.HandlerFunc{cut(content, 10)}, "interrupted after 10 of 36 bytes: unexpected EOF (4 attempts)", 4},
		{"retried, then always cut", []http.HandlerFunc{say(503, ""), say(503, ""), cut(content, 10)}, "(4 attempts)", 4},
		{"never resumed", []http.HandlerFunc{first, hangUp}, "EOF", 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			world := scripted(test.steps...)
			l := newLab(t, Options{Retries: 3}, world)
			got, err := l.read(t, Request{URL: artifact + "?sig=hidden", Limit: 40, Access: Access{Upstream: "corp"}})
			if err == nil {
				t.Fatalf("no error but %q", got)
			}
			wantContains(t, err.Error(), `"corp"`, artifact, test.want)
			wantLacks(t, err.Error(), "hidden", "200 OK: upstream")
			var upstream *feed.UpstreamError
			if errors.As(err, &upstream) == errors.Is(err, feed.ErrNotFound) {
				t.Errorf("%#v", err)
			}
			if n := len(world.requests()); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

func TestOpenResumesOverHTTP2(t *testing.T) {
	for name, first := range map[string]http.HandlerFunc{"cut": cut(content, 10, etag), "stalled": stall(content, 10, etag)} {
		t.Run(name, func(t *testing.T) {
			world := scripted(first, rest(10, etag))
			server := quietTLSServer(t, world, func(s *httptest.Server) { s.EnableHTTP2 = true })
			l := newLab(t, Options{StallTimeout: 400 * time.Millisecond}, nil)
			got, err := l.read(t, Request{URL: server.URL, Access: Access{CA: certificate(server)}})
			if seen := world.requests(); err != nil || got != content || len(seen) != 2 || seen[1].ProtoMajor != 2 {
				t.Errorf("%q %v, %d requests", got, err, len(seen))
			}
		})
	}
}

// A long body may be interrupted more often than there are retries, as long as
// it moves.
func TestOpenKeepsMoving(t *testing.T) {
	long := strings.Repeat("x", 6*refill+5)
	world := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var from int
		_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		w.Header().Set("Content-Length", fmt.Sprint(len(long)-from))
		w.Header().Set("ETag", `"v1"`)
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(long)-1, len(long)))
			w.WriteHeader(http.StatusPartialContent)
		}
		io.WriteString(w, long[from:min(len(long), from+refill)])
		http.NewResponseController(w).Flush()
		if from+refill < len(long) {
			panic(http.ErrAbortHandler)
		}
	})
	l := newLab(t, Options{Retries: 2}, world)
	got, err := l.read(t, Request{URL: artifact})
	if err != nil || got != long || l.Stats().Retries != 6 {
		t.Error(err, len(got), l.Stats())
	}
}

// A body that is always cut at the same place is given up, however far that is.
func TestOpenStopsMoving(t *testing.T) {
	long := strings.Repeat("x", 2*refill)
	world := scripted(cut(long, refill+1), cut(long, refill+1))
	l := newLab(t, Options{Retries: 2}, world)
	if _, err := l.read(t, Request{URL: artifact}); err == nil || len(world.requests()) != 3 {
		t.Errorf("%v, %d requests", err, len(world.requests()))
	}
}

func TestOpenTellsSize(t *testing.T) {
	l := newLab(t, Options{}, say(200, content))
	body, err := l.Open(testContext(t), Request{URL: artifact})
	if err != nil {
		t.Fatal(err)
	}
	if got := body.(interface{ Size() int64 }).Size(); got != int64(len(content)) {
		t.Error(got)
	}
	body.Close()
	if _, err := body.Read(make([]byte, 1)); err == nil {
		t.Error("read after Close")
	}
	// The slot is free again, and the connection reusable.
	if l.slots.of("http://registry.test:80"); len(l.slots.of("http://registry.test:80")) != 0 {
		t.Error("the slot is still taken")
	}
}

func FuzzCheckRange(f *testing.F) {
	f.Add("bytes 10-35/36", int64(36))
	f.Add("bytes 10-35/*", int64(-1))
	f.Add("bytes 10--1/0", int64(0))
	f.Fuzz(func(t *testing.T, field string, size int64) {
		s := &stream{offset: 10, size: max(size, -1)}
		resp := &http.Response{Header: http.Header{"Content-Range": {field}}}
		if s.checkRange(resp) == nil && (!strings.HasPrefix(field, "bytes 10-") || s.size >= 0 && s.size <= 10) {
			t.Errorf("%q of %d accepted", field, size)
		}
	})
}
