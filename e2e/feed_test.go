//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// stageLimit bounds each step outside the cells: online installs, feedctl.
const stageLimit = 4 * time.Minute

// programDir holds what program compiles, for as long as the tests run.
var programDir string

// TestMain gives the programs a folder. They are compiled when first asked for.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "feedctl-e2e-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	programDir = dir
	m.Run()
}

// programs are the packages behind the names that program knows. FEEDCTL_E2E_BIN
// takes the place of feedctl.
var programs = map[string]func() (string, error){
	"goserver": sync.OnceValues(func() (string, error) { return compile("./goserver") }),
	"feedctl": sync.OnceValues(func() (string, error) {
		if file := os.Getenv("FEEDCTL_E2E_BIN"); file != "" {
			return filepath.Abs(file)
		}
		return compile("../cmd/feedctl")
	}),
}

// program returns the executable of one of the programs.
func program(t *testing.T, name string) string {
	t.Helper()
	file, err := programs[name]()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// compile builds a package, named from this folder.
func compile(pkg string) (string, error) {
	file := filepath.Join(programDir, filepath.Base(pkg))
	_, err := run(exec.Command("go", "build", "-o", file, pkg))
	return file, err
}

// mirror makes a feed of the inputs for feedURL and returns its folder.
func mirror(t *testing.T, inputs ...string) string {
	t.Helper()
	feed := filepath.Join(t.TempDir(), "feed")
	feedctl(t, append([]string{"mirror", "--to", feed, "--base-url", feedURL}, inputs...)...)
	return feed
}

// feedctl runs the program under test on this machine, with its network.
func feedctl(t *testing.T, args ...string) {
	t.Helper()
	stage(t, "feedctl "+args[0], func(ctx context.Context) error {
		_, err := run(grouped(exec.CommandContext(ctx, program(t, "feedctl"), args...)))
		return err
	})
}

// stage runs one step within stageLimit, logs how long it took, and ends the test
// when it fails.
func stage(t *testing.T, name string, step func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
	defer cancel()
	start := time.Now()
	if err := step(ctx); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Logf("%s: %.1f s", name, time.Since(start).Seconds())
}
