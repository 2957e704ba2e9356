package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/feedctl/feedctl/internal/bench/loopback"
)

// subject is a lock that is measured, and where its upstreams are.
type subject struct {
	kind
	path    string // of the lock
	feedctl string // the binary
	native  bool   // measure the native clients too
	place   place
	gate    *loopback.Gate // counts requests; nil without a loopback upstream
	planned plan
}

// step is one measurement of a round.
type step struct {
	group    group
	name     string
	job      job
	requests int64  // that it makes; -1 when not known
	logs     bool   // it tells of its requests
	idle     string // a tree that it must not touch, and then it may make no request; may be empty
	times    int    // how often it is done; 0 is once
}

// round takes every measurement once, so that all see the same minutes. It tells of
// each on standard error. What it writes stays until all rounds are over: ext4 passes
// by the files deleted a moment ago whenever it makes one, which would slow down the
// next round twofold.
func (s *subject) round(ctx context.Context, scratch string, t *table) error {
	steps, err := s.steps(scratch)
	if err != nil {
		return err
	}
	for _, one := range steps {
		for range max(one.times, 1) {
			used, err := s.take(ctx, one)
			if err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
			fmt.Fprintf(os.Stderr, "%8.3f s  %s\n", used.wall.Seconds(), one.name)
			used.output = nil
			t.add(one.group, one.name, used)
		}
	}
	return nil
}

// take does one step.
func (s *subject) take(ctx context.Context, one step) (used usage, err error) {
	// feedctl waits until its bytes are on the disk; it must not wait for
	// those that the step before has written.
	if _, err = measure(ctx, job{args: []string{"sync"}}); err != nil {
		return usage{}, err
	}
	var was snapshot
	if one.idle != "" {
		if was, err = snap(one.idle); err != nil {
			return usage{}, err
		}
	}
	before := s.passed()
	if used, err = measure(ctx, one.job); err != nil {
		return usage{}, err
	}
	switch {
	case s.gate != nil:
		used.requests = s.passed() - before
	case one.logs:
		used.requests = used.logged()
	default:
		used.requests = one.requests
	}
	if one.idle != "" {
		err = was.idle(one.idle, used)
	}
	return used, err
}

func (s *subject) passed() int64 {
	if s.gate == nil {
		return 0
	}
	return s.gate.Requests()
}

func (s *subject) steps(scratch string) ([]step, error) {
	steps, err := s.fetching(scratch)
	if err != nil || !s.native {
		return steps, err
	}
	more, err := s.natives(scratch)
	return append(steps, more...), err
}

// startups is how often the start of the program is measured in a round.
const startups = 10

// fetching are the steps of the floor and of feedctl.
func (s *subject) fetching(scratch string) ([]step, error) {
	metadata, err := curl(filepath.Join(scratch, "metadata"), s.planned.metadata)
	if err != nil {
		return nil, err
	}
	artifacts, err := curl(filepath.Join(scratch, "artifacts"), s.planned.artifacts)
	if err != nil {
		return nil, err
	}
	env, err := s.place.lead(&s.kind, scratch)
	if err != nil {
		return nil, err
	}
	metadata.env, artifacts.env = env, env
	feed := filepath.Join(scratch, "feed")
	mirror := func(to string, flags ...string) job {
		args := []string{"mirror", s.path, "--to", filepath.Join(scratch, to), "--cache-dir", filepath.Join(scratch, to+"-cache")}
		return job{args: s.command(append(append(args, s.flags...), flags...)...), env: env}
	}
	steps := []step{
		{group: floorMetadata, name: "curl, metadata", job: metadata, requests: int64(len(s.planned.metadata))},
		{group: floorArtifacts, name: "curl, artifacts", job: artifacts, requests: int64(len(s.planned.artifacts))},
		{group: cold, name: "feedctl mirror, cold", job: mirror("feed"), logs: true},
		{group: warm, name: "feedctl mirror, warm", job: mirror("feed"), logs: true, idle: feed},
		{group: checking, name: "feedctl verify", job: job{args: s.command("verify", feed), env: env}, logs: true},
		{group: sums, name: "sha256sum, two processes", job: hashing(feed)},
	}
	for _, flags := range s.variants {
		name := "feedctl mirror " + strings.Join(flags, " ") + ", cold"
		steps = append(steps, step{group: variant, name: name, job: mirror("other", flags...), logs: true})
	}
	return append(steps, step{group: starting, name: "feedctl version", job: job{args: []string{s.feedctl, "version"}}, times: startups}), nil
}

// command is a command of feedctl, which tells of its requests where nothing else
// counts them.
func (s *subject) command(words ...string) []string {
	says := "-vv"
	if s.gate != nil {
		says = "--quiet"
	}
	return append(append([]string{s.feedctl}, words...), says)
}

// hashing reads every byte of a feed as verify does.
func hashing(feed string) job {
	return job{args: []string{
		"sh", "-c", `find "$1" -path "$1/.feedctl" -prune -o -type f -print0 | xargs -0 -n 64 -P 2 sha256sum > /dev/null`, "sh", feed,
	}}
}

// natives are the steps of the clients, and of feedctl without a lock.
func (s *subject) natives(scratch string) ([]step, error) {
	from := filepath.Dir(s.path)
	if _, err := os.Stat(filepath.Join(from, s.manifest)); err != nil {
		return nil, fmt.Errorf("without a manifest beside the lock the client has nothing to do: %w", err)
	}
	var steps []step
	add := func(g group, n native) error {
		own := filepath.Join(scratch, fmt.Sprintf("native-%d", len(steps)))
		j, err := s.client(from, own, n.words, n.locked, s.place, s.planned.packages)
		steps = append(steps, step{group: g, name: n.String() + ", cold", job: j, requests: -1})
		return err
	}
	for i, n := range s.kind.natives {
		g := nativeOther
		if i == 0 {
			g = nativeFetching
		}
		if !n.ready(from) {
			continue
		}
		if err := add(g, n); err != nil {
			return nil, err
		}
	}
	if s.resolve == nil || !s.resolve.ready(from) {
		return steps, nil
	}
	own, err := s.resolving(from, scratch)
	if err != nil {
		return nil, err
	}
	steps = append(steps, own)
	return steps, add(nativeResolving, *s.resolve)
}

// resolving is the step of feedctl that chooses without a lock.
func (s *subject) resolving(from, scratch string) (step, error) {
	project := filepath.Join(scratch, "own")
	if err := s.project(from, project, s.resolve.locked); err != nil {
		return step{}, err
	}
	env, err := s.place.lead(&s.kind, scratch)
	if err != nil {
		return step{}, err
	}
	words := append([]string{"resolve", filepath.Join(project, s.manifest), "--to", filepath.Join(scratch, "none"), "--cache-dir", filepath.Join(scratch, "own-cache")}, s.flags...)
	return step{group: resolving, name: "feedctl resolve " + s.manifest + ", cold", job: job{args: s.command(words...), env: env}, logs: true}, nil
}
