package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

// reads is what a reader saw of a document, each time that it was read.
type reads struct {
	bodies []string
	errs   []error
	refuse error
	stop   bool // reads one byte only
}

func (r *reads) read(body io.Reader) error {
	if r.stop {
		_, err := io.ReadFull(body, make([]byte, 1))
		return err
	}
	data, err := io.ReadAll(body)
	r.bodies, r.errs = append(r.bodies, string(data)), append(r.errs, err)
	return errors.Join(err, r.refuse)
}

func TestRead(t *testing.T) {
	long := strings.Repeat("0123456789", 30_000)
	first := say(200, "v1", etag)
	tests := []struct {
		name   string
		steps  []http.HandlerFunc // after the document v1 was cached
		wait   time.Duration
		change func(*Request)
		want   string // what the last read saw
		fresh  bool
		fails  string
		then   string // what Get has then, without a request; "" when it is not cached
	}{
		{"young", nil, 0, nil, "v1", false, "", "v1"},
		{"old", []http.HandlerFunc{say(200, long)}, 2 * time.Hour, nil, long, true, "", long},
		{"the same still", []http.HandlerFunc{say(304, "")}, 2 * time.Hour, nil, "v1", false, "", "v1"},
		{"to be fresh", []http.HandlerFunc{say(200, "v2")}, 0, func(r *Request) { r.Fresh = true }, "v2", true, "", "v2"},
		{"cut once", []http.HandlerFunc{cut(long, 200_000), say(200, long)}, 2 * time.Hour, nil, long, true, "", long},
		{"the upstream is down", []http.HandlerFunc{say(500, "")}, 2 * time.Hour, nil, "v1", false, "", ""},
		{"cut always", []http.HandlerFunc{cut(long, 200_000)}, 2 * time.Hour, nil, "v1", false, "", ""},
		{"another document", []http.HandlerFunc{say(404, "")}, 0, func(r *Request) { r.URL += "x" }, "", false, "not found", ""},
		{"too large", []http.HandlerFunc{say(200, long)}, 2 * time.Hour, func(r *Request) { r.Limit = 100 }, "", false, "larger than the limit", ""},
		{"forbidden", []http.HandlerFunc{say(403, "")}, 2 * time.Hour, nil, "", false, "403", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			world := scripted(append([]http.HandlerFunc{first}, test.steps...)...)
			l := newLab(t, Options{CacheDir: t.TempDir(), MaxAge: time.Hour, Retries: 1, StallTimeout: 400 * time.Millisecond}, world)
			l.get(t, Request{URL: address})
			l.advance(test.wait)
			r := Request{URL: address}
			if test.change != nil {
				test.change(&r)
			}
			var seen reads
			fresh, err := l.Read(testContext(t), r, seen.read)
			if test.fails != "" {
				wantContains(t, errorText(err), test.fails)
				return
			}
			if err != nil || fresh != test.fresh || seen.bodies[len(seen.bodies)-1] != test.want {
				t.Fatalf("fresh %t, %v, saw %.60q", fresh, err, seen.bodies)
			}
			before := len(world.requests())
			if got := l.get(t, r); test.then != "" && (got != test.then || !r.Fresh && len(world.requests()) != before) {
				t.Errorf("then Get has %.60q, after %d requests", got, len(world.requests())-before)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// A document that is refused is not kept, and the refusal is the upstream's.
func TestReadRefused(t *testing.T) {
	dir := t.TempDir()
	l := newLab(t, Options{CacheDir: dir}, say(200, "<html>login"))
	no := errors.New("no packument")
	_, err := l.Read(testContext(t), Request{URL: address, Access: Access{Upstream: "corp"}}, (&reads{refuse: no}).read)
	var upstream *feed.UpstreamError
	if !errors.As(err, &upstream) || !errors.Is(err, no) || !strings.Contains(err.Error(), "HTML page") {
		t.Error(err)
	}
	if files := entryFiles(t, dir); len(files) != 0 {
		t.Error(files)
	}
}

// A reader that stops early leaves a whole document in the cache.
func TestReadPart(t *testing.T) {
	long := strings.Repeat("x", 300_000)
	world := scripted(say(200, long))
	l := newLab(t, Options{CacheDir: t.TempDir(), MaxAge: time.Hour}, world)
	if _, err := l.Read(testContext(t), Request{URL: address}, (&reads{stop: true}).read); err != nil {
		t.Fatal(err)
	}
	if got := l.get(t, Request{URL: address}); got != long || len(world.requests()) != 1 {
		t.Errorf("%d bytes, %d requests", len(got), len(world.requests()))
	}
}

// What a run leaves that was killed while it wrote counts as absent, and is
// replaced.
func TestReadAfterKill(t *testing.T) {
	dir := t.TempDir()
	world := scripted(say(200, "v1"), say(200, "v2"))
	l := newLab(t, Options{CacheDir: dir, MaxAge: time.Hour}, world)
	l.get(t, Request{URL: address})
	file := entryFiles(t, dir)[0]
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copy(data, bytes.Repeat([]byte{0}, firstLine))
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wantFresh := range []bool{true, false} {
		var seen reads
		fresh, err := l.Read(testContext(t), Request{URL: address}, seen.read)
		if err != nil || fresh != wantFresh || seen.bodies[0] != "v2" {
			t.Errorf("%t %v %q", fresh, err, seen.bodies)
		}
	}
}

// Several who read one document at a time ask for it once.
func TestReadTogether(t *testing.T) {
	world := scripted(say(200, "v1"))
	l := newLab(t, Options{CacheDir: t.TempDir(), MaxAge: time.Hour}, world)
	var group sync.WaitGroup
	var fresh atomic.Int64
	for range 8 {
		group.Go(func() {
			var seen reads
			first, err := l.Read(testContext(t), Request{URL: address}, seen.read)
			if err != nil || seen.bodies[0] != "v1" {
				t.Error(err, seen.bodies)
			}
			if first {
				fresh.Add(1)
			}
		})
	}
	group.Wait()
	if n := len(world.requests()); n != 1 || fresh.Load() != 1 {
		t.Errorf("%d requests, %d fresh", n, fresh.Load())
	}
}

func TestReadCancelled(t *testing.T) {
	dir := t.TempDir()
	l := newLab(t, Options{CacheDir: dir}, stall("whole", 2))
	ctx, cancel := context.WithCancel(testContext(t))
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := l.Read(ctx, Request{URL: address}, new(reads).read); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if files := entryFiles(t, dir); len(files) != 0 {
		t.Error(files)
	}
}
