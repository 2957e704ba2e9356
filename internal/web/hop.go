package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// hop sends one request on behalf of a target: the first, or the one that a
// redirect leads to. It adds the credentials where they belong and watches the
// body.
//
// It has no CloseIdleConnections, so that a failure of one request leaves the
// connections of the others alone.
type hop struct {
	client *Client
	target *target
}

// RoundTrip implements http.RoundTripper.
func (h hop) RoundTrip(req *http.Request) (*http.Response, error) {
	trusted := h.trusted(req)
	transport, err := h.client.pool.get(h.client.options, h.target.Access, trusted)
	if err != nil {
		return nil, err
	}
	release, err := h.client.slots.take(req.Context(), origin(req.URL))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	out := req.Clone(ctx)
	if authorization := h.target.Access.Authorization; trusted && authorization != "" {
		out.Header.Set("Authorization", string(authorization))
	}
	h.client.stats.requests.Add(1)
	h.tell(out)
	resp, err := transport.RoundTrip(out)
	if err != nil {
		cancel(nil)
		release()
		return nil, err
	}
	resp.Request = req // the one without credentials
	resp.Body = watch(ctx, h.client, resp.Body, cancel, release)
	return resp, nil
}

// tell logs a request that is about to be sent.
func (h hop) tell(req *http.Request) {
	log := h.client.options.Logger
	if log.Enabled(req.Context(), slog.LevelDebug) {
		log.DebugContext(req.Context(), "request", "upstream", h.target.Access.Upstream, "url", Redact(req.URL.String()))
	}
}

// trusted reports whether the request and every redirect before it stayed with
// the upstream: whoever was asked on the way must not choose what is fetched
// with credentials.
func (h hop) trusted(req *http.Request) bool {
	for h.target.trusts(req.URL) {
		if req.Response == nil || req.Response.Request == nil {
			return true
		}
		req = req.Response.Request
	}
	return false
}

// stallError says that a body stopped coming.
type stallError struct{ after time.Duration }

func (e *stallError) Error() string { return fmt.Sprintf("no byte came for %s", e.after) }

// watched is a body that ends its attempt when it stalls. Only a Read that
// waits counts: a slow reader is no stalled server.
type watched struct {
	io.ReadCloser
	client  *Client
	timer   *time.Timer
	cause   func() error
	cancel  func(error)
	release func()
}

func watch(ctx context.Context, c *Client, body io.ReadCloser, cancel func(error), release func()) *watched {
	stall := &stallError{after: c.options.StallTimeout}
	timer := time.AfterFunc(stall.after, func() { cancel(stall) })
	timer.Stop()
	cause := func() error { return context.Cause(ctx) }
	return &watched{ReadCloser: body, client: c, timer: timer, cause: cause, cancel: cancel, release: release}
}

func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.client.options.StallTimeout)
	n, err := w.ReadCloser.Read(p)
	w.timer.Stop()
	w.client.stats.bytes.Add(int64(n))
	if err == nil {
		return n, nil
	}
	w.release()
	if stall := (*stallError)(nil); !errors.Is(err, io.EOF) && errors.As(w.cause(), &stall) {
		err = stall
	}
	return n, err
}

func (w *watched) Close() error {
	w.timer.Stop()
	err := w.ReadCloser.Close()
	w.cancel(nil)
	w.release()
	return err
}
