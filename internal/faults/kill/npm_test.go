//go:build e2e

package kill

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/faults/feedrun"
)

// TestClientWhileMirrorsAreKilled lets npm install a package in a loop, from nginx,
// while mirrors that bring its next version are killed: each installation must go
// through, of the old version or of the new one with what that needs.
func TestClientWhileMirrorsAreKilled(t *testing.T) {
	feedrun.NotInShort(t)
	for _, program := range []string{"npm", "node", "nginx"} {
		if _, err := exec.LookPath(program); err != nil {
			feedrun.Skip(t, program+" is missing: run e2e/install")
		}
	}
	w := feedrun.New(t)
	web := filepath.Join(t.TempDir(), "web")
	address := nginx(t, web)
	mirror := func(i int, args []string) []string {
		args = append([]string{}, args...)
		for j := range args {
			args[j] = strings.Replace(args[j], feedrun.Base, fmt.Sprintf("%s/feed%d", address, i), 1)
		}
		return args
	}
	rounds := feedrun.Pick(3, 30)
	folder := func(i int) string { return filepath.Join(web, fmt.Sprintf("feed%d", i)) }
	for i := range rounds {
		w.Must(t, mirror(i, feedrun.Old(folder(i)))...)
	}
	w.Advance(t)
	counts := &installations{}
	for i := range rounds {
		registry := fmt.Sprintf("%s/feed%d/npm/", address, i)
		done := make(chan struct{})
		var client sync.WaitGroup
		client.Go(func() { counts.loop(t, registry, done) })
		command := w.Command(t.Context(), mirror(i, feedrun.App(folder(i)))...)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 600 * time.Millisecond / time.Duration(rounds))
		_ = command.Process.Kill()
		_ = command.Wait()
		counts.install(t, registry) // from what the kill left
		w.Must(t, mirror(i, feedrun.App(folder(i)))...)
		close(done)
		client.Wait()
		if version := counts.install(t, registry); version != "1.1.0" {
			t.Errorf("installed %q from the new feed", version)
		}
	}
	t.Logf("%d kills, installed: %v", rounds, counts.versions)
}

// installations counts what npm has installed.
type installations struct {
	mu       sync.Mutex
	versions map[string]int
}

func (c *installations) loop(t *testing.T, registry string, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
			c.install(t, registry)
		}
	}
}

// install installs "base" into an empty folder and returns its version.
func (c *installations) install(t *testing.T, registry string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "feedctl-npm-")
	if err != nil {
		t.Error(err)
		return ""
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(t.Context(), feedrun.Patience)
	defer cancel()
	command := exec.CommandContext(ctx, "npm", "install", "base@*", "--registry="+registry, "--ignore-scripts", "--no-audit", "--no-fund",
		"--cache="+filepath.Join(dir, "cache"), "--fetch-retries=0", "--userconfig="+filepath.Join(dir, "npmrc"))
	command.Dir = filepath.Join(dir, "project")
	if err := os.Mkdir(command.Dir, 0o755); err != nil {
		t.Error(err)
		return ""
	}
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("npm install: %v\n%s", err, out)
		return ""
	}
	data, err := os.ReadFile(filepath.Join(command.Dir, "node_modules", "base", "package.json"))
	version := ""
	if _, after, ok := strings.Cut(string(data), `"version":"`); ok {
		version, _, _ = strings.Cut(after, `"`)
	}
	if err != nil || version == "" {
		t.Errorf("npm installed %q, %v", data, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.versions == nil {
		c.versions = map[string]int{}
	}
	c.versions[version]++
	return version
}

// nginx serves a folder on a free loopback port until the test ends, and returns
// the address.
func nginx(t *testing.T, web string) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := fmt.Sprintf(`daemon off; pid %[1]s/pid; error_log %[1]s/error.log; %[4]s
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
	server { listen %[2]s; root %[3]s; }
}
`, dir, address, web, user())
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("nginx", "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log"))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
	})
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address); err == nil {
			_ = connection.Close()
			return "http://" + address
		}
	}
	t.Fatal("nginx does not answer")
	return ""
}

// user keeps the workers of an nginx that root starts root, so that they may read
// the test's folder.
func user() string {
	if os.Getuid() == 0 {
		return "user root;"
	}
	return ""
}
