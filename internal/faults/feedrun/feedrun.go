// Package feedrun runs the feedctl program for tests of faults: built once, in
// surroundings of its own, with fake registries of every ecosystem as its
// upstreams. It also looks at feeds as a client does, which knows no ledger.
package feedrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/faults/systrace"
)

// Patience is how long a run may take: far more than one ever needs.
const Patience = 2 * time.Minute

// Long reports whether the long form of the tests was asked for.
func Long() bool { return os.Getenv("FEEDCTL_FAULTS") == "long" }

// Pick returns short, or long when the long form was asked for.
func Pick(short, long int) int {
	if Long() {
		return long
	}
	return short
}

// Skip ends a test that this machine cannot run; where nothing may be skipped
// (FEEDCTL_TEST_DISALLOW_SKIP) it fails.
func Skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("FEEDCTL_TEST_DISALLOW_SKIP") != "" {
		t.Fatal("skipped, and FEEDCTL_TEST_DISALLOW_SKIP is set: " + why)
	}
	t.Skip(why)
}

// NotInShort skips a test of faults in "go test -short".
func NotInShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("faults are not part of -short")
	}
}

// built is the folder that holds the program, "" before anybody needs it.
var built string

var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "feedctl-faults-")
	if err != nil {
		return "", err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // other users run it too
		return "", err
	}
	program := filepath.Join(dir, "feedctl")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", program, "github.com/feedctl/feedctl/cmd/feedctl").CombinedOutput()
	if err != nil {
		return "", errors.Join(fmt.Errorf("go build: %w\n%s", err, out), os.RemoveAll(dir))
	}
	built = dir
	return program, nil
})

// Main runs the tests of a package and removes the program that they built.
// It returns the exit code.
func Main(m *testing.M) int {
	systrace.Stub()
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	return code
}

// Result is what a run came to.
type Result struct {
	Code   int // exit code; -1 when it was killed
	Stdout string
	Stderr string
}

// Command makes a command of feedctl in the world's surroundings. The time of the
// run is fixed, so that the same run gives the same bytes.
func (w *World) Command(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, w.Program, args...)
	command.Dir = w.Dir
	command.Env = []string{
		"PATH=" + w.Dir, "HOME=" + filepath.Join(w.Dir, "home"), "XDG_CACHE_HOME=" + filepath.Join(w.Dir, "cache"),
		"XDG_CONFIG_HOME=" + filepath.Join(w.Dir, "config"), "TMPDIR=" + w.Dir, "SOURCE_DATE_EPOCH=1700000000", "TZ=UTC",
		"GOENV=off", "GOFLAGS=-mod=mod", "GOSUMDB=" + sumDatabase, "GORACE=atexit_sleep_ms=10",
	}
	return command
}

// Run runs feedctl to its end.
func (w *World) Run(t testing.TB, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	return Finish(t, w.Command(ctx, args...))
}

// Finish runs a command to its end.
func Finish(t testing.TB, command *exec.Cmd) Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	var failure *exec.ExitError
	if err != nil && !errors.As(err, &failure) {
		t.Fatalf("%v: %v", command.Args, err)
	}
	return Result{command.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// Must runs feedctl, which has to end well.
func (w *World) Must(t testing.TB, args ...string) Result {
	t.Helper()
	r := w.Run(t, args...)
	if r.Code != 0 {
		t.Fatalf("feedctl %v: exit code %d\n%s%s", args, r.Code, r.Stdout, r.Stderr)
	}
	return r
}
