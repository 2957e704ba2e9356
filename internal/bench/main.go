// Bench measures feedctl side by side with what else could fetch the same bytes:
// curl with the same URLs (the floor), and the native client. It asks the
// upstreams that the machine's settings name, as an ordinary client would.
//
//	go run ./internal/bench -lock path/to/lock [-runs 2] [-native]
//	go run ./internal/bench -example cargo [-runs 2] [-native]
//
// The lock is a file of the table kinds, or a folder that holds one. "cold" is
// without any cache and without a feed, "warm" is the same again. With -native
// the project must be one package, with its manifest beside the lock.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	var b bench
	var lock, example string
	flag.StringVar(&lock, "lock", "", "lockfile to mirror, or its folder, with its manifest beside it")
	flag.StringVar(&example, "example", "", "lock a large example of this kind and take that: "+exampleNames())
	flag.IntVar(&b.runs, "runs", 2, "repetitions of each measurement")
	flag.BoolVar(&b.native, "native", false, "measure the native client too, and resolution without a lock")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := b.run(ctx, lock, example)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one benchmark of one lock.
type bench struct {
	lock   string
	kind   kind
	runs   int
	native bool

	dir     string // scratch
	feedctl string // the binary
	table   table
}

func (b *bench) run(ctx context.Context, lock, example string) (err error) {
	if b.runs < 1 || (lock == "") == (example == "") {
		return errors.New("want a lock or an example, and at least one run: go run ./internal/bench -lock package-lock.json")
	}
	if b.dir, err = os.MkdirTemp("", "feedctl-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.feedctl = filepath.Join(b.dir, "feedctl")
	if _, err := measure(ctx, job{args: []string{"go", "build", "-o", b.feedctl, "./cmd/feedctl"}}); err != nil {
		return err
	}
	if example != "" {
		if lock, err = writeExample(ctx, example, filepath.Join(b.dir, "example")); err != nil {
			return err
		}
	}
	if b.lock, b.kind, err = find(lock); err != nil {
		return err
	}
	planned, err := b.plan(ctx)
	if err != nil {
		return err
	}
	for i := range b.runs {
		if err := b.round(ctx, filepath.Join(b.dir, fmt.Sprint(i)), planned); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d metadata documents, %d artifacts, %d runs\n",
		filepath.Base(b.lock), len(planned.metadata), len(planned.artifacts), b.runs)
	return b.table.write(os.Stdout)
}
