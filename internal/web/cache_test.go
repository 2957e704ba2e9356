package web

import (
	"bytes"
	"errors"
	"hash/crc32"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestCache(t *testing.T) {
	ok := say(200, "v1", etag)
	next := say(200, "v2")
	access := Access{Base: "http://registry.test/", Authorization: token}
	tests := []struct {
		name   string
		steps  []http.HandlerFunc
		wait   time.Duration // between the two requests
		second Request
		want   string
		hits   int64 // of the second
	}{
		{"young", []http.HandlerFunc{ok, next}, 59 * time.Minute, Request{}, "v1", 1},
		{"old", []http.HandlerFunc{ok, next}, time.Hour, Request{}, "v2", 0},
		{"from the future", []http.HandlerFunc{ok, next}, -time.Minute, Request{}, "v2", 0},
		{"young, to be fresh", []http.HandlerFunc{ok, next}, 0, Request{Fresh: true}, "v2", 0},
		{"other Accept", []http.HandlerFunc{ok, next}, 0, Request{Accept: "text/html"}, "v2", 0},
		{"other credentials", []http.HandlerFunc{ok, next}, 0, Request{Access: access}, "v2", 0},
		{"other query", []http.HandlerFunc{ok, next}, 0, Request{URL: address + "?write=true"}, "v2", 0},
		{"other fragment", []http.HandlerFunc{ok, next}, 0, Request{URL: address + "#x"}, "v1", 1},
		{"other upstream, same address", []http.HandlerFunc{ok, next}, 0, Request{Access: Access{Upstream: "b"}}, "v1", 1},
		{"lower limit", []http.HandlerFunc{ok, say(200, "3")}, 0, Request{Limit: 1}, "3", 0},
		{"not found is not kept", []http.HandlerFunc{say(404, ""), next}, 0, Request{}, "v2", 0},
		{"errors are not kept", []http.HandlerFunc{say(403, ""), next}, 0, Request{}, "v2", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			world := scripted(test.steps...)
			l := newLab(t, Options{CacheDir: t.TempDir(), MaxAge: time.Hour}, world)
			l.get(t, Request{URL: address})
			l.advance(test.wait)
			orDefault(&test.second.URL, address)
			if got := l.get(t, test.second); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if stats := l.Stats(); stats.CacheHits != test.hits || len(world.requests()) != 2-int(test.hits) {
				t.Errorf("%+v", stats)
			}
		})
	}
}

func TestCacheMaxAgeZero(t *testing.T) {
	world := scripted(say(200, "v1"), say(200, "v2"))
	l := newLab(t, Options{CacheDir: t.TempDir()}, world)
	for _, want := range []string{"v1", "v2"} {
		if got := l.get(t, Request{URL: address}); got != want {
			t.Error(got)
		}
	}
}

func TestCacheRevalidates(t *testing.T) {
	world := scripted(say(200, "v1", etag, oldDate), say(304, ""))
	l := newLab(t, Options{CacheDir: t.TempDir(), MaxAge: time.Hour}, world)
	for range 4 { // asked, young, revalidated, young again
		if got := l.get(t, Request{URL: address}); got != "v1" {
			t.Error(got)
		}
		l.advance(40 * time.Minute)
	}
	seen := world.requests()
	if len(seen) != 2 || seen[1].Header.Get("If-None-Match") != `"v1"` || seen[1].Header.Get("If-Modified-Since") != oldDate[len("Last-Modified: "):] {
		t.Errorf("%d requests, the last one %v", len(seen), seen[len(seen)-1].Header)
	}
	if got := l.Stats(); got.Revalidated != 1 || got.CacheHits != 2 {
		t.Errorf("%+v", got)
	}
}

