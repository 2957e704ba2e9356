package web

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/http"
	"strings"
	"time"
)

// strongValidator returns what If-Range may carry: a strong ETag, or a date of
// change that lies a minute before the answer (RFC 9110 §8.8.2.2).
func strongValidator(etag, modified, date string) string {
	if strings.HasPrefix(etag, `"`) {
		return etag
	}
	changed, err1 := http.ParseTime(modified)
	sent, err2 := http.ParseTime(date)
	if etag == "" && err1 == nil && err2 == nil && sent.Sub(changed) >= time.Minute {
		return modified
	}
	return ""
}

// resume goes on after an interruption, or returns how the stream ends.
func (s *stream) resume(cause error) error {
	s.body.Close()
	options := s.client.options
	if s.offset-s.resumed >= refill {
		s.left = options.Retries
	}
	s.resumed = s.offset
	for s.left > 0 && isTransient(cause) {
		wait := s.client.backoff(options.RetryWaitMin, options.RetryWaitMax, options.Retries-s.left, nil)
		if err := s.pause(wait); err != nil {
			return s.fail(err)
		}
		s.left--
		s.client.stats.retries.Add(1)
		resp, err := s.again()
		if err != nil {
			return err
		}
		if cause = s.join(resp); cause == nil {
			return nil
		}
		resp.Body.Close()
	}
	return s.fail(s.interrupted(cause))
}

func (s *stream) interrupted(cause error) error {
	if !isTransient(cause) {
		return cause
	}
	of := ""
	if s.size >= 0 {
		of = fmt.Sprintf(" of %d", s.size)
	}
	return fmt.Errorf("interrupted after %d%s bytes: %w", s.offset, of, cause)
}

// again asks for what is missing, or for everything where no part can be asked
// for safely.
func (s *stream) again() (*http.Response, error) {
	header := s.header()
	if s.offset > 0 && s.validator != "" {
		header.Set("Range", fmt.Sprintf("bytes=%d-", s.offset))
		header.Set("If-Range", s.validator)
	}
	return s.send(header)
}

// join makes resp the rest of the stream. It returns why that cannot be.
func (s *stream) join(resp *http.Response) error {
	switch {
	case s.offset == 0:
		return s.accept(resp)
	case s.changed(resp):
		return &fatalError{fmt.Errorf("the file changed while it was read, after %d bytes", s.offset)}
	case resp.StatusCode == http.StatusPartialContent:
		if err := s.checkRange(resp); err != nil {
			return &fatalError{err}
		}
	default:
		if err := s.skip(resp); err != nil {
			return err
		}
	}
	s.body = resp.Body
	return nil
}

// changed compares what both answers say about the file. A complete answer has
// to say the same; a part may leave out what If-Range has settled.
func (s *stream) changed(resp *http.Response) bool {
	differs := func(before, now string) bool {
		return before != now && (resp.StatusCode == http.StatusOK || now != "")
	}
	if differs(s.etag, resp.Header.Get("ETag")) || differs(s.modified, resp.Header.Get("Last-Modified")) {
		return true
	}
	length := resp.ContentLength
	return resp.StatusCode == http.StatusOK && length >= 0 && s.size >= 0 && length != s.size
}

// checkRange checks "bytes FIRST-LAST/LENGTH", which RFC 9110 §14.4 demands of
// a partial answer.
func (s *stream) checkRange(resp *http.Response) error {
	field := resp.Header.Get("Content-Range")
	var first, last, length int64
	n, err := fmt.Sscanf(field, "bytes %d-%d/%d", &first, &last, &length)
	if n == 2 && strings.HasSuffix(field, "/*") {
		err, length = nil, max(s.size, last+1)
	}
	if err != nil || first != s.offset || last < first || last >= length || s.size >= 0 && length != s.size {
		return fmt.Errorf("bytes from %d on were asked for and %q was answered", s.offset, shorten(printable(field)))
	}
	return nil
}

// skip reads the bytes that were delivered before and makes sure that they are
// the same.
func (s *stream) skip(resp *http.Response) error {
	var again maphash.Hash
	again.SetSeed(s.prefix.Seed())
	if _, err := io.CopyN(&again, resp.Body, s.offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if again.Sum64() != s.prefix.Sum64() {
		return &fatalError{fmt.Errorf("the file changed while it was read, within its first %d bytes", s.offset)}
	}
	return nil
}

// sleep waits, at most until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
