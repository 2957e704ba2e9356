package mirror

import (
	"context"
	"io"

	"github.com/feedctl/feedctl/pkg/feed"
)

// ahead downloads what is needed for certain while something else is still being
// read: metadata for a lock, evidence for a plan. What it puts into the stage,
// fetch finds there; what it cannot get, fetch asks for again, and reports.
type ahead struct {
	run   *run
	job   *job
	files chan aheadFile
}

// aheadFile is a file as the upstream offers it, with what is known of its bytes.
type aheadFile struct {
	source feed.File
	from   string
}

// aheadOfResolving returns nil when a lock does not say for certain which files it
// needs: its platforms may leave some out.
func (r *run) aheadOfResolving(ctx context.Context, j *job, request *feed.Request) *ahead {
	if len(request.Targets) > 0 {
		return nil
	}
	return r.startAhead(ctx, j, 4*len(request.Lock.Nodes))
}

// aheadOfEvidence starts with the files that are planned already.
func (r *run) aheadOfEvidence(ctx context.Context, j *job) *ahead {
	planned := tasks([]*job{j})
	a := r.startAhead(ctx, j, len(planned))
	for _, t := range planned {
		a.take(t.item.source, t.planned.from)
	}
	return a
}

// startAhead starts as many workers as a run has. It returns nil when nothing is
// to be downloaded.
func (r *run) startAhead(ctx context.Context, j *job, files int) *ahead {
	if r.writer == nil || r.Offline {
		return nil
	}
	a := &ahead{run: r, job: j, files: make(chan aheadFile, files)}
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
		w := &want{version: node.Version, files: node.Files, pins: [][]feed.Pin{node.Pins}}
		for _, file := range release.Files {
			pinned, err := w.pinned(release, file)
			if err != nil || !w.covers(file) || pinned.Conflict(file.Digests) != "" {
				continue
			}
			file.Digests, file.Absent = file.Digests.Merge(pinned), false
			a.take(file, t.upstream)
		}
	}
}

// take hands over one file. More than were expected are left to fetch.
func (a *ahead) take(source feed.File, from string) {
	if a == nil {
		return
	}
	select {
	case a.files <- aheadFile{source: source, from: from}:
	default:
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
