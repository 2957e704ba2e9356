//go:build unix

package disk

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/feedctl/feedctl/internal/faults/feedrun"
)

// limited makes the run under a limit of the shell's ulimit.
func limited(t *testing.T, c *feedrun.Case, limit string) feedrun.Result {
	t.Helper()
	command := c.Command(t.Context())
	inner := append([]string{"-c", "ulimit " + limit + ` && exec "$0" "$@"`, command.Path}, command.Args[1:]...)
	shell := exec.CommandContext(t.Context(), "/bin/sh", inner...)
	shell.Dir, shell.Env = command.Dir, command.Env
	return feedrun.Finish(t, shell)
}

// TestFileSizeLimit makes runs in which no file may grow beyond a size (EFBIG):
// some files of each run are larger.
func TestFileSizeLimit(t *testing.T) {
	c := feedrun.NewCase(t)
	for _, blocks := range []int{1, 4, 16, 32}[:feedrun.Pick(2, 4)] { // of 512 bytes
		c.Renew(t)
		r := limited(t, c, fmt.Sprintf("-f %d", blocks))
		if r.Code != 1 || !strings.Contains(r.Stderr, "feed directory feed: write ") || !strings.Contains(r.Stderr, "file too large") {
			t.Errorf("%d blocks: exit code %d: %s", blocks, r.Code, r.Stderr)
		}
		c.Settle(t, fmt.Sprintf("files of %d blocks", blocks))
	}
	t.Logf("%v", c.Seen)
}

// TestOpenFilesLimit makes runs that may open few files (EMFILE). They end right,
// or with an error that says so.
func TestOpenFilesLimit(t *testing.T) {
	c := feedrun.NewCase(t)
	limits := []int{12, 40}
	if feedrun.Long() {
		limits = []int{8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 96}
	}
	for _, files := range limits {
		c.Renew(t)
		r := limited(t, c, fmt.Sprintf("-n %d", files))
		c.Seen[fmt.Sprintf("exit code %d", r.Code)]++
		if r.Code != 0 && (r.Code != 1 || !strings.Contains(r.Stderr, "too many open files")) {
			t.Errorf("%d files: exit code %d: %s", files, r.Code, r.Stderr)
		}
		c.Settle(t, fmt.Sprintf("%d open files", files))
	}
	t.Logf("%v", c.Seen)
}

// TestReadOnlyFolders makes runs for a user who may not write into the feed, or
// into parts of it.
func TestReadOnlyFolders(t *testing.T) {
	c := feedrun.NewCase(t)
	for _, folder := range []string{".", "npm/base", "ledger/npm/packages", ".feedctl"} {
		c.Renew(t)
		user := open(t, c.Dir)
		closed := filepath.Join(c.Feed, filepath.FromSlash(folder))
		if err := os.Chmod(closed, 0o555); err != nil {
			t.Fatal(err)
		}
		command := c.Command(t.Context())
		command.SysProcAttr = user
		r := feedrun.Finish(t, command)
		if err := os.Chmod(closed, 0o755); err != nil {
			t.Fatal(err)
		}
		if r.Code != 1 || !strings.Contains(r.Stderr, "permission denied") || !strings.Contains(r.Stderr, "must be writable for this user") {
			t.Errorf("%s is read-only: exit code %d: %s", folder, r.Code, r.Stderr)
		}
		c.Settle(t, folder+" is read-only")
	}
	t.Logf("%v", c.Seen)
}

// open makes everything below a folder writable for a user whom permissions bind:
// root itself is not such a user. It returns what makes a command run as that one.
func open(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	const nobody = 65534
	for above := filepath.Dir(dir); len(above) > len(os.TempDir()); above = filepath.Dir(above) {
		_ = os.Chmod(above, 0o755)
	}
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(name, nobody, nobody)
	})
	if err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}