func TestCacheStale(t *testing.T) {
	tests := []struct {
		name  string
		down  http.HandlerFunc
		stale bool
	}{
		{"no connection", hangUp, true},
		{"cut", cut("whole", 2), true},
		{"stalled", stall("whole", 2), true},
		{"silence", silence, true},
		{"server error", say(500, ""), true},
		{"unavailable", say(503, ""), true},
		{"unavailable for long", say(503, "", "Retry-After: 3600"), true},
		{"unauthorized", say(401, ""), false},
		{"forbidden", say(403, ""), false},
		{"not found", say(404, ""), false},
		{"gone", say(410, ""), false},
		{"bad request", say(400, ""), false},
		{"captive portal", say(200, "<html>"), false},
		{"too large", say(200, strings.Repeat("x", 200)), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			world := scripted(say(200, `"v1"`), say(200, `"v1"`), test.down)
			l := newLab(t, Options{CacheDir: t.TempDir(), MaxAge: time.Hour, Retries: 1, StallTimeout: 400 * time.Millisecond, HeaderTimeout: 400 * time.Millisecond}, world)
			r := Request{URL: address, Check: isJSON, Limit: 100, Access: Access{Upstream: "corp"}}
			other := r
			other.URL = address + "-2"
			l.get(t, r)
			l.get(t, other)
			l.advance(2 * time.Hour)
			got, err := l.Ask(testContext(t), r)
			if got.Stale != test.stale || (err == nil) != test.stale || test.stale && string(got.Body) != `"v1"` {
				t.Errorf("%+v %v", got, err)
			}
			if !test.stale {
				return
			}
			before := len(world.requests())
			if got, err := l.Ask(testContext(t), other); err != nil || !got.Stale || len(world.requests()) != before {
				t.Errorf("%+v %v, %d requests to an upstream known to be down", got, err, len(world.requests())-before)
			}
			wantContains(t, l.log.String(), "upstream=corp", "http://registry.test", "checked=2030-01-02T12:00:00Z")
			l.advance(2 * outageMemory)
			l.get(t, r)
			if len(world.requests()) == before {
				t.Error("the upstream is never asked again")
			}
			if n := strings.Count(l.log.String(), "level=WARN"); n != 1 {
				t.Errorf("%d warnings, want one:\n%s", n, l.log)
			}
		})
	}
}

// Somebody else's answer in the upstream's name is no outage.
func TestCacheIsNotStaleForStrangers(t *testing.T) {
	server := quietTLSServer(t, say(200, "v1"), nil)
	l := newLab(t, Options{CacheDir: t.TempDir()}, nil)
	if got := l.get(t, Request{URL: server.URL, Access: Access{CA: certificate(server)}}); got != "v1" {
		t.Fatal(got)
	}
	wantContains(t, l.get(t, Request{URL: server.URL}), "error: ", "certificate")
}

func TestCacheForgetsWhatIsGone(t *testing.T) {
	world := scripted(say(200, "v1"), say(404, ""), say(500, ""))
	l := newLab(t, Options{CacheDir: t.TempDir(), Retries: -1}, world)
	l.get(t, Request{URL: address})
	if _, err := l.Get(testContext(t), Request{URL: address}); !errors.Is(err, feed.ErrNotFound) {
		t.Error(err)
	}
	wantContains(t, l.get(t, Request{URL: address}), "500")
}

