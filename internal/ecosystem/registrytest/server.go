// Package registrytest is an upstream for tests: any http.Handler on a loopback
// port, with faults that occur exactly when a test says, and a log of what was
// asked. The fake registries of the ecosystems are built on it.
package registrytest

import (
	"cmp"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server is a running upstream. It is safe for concurrent use.
type Server struct {
	URL string // http://127.0.0.1:PORT, without a trailing slash

	http *httptest.Server
	next http.Handler
	stop chan struct{} // closed when stalled answers must end
	once sync.Once

	mu       sync.Mutex
	rules    []*rule
	requests []Request
}

// Request is one request that the server was asked.
type Request struct {
	Method string
	Path   string // as sent, still escaped
	Query  string
	Header http.Header
}

// rule says when a fault occurs.
type rule struct {
	pattern string
	left    int // how often still; negative means always
	fault   Fault
}

// New starts a server that stops with the test.
func New(t testing.TB, next http.Handler) *Server {
	t.Helper()
	s := Start(next)
	t.Cleanup(s.Close)
	return s
}

// Start starts a server that the caller closes; for test scripts, which have no
// testing.TB when it starts.
func Start(next http.Handler) *Server {
	s := &Server{next: next, stop: make(chan struct{})}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	return s
}

// StartTLS is Start with a certificate for 127.0.0.1 that no system trusts.
func StartTLS(next http.Handler) *Server {
	s := &Server{next: next, stop: make(chan struct{})}
	s.http = httptest.NewTLSServer(s)
	s.URL = s.http.URL
	return s
}

// Certificate is that of a server with TLS, nil for one without.
func (s *Server) Certificate() *x509.Certificate { return s.http.Certificate() }

// Close ends every request and stops the server.
func (s *Server) Close() {
	s.once.Do(func() { close(s.stop) })
	s.http.CloseClientConnections()
	s.http.Close()
}

// Fail makes the next times requests whose escaped path matches pattern fail;
// times below 0 means all of them. A pattern is that of path.Match, where "*"
// alone matches every path and a trailing "/**" everything below. Of several
// rules that match, the one that was added first is used up first.
func (s *Server) Fail(pattern string, times int, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &rule{pattern: pattern, left: times, fault: fault})
}

// Heal removes all faults.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler := s.next
	if fault := s.note(r); fault != nil {
		handler = fault(handler, s.stop)
	}
	handler.ServeHTTP(w, r)
}

// note logs a request and returns the fault that is due.
func (s *Server) note(r *http.Request) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	escaped := r.URL.EscapedPath()
	s.requests = append(s.requests, Request{Method: r.Method, Path: escaped, Query: r.URL.RawQuery, Header: r.Header.Clone()})
	for _, rule := range s.rules {
		if rule.left != 0 && matches(rule.pattern, escaped) {
			rule.left--
			return rule.fault
		}
	}
	return nil
}

func matches(pattern, escaped string) bool {
	if folder, ok := strings.CutSuffix(pattern, "/**"); ok {
		return strings.HasPrefix(escaped, folder+"/")
	}
	ok, err := path.Match(pattern, escaped)
	return pattern == "*" || ok && err == nil
}

// Requests returns what was asked so far, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Forget empties the log of requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Count returns how many requests matched the pattern.
func (s *Server) Count(pattern string) int {
	n := 0
	for _, r := range s.Requests() {
		if matches(pattern, r.Path) {
			n++
		}
	}
	return n
}

// Lines returns "METHOD PATH" of every request, sorted, so that it does not
// depend on the order of parallel requests.
func (s *Server) Lines() []string {
	var lines []string
	for _, r := range s.Requests() {
		line := r.Method + " " + r.Path
		if r.Query != "" {
			line += "?" + r.Query
		}
		lines = append(lines, line)
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return lines
}
