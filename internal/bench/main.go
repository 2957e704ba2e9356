// Bench measures feedctl side by side with what else could fetch the same bytes:
// curl with the same URLs (the floor), and the native client. It asks the
// upstreams that the lock's own settings name, as an ordinary client would.
//
//	go run ./internal/bench -lock path/to/package-lock.json [-runs 2] [-native]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	var b bench
	flag.StringVar(&b.lock, "lock", "", "lockfile to mirror, with its manifest beside it")
	flag.IntVar(&b.runs, "runs", 2, "repetitions of each measurement")
	flag.BoolVar(&b.native, "native", false, "measure the native client too (npm ci --ignore-scripts)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := b.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one benchmark of one lock.
type bench struct {
	lock   string
	runs   int
	native bool

	dir     string // scratch
	feedctl string // the binary
	results []*result
}

func (b *bench) run(ctx context.Context) error {
	if b.lock == "" {
		return fmt.Errorf("which lock? go run ./internal/bench -lock package-lock.json")
	}
	var err error
	if b.lock, err = filepath.Abs(b.lock); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "feedctl-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.feedctl = filepath.Join(b.dir, "feedctl")
	if _, err := b.command(ctx, "", "go", "build", "-o", b.feedctl, "./cmd/feedctl"); err != nil {
		return err
	}
	urls, err := b.plan(ctx)
	if err != nil {
		return err
	}
	for i := range b.runs {
		if err := b.round(ctx, i, urls); err != nil {
			return err
		}
	}
	b.print(urls)
	return nil
}

// round takes every measurement once, so that all see the same minutes.
func (b *bench) round(ctx context.Context, i int, urls urls) error {
	scratch := filepath.Join(b.dir, fmt.Sprint(i))
	feed, cache := filepath.Join(scratch, "feed"), filepath.Join(scratch, "cache")
	mirror := []string{b.feedctl, "mirror", b.lock, "--to", feed, "--cache-dir", cache, "--quiet"}
	steps := []struct {
		name string
		args []string
	}{
		{"floor: curl, metadata", urls.curl(scratch, "metadata", urls.metadata)},
		{"floor: curl, artifacts", urls.curl(scratch, "artifacts", urls.artifacts)},
		{"feedctl mirror, cold", mirror},
		{"feedctl mirror, warm", mirror},
		{"feedctl verify", []string{b.feedctl, "verify", feed}},
		{"sha256sum, two processes", []string{"sh", "-c", "find " + feed + " -name '*.tgz' -print0 | xargs -0 -n 64 -P 2 sha256sum > /dev/null"}},
	}
	if b.native {
		project, err := b.project(scratch)
		if err != nil {
			return err
		}
		steps = append(steps, struct {
			name string
			args []string
		}{"npm ci --ignore-scripts, cold", []string{
			"npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", project, "--cache", filepath.Join(scratch, "npm-cache"),
		}})
	}
	for _, step := range steps {
		if err := os.MkdirAll(scratch, 0o755); err != nil {
			return err
		}
		// feedctl waits until its bytes are on the disk; it must not wait for
		// those that the step before has written.
		if _, err := b.command(ctx, "", "sync"); err != nil {
			return err
		}
		usage, err := b.command(ctx, "", step.args...)
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		b.result(step.name).add(usage)
	}
	return os.RemoveAll(scratch)
}

// project copies the lock and its manifest to a folder of their own.
func (b *bench) project(scratch string) (string, error) {
	project := filepath.Join(scratch, "project")
	if err := os.MkdirAll(project, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{filepath.Base(b.lock), "package.json"} {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(b.lock), name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(project, name), data, 0o600); err != nil {
			return "", err
		}
	}
	return project, nil
}
