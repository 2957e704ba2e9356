// Bench measures feedctl side by side with what else could fetch the same bytes:
// curl with the same URLs (the floor), sha256sum, and the native clients.
//
//	go run ./internal/bench                                     every example, with the native clients
//	go run ./internal/bench -example npm [-runs 3] [-native]    one of them
//	go run ./internal/bench -lock path/to/lock [-native]        a lock of your own
//	go run ./internal/bench -loopback [-delay 20ms] [-http2] …  the same from a feed on this machine
//	go run ./internal/bench … -out docs/performance.md          and write the figures there
//
// The lock is a file of the table kinds, or a folder that holds one. "cold" is
// without any cache and without a feed, "warm" is the same again, which must make
// no request and touch no file. With -native the project must be one package, with
// its manifest beside the lock; clients that are not installed are left out.
//
// Without -loopback the upstreams are those that the machine's settings name,
// asked as an ordinary client would. With it the feed is mirrored from them
// once, and then served on the loopback interface, with each request held back by
// nothing and, in turns, by the delay.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// mostDelay keeps a run bounded.
const mostDelay = time.Second

func main() {
	b, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err = b.run(ctx)
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is what was asked for.
type bench struct {
	lock     string
	example  string
	runs     int
	native   bool
	loopback bool
	delay    time.Duration
	http2    bool
	out      string

	dir     string // scratch
	feedctl string // the binary; "" until it is built
}

// parse reads the command line. Nothing asked for means every example, with the
// native clients.
func parse(args []string) (*bench, error) {
	b := &bench{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&b.lock, "lock", "", "lockfile to mirror, or its folder, with its manifest beside it")
	flags.StringVar(&b.example, "example", "", "lock a large example with the machine's tools and take that: "+strings.Join(exampleNames(), ", ")+", "+allExamples)
	flags.IntVar(&b.runs, "runs", 2, "repetitions of each measurement")
	flags.BoolVar(&b.native, "native", false, "measure the native clients too, and resolution without a lock")
	flags.BoolVar(&b.loopback, "loopback", false, "measure against a feed on this machine, mirrored once before, without and with a delay")
	flags.DurationVar(&b.delay, "delay", 20*time.Millisecond, "what each request takes longer, with -loopback; 0 measures without only")
	flags.BoolVar(&b.http2, "http2", false, "let the loopback upstream speak HTTP/2 over TLS, not HTTP/1.1")
	flags.StringVar(&b.feedctl, "feedctl", "", "binary to measure (default: one built from the working directory)")
	flags.StringVar(&b.out, "out", "", "document whose sections for the results are written anew")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if b.lock == "" && b.example == "" {
		b.example, b.native = allExamples, true
	}
	switch {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unknown word %q; -help shows the flags", flags.Arg(0))
	case b.lock != "" && b.example != "":
		return nil, errors.New("want a lock or an example, not both")
	case b.runs < 1:
		return nil, errors.New("-runs: want at least one")
	case b.delay < 0 || b.delay > mostDelay:
		return nil, fmt.Errorf("-delay: want 0 to %s", mostDelay)
	case b.lock != "" && b.out != "":
		return nil, errors.New("-out is for the examples, whose figures can be repeated elsewhere")
	}
	return b, nil
}

func (b *bench) run(ctx context.Context) (err error) {
	chosen := []kind{{}}
	if b.example != "" {
		if chosen, err = chosenExamples(b.example); err != nil {
			return err
		}
	}
	if err := b.checkOut(chosen); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "feedctl-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.feedctl == "" {
		b.feedctl = filepath.Join(b.dir, "feedctl")
		if _, err := measure(ctx, job{args: []string{"go", "build", "-o", b.feedctl, "./cmd/feedctl"}}); err != nil {
			return err
		}
	}
	for i, k := range chosen {
		if err := b.one(ctx, k, filepath.Join(b.dir, fmt.Sprint(i))); err != nil {
			return fmt.Errorf("%s: %w", strings.TrimSpace(b.lock+" "+k.name), err)
		}
	}
	return nil
}

// one measures one lock and says what came of it.
func (b *bench) one(ctx context.Context, k kind, scratch string) error {
	s := &subject{feedctl: b.feedctl, native: b.native}
	var err error
	if b.lock != "" {
		s.path, s.kind, err = find(b.lock)
	} else {
		s.kind = k
		s.path, err = k.lockExample(ctx, filepath.Join(scratch, "example"))
	}
	if err != nil {
		return err
	}
	measuring := b.fromRegistries
	if b.loopback {
		measuring = b.fromLoopback
	}
	r, err := measuring(ctx, s, scratch)
	if err != nil {
		return err
	}
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	if b.out != "" {
		if err := r.writeTo(b.out); err != nil {
			return err
		}
	}
	return nil
}

// fromRegistries measures with the upstreams of the machine.
func (b *bench) fromRegistries(ctx context.Context, s *subject, scratch string) (result, error) {
	var err error
	if s.planned, err = s.plan(ctx, filepath.Join(scratch, "planning")); err != nil {
		return result{}, err
	}
	t := &table{}
	for i := range b.runs {
		if err := s.round(ctx, filepath.Join(scratch, fmt.Sprint(i)), t); err != nil {
			return result{}, err
		}
	}
	return b.result(ctx, s, "the registries", t), nil
}
