package web

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func certificate(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func quietTLSServer(t *testing.T, handler http.Handler, change func(*httptest.Server)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = quiet
	if change != nil {
		change(server)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestAuthorities(t *testing.T) {
	server := quietTLSServer(t, say(200, "trusted"), nil)
	pem := certificate(server)
	file := write(t, "ca.pem", pem)
	tests := []struct {
		name   string
		access Access
		want   string
	}{
		{"none", Access{}, "name a file with the right authority in ca, cafile or SSL_CERT_FILE"},
		{"text", Access{CA: pem}, "trusted"},
		{"file", Access{CAFiles: []string{file}}, "trusted"},
		{"no such file", Access{Upstream: "corp", CAFiles: []string{file + "x"}}, `"corp": certificate authorities: open`},
		{"no certificate", Access{CAFiles: []string{write(t, "empty.pem", []byte("x"))}}, "has no certificate in PEM form"},
		{"no text", Access{CA: []byte("x")}, "the ca text has no certificate"},
		{"no client certificate", Access{Base: server.URL, CA: pem, CertFile: "none.pem", KeyFile: "none.key"}, "client certificate none.pem"},
	}
	l := newLab(t, Options{Retries: 3}, nil) // one client: authorities must not leak from one upstream to another
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := l.Stats().Retries
			wantContains(t, l.get(t, Request{URL: server.URL, Access: test.access}), test.want)
			if l.Stats().Retries != before {
				t.Error("tried again, though nothing can change")
			}
		})
	}
}

// TestClientCertificate shows the certificate to its upstream and to no one else.
func TestClientCertificate(t *testing.T) {
	var shown sync.Map
	see := func(name string, next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			shown.Store(name, len(r.TLS.PeerCertificates))
			next(w, r)
		}
	}
	ask := func(s *httptest.Server) { s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert} }
	other := quietTLSServer(t, see("other", say(200, "end")), ask)
	server := quietTLSServer(t, see("upstream", say(302, "", "Location: "+other.URL)), ask)
	cert, key := selfSigned(t)
	access := Access{
		Base: server.URL, CA: append(certificate(server), certificate(other)...),
		CertFile: write(t, "c.pem", cert), KeyFile: write(t, "k.pem", key),
	}
	l := newLab(t, Options{}, nil)
	if got := l.get(t, Request{URL: server.URL, Access: access}); got != "end" {
		t.Fatal(got)
	}
	for name, want := range map[string]int{"upstream": 1, "other": 0} {
		if got, _ := shown.Load(name); got != want {
			t.Errorf("%s saw %v client certificates, want %d", name, got, want)
		}
	}
}

func selfSigned(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

func TestProtocolAndReuse(t *testing.T) {
	tests := []struct {
		name  string
		http1 bool
		want  string
	}{
		{"HTTP/2 where offered", false, "HTTP/2.0"},
		{"HTTP/1.1 on request", true, "HTTP/1.1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var connections atomic.Int64
			server := quietTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/missing" {
					w.WriteHeader(404)
				}
				w.Write([]byte(r.Proto))
			}), func(s *httptest.Server) {
				s.EnableHTTP2 = true
				s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
					if state == http.StateNew {
						connections.Add(1)
					}
				}
			})
			l := newLab(t, Options{HTTP1: test.http1}, nil)
			access := Access{CA: certificate(server)}
			for range 5 {
				if got := l.get(t, Request{URL: server.URL, Access: access}); got != test.want {
					t.Error(got)
				}
				if got, err := l.read(t, Request{URL: server.URL, Access: access}); got != test.want {
					t.Error(got, err)
				}
				l.get(t, Request{URL: server.URL + "/missing", Access: access})
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestPerHostLimit(t *testing.T) {
	var now, most atomic.Int64
	world := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(30 * time.Millisecond)
		now.Add(-1)
		w.Write([]byte("x"))
	})
	l := newLab(t, Options{MaxPerHost: 3}, world)
	var group sync.WaitGroup
	for i := range 30 {
		group.Go(func() {
			if got, err := l.read(t, Request{URL: address + string(rune('a'+i))}); got != "x" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := most.Load(); n < 2 || n > 3 {
		t.Errorf("%d requests at once, want 3", n)
	}
}

func TestOtherHostIsNotLimited(t *testing.T) {
	l := newLab(t, Options{MaxPerHost: 1}, say(200, "x"))
	body, err := l.Open(testContext(t), Request{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got := l.get(t, Request{URL: "http://other.test/"}); got != "x" {
		t.Error(got)
	}
}

// TestEnvironment runs the client in processes of their own, since the proxy
// variables and SSL_CERT_FILE are read once.
func TestEnvironment(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodConnect {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Write([]byte("through the proxy to " + r.URL.String()))
	}))
	t.Cleanup(proxy.Close)
	secure := quietTLSServer(t, say(200, "direct"), nil)
	file := write(t, "ca.pem", certificate(secure))
	tests := []struct {
		name, url string
		env       []string
		want      string
		lacks     string
	}{
		{"proxy", address, []string{"HTTP_PROXY=" + proxy.URL}, "through the proxy to " + address, "error"},
		{"NO_PROXY", address, []string{"HTTP_PROXY=" + proxy.URL, "NO_PROXY=.other.test,registry.test"}, "lookup registry.test", "through"},
		{"HTTPS_PROXY", "https://registry.test/", []string{"HTTPS_PROXY=" + proxy.URL}, "Forbidden", "lookup"},
		{"SSL_CERT_FILE", secure.URL, []string{"SSL_CERT_FILE=" + file}, "direct", "error"},
		{"no SSL_CERT_FILE", secure.URL, nil, "certificate", "direct"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := inChild(t, test.url, test.env)
			wantContains(t, got, test.want)
			wantLacks(t, got, test.lacks)
		})
	}
}

func inChild(t *testing.T, address string, env []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0])
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToUpper(variable), "=")
		if !strings.HasSuffix(name, "_PROXY") && !strings.HasPrefix(name, "SSL_CERT_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(append(command.Env, env...), childURL+"="+address)
	out, _ := command.CombinedOutput()
	return string(out)
}
