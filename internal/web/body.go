package web

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/dustin/go-humanize"
)

// decoded returns the body without its content coding, which may be gzip. At
// most limit bytes and a little more are read from the wire, because gzip
// members without content cost the sender alone nothing.
func decoded(resp *http.Response, limit int64) (io.Reader, error) {
	wire := &capped{reader: resp.Body, left: limit + 64<<10}
	switch coding := contentCoding(resp); coding {
	case "", "identity":
		return wire, nil
	case "gzip", "x-gzip":
		reader, err := gzip.NewReader(wire)
		if err != nil {
			return nil, gzipError(err)
		}
		return reader, nil
	default:
		return nil, &fatalError{fmt.Errorf("the answer has the content coding %q, which was not asked for", printable(coding))}
	}
}

func contentCoding(resp *http.Response) string {
	return strings.ToLower(strings.TrimSpace(strings.Join(resp.Header.Values("Content-Encoding"), ",")))
}

// capped is a reader that refuses to read on after its limit.
type capped struct {
	reader io.Reader
	left   int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := c.reader.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// gzipError tells a wrong stream, which stays wrong, from a cut one.
func gzipError(err error) error {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return &fatalError{err}
	}
	return err
}

func tooLarge(limit int64, detail string) error {
	return &fatalError{fmt.Errorf("the answer is %w of %s: %s", ErrTooLarge, humanize.IBytes(uint64(limit)), detail)}
}

// discard closes a body after reading what little is left of it, so that an
// HTTP/1.1 connection can be used again.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxErrorBody)
	_ = resp.Body.Close()
}
