package web

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// transports are the connection pools, one for each set of certificates: what
// one upstream's authority vouches for is not believed for another upstream.
// The zero value is empty and ready.
type transports struct {
	mu    sync.Mutex
	pools map[string]*http.Transport
}

// get returns the pool for a's certificates. The client certificate is left
// out when the request is not for the upstream that it belongs to.
func (p *transports) get(o Options, a Access, trusted bool) (*http.Transport, error) {
	if !trusted {
		a.CertFile, a.KeyFile = "", ""
	}
	id := certificatesID(a)
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.pools[id]; t != nil {
		return t, nil
	}
	config, err := tlsConfig(a)
	if err != nil {
		return nil, &fatalError{fmt.Errorf("upstream %q: %w", a.Upstream, err)}
	}
	if p.pools == nil {
		p.pools = map[string]*http.Transport{}
	}
	p.pools[id] = newTransport(o, config)
	return p.pools[id], nil
}

func (p *transports) closeIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.pools {
		t.CloseIdleConnections()
	}
}

func certificatesID(a Access) string {
	return fmt.Sprintf("%q %x %q %q", a.CAFiles, sha256.Sum256(a.CA), a.CertFile, a.KeyFile)
}

// streamBuffer is how much of one HTTP/2 body may wait for its reader. It
// bounds memory to MaxPerHost times that for each host, and lets one stream run at
// 20 MB/s over 25 ms.
const streamBuffer = 512 << 10

func newTransport(o Options, config *tls.Config) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!o.HTTP1)
	dialer := &net.Dialer{Timeout: o.ConnectTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  o.Proxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    o.ConnectTimeout,
		ResponseHeaderTimeout:  o.HeaderTimeout,
		MaxResponseHeaderBytes: 256 << 10,
		MaxIdleConnsPerHost:    o.MaxPerHost,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true, // decompression has a cap of its own
		ReadBufferSize:         32 << 10,
		Protocols:              &protocols,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream: streamBuffer,
			SendPingTimeout:           15 * time.Second,
			PingTimeout:               15 * time.Second,
		},
	}
}

func tlsConfig(a Access) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	roots, err := authorities(a)
	if err != nil {
		return nil, err
	}
	config.RootCAs = roots
	if a.CertFile != "" {
		certificate, err := tls.LoadX509KeyPair(a.CertFile, a.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("client certificate %s with key %s: %w", a.CertFile, a.KeyFile, err)
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}

// authorities returns the system's authorities and a's, or nil when the
// system's suffice.
func authorities(a Access) (*x509.CertPool, error) {
	files := append(platformCAFiles(), a.CAFiles...)
	if len(files) == 0 && len(a.CA) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("the system's certificate authorities: %w", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("certificate authorities: %w", err)
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("certificate authorities: %s has no certificate in PEM form", file)
		}
	}
	if len(a.CA) > 0 && !pool.AppendCertsFromPEM(a.CA) {
		return nil, errors.New("certificate authorities: the ca text has no certificate in PEM form")
	}
	return pool, nil
}

// platformCAFiles names SSL_CERT_FILE on the systems where crypto/x509 does not
// read it.
func platformCAFiles() []string {
	file := strings.TrimSpace(os.Getenv("SSL_CERT_FILE"))
	if file == "" || runtime.GOOS != "windows" && runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		return nil
	}
	return []string{file}
}
