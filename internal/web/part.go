package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// MaxPart is the longest part that Client.Part reads, in bytes.
const MaxPart = 64 << 20

// Part is a piece of an artifact.
type Part struct {
	Bytes []byte
	First int64 // offset of Bytes within the artifact
	Size  int64 // of the whole artifact, or -1 when the upstream does not tell
}

// WholeOnlyError says that an upstream gave the whole artifact, or nothing, where
// a part was asked for. Size is that of the artifact, or -1.
type WholeOnlyError struct{ Size int64 }

func (e *WholeOnlyError) Error() string { return "the upstream gives no parts of this artifact" }

// Part returns length bytes of an artifact from offset first on, or its last
// length bytes when first is negative; fewer where the artifact ends before. It is
// never cached. An upstream that does not answer with a part is a *WholeOnlyError;
// nothing of its body is read. Other errors are those of Get.
func (c *Client) Part(ctx context.Context, r Request, first, length int64) (Part, error) {
	t, err := newTarget(r, MaxArtifact)
	if err != nil {
		return Part{}, err
	}
	if length <= 0 || length > MaxPart {
		return Part{}, fmt.Errorf("%s: a part of %d bytes", Redact(r.URL), length)
	}
	c.options.Secrets.Add(r.Access.Authorization)
	if c.options.Offline {
		return Part{}, t.upstreamError(0, ErrOffline)
	}
	x := &exchange{client: c, target: t, retries: c.options.Retries}
	x.header = t.header(c.options.UserAgent, "identity")
	if first < 0 {
		x.header.Set("Range", fmt.Sprintf("bytes=-%d", length))
	} else {
		x.header.Set("Range", fmt.Sprintf("bytes=%d-%d", first, first+length-1))
	}
	var part Part
	x.read = func(resp *http.Response) (err error) {
		if resp.StatusCode == http.StatusPartialContent {
			part, err = readPart(resp, first, length)
		}
		return err
	}
	resp, err := x.do(ctx)
	if err != nil {
		return Part{}, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusPartialContent:
		return part, nil
	case http.StatusOK:
		return Part{}, &WholeOnlyError{Size: resp.ContentLength}
	case http.StatusRequestedRangeNotSatisfiable, http.StatusNotImplemented:
		return Part{}, &WholeOnlyError{Size: -1}
	}
	return Part{}, c.statusError(t, resp)
}

// readPart reads a partial answer, which must begin where it was asked to.
func readPart(resp *http.Response, first, length int64) (Part, error) {
	field := resp.Header.Get("Content-Range")
	from, to, size := int64(-1), int64(-1), int64(-1)
	n, err := fmt.Sscanf(field, "bytes %d-%d/%d", &from, &to, &size)
	if n == 2 && strings.HasSuffix(field, "/*") {
		err, size = nil, -1
	}
	if coding := contentCoding(resp); coding != "" && coding != "identity" {
		err = errors.New("a content coding")
	}
	asked := first < 0 && size >= 0 && to == size-1 || first >= 0 && from == first
	if err != nil || !asked || from < 0 || to < from || to-from >= length || size >= 0 && to >= size {
		return Part{}, &fatalError{fmt.Errorf("%d bytes were asked for and %q was answered", length, shorten(printable(field)))}
	}
	data := make([]byte, to-from+1)
	if _, err := io.ReadFull(resp.Body, data); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Part{}, err
	}
	return Part{Bytes: data, First: from, Size: size}, nil
}