func TestOffline(t *testing.T) {
	dir := t.TempDir()
	world := scripted(say(200, "v1"))
	online := newLab(t, Options{CacheDir: dir, MaxAge: time.Hour}, world)
	online.get(t, Request{URL: address})
	offline := newLab(t, Options{CacheDir: dir, MaxAge: time.Hour, Offline: true}, world)
	offline.advance(1000 * time.Hour)
	if got := offline.get(t, Request{URL: address, Fresh: true}); got != "v1" {
		t.Error(got)
	}
	_, err := offline.Get(testContext(t), Request{URL: address + "-2"})
	if !errors.Is(err, ErrOffline) || errors.Is(err, feed.ErrNotFound) {
		t.Error(err)
	}
	if _, err := offline.Open(testContext(t), Request{URL: address}); !errors.Is(err, ErrOffline) {
		t.Error(err)
	}
	if n := len(world.requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// entryFiles returns the entries of a cache directory.
func entryFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "??", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCacheDamaged(t *testing.T) {
	tests := []struct {
		name   string
		damage func([]byte) []byte
	}{
		{"empty", func([]byte) []byte { return nil }},
		{"cut in the head", func(b []byte) []byte { return b[:firstLine+10] }},
		{"cut in the body", func(b []byte) []byte { return b[:len(b)-1] }},
		{"longer", func(b []byte) []byte { return append(b, 'x') }},
		{"changed body", func(b []byte) []byte { b[len(b)-1] ^= 1; return b }},
		{"changed head", func(b []byte) []byte { return bytes.Replace(b, []byte("v1"), []byte("v9"), 1) }},
		{"zeros", func(b []byte) []byte { return make([]byte, len(b)) }},
		{"other format", func(b []byte) []byte { return bytes.Replace(b, []byte("-1 "), []byte("-2 "), 1) }},
		{"unreadable time", func(b []byte) []byte { return bytes.Replace(b, []byte(" 00"), []byte(" x0"), 1) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			world := scripted(say(200, "first", etag), say(200, "second"))
			l := newLab(t, Options{CacheDir: dir, MaxAge: time.Hour}, world)
			l.get(t, Request{URL: address})
			files := entryFiles(t, dir)
			if len(files) != 1 {
				t.Fatal(files)
			}
			data, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(files[0], test.damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := l.get(t, Request{URL: address}); got != "second" {
				t.Error(got)
			}
			if seen := world.requests(); len(seen) != 2 || seen[1].Header.Get("If-None-Match") != "" {
				t.Errorf("%d requests", len(seen))
			}
		})
	}
}

func TestCacheKeepsNoSecrets(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "cache")
	l := newLab(t, Options{CacheDir: dir}, say(200, "body", etag))
	l.get(t, Request{URL: address + "?sig=t0psecret", Access: Access{Base: address, Authorization: token}})
	files := entryFiles(t, dir)
	if len(files) != 1 {
		t.Fatal(files)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	wantLacks(t, string(data)+files[0], "t0psecret")
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Dir(files[0]): 0o700, files[0]: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want %v", path, info.Mode(), err, want)
		}
	}
}

func TestCachePrunes(t *testing.T) {
	dir := t.TempDir()
	world := scripted(say(200, "x"))
	one := newLab(t, Options{CacheDir: dir, MaxAge: time.Hour}, world)
	one.get(t, Request{URL: address})
	old := entryFiles(t, dir)[0]
	foreign := filepath.Join(filepath.Dir(old), "notes.txt")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	age := func(d time.Duration) {
		for _, path := range []string{old, foreign, filepath.Join(dir, pruneStamp)} {
			if err := os.Chtimes(path, noon.Add(-d), noon.Add(-d)); err != nil {
				t.Fatal(err)
			}
		}
	}
	exists := func(path string) bool { _, err := os.Stat(path); return err == nil }

	age(40 * 24 * time.Hour)
	_ = os.Chtimes(filepath.Join(dir, pruneStamp), noon, noon)
	newLab(t, Options{CacheDir: dir}, world).get(t, Request{URL: address + "-2"})
	if !exists(old) {
		t.Error("pruned twice on one day")
	}
	age(29 * 24 * time.Hour)
	newLab(t, Options{CacheDir: dir}, world).get(t, Request{URL: address + "-3"})
	if !exists(old) {
		t.Error("pruned what is young")
	}
	age(31 * 24 * time.Hour)
	newLab(t, Options{CacheDir: dir}, world).get(t, Request{URL: address + "-4"})
	if exists(old) || !exists(foreign) {
		t.Error("kept what is old, or touched what is not the cache's")
	}
}

func TestCacheUnwritable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	l := newLab(t, Options{CacheDir: dir}, say(200, "x"))
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := l.get(t, Request{URL: address}); got != "x" {
			t.Error(got)
		}
	}
	if n := strings.Count(l.log.String(), "cannot be written"); n != 1 {
		t.Errorf("%d warnings", n)
	}
	if _, err := New(Options{CacheDir: dir}); err == nil {
		t.Error("a file as cache directory")
	}
}

func TestCacheShared(t *testing.T) {
	dir := t.TempDir()
	body := strings.Repeat("0123456789", 10000)
	var group sync.WaitGroup
	for range 4 {
		l := newLab(t, Options{CacheDir: dir}, say(200, body)) // as another process would
		group.Go(func() {
			for range 25 {
				if got := l.get(t, Request{URL: address}); got != body {
					t.Errorf("%.80q", got)
				}
			}
		})
	}
	group.Wait()
	if files := entryFiles(t, dir); len(files) != 1 {
		t.Error(files)
	}
}

func FuzzParseEntry(f *testing.F) {
	body := []byte("body")
	head := []byte(`{"url":"http://registry.test/"}` + "\n")
	sum := sumText(crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, body))
	f.Add([]byte(cacheMagic + checkedText(noon) + " " + sum + "\n" + string(head) + "body"))
	f.Add([]byte(cacheMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := parseEntry(bytes.NewReader(data)); err == nil && s.at+s.size != int64(len(data)) {
			t.Errorf("%+v", s)
		}
	})
}
