//go:build e2e

package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// server is a web server that shows webRoot on registryPort. Its configuration is
// the distribution's own, with the edits below and no others.
type server struct {
	name    string
	command []string
	edits   []edit
	backlog int // connections it lets wait; 0 = enough for every client
}

// edit is a change of one configuration file, seen only inside a namespace: each
// old text becomes the new text that follows it. Every old text must occur.
type edit struct {
	file  string
	pairs []string
}

// servers are the web servers of the matrix; a quick run takes two.
func servers(t *testing.T) []server {
	t.Helper()
	t.Helper()
	all := []server{nginx(), {
		name:    "python",
		command: []string{"/usr/bin/python3", "-m", "http.server", "--directory", webRoot, registryPort},
		backlog: 5,
	}}
	if quick() {
		return all
	}
	return append(all,
		server{
			name:    "apache",
			command: []string{"/usr/sbin/apache2ctl", "-D", "FOREGROUND"},
			edits: []edit{
				{"/etc/apache2/ports.conf", []string{"\nListen 80\n", "\nListen " + registryPort + "\n"}},
				{"/etc/apache2/sites-available/000-default.conf", []string{
					"<VirtualHost *:80>", "<VirtualHost *:" + registryPort + ">\n\tAllowEncodedSlashes On",
				}},
			},
		},
		server{
			name:    "caddy",
			command: []string{"/usr/bin/caddy", "run", "--config", "/etc/caddy/Caddyfile"},
			edits: []edit{{"/etc/caddy/Caddyfile", []string{
				"\n:80 {", "\n:" + registryPort + " {", "/usr/share/caddy", webRoot,
			}}},
		},
		server{
			name:    "lighttpd",
			command: []string{"/usr/sbin/lighttpd", "-D", "-f", "/etc/lighttpd/lighttpd.conf"},
			edits: []edit{{"/etc/lighttpd/lighttpd.conf", []string{
				"server.port                 = 80\n", "server.port                 = " + registryPort + "\n",
			}}},
		},
		server{
			name:    "go",
			command: []string{program(t, "goserver"), "-dir", webRoot, "-addr", "127.0.0.1:" + registryPort},
		},
		feedctlServe(t),
	)
}

// nginx is the server of the tests that need only one.
func nginx() server {
	return server{
		name:    "nginx",
		command: []string{"/usr/sbin/nginx", "-g", "daemon off;"},
		edits: []edit{{"/etc/nginx/sites-available/default", []string{
			"listen 80 ", "listen " + registryPort + " ", "listen [::]:80 ", "listen [::]:" + registryPort + " ",
		}}},
	}
}

// feedctlServe is feedctl's own server.
func feedctlServe(t *testing.T) server {
	t.Helper()
	return server{
		name:    "feedctl serve",
		command: []string{program(t, "feedctl"), "serve", webRoot, "--addr", "127.0.0.1:" + registryPort},
	}
}

// start runs the server in the namespace until the test ends. What it prints is
// logged when the test has failed.
func (s server) start(t *testing.T, inside *namespace) {
	t.Helper()
	if _, err := os.Stat(s.command[0]); err != nil {
		t.Fatalf("%s is missing: run e2e/install (%v)", s.name, err)
	}
	for _, e := range s.edits {
		e.apply(t, inside)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + t.TempDir(), "LANG=C.UTF-8"}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := inside.command(ctx, "/", env, s.command...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", s.name, err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s printed at the end:\n%s", s.name, tail(string(text), 20))
		}
	})
	if err := inside.waitForServer(t); err != nil {
		text, _ := os.ReadFile(log.Name())
		t.Fatalf("%s does not answer on port %s: %v\n%s", s.name, registryPort, err, text)
	}
}

// apply puts an edited copy of the file in its place, inside the namespace only.
func (e edit) apply(t *testing.T, inside *namespace) {
	t.Helper()
	text, err := os.ReadFile(e.file)
	if err != nil {
		t.Fatalf("read the distribution's configuration: %v", err)
	}
	for i := 0; i < len(e.pairs); i += 2 {
		if !strings.Contains(string(text), e.pairs[i]) {
			t.Fatalf("%s has no %q any more", e.file, e.pairs[i])
		}
	}
	edited := filepath.Join(t.TempDir(), filepath.Base(e.file))
	writeFile(t, edited, strings.NewReplacer(e.pairs...).Replace(string(text)))
	if _, err := run(inside.command(t.Context(), "/", nil, "/usr/bin/mount", "--bind", edited, e.file)); err != nil {
		t.Fatal(err)
	}
}
