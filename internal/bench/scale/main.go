// Scale measures how cost grows with the feed. For each ecosystem and size it
// serves a synthetic upstream on loopback (package synthetic), mirrors all of it
// into a fresh feed, one run for each list of packages with all their releases, and
// then does with that feed what is done every day: one more release, one new
// package, an upgrade, the same again, verify.
//
//	go run ./internal/bench/scale -ecosystem npm -sizes 1000,10000,100000
//	go run ./internal/bench/scale -ecosystem all -keep folder
//
// The steps ask for the same packages at every size, so that their figures can be
// compared. A row gives wall and processor time and the most resident memory of
// the feedctl process, which is a process of its own, and the files of the feed
// that it wrote anew, with their bytes. That of one more release is the median of
// several.
//
// A feed of 100,000 releases and the cache of what was asked for it take 300,000
// files (npm) to 1,300,000 (Go), and 1 to 6 GB.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/feedctl/feedctl/internal/synthetic"
)

func main() {
	var s scale
	var ecosystems, sizes string
	flag.StringVar(&ecosystems, "ecosystem", "all", "ecosystems, comma-separated: all or "+strings.Join(synthetic.Ecosystems(), ", "))
	flag.StringVar(&sizes, "sizes", "1000,10000", "releases, comma-separated")
	flag.IntVar(&s.list, "list", 200, "packages in one list, that is, in one run")
	flag.Uint64Var(&s.seed, "seed", 1, "of the synthetic upstream")
	flag.StringVar(&s.dir, "keep", "", "folder that keeps the feeds; one that is there is not mirrored again")
	flag.BoolVar(&s.mirrorOnly, "mirror-only", false, "make the feeds and stop; with -keep, for a later call")
	flag.BoolVar(&s.verify, "verify", true, "verify the feeds at the end, which takes longest")
	flag.StringVar(&s.feedctl, "feedctl", "", "program to measure (default: built from this tree)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := s.run(ctx, ecosystems, sizes)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// scale is one call of the program.
type scale struct {
	seed    uint64
	list    int
	dir     string
	feedctl string
	table   table

	mirrorOnly, verify bool
}

func (s *scale) run(ctx context.Context, ecosystems, sizes string) (err error) {
	names := synthetic.Ecosystems()
	if ecosystems != "all" {
		names = strings.Split(ecosystems, ",")
	}
	releases, err := numbers(sizes)
	if err != nil {
		return err
	}
	if s.list < 1 {
		return fmt.Errorf("-list %d: want at least 1", s.list)
	}
	kept := s.dir != ""
	if !kept {
		if s.dir, err = os.MkdirTemp("", "feedctl-scale-"); err != nil {
			return err
		}
		defer os.RemoveAll(s.dir)
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return err
	}
	if s.feedctl == "" {
		s.feedctl = filepath.Join(s.dir, "feedctl")
		if _, err := measure(ctx, job{args: []string{"go", "build", "-o", s.feedctl, "./cmd/feedctl"}}); err != nil {
			return err
		}
	}
	for _, name := range names {
		for _, n := range releases {
			if err := s.one(ctx, name, n, kept); err != nil {
				return fmt.Errorf("%s, %d releases: %w", name, n, err)
			}
		}
	}
	return s.table.write(os.Stdout)
}

// perPackage is how many releases the packages of a universe have on average.
const perPackage = 5

// numbers reads sizes, which are releases.
func numbers(text string) ([]int, error) {
	var all []int
	for one := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(one))
		if err != nil || n < least {
			return nil, fmt.Errorf("size %q: want a number of releases, at least %d", one, least)
		}
		all = append(all, n)
	}
	return all, nil
}

// one measures one ecosystem at one size.
func (s *scale) one(ctx context.Context, ecosystem string, releases int, kept bool) error {
	u, err := synthetic.New(ecosystem, s.seed, releases/perPackage)
	if err != nil {
		return err
	}
	t := &trial{scale: s, universe: u, ecosystem: ecosystem, releases: releases, dir: filepath.Join(s.dir, fmt.Sprintf("%s-%d", ecosystem, releases))}
	if !kept {
		defer os.RemoveAll(t.dir)
	}
	stop, err := t.serve(ctx)
	if err != nil {
		return err
	}
	defer stop()
	return t.steps(ctx)
}
