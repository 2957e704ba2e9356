package web

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"time"

	"github.com/dustin/go-humanize"
)

// Open returns an artifact's bytes as the upstream has them: never cached,
// never decompressed. The caller closes the reader; while it is open it takes
// one of Options.MaxPerHost. It also has a method Size() int64, the length
// that the upstream announced or -1.
//
// A body that is cut or stalls goes on with a new request, unseen by the
// reader: by range when the upstream offers a strong validator (RFC 9110
// §13.1.5), else from the start, with the bytes that were read before compared
// and left out. A body that has changed meanwhile is a *feed.UpstreamError.
// Errors are those of Get; a shorter or longer body than announced is one too.
func (c *Client) Open(ctx context.Context, r Request) (io.ReadCloser, error) {
	t, err := newTarget(r, MaxArtifact)
	if err != nil {
		return nil, err
	}
	c.options.Secrets.Add(r.Access.Authorization)
	if c.options.Offline {
		return nil, t.upstreamError(0, ErrOffline)
	}
	s := &stream{client: c, target: t, left: c.options.Retries, size: -1}
	s.prefix.SetSeed(maphash.MakeSeed())
	s.send = func(header http.Header) (*http.Response, error) { return s.exchange(ctx, header) }
	s.fail = func(err error) error {
		x := &exchange{target: t, attempts: s.attempts, status: http.StatusOK}
		return x.fail(ctx, err)
	}
	s.pause = func(d time.Duration) error { return sleep(ctx, d) }
	if err := s.start(); err != nil {
		return nil, err
	}
	return s, nil
}

// refill is how many bytes since the last interruption give a body all its
// attempts back, so that a large artifact survives a bad line and a server
// that always cuts at the same place does not go on for ever.
const refill = 1 << 20

// stream is a body that survives interruptions.
type stream struct {
	client *Client
	target *target
	send   func(http.Header) (*http.Response, error)
	fail   func(error) error
	pause  func(time.Duration) error

	body      io.ReadCloser
	size      int64  // announced length, or -1
	etag      string // as sent, may be weak or empty
	modified  string
	validator string       // value for If-Range, or ""
	offset    int64        // bytes delivered
	prefix    maphash.Hash // of the bytes delivered

	attempts int   // made altogether
	left     int   // attempts that may still fail
	resumed  int64 // offset of the last interruption
	ended    error // what every further Read returns
}

// Size is the announced length, or -1.
func (s *stream) Size() int64 { return s.size }

// Close ends the transfer.
func (s *stream) Close() error {
	if s.ended == nil {
		s.ended = errors.New("read after Close")
	}
	return s.body.Close()
}

func (s *stream) Read(p []byte) (int, error) {
	for s.ended == nil {
		n, err := s.body.Read(p)
		s.offset += int64(n)
		s.prefix.Write(p[:n])
		s.ended = s.judge(err)
		if n > 0 || len(p) == 0 {
			return n, nil
		}
	}
	return 0, s.ended
}

// judge returns how the stream ends, or nil when it goes on.
func (s *stream) judge(err error) error {
	switch {
	case s.offset > s.target.Limit:
		return s.fail(tooLarge(s.target.Limit, "it goes on"))
	case s.size >= 0 && s.offset > s.size:
		return s.fail(&fatalError{fmt.Errorf("%d bytes were announced and more came", s.size)})
	case err == nil:
		return nil
	case errors.Is(err, io.EOF) && (s.size < 0 || s.offset == s.size):
		return io.EOF
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return s.resume(err)
}

// start sends the first request.
func (s *stream) start() error {
	resp, err := s.send(s.header())
	if err != nil {
		return err
	}
	if err := s.accept(resp); err != nil {
		resp.Body.Close()
		return s.fail(err)
	}
	return nil
}

func (s *stream) header() http.Header {
	return s.target.header(s.client.options.UserAgent, "identity")
}

// exchange sends a request with the attempts that are left. It returns only
// answers with the file itself or, when a range was asked for, a part of it.
func (s *stream) exchange(ctx context.Context, header http.Header) (*http.Response, error) {
	x := &exchange{client: s.client, target: s.target, header: header, retries: s.left}
	resp, err := x.do(ctx)
	s.attempts += x.attempts
	s.left -= x.attempts - 1
	if err != nil {
		return nil, err
	}
	part := resp.StatusCode == http.StatusPartialContent && header.Get("Range") != ""
	if coding := contentCoding(resp); resp.StatusCode != http.StatusOK && !part {
		err = s.client.statusError(s.target, resp)
	} else if coding != "" && coding != "identity" {
		err = s.fail(&fatalError{fmt.Errorf("the answer has the content coding %q, but the file itself was asked for", printable(coding))})
	}
	if err != nil {
		discard(resp)
		return nil, err
	}
	return resp, nil
}

// accept takes the first bytes of a body, at offset 0.
func (s *stream) accept(resp *http.Response) error {
	if resp.ContentLength > s.target.Limit {
		return tooLarge(s.target.Limit, "it announces "+humanize.IBytes(uint64(resp.ContentLength)))
	}
	s.body, s.size = resp.Body, resp.ContentLength
	s.etag, s.modified = short(resp.Header.Get("ETag")), short(resp.Header.Get("Last-Modified"))
	s.validator = strongValidator(s.etag, s.modified, resp.Header.Get("Date"))
	return nil
}
