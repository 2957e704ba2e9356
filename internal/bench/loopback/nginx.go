package loopback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"
)

// configuration is nginx's. One worker is enough for one client, and leaves the
// other processors to it.
var configuration = template.Must(template.New("nginx.conf").Parse(`
{{- if .Root}}user root;
{{end -}}
worker_processes 1;
pid {{.Scratch}}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  default_type application/octet-stream;
  types { text/html html; }
  client_body_temp_path {{.Scratch}}/body;
  proxy_temp_path {{.Scratch}}/proxy;
  fastcgi_temp_path {{.Scratch}}/fastcgi;
  uwsgi_temp_path {{.Scratch}}/uwsgi;
  scgi_temp_path {{.Scratch}}/scgi;
  upstream gate { server {{.Gate}}; keepalive 256; keepalive_requests 1000000; }
  server {
    listen {{.Address}} backlog=512{{if .Chain}} ssl http2;
    ssl_certificate {{.Chain}};
    ssl_certificate_key {{.Key}}{{end}};
    root {{.Folder}};
    location / {
      auth_request /.gate;
      try_files $uri ${uri}index.html $uri/index.html =404;
    }
    location = /.gate {
      internal;
      proxy_pass http://gate/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass_request_headers off;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
  }
}
`))

// nginx starts nginx, with the gate in this process.
func (s *Server) nginx(ctx context.Context, program, address, folder, scratch string) error {
	gate, err := s.serve(ctx, "127.0.0.1:0", s.Gate, certificate{})
	if err != nil {
		return err
	}
	for _, path := range []string{folder, scratch} {
		if strings.ContainsAny(path, " \t\n;{}\"'$\\") || !filepath.IsAbs(path) {
			return fmt.Errorf("nginx cannot be told of the folder %q: an absolute path without blanks or special characters is needed", path)
		}
	}
	var text bytes.Buffer
	if err := configuration.Execute(&text, map[string]any{
		"Root": os.Geteuid() == 0, "Scratch": scratch, "Gate": gate, "Address": address, "Folder": folder,
		"Chain": s.certificate.chain, "Key": s.certificate.key,
	}); err != nil {
		return err
	}
	path := filepath.Join(scratch, "nginx.conf")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		return err
	}
	s.Program = "nginx"
	return s.run(ctx, address, program, "-e", "stderr", "-p", scratch, "-c", path, "-g", "daemon off;")
}

// run starts a server as a process that Close ends, and waits until it answers.
func (s *Server) run(ctx context.Context, address string, words ...string) error {
	var output bytes.Buffer
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdout, command.Stderr = &output, &output
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = patience
	if err := command.Start(); err != nil {
		return fmt.Errorf("the loopback upstream: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // what it printed says more
	}()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		if answers(ctx, address) {
			s.closers = append([]func() error{func() error { return end(command, ended) }}, s.closers...)
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("%s ended at once: %.500s", filepath.Base(words[0]), output.String())
		case <-deadline.C:
			return errors.Join(fmt.Errorf("%s does not answer at %s", filepath.Base(words[0]), address), end(command, ended))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func answers(ctx context.Context, address string) bool {
	dialer := net.Dialer{Timeout: time.Second}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return connection.Close() == nil
}

// end asks a process to end, waits, and kills it when it does not.
func end(command *exec.Cmd, ended <-chan struct{}) error {
	_ = command.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-ended:
		return nil
	case <-time.After(patience):
		_ = command.Process.Kill()
		<-ended
		return fmt.Errorf("%s did not end when asked", filepath.Base(command.Path))
	}
}
