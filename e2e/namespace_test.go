//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// registryPort is the one port of every server, each in a network of its own, so
// that one feed with one base URL serves all of them.
const registryPort = "8080"

const (
	feedURL     = "http://127.0.0.1:" + registryPort + "/"
	registryURL = feedURL + "npm/"
)

// webRoot is where the distribution's servers look for files by default.
const webRoot = "/var/www/html"

// workspace is a folder of the namespace in which clients work, in memory: writing
// some thousand files for each cell is what the tests spend most time on.
const workspace = "/mnt"

// namespaceScript prepares the inside: loopback up, a hosts file that knows only
// localhost, the feed read-only at the web root, private folders for what servers
// write, and memory for what clients install. Arguments: hosts file, feed.
const namespaceScript = `set -eu
mount --make-rprivate /
mount -t proc proc /proc
ip link set lo up
mount --bind "$1" /etc/hosts
mkdir -p ` + webRoot + `
mount --bind "$2" ` + webRoot + `
mount -o remount,bind,ro ` + webRoot + `
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/log
mount -t tmpfs -o mode=755 tmpfs ` + workspace + `
mkdir -p /run/lock /run/lighttpd /var/log/nginx /var/log/apache2 /var/log/lighttpd
chown www-data: /run/lighttpd /var/log/nginx /var/log/apache2 /var/log/lighttpd
echo ready
exec sleep infinity
`

// namespace is a machine of its own as far as programs can tell: its network has
// only loopback, and every process started in it ends with it.
type namespace struct {
	pid int
}

// newNamespace makes a namespace that ends with the test and shows the feed at
// webRoot.
func newNamespace(t *testing.T, feed string) *namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("the end-to-end tests make network namespaces: run them as root")
	}
	hosts := filepath.Join(t.TempDir(), "hosts")
	writeFile(t, hosts, "127.0.0.1 localhost\n::1 localhost\n")
	cmd := exec.Command("/bin/sh", "-c", namespaceScript, "namespace", hosts, feed)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start a namespace: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("prepare a namespace: %q, %v (iproute2 and mount are installed by e2e/install)", line, err)
	}
	return &namespace{pid: cmd.Process.Pid}
}

// outside is the path under which this process sees a file of the namespace.
func (n *namespace) outside(file string) string {
	return filepath.Join("/proc", strconv.Itoa(n.pid), "root", file)
}

// tempDir makes a folder in the workspace that goes with the test, and returns
// its path inside.
func (n *namespace) tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(n.outside(workspace), "cell-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("clear the workspace: %v", err)
		}
	})
	return filepath.Join(workspace, filepath.Base(dir))
}

// command is a program to run inside, in folder dir, with env and nothing else as
// its environment. The end of ctx kills its process group.
func (n *namespace) command(ctx context.Context, dir string, env []string, program ...string) *exec.Cmd {
	args := []string{"--target", strconv.Itoa(n.pid), "--net", "--mount", "--pid", "env", "-i", "-C", dir}
	args = append(append(args, env...), program...)
	return grouped(exec.CommandContext(ctx, "nsenter", args...))
}

// grouped gives the command a process group and kills it all at once.
func grouped(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// waitForServer returns when something listens on registryPort.
func (n *namespace) waitForServer(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	script := "until (exec 3<>/dev/tcp/127.0.0.1/" + registryPort + ") 2>/dev/null; do sleep 0.05; done"
	return n.command(ctx, "/", []string{"PATH=/usr/bin:/bin"}, "bash", "-c", script).Run()
}

// run runs the command and returns its two output streams together. An error
// carries their end.
func run(cmd *exec.Cmd) (string, error) {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, tail(string(out), 40))
	}
	return string(out), nil
}

// output runs the command and returns its standard output alone.
func output(cmd *exec.Cmd) ([]byte, error) {
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, tail(string(exit.Stderr), 40))
	}
	return out, err
}

// tail is the last lines of text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// writeFile writes a file and the folders above it.
func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
