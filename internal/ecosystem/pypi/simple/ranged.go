package simple

import (
	"context"
	"errors"
	"io"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/dist"
	"github.com/feedctl/feedctl/internal/web"
)

// How a wheel is read by ranges. Its directory and, by the advice of PEP 427, its
// metadata lie at the end, so that one request is enough for most wheels.
const (
	tailSize    = 32 << 10 // of the first request
	stepSize    = 256 << 10
	maxGap      = 4 << 20 // of a directory that does not fit
	maxRequests = 3
)

// errNoRanges says that a wheel cannot be read by ranges, or not with so few
// requests.
var errNoRanges = errors.New("not to be read by ranges")

// ranged reads METADATA from inside a wheel by ranges.
func (x *Index) ranged(ctx context.Context, file *File) ([]byte, error) {
	host := hostOf(file.URL)
	if none, _ := x.reading.ranges(host); none {
		return nil, errNoRanges
	}
	w := &window{host: host, learned: &x.reading, get: func(first, length int64) (web.Part, error) {
		return x.client.Part(ctx, web.Request{URL: file.URL, Access: x.access}, first, length)
	}}
	if err := w.tail(file.Size); err != nil {
		return nil, err
	}
	data, err := x.inside(w, w.size, file)
	if w.err != nil {
		return nil, w.err
	}
	if wrong := (*dist.WrongError)(nil); errors.As(err, &wrong) && w.size == file.Size {
		// The size that the index tells may be another than that of the file.
		return nil, errNoRanges
	}
	return data, err
}

// window is a file of which some parts are known and the others are asked for
// when they are read.
type window struct {
	get      func(first, length int64) (web.Part, error)
	host     string
	learned  *reading
	size     int64
	parts    []web.Part
	requests int
	err      error // of the last request
}

// tail reads the end of the file. size is 0 when it is not known.
func (w *window) tail(size int64) error {
	_, noSuffix := w.learned.ranges(w.host)
	if size == 0 && noSuffix {
		part, err := w.ask(0, 1)
		if err != nil {
			return w.noRanges(err)
		}
		size = part.Size
	}
	if size > 0 {
		return w.end(size)
	}
	part, err := w.ask(-1, tailSize)
	whole := (*web.WholeOnlyError)(nil)
	switch {
	case errors.As(err, &whole) && whole.Size >= 0 && whole.Size <= stepSize:
		return errNoRanges // the whole wheel is no more than a part would be
	case errors.As(err, &whole) && whole.Size > 0:
		// Some servers know ranges, and no suffixes.
		w.learned.without(w.host, false)
		return w.end(whole.Size)
	case err != nil:
		return w.noRanges(err)
	case part.Size < 0:
		return errNoRanges
	}
	w.size = part.Size
	return nil
}

// end reads the end of a file whose size is known.
func (w *window) end(size int64) error {
	first := max(0, size-tailSize)
	part, err := w.ask(first, size-first)
	if err != nil {
		return w.noRanges(err)
	}
	if w.size = size; part.Size >= 0 {
		w.size = part.Size
	}
	return nil
}

// noRanges learns from an answer that gives the whole file.
func (w *window) noRanges(err error) error {
	if whole := (*web.WholeOnlyError)(nil); errors.As(err, &whole) {
		w.learned.without(w.host, true)
		return errNoRanges
	}
	return err
}

func (w *window) ask(first, length int64) (web.Part, error) {
	if w.requests++; w.requests > maxRequests {
		return web.Part{}, errNoRanges
	}
	part, err := w.get(first, length)
	if err == nil {
		w.parts = append(w.parts, part)
	}
	return part, err
}

// ReadAt implements io.ReaderAt.
func (w *window) ReadAt(p []byte, off int64) (int, error) {
	read := 0
	for read < len(p) {
		at := off + int64(read)
		if at >= w.size || at < 0 {
			return read, io.EOF
		}
		part := w.known(at)
		if part == nil {
			if w.err = w.fetch(at, int64(len(p)-read)); w.err != nil {
				return read, w.err
			}
			continue
		}
		read += copy(p[read:], part.Bytes[at-part.First:])
	}
	return read, nil
}

func (w *window) known(at int64) *web.Part {
	for i := range w.parts {
		if part := &w.parts[i]; part.First <= at && at < part.First+int64(len(part.Bytes)) {
			return part
		}
	}
	return nil
}

// headerRead is how many bytes at most are read of an entry's local header, behind
// which its content lies. Everything longer is of the directory.
const headerRead = 64

// fetch asks for what is wanted at an offset and more: of the directory for all of
// it, up to the next part that is known, of an entry for its content.
func (w *window) fetch(at, wanted int64) error {
	next := w.size
	for _, part := range w.parts {
		if part.First > at {
			next = min(next, part.First)
		}
	}
	length := next - at
	if length > maxGap || wanted <= headerRead {
		length = min(length, max(wanted, stepSize))
	}
	part, err := w.ask(at, length)
	if err == nil && (part.First != at || len(part.Bytes) == 0) {
		err = errNoRanges
	}
	return w.noRanges(err)
}
