package mirror

import (
	"context"
	"io"

	"github.com/feedctl/feedctl/pkg/feed"
)

// ahead downloads what a lock needs for certain while metadata is still being
// read. What it puts into the stage, fetch finds there; what it cannot get, fetch
// asks for again, and reports.
type ahead struct {
	run   *run
	job   *job
	files chan aheadFile
}

// aheadFile is a file of a lock, as the upstream offers it and the lock pins it.
type aheadFile struct {
	source feed.File
	from   string
}

// startAhead returns nil when a request does not say for certain which files it
// needs: its platforms may leave some out.
func (r *run) startAhead(ctx context.Context, j *job, request *feed.Request) *ahead {
	if r.writer == nil || r.Offline || len(request.Targets) > 0 {
		return nil
	}
	a := &ahead{run: r, job: j, files: make(chan aheadFile, 4*len(request.Lock.Nodes))}
	for range r.jobs() {
		r.underway.Go(func() {
			for file := range a.files {
				if ctx.Err() == nil {
					a.fetch(ctx, file)
				}
			}
		})
	}
	return a
}

func (a *ahead) fetch(ctx context.Context, file aheadFile) {
	// A failure is fetch's to report: it comes upon the same file again.
	_, _ = a.run.writer.Artifact(ctx, file.source, a.job.Digests, func(ctx context.Context) (io.ReadCloser, error) {
		return a.job.set.Open(ctx, file.from, file.source)
	})
}

// offer hands over the files of the nodes of one package whose metadata has come.
func (a *ahead) offer(nodes []feed.Node) {
	if a == nil {
		return
	}
	for _, node := range nodes {
		t, _ := a.job.shelf.get(node.Name)
		release := t.Release(node.Version)
		if release == nil || node.Bare {
			continue
		}
		w := &want{version: node.Version, files: node.Files, pins: node.Pins}
		for _, file := range release.Files {
			pinned, err := w.pinned(file)
			if err != nil || !w.covers(file) || pinned.Conflict(file.Digests) != "" {
				continue
			}
			file.Digests, file.Absent = file.Digests.Merge(pinned), false
			select {
			case a.files <- aheadFile{source: file, from: t.upstream}:
			default: // more files than expected are left to fetch
			}
		}
	}
}

// close ends the taking of files; those under way come to their end.
func (a *ahead) close() {
	if a == nil {
		return
	}
	for {
		select {
		case <-a.files:
			continue
		default:
		}
		close(a.files)
		return
	}
}
