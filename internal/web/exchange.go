package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// fatalError is a failure that another attempt cannot mend.
type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

// exchange is one request with its retries.
type exchange struct {
	client *Client
	target *target
	header http.Header

	// read, when set, reads an answer within its attempt, so that a body that
	// is cut is asked for again.
	read    func(*http.Response) error
	retries int // attempts after the first

	attempts int // attempts made
	status   int // of the last attempt, 0 when it had no answer
}

// do returns the last answer, whatever its status, or why there is none.
func (x *exchange) do(ctx context.Context) (*http.Response, error) {
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodGet, x.target.url.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = x.header.Clone()
	if x.read != nil {
		req.SetResponseHandler(x.read)
	}
	retrying := &retryablehttp.Client{
		HTTPClient:     &http.Client{Transport: hop{x.client, x.target}, CheckRedirect: checkRedirect},
		RetryMax:       x.retries,
		RetryWaitMin:   x.client.options.RetryWaitMin,
		RetryWaitMax:   x.client.options.RetryWaitMax,
		RequestLogHook: x.count,
		CheckRetry:     x.shouldRetry,
		Backoff:        x.client.backoff,
		ErrorHandler:   retryablehttp.PassthroughErrorHandler,
	}
	resp, err := retrying.Do(req)
	if err != nil {
		if resp != nil {
			resp.Body.Close()
		}
		return nil, x.fail(ctx, err)
	}
	return resp, nil
}

func (x *exchange) count(_ retryablehttp.Logger, _ *http.Request, attempt int) {
	x.attempts++
	if attempt > 0 {
		x.client.stats.retries.Add(1)
	}
}

// shouldRetry is called with the answer or the error of an attempt.
func (x *exchange) shouldRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if x.status = 0; resp != nil {
		x.status = resp.StatusCode
	}
	var why slog.Attr
	switch {
	case err != nil && isTransient(err):
		why = slog.String("error", x.target.clean(err))
	case err == nil && isTransientStatus(resp.StatusCode) && x.client.retryAfter(resp) <= x.client.options.RetryAfterMax:
		why = slog.Int("status", resp.StatusCode)
	default:
		return false, nil
	}
	x.client.options.Logger.DebugContext(ctx, "request did not succeed", "upstream", x.target.Access.Upstream,
		"url", Redact(x.target.URL), "attempt", x.attempts, "attempts", x.retries+1, why)
	return true, nil
}

// backoff doubles for every attempt and spreads over half of its length. What
// the server asks for comes first.
func (c *Client) backoff(shortest, longest time.Duration, attempt int, resp *http.Response) time.Duration {
	if resp != nil {
		if wait := c.retryAfter(resp); wait > 0 {
			return wait + rand.N(shortest)
		}
	}
	wait := min(longest, shortest<<min(attempt, 20))
	return wait/2 + rand.N(wait/2+1)
}

// retryAfter is what the Retry-After field of RFC 9110 §10.2.3 asks for, in
// seconds or as a date; 0 when there is none.
func (c *Client) retryAfter(resp *http.Response) time.Duration {
	const longest = 365 * 24 * time.Hour
	field := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(field, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(longest/time.Second))) * time.Second
	}
	if date, err := http.ParseTime(field); err == nil {
		return min(max(date.Sub(c.options.Now()), 0), longest)
	}
	return 0
}

func isTransientStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// isTransient reports whether an error may be gone next time: everything about
// connections is, but a name that does not exist, a certificate that is not
// trusted and an answer that is not acceptable.
func isTransient(err error) bool {
	var fatal *fatalError
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &fatal), errors.As(err, &certificate), errors.Is(err, http.ErrSchemeMismatch):
		return false
	case errors.As(err, &name):
		return !name.IsNotFound
	}
	return true
}
