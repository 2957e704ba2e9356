package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// childURL names the variable that turns the test binary into a process that
// gets one URL, for what is read once per process from the environment.
const childURL = "FEEDCTL_WEB_TEST_GET"

func TestMain(m *testing.M) {
	if address := os.Getenv(childURL); address != "" {
		os.Exit(child(address))
	}
	goleak.VerifyTestMain(m)
}

func child(address string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := New(Options{Retries: -1, ConnectTimeout: 2 * time.Second})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	body, err := c.Get(ctx, Request{URL: address})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(string(body))
	return 0
}

// lab is a client, what it logs and how the clock stands.
type lab struct {
	*Client
	log *syncBuffer

	mu  sync.Mutex
	now time.Time
}

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

// newLab returns a client with short waits. Every request goes to handler,
// whatever host it names, unless o has a Proxy.
func newLab(t *testing.T, o Options, handler http.Handler) *lab {
	t.Helper()
	l := &lab{log: new(syncBuffer), now: noon}
	if handler != nil {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		proxy, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		o.Proxy = http.ProxyURL(proxy)
	} else if o.Proxy == nil {
		o.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	}
	orDefault(&o.RetryWaitMin, time.Millisecond)
	orDefault(&o.RetryWaitMax, 4*time.Millisecond)
	o.Now = l.clock
	o.Logger = slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	l.Client = c
	return l
}

func (l *lab) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *lab) advance(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// get returns the body, or the error's text.
func (l *lab) get(t *testing.T, r Request) string {
	t.Helper()
	body, err := l.Get(testContext(t), r)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(body)
}

func (l *lab) read(t *testing.T, r Request) (string, error) {
	t.Helper()
	body, err := l.Open(testContext(t), r)
	if err != nil {
		return "", err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	return string(data), err
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// quiet swallows what a test server says about the connections it refuses.
var quiet = log.New(io.Discard, "", 0)

type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// script answers the n-th request with the n-th function, and further ones with
// the last.
type script struct {
	mu    sync.Mutex
	seen  []*http.Request
	steps []http.HandlerFunc
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	step := s.steps[min(len(s.seen), len(s.steps)-1)]
	s.seen = append(s.seen, r.Clone(context.Background()))
	s.mu.Unlock()
	step(w, r)
}

func (s *script) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

func scripted(steps ...http.HandlerFunc) *script { return &script{steps: steps} }

// say answers with a status, header fields ("Name: value") and a body.
func say(status int, body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, field := range fields {
			name, value, _ := strings.Cut(field, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// cut sends the beginning of a body and closes the connection.
func cut(body string, n int, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		say(http.StatusOK, body[:n], fields...)(w, nil)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// stall sends the beginning of a body and then nothing until the client goes.
func stall(body string, n int, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		say(http.StatusOK, body[:n], fields...)(w, nil)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// hangUp closes the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// silence never answers.
func silence(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func wantContains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

func wantLacks(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%q shows %q", text, part)
		}
	}
}
