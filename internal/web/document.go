package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/dustin/go-humanize"
)

// document is a metadata document as it is read: decompressed, held to its limit,
// and copied into the cache on the way.
type document struct {
	source    io.Reader
	announced int64 // bytes; -1 when not known
	limit     int64
	stored    bool   // comes from the cache
	copy      *draft // may be nil

	size  int64  // bytes read
	start []byte // the first of them
	fault error  // what ended the document before its end
}

// startSize is how much of a document is remembered to say what it is.
const startSize = 512

// receiveDocument refuses an answer that tells that it is larger than limit.
func receiveDocument(resp *http.Response, limit int64) (*document, error) {
	if resp.ContentLength > limit {
		return nil, tooLarge(limit, fmt.Sprintf("it announces %s", humanize.IBytes(uint64(resp.ContentLength))))
	}
	reader, err := decoded(resp, limit)
	if err != nil {
		return nil, err
	}
	return &document{source: reader, announced: resp.ContentLength, limit: limit}, nil
}

// Read implements io.Reader.
func (d *document) Read(p []byte) (int, error) {
	if d.fault != nil {
		return 0, d.fault
	}
	n, err := fill(d.source, p)
	if d.size += int64(n); d.size > d.limit || errors.Is(err, ErrTooLarge) {
		d.fault = tooLarge(d.limit, "after decompression, if any")
		return 0, d.fault
	}
	if rest := startSize - len(d.start); rest > 0 {
		d.start = append(d.start, p[:min(n, rest)]...)
	}
	d.copy.write(p[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		d.fault = gzipError(err)
		err = d.fault
	}
	return n, err
}

// fill reads until p is full or r has no more, so that what is read in small pieces
// is written in large ones. The error is r's own.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = r.Read(p[n:])
		n += more
	}
	return n, err
}

// finish lets read see the document and reads what it leaves. What it returns is
// read's own error, which counts for nothing when there is a fault.
func (d *document) finish(read func(*document) error) error {
	err := read(d)
	if d.fault == nil {
		_, _ = io.Copy(io.Discard, d) // an error of it is a fault
	}
	return err
}

// all returns the whole document.
func (d *document) all() ([]byte, error) {
	// The announced length is only believed up to a size that does no harm.
	buffer := bytes.NewBuffer(make([]byte, 0, bytes.MinRead+min(max(d.announced, 0), 8<<20)))
	_, err := buffer.ReadFrom(d)
	return buffer.Bytes(), err
}
