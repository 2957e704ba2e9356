//go:build e2e

package disk

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/faults/feedrun"
)

// root skips a test that mounts disks where that is not allowed.
func root(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		feedrun.Skip(t, "mounting disks needs root")
	}
}

// tool skips a test where a program is missing.
func tool(t *testing.T, name, source string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		feedrun.Skip(t, name+" is missing: install "+source)
	}
	return path
}

func run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
}

// mount mounts a disk and unmounts it when the test ends.
func mount(t *testing.T, at string, args ...string) {
	t.Helper()
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, append(append([]string{"mount"}, args...), at)...)
	t.Cleanup(func() { unmount(at) })
}

func unmount(at string) { _ = exec.Command("umount", at).Run() }

// on moves the feed of a case to a disk that is mounted there.
func on(c *feedrun.Case, disk string) {
	c.Feed = filepath.Join(disk, "feed")
	c.Args = feedrun.App(c.Feed)
}

// TestSmallDisk makes runs on disks of growing size, from one on which not even the
// lock fits, until a run goes through. The run that has no space keeps the old
// feed; with more space, the same run goes on.
func TestSmallDisk(t *testing.T) {
	root(t)
	c := feedrun.NewCase(t)
	disk := filepath.Join(t.TempDir(), "disk")
	on(c, disk)
	passed := false
	const page = 4
	for size := 280; size < 4000 && !passed; size += feedrun.Pick(400, 12) / page * page {
		mount(t, disk, "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk", size), "tmpfs")
		feedrun.Copy(t, c.From, c.Feed)
		r := c.Run(t, c.Args...)
		c.Seen[fmt.Sprintf("exit code %d", r.Code)]++
		passed = r.Code == 0
		if !passed {
			checkFull(t, size, r)
			run(t, "mount", "-o", "remount,size=16m", disk)
			c.Settle(t, fmt.Sprintf("a disk of %d kB", size))
		}
		c.Whole(t, fmt.Sprintf("a disk of %d kB", size))
		run(t, "umount", disk)
	}
	if !passed || c.Seen["exit code 1"] == 0 {
		t.Errorf("%v: both are to be seen", c.Seen)
	}
	t.Logf("%v", c.Seen)
}

func checkFull(t *testing.T, size int, r feedrun.Result) {
	t.Helper()
	for _, want := range []string{"feed directory ", ": write ", "no space left on device; free some space and run the command again"} {
		if r.Code != 1 || !strings.Contains(r.Stderr, want) {
			t.Errorf("%d kB: exit code %d, the error lacks %q: %s", size, r.Code, want, r.Stderr)
		}
	}
}

// TestReadOnlyDisk makes a run on a disk that is mounted read-only, and reads the
// feed there.
func TestReadOnlyDisk(t *testing.T) {
	root(t)
	c := feedrun.NewCase(t)
	disk := filepath.Join(t.TempDir(), "disk")
	on(c, disk)
	mount(t, disk, "-t", "tmpfs", "-o", "size=16m", "tmpfs")
	feedrun.Copy(t, c.From, c.Feed)
	run(t, "mount", "-o", "remount,ro", disk)
	r := c.Run(t, c.Args...)
	if r.Code != 1 || !strings.Contains(r.Stderr, "the disk is mounted read-only") {
		t.Errorf("exit code %d: %s", r.Code, r.Stderr)
	}
	c.Must(t, "verify", c.Feed)
	run(t, "mount", "-o", "remount,rw", disk)
	c.Settle(t, "read-only")
}

// TestExFAT makes a feed on a disk that knows neither letter case nor hard links
// nor permissions: exFAT, the file system of memory cards.
func TestExFAT(t *testing.T) {
	root(t)
	tool(t, "mount.exfat-fuse", "exfat-fuse")
	format := tool(t, "mkfs.exfat", "exfatprogs")
	c := feedrun.NewCase(t)
	disk, image := filepath.Join(t.TempDir(), "disk"), filepath.Join(t.TempDir(), "image")
	on(c, disk)
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 64<<20); err != nil {
		t.Fatal(err)
	}
	run(t, format, image)
	mount(t, disk, "-t", "exfat-fuse", "-o", "loop", image)
	if err := os.WriteFile(filepath.Join(disk, "Case"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(disk, "cASE")); err != nil {
		t.Fatalf("this disk knows letter case: %v", err)
	}
	if os.Link(filepath.Join(disk, "Case"), filepath.Join(disk, "link")) == nil {
		t.Fatal("this disk knows hard links")
	}
	c.Must(t, feedrun.Old(c.Feed)...)
	stop := feedrun.Watch(t, c.Feed)
	c.Must(t, c.Args...)
	stop()
	c.Must(t, "verify", "--deep", c.Feed)
	if left := feedrun.Leftovers(t, c.Feed); len(left) > 0 {
		t.Errorf("left are %q", left)
	}
	r := c.Must(t, append(c.Args, "--repair")...)
	if !strings.Contains(r.Stdout, " 0 new,") {
		t.Errorf("the same again: %s", r.Stdout)
	}
}
