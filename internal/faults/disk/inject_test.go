// Package disk brings the faults of disks into mirror runs: calls that fail, one
// or all from some moment on, disks that are full, read-only, without hard links or
// blind to letter case, limits on open files, and power that goes before what was
// written is on the disk. The old feed must stay, the error must say what to do,
// and the next run must go through.
package disk

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/feedctl/feedctl/internal/faults/feedrun"
	"github.com/feedctl/feedctl/internal/faults/systrace"
)

func TestMain(m *testing.M) { os.Exit(feedrun.Main(m)) }

func start(t *testing.T) *feedrun.Case {
	t.Helper()
	c := feedrun.NewCase(t)
	if err := systrace.Supported(); err != nil {
		feedrun.Skip(t, err.Error())
	}
	return c
}

// TestCallFails lets single calls fail, spread over a run.
func TestCallFails(t *testing.T) {
	c := start(t)
	staging, publish := c.Steps(t, systrace.Options{})
	points := append(feedrun.Spread(len(staging), feedrun.Pick(3, 60)), feedrun.Spread(len(publish), feedrun.Pick(3, 60))...)
	for i, at := range points {
		inPublish := i >= len(points)-len(feedrun.Spread(len(publish), feedrun.Pick(3, 60)))
		number, name := at, ""
		if inPublish {
			number, name = -1, publish[at].String()
		}
		errno := []syscall.Errno{syscall.ENOSPC, syscall.EIO, syscall.EDQUOT, syscall.EROFS}[i%4]
		fault(t, c, errno, func(call systrace.Call) bool { return call.Number == number || call.String() == name })
	}
	t.Logf("%v", c.Seen)
}

// TestEveryKindFails lets each kind of call fail once at its first place, its
// middle one and its last, outside of the cache.
func TestEveryKindFails(t *testing.T) {
	c := start(t)
	staging, publish := c.Steps(t, systrace.Options{})
	kinds := map[string]int{}
	for _, call := range slices.Concat(staging, publish) {
		if inFeed(call) {
			kinds[call.Name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		for _, place := range feedrun.Spread(kinds[name], feedrun.Pick(1, 6)) {
			met := 0
			code := fault(t, c, syscall.ENOSPC, func(call systrace.Call) bool {
				if call.Name == name && inFeed(call) {
					met++
					return met == place+1
				}
				return false
			})
			if code == 0 && slices.Contains([]string{"fsync", "renameat", "syncfs"}, name) {
				t.Errorf("%s failed once, and the run went on, or began anew", name)
			}
		}
	}
	t.Logf("%v, %v", kinds, c.Seen)
}

func inFeed(call systrace.Call) bool { return strings.HasPrefix(call.Path, "feed") }

// fault makes one run in which the calls that are chosen fail, and returns its exit
// code.
func fault(t *testing.T, c *feedrun.Case, errno syscall.Errno, chosen func(systrace.Call) bool) int {
	t.Helper()
	c.Renew(t)
	var failed *systrace.Call
	trace, text := c.Trace(t, systrace.Options{Decide: func(call systrace.Call) systrace.Verdict {
		if !chosen(call) {
			return systrace.Verdict{}
		}
		if failed == nil {
			failed = &call
		}
		return systrace.Verdict{Fail: errno}
	}})
	if failed == nil {
		c.Seen["not met"]++
		c.Settle(t, "nothing failed")
		return 0
	}
	what := fmt.Sprintf("%v in %s", errno, failed)
	c.Seen[fmt.Sprintf("exit code %d", trace.Code)]++
	switch {
	case trace.Code == 0 && !c.New.Equal(feedrun.Read(t, c.Feed)):
		t.Errorf("%s: exit code 0, and not the new feed:\n%s", what, c.New.Difference(feedrun.Read(t, c.Feed)))
	case trace.Code == 0:
	case trace.Code != 1:
		t.Errorf("%s: exit code %d\n%s", what, trace.Code, text)
	case !inFeed(*failed):
		t.Errorf("%s: a fault of the cache ends the run: %s", what, text)
	default:
		checkError(t, what, text, errno)
	}
	c.Settle(t, what)
	return trace.Code
}

// checkError looks at the error of a run: what, where, why and what to do.
func checkError(t *testing.T, what, text string, errno syscall.Errno) {
	t.Helper()
	line := text
	for line = range strings.Lines(text) {
		if strings.HasPrefix(line, "feedctl: ") {
			break
		}
	}
	wants := []string{"feedctl: ", "feed directory feed: ", errno.Error()}
	switch errno {
	case syscall.ENOSPC, syscall.EDQUOT:
		wants = append(wants, "free some space and run the command again")
	case syscall.EROFS:
		wants = append(wants, "mounted read-only")
	}
	for _, want := range wants {
		if !strings.Contains(line, want) {
			t.Errorf("%s: the error lacks %q:\n%s", what, want, text)
		}
	}
}

// TestFullFromThenOn makes the disk of the feed full at moments of a run, for all
// that follows.
func TestFullFromThenOn(t *testing.T) {
	c := start(t)
	staging, publish := c.Steps(t, systrace.Options{})
	for _, at := range feedrun.Spread(len(staging)+len(publish), feedrun.Pick(2, 30)) {
		from := at
		fault(t, c, syscall.ENOSPC, func(call systrace.Call) bool {
			return call.Number >= from && inFeed(call) && slices.Contains([]string{"openat", "write", "mkdirat", "linkat", "renameat"}, call.Name)
		})
	}
	t.Logf("%v", c.Seen)
}

// TestNoHardLinks makes runs on a disk that knows no hard links.
func TestNoHardLinks(t *testing.T) {
	c := start(t)
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.EOPNOTSUPP, syscall.EMLINK, syscall.ENOSYS} {
		c.Renew(t)
		links := 0
		trace, text := c.Trace(t, systrace.Options{Decide: func(call systrace.Call) systrace.Verdict {
			if call.Name != "linkat" {
				return systrace.Verdict{}
			}
			links++
			return systrace.Verdict{Fail: errno}
		}})
		if trace.Code != 0 || links == 0 {
			t.Errorf("%v: exit code %d after %d links: %s", errno, trace.Code, links, text)
		}
		c.Whole(t, errno.Error())
		if !feedrun.Long() {
			return
		}
	}
}

// TestNoSyncfs makes a run on a kernel without syncfs, where each file is flushed
// by itself.
func TestNoSyncfs(t *testing.T) {
	c := start(t)
	c.Renew(t)
	flushed := 0
	trace, text := c.Trace(t, systrace.Options{Decide: func(call systrace.Call) systrace.Verdict {
		if call.Name == "fsync" {
			flushed++
		}
		if call.Name == "syncfs" {
			return systrace.Verdict{Fail: syscall.ENOSYS}
		}
		return systrace.Verdict{}
	}})
	if trace.Code != 0 || flushed < 100 {
		t.Errorf("exit code %d, %d files flushed: %s", trace.Code, flushed, text)
	}
	c.Whole(t, "no syncfs")
}
