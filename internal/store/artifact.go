package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/feedctl/feedctl/pkg/feed"
)

const (
	bufferSize  = 128 << 10
	maxArtifact = 1 << 40 // bytes of a file whose size nobody told
)

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// sum is what the bytes of an artifact come to.
type sum struct {
	size    int64
	digests feed.Digests
}

// Artifact puts a file into the feed and returns it with its size and digests:
// those that file names, and the extra algorithms; SHA-256 when that leaves none.
//
// The bytes that open gives are hashed while they are written. When the size or
// any digest is another than file says, the error is a *feed.IntegrityError and
// nothing of the bytes is left.
//
// Open is not called when the bytes are there already: in the feed, with the
// right size (with Repair, and when a digest is asked for that file does not
// name, the right digests), or in the stage of a run that did not end, with the
// right digests.
func (w *Writer) Artifact(ctx context.Context, file feed.File, extra []string,
	open func(ctx context.Context) (io.ReadCloser, error),
) (feed.File, error) {
	if err := w.paths.add(file.Path); err != nil {
		return feed.File{}, err
	}
	release, err := w.occupy(ctx, file.Path)
	if err != nil {
		return feed.File{}, err
	}
	defer release()
	for _, find := range []func(context.Context, feed.File, []string) (sum, bool, error){w.inRun, w.inFeed, w.inStage} {
		if got, ok, err := find(ctx, file, extra); ok || err != nil {
			return got.of(file), err
		}
	}
	got, err := w.download(ctx, file, extra, open)
	if err != nil {
		return feed.File{}, err
	}
	return got.of(file), nil
}

// of returns file with what was measured.
func (s sum) of(file feed.File) feed.File {
	file.Size, file.Digests, file.Absent = s.size, file.Digests.Merge(s.digests), false
	return file
}

// occupy waits until no other call works on a path.
func (w *Writer) occupy(ctx context.Context, p string) (release func(), err error) {
	for {
		w.mu.Lock()
		other := w.busy[p]
		if other == nil {
			break
		}
		w.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer w.mu.Unlock()
	if w.ended {
		return nil, errEnded
	}
	done := make(chan struct{})
	w.busy[p] = done
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.busy, p)
		close(done)
	}, nil
}

// inRun finds a file that this run has seen before. Other bytes under the same path
// are an error.
func (w *Writer) inRun(_ context.Context, file feed.File, extra []string) (sum, bool, error) {
	w.mu.Lock()
	got, ok := w.sums[file.Path]
	w.mu.Unlock()
	if !ok {
		return sum{}, false, nil
	}
	if err := compare(got, file); err != nil {
		return sum{}, false, err
	}
	return got, got.has(wanted(file, extra)), nil
}

// inFeed finds a file in the feed.
func (w *Writer) inFeed(ctx context.Context, file feed.File, extra []string) (sum, bool, error) {
	if w.blank {
		return sum{}, false, nil
	}
	size, err := w.dir.Stat(file.Path)
	switch {
	case errors.Is(err, feed.ErrNotFound):
		return sum{}, false, nil
	case err != nil:
		return sum{}, false, err
	case file.Size > 0 && size != file.Size:
		return sum{}, false, nil
	}
	known := sum{size: size, digests: file.Digests}
	if w.Repair || file.Digests.Strongest() == "" || !known.has(wanted(file, extra)) {
		got, ok, err := w.find(ctx, file.Path, file, extra)
		if ok {
			w.keep(file.Path, got, false)
		}
		return got, ok, err
	}
	w.keep(file.Path, known, false)
	return known, true, nil
}

// inStage finds a file that a run before has staged.
func (w *Writer) inStage(ctx context.Context, file feed.File, extra []string) (sum, bool, error) {
	if !w.leftovers || file.Digests.Strongest() == "" {
		return sum{}, false, nil
	}
	staged := stageDir + "/" + file.Path
	got, ok, err := w.find(ctx, staged, file, extra)
	if !ok || err != nil {
		return sum{}, false, err
	}
	if err := w.renew(staged, file.Path); err != nil {
		return sum{}, false, err
	}
	w.keep(file.Path, got, true)
	return got, true, nil
}

