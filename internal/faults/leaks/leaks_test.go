// Package leaks looks for what runs leave behind: goroutines, file descriptors,
// temporary files, and secrets in anything that feedctl writes.
package leaks

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/feedctl/feedctl/internal/cli"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
	"github.com/feedctl/feedctl/internal/faults/faulttest"
	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/web"
)

// TestMain is feedctl itself when a test starts this program again.
func TestMain(m *testing.M) {
	if os.Getenv("FEEDCTL_FAULTS_CHILD") != "" {
		os.Exit(cli.Main("test", os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(m)
}

// TestLeftovers runs mirror and verify, well and badly, and counts what is open and
// what lies around after each.
func TestLeftovers(t *testing.T) {
	if testing.Short() {
		t.Skip("runs take time")
	}
	if runtime.GOOS != "linux" {
		t.Skip("descriptors are counted in /proc")
	}
	world, err := faulttest.NewWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	for _, row := range []struct {
		name  string
		kind  string
		fault registrytest.Fault
		end   time.Duration // when the run is cancelled; 0 for never
		fails bool
	}{
		{name: "names", kind: "free"},
		{name: "locks", kind: "lock"},
		{name: "an upstream that is down", kind: "free", fault: registrytest.Status(503), fails: true},
		{name: "connections that drop", kind: "lock", fault: registrytest.Drop(), fails: true},
		{name: "bodies that are cut", kind: "free", fault: registrytest.Cut(20), fails: true},
		{name: "wrong bytes", kind: "lock", fault: registrytest.WrongByte(), fails: true},
		{name: "interrupted while nothing comes", kind: "free", fault: registrytest.Silence(), end: 100 * time.Millisecond, fails: true},
		{name: "interrupted within a body", kind: "lock", fault: registrytest.Stall(10), end: 100 * time.Millisecond, fails: true},
	} {
		for _, ecosystem := range []string{"npm", "cargo", "go", "pypi"} {
			t.Run(row.name+", "+ecosystem, func(t *testing.T) {
				server := world.Servers[ecosystem]
				server.Heal()
				if row.fault != nil {
					server.Fail("*", -1, row.fault)
				}
				before := descriptors(t)
				to := filepath.Join(t.TempDir(), "feed")
				err := run(t, world, world.Options(to, world.Inputs(ecosystem, row.kind)...), row.end)
				if (err != nil) != row.fails || row.end > 0 && !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				if err == nil {
					if findings, err := faulttest.Verify(t.Context(), to); err != nil || len(findings) > 0 {
						t.Errorf("%+v, %v", findings, err)
					}
				}
				server.Heal()
				if after := settled(t, before); len(after) > len(before) {
					t.Errorf("%d descriptors before, %d after: %q", len(before), len(after), after)
				}
				left(t, temporary, to, err == nil)
			})
		}
	}
}

func run(t *testing.T, world *faulttest.World, o mirror.Options, end time.Duration) error {
	t.Helper()
	client, err := web.New(web.Options{CacheDir: t.TempDir(), Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := t.Context()
	if end > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, end)
		defer cancel()
	}
	_, err = mirror.Run(ctx, o, world.Surroundings(client))
	return err
}

// descriptors are what this process has open, but for connections that the fake
// upstreams keep.
func descriptors(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		target, err := os.Readlink("/proc/self/fd/" + entry.Name())
		if err == nil {
			all = append(all, target)
		}
	}
	return all
}

// settled waits a moment for connections that are being closed at the other end.
func settled(t *testing.T, before []string) []string {
	t.Helper()
	for range 100 {
		if len(descriptors(t)) <= len(before) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return descriptors(t)
}

// left reports files that should be gone.
func left(t *testing.T, temporary, to string, whole bool) {
	t.Helper()
	entries, err := os.ReadDir(temporary)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), "TestLeftovers") { // the tests' own folders
			t.Errorf("%s is left in the folder for temporary files", entry.Name())
		}
	}
	if !whole {
		return
	}
	control := map[string]bool{}
	entries, err = os.ReadDir(filepath.Join(to, ".feedctl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		control[entry.Name()] = true
	}
	if delete(control, "lock"); len(control) > 0 {
		t.Errorf("left in .feedctl: %q", slices.Sorted(maps.Keys(control)))
	}
}
