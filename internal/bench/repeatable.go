package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/feedctl/feedctl/internal/bench/loopback"
)

// fromLoopback mirrors a feed once, serves it on this machine, and measures with
// that as the upstream of everything, without and with a delay.
func (b *bench) fromLoopback(ctx context.Context, s *subject, scratch string) (r result, err error) {
	server, err := b.serve(ctx, s, scratch)
	if err != nil {
		return result{}, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	s.place, s.gate = place{server.URL, server.Authority}, server.Gate
	if err := b.own(ctx, s, scratch); err != nil {
		return result{}, err
	}
	if s.planned, err = s.plan(ctx, filepath.Join(scratch, "planning")); err != nil {
		return result{}, err
	}
	if err := s.planned.within(server.URL); err != nil {
		return result{}, err
	}
	delays := []time.Duration{0}
	if b.delay > 0 {
		delays = append(delays, b.delay)
	}
	var tables []*table
	for _, delay := range delays {
		tables = append(tables, &table{title: fmt.Sprintf("each request takes %d ms longer", delay.Milliseconds())})
	}
	for i := range b.runs {
		for j, delay := range delays {
			server.Gate.SetDelay(delay)
			if err := s.round(ctx, filepath.Join(scratch, fmt.Sprintf("%d-%d", i, j)), tables[j]); err != nil {
				return result{}, err
			}
		}
	}
	return b.result(ctx, s, server.Program+" on the loopback interface ("+server.Protocol()+")", tables...), nil
}

// serve mirrors the lock into a feed and serves that.
func (b *bench) serve(ctx context.Context, s *subject, scratch string) (*loopback.Server, error) {
	address, err := loopback.Reserve(ctx)
	if err != nil {
		return nil, err
	}
	feed, own := filepath.Join(scratch, "upstream"), filepath.Join(scratch, "server")
	if err := os.MkdirAll(own, 0o755); err != nil {
		return nil, err
	}
	args := []string{b.feedctl, "mirror", s.path, "--quiet", "--to", feed, "--cache-dir", filepath.Join(scratch, "upstream-cache"), "--base-url", loopback.URL(address, b.http2)}
	if _, err := measure(ctx, job{args: append(args, s.flags...)}); err != nil {
		return nil, fmt.Errorf("mirror what the loopback upstream serves: %w", err)
	}
	return loopback.Start(ctx, address, feed, own, b.http2)
}

// own takes a copy of the lock, and rewrites the addresses in it.
func (b *bench) own(ctx context.Context, s *subject, scratch string) error {
	from, to := filepath.Dir(s.path), filepath.Join(scratch, "project")
	if err := s.project(from, to, true); err != nil {
		return err
	}
	s.path = filepath.Join(to, s.lock)
	if len(s.registry.ask) == 0 {
		return nil
	}
	answer, err := measure(ctx, job{args: s.registry.ask, dir: to})
	if err != nil {
		return err
	}
	address, err := firstAddress(string(answer.output))
	if err != nil {
		return fmt.Errorf("%s: %w", strings.Join(s.registry.ask, " "), err)
	}
	return moveLock(s.path, address, s.place.base+"/"+s.registry.folder)
}

// firstAddress finds an address in what a client says; there may be warnings.
func firstAddress(text string) (string, error) {
	for _, word := range strings.Fields(text) {
		if strings.Contains(word, "://") {
			return word, nil
		}
	}
	return "", fmt.Errorf("no address in %.200q", text)
}

// within checks that nothing leads away from the loopback upstream.
func (p plan) within(base string) error {
	for _, address := range append(p.metadata[:len(p.metadata):len(p.metadata)], p.artifacts...) {
		if !strings.HasPrefix(address, base+"/") {
			return fmt.Errorf("%s is not at the loopback upstream: the settings of the project or the machine lead there", address)
		}
	}
	return nil
}
