package loopback

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// tree is a feed with one package and one file.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"any/@scope/a/index.html": "document", "any/@scope/a/-/a-1.tgz": "artifact", "any/plain": "plain",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestServer(t *testing.T) {
	for name, start := range map[string]func(s *Server, ctx context.Context, address, folder string) error{
		"own": (*Server).own,
		"nginx": func(s *Server, ctx context.Context, address, folder string) error {
			program, err := exec.LookPath("nginx")
			if err != nil {
				t.Skip("nginx is not installed, and the other server takes its place")
			}
			return s.nginx(ctx, program, address, folder, t.TempDir())
		},
	} {
		for protocol, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				address, err := Reserve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				s, err := newServer(address, t.TempDir(), http2)
				if err != nil {
					t.Fatal(err)
				}
				if err := start(s, t.Context(), address, tree(t)); err != nil {
					t.Fatal(err)
				}
				client := clientOf(t, s, protocol)
				checkAnswers(t, client, s)
				checkDelay(t, client, s)
				client.CloseIdleConnections()
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if answers(t.Context(), address) {
					t.Error("the server goes on after Close")
				}
			})
		}
	}
}

// clientOf trusts the server's authority, and wants answers in one protocol.
func clientOf(t *testing.T, s *Server, protocol string) *http.Client {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: true}
	if s.Authority != "" {
		text, err := os.ReadFile(s.Authority)
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: speaks{transport, protocol, t}}
}

type speaks struct {
	*http.Transport
	protocol string
	t        *testing.T
}

func (s speaks) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := s.Transport.RoundTrip(r)
	if err == nil && response.Proto != s.protocol {
		s.t.Errorf("the answer is in %s, want %s", response.Proto, s.protocol)
	}
	return response, err
}

func checkAnswers(t *testing.T, client *http.Client, s *Server) {
	t.Helper()
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/any/@scope/a":           {200, "document"},
		"/any/@scope%2fa":         {200, "document"},
		"/any/@scope/a/":          {200, "document"},
		"/any/@scope/a/-/a-1.tgz": {200, "artifact"},
		"/any/plain":              {200, "plain"},
		"/any":                    {404, ""},
		"/any/none":               {404, ""},
		"/any/../any/plain":       {200, "plain"},
	} {
		before := s.Gate.Requests()
		status, body := get(t, client, s.URL+path)
		if status != want.status || status == 200 && body != want.body {
			t.Errorf("%s: got %d %q, want %d %q", path, status, body, want.status, want.body)
		}
		if made := s.Gate.Requests() - before; made != 1 {
			t.Errorf("%s: counted %d requests, want 1", path, made)
		}
	}
}

func checkDelay(t *testing.T, client *http.Client, s *Server) {
	t.Helper()
	const delay = 60 * time.Millisecond
	s.Gate.SetDelay(delay)
	started := time.Now()
	get(t, client, s.URL+"/any/plain")
	if took := time.Since(started); took < delay {
		t.Errorf("took %s, want %s or more", took, delay)
	}
	s.Gate.SetDelay(0)
}

// A client that goes away is not waited for.
func TestGateCancelled(t *testing.T) {
	var g Gate
	g.SetDelay(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://gate.test/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if g.wait(request) || g.Requests() != 1 {
		t.Error("the request went on, or was not counted: ", g.Requests())
	}
}

func TestStartWithoutFolder(t *testing.T) {
	address, err := Reserve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Gate: &Gate{}}
	if err := s.own(t.Context(), address, filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a folder that is not there is served")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
