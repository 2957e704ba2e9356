package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// step is one measurement of a round.
type step struct {
	group group
	name  string
	job   job
}

// round takes every measurement once, so that all see the same minutes.
func (b *bench) round(ctx context.Context, scratch string, p plan) error {
	steps, err := b.fetching(scratch, p)
	if err != nil {
		return err
	}
	if b.native {
		more, err := b.natives(scratch, p)
		if err != nil {
			return err
		}
		steps = append(steps, more...)
	}
	for _, step := range steps {
		// feedctl waits until its bytes are on the disk; it must not wait for
		// those that the step before has written.
		if _, err := measure(ctx, job{args: []string{"sync"}}); err != nil {
			return err
		}
		used, err := measure(ctx, step.job)
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		b.table.add(step.group, step.name, used)
	}
	return os.RemoveAll(scratch)
}

// fetching are the steps of the floor and of feedctl.
func (b *bench) fetching(scratch string, p plan) ([]step, error) {
	metadata, err := curl(filepath.Join(scratch, "metadata"), p.metadata)
	if err != nil {
		return nil, err
	}
	artifacts, err := curl(filepath.Join(scratch, "artifacts"), p.artifacts)
	if err != nil {
		return nil, err
	}
	feed := filepath.Join(scratch, "feed")
	sums := fmt.Sprintf("find %q -name %q -print0 | xargs -0 -n 64 -P 2 sha256sum > /dev/null", feed, b.kind.artifact)
	steps := []step{
		{floorMetadata, "floor: curl, metadata", metadata},
		{floorArtifacts, "floor: curl, artifacts", artifacts},
		{fetching, "feedctl mirror, cold", b.mirror(scratch, "feed")},
		{fetching, "feedctl mirror, warm", b.mirror(scratch, "feed")},
		{checking, "feedctl verify", job{args: []string{b.feedctl, "verify", feed}}},
		{checking, "sha256sum, two processes", job{args: []string{"sh", "-c", sums}}},
	}
	if len(b.kind.flags) > 0 {
		name := "feedctl mirror " + strings.Join(b.kind.flags, " ") + ", cold"
		steps = append(steps, step{fetching, name, b.mirror(scratch, "other", b.kind.flags...)})
	}
	return steps, nil
}

func (b *bench) mirror(scratch, feed string, flags ...string) job {
	args := []string{b.feedctl, "mirror", b.lock, "--quiet", "--to", filepath.Join(scratch, feed), "--cache-dir", filepath.Join(scratch, feed+"-cache")}
	return job{args: append(args, flags...)}
}

// natives are the steps of the client, and of feedctl without a lock.
func (b *bench) natives(scratch string, p plan) ([]step, error) {
	from := filepath.Dir(b.lock)
	if _, err := os.Stat(filepath.Join(from, b.kind.manifest)); err != nil {
		return nil, fmt.Errorf("without a manifest beside the lock the client has nothing to do: %w", err)
	}
	fetch, err := b.kind.client(from, filepath.Join(scratch, "fetch"), b.kind.fetch, true, p.packages)
	if err != nil {
		return nil, err
	}
	lock, err := b.kind.client(from, filepath.Join(scratch, "resolve"), b.kind.resolve, b.kind.locked, nil)
	if err != nil {
		return nil, err
	}
	project := filepath.Join(scratch, "own")
	if err := b.kind.project(from, project, b.kind.locked); err != nil {
		return nil, err
	}
	resolve := job{args: []string{
		b.feedctl, "resolve", filepath.Join(project, b.kind.manifest), "--quiet", "--to", filepath.Join(scratch, "none"), "--cache-dir", filepath.Join(scratch, "own-cache"),
	}}
	return []step{
		{nativeFetching, strings.Join(b.kind.fetch, " ") + ", cold", fetch},
		{resolving, "feedctl resolve " + b.kind.manifest + ", cold", resolve},
		{nativeResolving, strings.Join(b.kind.resolve, " ") + ", cold", lock},
	}, nil
}
