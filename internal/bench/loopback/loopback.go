// Package loopback serves a feed on this machine as an upstream whose answers
// take a set time and are counted, so that measurements can be repeated.
//
// nginx sends the files where it is installed, and asks a Gate before each one
// (ngx_http_auth_request_module); otherwise this program does both. Either way
// the protocol is HTTP/1.1 with connections that stay open, or HTTP/2 over TLS. A
// folder's index document is answered under the folder's own address, with or
// without a slash.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// patience is how long a server may take to answer, and to end.
const patience = 10 * time.Second

// Server is a running upstream.
type Server struct {
	Gate    *Gate
	URL     string // of the feed's root, with no slash at its end
	Program string // what sends the files

	// Authority is the file with the certificate that clients must trust; "" without TLS.
	Authority string

	certificate certificate
	closers     []func() error
}

// Reserve returns the address of a free port on the loopback interface. A feed
// that holds its own address is made for it before Start is called.
func Reserve(ctx context.Context) (string, error) {
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// URL is the address of a feed's root that is served at an address.
func URL(address string, http2 bool) string {
	if http2 {
		return "https://" + address
	}
	return "http://" + address
}

// Start serves a folder at an address. scratch is an empty folder of the
// server's own. The server ends with Close or with ctx.
func Start(ctx context.Context, address, folder, scratch string, http2 bool) (*Server, error) {
	s, err := newServer(address, scratch, http2)
	if err != nil {
		return nil, err
	}
	start := s.own
	if program, err := exec.LookPath("nginx"); err == nil {
		start = func(ctx context.Context, address, folder string) error {
			return s.nginx(ctx, program, address, folder, scratch)
		}
	}
	if err := start(ctx, address, folder); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newServer(address, scratch string, http2 bool) (*Server, error) {
	s := &Server{Gate: &Gate{}, URL: URL(address, http2)}
	var err error
	if http2 {
		s.certificate, err = newCertificate(scratch)
		s.Authority = s.certificate.authority
	}
	return s, err
}

// Protocol is what the server speaks.
func (s *Server) Protocol() string {
	if s.Authority != "" {
		return "HTTP/2 over TLS"
	}
	return "HTTP/1.1"
}

// Close ends the server.
func (s *Server) Close() error {
	var failures []error
	for _, stop := range s.closers {
		failures = append(failures, stop())
	}
	s.closers = nil
	return errors.Join(failures...)
}

// own serves the folder from this process.
func (s *Server) own(ctx context.Context, address, folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	s.Program = "Go's net/http"
	s.closers = append(s.closers, root.Close)
	_, err = s.serve(ctx, address, s.Gate.before(files{root}), s.certificate)
	return err
}

// serve answers at an address until Close, over TLS when there is a certificate.
func (s *Server) serve(ctx context.Context, address string, handler http.Handler, c certificate) (net.Addr, error) {
	listener, err := listen(ctx, address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: patience, BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() { // ends with ErrServerClosed
		if c.chain != "" {
			_ = server.ServeTLS(listener, c.chain, c.key)
		} else {
			_ = server.Serve(listener)
		}
	}()
	s.closers = append([]func() error{server.Close}, s.closers...)
	return listener.Addr(), nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the loopback upstream cannot listen: %w", err)
	}
	return listener, nil
}
