package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Answer is a metadata document as an upstream sent it. Its fields are shared
// with other callers and must not be changed.
type Answer struct {
	Body        []byte
	URL         string // where it came from after redirects, redacted
	ContentType string // the Content-Type field, may be empty
	Stale       bool   // older than Options.MaxAge, used because the upstream is down
}

// Get returns a metadata document. The body is shared with other callers and
// must not be changed.
//
// A cached document younger than Options.MaxAge costs no request. An older one
// is revalidated, and used as it is when the upstream gives no answer or one of
// 500 or more. An unknown document is an error that wraps feed.ErrNotFound and
// is no *feed.UpstreamError; every other failure of the upstream is one. A
// cancelled context is reported as such.
func (c *Client) Get(ctx context.Context, r Request) ([]byte, error) {
	answer, err := c.Ask(ctx, r)
	return answer.Body, err
}

// Ask is Get for those who need to know where a document came from and what
// kind it is.
func (c *Client) Ask(ctx context.Context, r Request) (Answer, error) {
	t, err := newTarget(r, MaxMetadata)
	if err != nil {
		return Answer{}, err
	}
	c.options.Secrets.Add(r.Access.Authorization)
	key := t.key()
	flight := fmt.Sprintf("%s %d %t", key, t.Limit, t.Fresh)
	got, err := c.flights.do(ctx, flight, func(ctx context.Context) (Answer, error) {
		return c.ask(ctx, t, key)
	})
	if err != nil && ctx.Err() != nil {
		return Answer{}, fmt.Errorf("%s: %w", Redact(r.URL), ctx.Err())
	}
	return got, err
}

func (c *Client) ask(ctx context.Context, t *target, key string) (Answer, error) {
	old := c.cache.load(key)
	if old != nil && int64(len(old.body)) > t.Limit {
		old = nil
	}
	switch {
	case old != nil && (c.options.Offline || !t.Fresh && c.isFresh(old)):
		c.stats.hits.Add(1)
		return old.answer(false), nil
	case c.options.Offline:
		return Answer{}, t.upstreamError(0, ErrOffline)
	case old != nil && c.outages.lasts(origin(t.url), c.options.Now()):
		c.stats.stale.Add(1)
		return old.answer(true), nil
	}
	got, err := c.request(ctx, t, old)
	switch {
	case err == nil && got == old:
		c.stats.revalidated.Add(1)
		c.cache.renew(key)
	case err == nil:
		c.cache.store(key, got)
	case old != nil && isDown(err):
		return c.useStale(ctx, t, old, err), nil
	case errors.Is(err, feed.ErrNotFound):
		c.cache.remove(key)
	}
	if err != nil {
		return Answer{}, err
	}
	return got.answer(false), nil
}

func (c *Client) isFresh(e *entry) bool {
	age := c.options.Now().Sub(e.checked)
	return age >= 0 && age < c.options.MaxAge
}

// request asks the upstream. It returns old itself when that is still right.
func (c *Client) request(ctx context.Context, t *target, old *entry) (*entry, error) {
	var body []byte
	x := &exchange{client: c, target: t, retries: c.options.Retries}
	x.header = t.header(c.options.UserAgent, "gzip")
	if old != nil {
		setIf(x.header, "If-None-Match", old.ETag)
		setIf(x.header, "If-Modified-Since", old.LastModified)
	}
	x.read = func(resp *http.Response) (err error) {
		if resp.StatusCode == http.StatusOK {
			body, err = readAll(resp, t.Limit)
		}
		return err
	}
	resp, err := x.do(ctx)
	if err != nil {
		return nil, err
	}
	defer discard(resp)
	if status := resp.StatusCode; status == http.StatusNotModified && old != nil {
		return old, nil
	} else if status != http.StatusOK {
		return nil, c.statusError(t, resp)
	}
	if err := t.check(resp, body); err != nil {
		return nil, err
	}
	return newEntry(t, resp, body, c.options.Now()), nil
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

func (t *target) check(resp *http.Response, body []byte) error {
	if t.Check == nil {
		return nil
	}
	err := t.Check(body)
	if err == nil {
		return nil
	}
	text := t.clean(err)
	if looksLikeHTML(resp.Header, body) {
		text = "the answer is an HTML page, such as a captive portal, a login or a proxy sends, and not what was asked for: " + text
	}
	return t.upstreamError(resp.StatusCode, &cleanError{text, err})
}

// isDown reports whether an error means that the upstream does not work at the
// moment, as opposed to an answer that has to be believed.
func isDown(err error) bool {
	var upstream *feed.UpstreamError
	if !errors.As(err, &upstream) {
		return false
	}
	if upstream.Status == 0 {
		var name *net.DNSError
		return isTransient(upstream) || errors.As(upstream, &name)
	}
	return upstream.Status >= 500 || upstream.Status == http.StatusRequestTimeout
}

// outageMemory is how long an upstream that is down is not asked again for what
// the cache has.
const outageMemory = time.Minute

func (c *Client) useStale(ctx context.Context, t *target, old *entry, err error) Answer {
	c.stats.stale.Add(1)
	if c.outages.begin(origin(t.url), c.options.Now()) {
		c.options.Logger.WarnContext(ctx, "upstream is down, using cached metadata past its age",
			"upstream", t.Access.Upstream, "url", Redact((&url.URL{Scheme: t.url.Scheme, Host: t.url.Host}).String()),
			"checked", old.checked.UTC().Format(time.RFC3339), "error", err)
	}
	return old.answer(true)
}
