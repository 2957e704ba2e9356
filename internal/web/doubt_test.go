package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// TestDoubt has an upstream that says "not modified" of everything, and changes
// its document each time all the same.
func TestDoubt(t *testing.T) {
	var answers atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"always"`)
		fmt.Fprintf(w, "answer %d", answers.Add(1))
	}))
	t.Cleanup(s.Close)
	dir := t.TempDir()
	client := func() *Client {
		c, err := New(Options{CacheDir: dir, MaxAge: DefaultMaxAge, Retries: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	get := func(c *Client, path, want string) {
		t.Helper()
		body, err := c.Get(t.Context(), Request{URL: s.URL + path})
		if err != nil || string(body) != want {
			t.Errorf("%s: %q, %v; want %q", path, body, err, want)
		}
	}
	first := client()
	get(first, "/a", "answer 1")
	get(first, "/b", "answer 2")
	second := client()
	get(second, "/a", "answer 1")
	second.Doubt()
	get(second, "/a", "answer 3")
	get(second, "/a", "answer 3")
	get(second, "/b", "answer 4")
	third := client()
	get(third, "/a", "answer 3")
	third.Forget()
	fourth := client()
	get(fourth, "/a", "answer 5")
	get(fourth, "/b", "answer 4")
}
