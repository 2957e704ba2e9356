package mirror

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// task is one file to fetch.
type task struct {
	job     *job
	planned *planned
	item    item
}

func tasks(jobs []*job) []task {
	var all []task
	for _, j := range jobs {
		for _, p := range j.packages {
			for _, it := range p.items {
				all = append(all, task{job: j, planned: p, item: it})
			}
		}
	}
	return all
}

// file is where the ledger record will describe the file.
func (t task) file() *feed.File {
	return &t.planned.new.Releases[t.item.release].Files[t.item.file]
}

// fetch downloads every planned file into the stage. The bytes leave it only
// after every digest that is known of them matched. A package is rendered as
// soon as its last file is there, while others still come.
func (r *run) fetch(ctx context.Context, jobs []*job) error {
	all := tasks(jobs)
	if len(all) == 0 {
		return nil
	}
	for _, t := range all {
		t.planned.left.Add(1)
	}
	r.phase("Fetching", 0)
	var bytes atomic.Int64
	err := each(ctx, len(all), r.jobs(), func(ctx context.Context, i int) error { return r.fetchItem(ctx, all[i], &bytes) })
	r.report.Files, r.report.Bytes = len(all), bytes.Load()
	return err
}

// fetchItem downloads one file and writes down what it came to.
func (r *run) fetchItem(ctx context.Context, t task, bytes *atomic.Int64) error {
	j, p, it := t.job, t.planned, t.item
	open := func(ctx context.Context) (io.ReadCloser, error) {
		body, err := j.set.Open(ctx, p.from, it.source)
		if err != nil || r.Progress == nil {
			return body, err
		}
		r.Progress.File(it.source.Path, sizeOf(body))
		return &counted{ReadCloser: body, progress: r.Progress}, nil
	}
	got, err := r.writer.Artifact(ctx, it.source, j.Digests, open)
	if err == nil {
		got, err = r.derive(ctx, j, got)
	}
	if err != nil {
		key := feed.VersionKey{PackageKey: p.new.PackageKey, Version: p.new.Releases[it.release].Version}
		failure := &feed.PackageError{Key: key, Upstream: p.from, Err: err}
		if named := (*feed.UpstreamError)(nil); errors.As(err, &named) && named.Upstream == p.from {
			failure.Upstream = "" // the text has the name already
		}
		return failure
	}
	file := t.file()
	file.Size, file.Digests, file.Absent = got.Size, got.Digests, false
	bytes.Add(got.Size)
	if p.left.Add(-1) > 0 {
		return nil
	}
	p.rendered = true
	return r.renderPackage(ctx, j, p)
}

// derive adds the digests that only the ecosystem can compute, and compares those
// that are expected.
func (r *run) derive(ctx context.Context, j *job, file feed.File) (feed.File, error) {
	if j.Digest == nil {
		return file, nil
	}
	digests := file.Digests
	err := r.writer.Examine(ctx, file.Path, func(body io.ReaderAt, size int64) error {
		got, err := ecosystem.Derive(j.Ecosystem, file, body, size)
		digests = got.Merge(digests)
		return err
	})
	file.Digests = digests
	return file, err
}

// counted tells the progress how much was read.
type counted struct {
	io.ReadCloser
	progress Progress
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.progress.Add(int64(n))
	return n, err
}

// sizes asks the upstreams how large the planned files are, where they did not
// say so yet. The transfers end before their bodies are read.
func (r *run) sizes(ctx context.Context, jobs []*job) error {
	r.phase("Asking for sizes", 0)
	all := tasks(jobs)
	return each(ctx, len(all), r.jobs(), func(ctx context.Context, i int) error {
		file := all[i].file()
		if file.Size > 0 || r.Offline {
			return nil
		}
		var err error
		file.Size, err = r.announced(ctx, all[i].job, all[i].planned.from, all[i].item.source)
		return err
	})
}

// announced is the size that an upstream announces for a file, 0 when it does
// not.
func (r *run) announced(ctx context.Context, j *job, from string, file feed.File) (int64, error) {
	body, err := j.set.Open(ctx, from, file)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	return sizeOf(body), nil
}

// sizeOf is the size that an upstream announced, 0 when it did not.
func sizeOf(body io.Reader) int64 {
	if sized, ok := body.(interface{ Size() int64 }); ok {
		return max(sized.Size(), 0)
	}
	return 0
}