// find measures a file on the disk and reports whether it is what file says.
func (w *Writer) find(ctx context.Context, p string, file feed.File, extra []string) (sum, bool, error) {
	body, _, err := w.dir.open(p)
	if errors.Is(err, feed.ErrNotFound) {
		return sum{}, false, nil
	}
	if err != nil {
		return sum{}, false, err
	}
	defer body.Close()
	got, err := measure(ctx, body, io.Discard, file, extra)
	if ctx.Err() != nil {
		return sum{}, false, ctx.Err()
	}
	return got, err == nil && compare(got, file) == nil, nil
}

// keep writes down that an artifact is there: staged, or in the feed.
func (w *Writer) keep(p string, got sum, staged bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sums[p] = got
	delete(w.removed, p)
	if staged {
		w.staged[p] = artifact
	}
}

func (w *Writer) download(ctx context.Context, file feed.File, extra []string,
	open func(ctx context.Context) (io.ReadCloser, error),
) (sum, error) {
	body, err := open(ctx)
	if err != nil {
		return sum{}, err
	}
	defer body.Close()
	var got sum
	err = w.write(file.Path, artifact, func(out io.Writer) (err error) {
		if got, err = measure(ctx, body, out, file, extra); err != nil {
			return fmt.Errorf("%s: %w", file.Path, err)
		}
		return compare(got, file)
	})
	if err != nil {
		return sum{}, err
	}
	w.keep(file.Path, got, true)
	return got, nil
}

// Examine lets look inside a file that Artifact put into the feed. When look
// fails, the file leaves the stage again.
func (w *Writer) Examine(_ context.Context, p string, look func(r io.ReaderAt, size int64) error) error {
	w.mu.Lock()
	_, staged := w.staged[p]
	w.mu.Unlock()
	at := p
	if staged {
		at = stageDir + "/" + p
	}
	file, size, err := w.dir.open(at)
	if err != nil {
		return err
	}
	err = look(file, size)
	_ = file.Close()
	if err == nil || !staged {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.staged, p)
	delete(w.sums, p)
	_ = w.dir.root.Remove(at)
	return err
}

// wanted returns the algorithms to compute for a file.
func wanted(file feed.File, extra []string) []string {
	return slices.AppendSeq(slices.Clone(extra), maps.Keys(file.Digests))
}

// has reports whether s has the digests of all algorithms that hash a file's
// bytes among those given.
func (s sum) has(algorithms []string) bool {
	for algorithm := range feed.NewHasher(algorithms...).Digests() {
		if s.digests[algorithm] == "" {
			return false
		}
	}
	return true
}

// measure copies r to out and hashes it. It stops soon after more bytes than
// file.Size.
func measure(ctx context.Context, r io.Reader, out io.Writer, file feed.File, extra []string) (sum, error) {
	hasher := feed.NewHasher(wanted(file, extra)...)
	if len(hasher.Digests()) == 0 {
		hasher = feed.NewHasher("sha256")
	}
	limit := file.Size
	if limit <= 0 {
		limit = maxArtifact
	}
	buffer := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buffer)
	for hasher.Size() <= limit {
		if err := ctx.Err(); err != nil {
			return sum{}, err
		}
		n, err := fill(r, buffer[:])
		hasher.Write(buffer[:n]) //nolint:errcheck // a hash never fails
		if n > 0 {
			if _, err := out.Write(buffer[:n]); err != nil {
				return sum{}, err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return sum{}, err
		}
	}
	return sum{size: hasher.Size(), digests: hasher.Digests()}, nil
}

// fill reads until p is full or r has no more, so that what comes in small pieces
// is hashed and written in large ones. The error is r's own.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = r.Read(p[n:])
		n += more
	}
	return n, err
}

// compare returns a *feed.IntegrityError when got is not what file says.
func compare(got sum, file feed.File) error {
	if file.Size > 0 && got.size != file.Size {
		text := fmt.Sprintf("%d bytes", got.size)
		if got.size > file.Size {
			text = "more bytes"
		}
		return &feed.IntegrityError{Path: file.Path, Got: text, Want: fmt.Sprintf("%d bytes", file.Size)}
	}
	var differ []string
	for algorithm, is := range got.digests {
		if want := file.Digests[algorithm]; want != "" && !strings.EqualFold(want, is) {
			differ = append(differ, algorithm)
		}
	}
	if len(differ) == 0 {
		return nil
	}
	slices.Sort(differ)
	algorithm := differ[len(differ)-1]
	return &feed.IntegrityError{
		Path: file.Path,
		Got:  got.digests.SRI(algorithm),
		Want: feed.Digests{algorithm: strings.ToLower(file.Digests[algorithm])}.SRI(algorithm),
	}
}
