package web

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestPart(t *testing.T) {
	part := func(span, body string, fields ...string) http.HandlerFunc {
		return say(http.StatusPartialContent, body, append([]string{"Content-Range: " + span}, fields...)...)
	}
	for _, row := range []struct {
		name          string
		first, length int64
		steps         []http.HandlerFunc
		want          Part
		asked         string
		whole         bool
	}{
		{"middle", 10, 5, []http.HandlerFunc{part("bytes 10-14/36", "abcde")}, Part{[]byte("abcde"), 10, 36}, "bytes=10-14", false},
		{"suffix", -1, 3, []http.HandlerFunc{part("bytes 33-35/36", "xyz")}, Part{[]byte("xyz"), 33, 36}, "bytes=-3", false},
		{"suffix of a short file", -1, 100, []http.HandlerFunc{part("bytes 0-35/36", content)}, Part{[]byte(content), 0, 36}, "bytes=-100", false},
		{"shorter at the end", 30, 100, []http.HandlerFunc{part("bytes 30-35/36", "uvwxyz")}, Part{[]byte("uvwxyz"), 30, 36}, "bytes=30-129", false},
		{"size not told", 0, 2, []http.HandlerFunc{part("bytes 0-1/*", "01")}, Part{[]byte("01"), 0, -1}, "bytes=0-1", false},
		{"again after a failure", 0, 2, []http.HandlerFunc{say(503, ""), part("bytes 0-1/36", "01")}, Part{[]byte("01"), 0, 36}, "bytes=0-1", false},
		{"again after a cut", 10, 26, []http.HandlerFunc{cutRest(10, 20), rest(10)}, Part{[]byte(content[10:]), 10, 36}, "bytes=10-35", false},
		{"whole", 10, 5, []http.HandlerFunc{say(200, content)}, Part{Size: 36}, "bytes=10-14", true},
		{"beyond the end", 100, 5, []http.HandlerFunc{say(416, "")}, Part{Size: -1}, "bytes=100-104", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			world := scripted(row.steps...)
			l := newLab(t, Options{}, world)
			got, err := l.Part(t.Context(), Request{URL: artifact}, row.first, row.length)
			whole := (*WholeOnlyError)(nil)
			if errors.As(err, &whole) != row.whole || !row.whole && err != nil {
				t.Fatalf("%+v, %v", got, err)
			}
			if whole != nil {
				got.Size = whole.Size
			}
			if string(got.Bytes) != string(row.want.Bytes) || got.First != row.want.First || got.Size != row.want.Size {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
			if asked := world.requests()[0].Header; asked.Get("Range") != row.asked || asked.Get("Accept-Encoding") != "identity" {
				t.Errorf("asked with %v, want %s", asked, row.asked)
			}
		})
	}
}

func TestPartRefuses(t *testing.T) {
	for _, row := range []struct {
		name, span, body string
		first            int64
	}{
		{"another place", "bytes 11-15/36", "bcdef", 10},
		{"more than asked for", "bytes 10-20/36", content[10:21], 10},
		{"backwards", "bytes 14-10/36", "abcde", 10},
		{"beyond its own size", "bytes 10-14/12", "abcde", 10},
		{"no range", "", "abcde", 10},
		{"a suffix that is none", "bytes 10-14/36", "abcde", -1},
		{"no bytes", "lines 10-14/36", "abcde", 10},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLab(t, Options{}, scripted(say(206, row.body, "Content-Range: "+row.span)))
			got, err := l.Part(t.Context(), Request{URL: artifact}, row.first, 5)
			if upstream := (*feed.UpstreamError)(nil); !errors.As(err, &upstream) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	l := newLab(t, Options{}, scripted(say(404, "")))
	if _, err := l.Part(t.Context(), Request{URL: artifact}, 0, 5); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("not found: %v", err)
	}
	offline := newLab(t, Options{Offline: true}, scripted())
	if _, err := offline.Part(t.Context(), Request{URL: artifact}, 0, 5); !errors.Is(err, ErrOffline) {
		t.Errorf("offline: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Part(ctx, Request{URL: artifact}, 0, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, length := range []int64{0, -1, MaxPart + 1} {
		if _, err := l.Part(t.Context(), Request{URL: artifact}, 0, length); err == nil {
			t.Errorf("a part of %d bytes is read", length)
		}
	}
}
