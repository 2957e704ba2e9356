package web

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// Read is Get for a document that is read as it comes and need not fit into
// memory. It reports whether the upstream has sent the document now; one from the
// cache may be older than the upstream's.
//
// What read returns, Read returns, and a new document that read refuses is not
// cached. Whatever read leaves of it is read on. Where a transfer is cut, read sees
// the document again from its start, so that only what it came to last counts; it
// never runs after Read has returned. It must not use the client.
func (c *Client) Read(ctx context.Context, r Request, read func(body io.Reader) error) (fresh bool, err error) {
	t, err := newTarget(r, MaxMetadata)
	if err != nil {
		return false, err
	}
	c.options.Secrets.Add(r.Access.Authorization)
	key := t.key()
	done, err := c.turns.take(ctx, key)
	if err != nil {
		return false, fmt.Errorf("%s: %w", Redact(r.URL), err)
	}
	defer done()
	got, err := c.find(ctx, t, key, func(d *document) error { return read(d) })
	if err != nil && ctx.Err() != nil {
		return false, fmt.Errorf("%s: %w", Redact(r.URL), ctx.Err())
	}
	return got.fresh, err
}

// ask reads a document into memory.
func (c *Client) ask(ctx context.Context, t *target, key string) (Answer, error) {
	var body []byte
	got, err := c.find(ctx, t, key, func(d *document) (err error) {
		if body, err = d.all(); err != nil || d.stored || t.Check == nil {
			return err
		}
		return t.Check(body)
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Body: body, URL: got.Final, ContentType: got.ContentType, Stale: got.stale}, nil
}

// found is what find came upon.
type found struct {
	*entry
	fresh bool // the upstream has sent it now
	stale bool
}

// find lets read see a document: the cached one, or that of the upstream.
func (c *Client) find(ctx context.Context, t *target, key string, read func(*document) error) (found, error) {
	old := c.cache.open(key)
	defer old.close()
	if old != nil && (old.size > t.Limit || c.doubts.about(key)) {
		old.close()
		old = nil
	}
	switch {
	case old != nil && (c.options.Offline || !t.Fresh && c.isFresh(old.entry)):
		c.stats.hits.Add(1)
		return found{entry: old.entry}, old.read(t, read)
	case c.options.Offline:
		return found{}, t.upstreamError(0, ErrOffline)
	case old != nil && c.outages.lasts(origin(t.url), c.options.Now()):
		c.stats.stale.Add(1)
		return found{entry: old.entry, stale: true}, old.read(t, read)
	}
	got, err := c.request(ctx, t, key, old, read)
	switch {
	case err == nil && got == nil:
		c.stats.revalidated.Add(1)
		c.cache.renew(key)
		return found{entry: old.entry}, old.read(t, read)
	case err == nil:
		c.doubts.settle(key)
		return found{entry: got, fresh: true}, nil
	case old != nil && isDown(err):
		c.useStale(ctx, t, old.entry, err)
		return found{entry: old.entry, stale: true}, old.read(t, read)
	case errors.Is(err, feed.ErrNotFound):
		c.cache.remove(key)
	}
	return found{}, err
}

func (c *Client) isFresh(e *entry) bool {
	age := c.options.Now().Sub(e.checked)
	return age >= 0 && age < c.options.MaxAge
}

// request asks the upstream and lets read see what it sends. It returns nil
// without an error when old is still right.
func (c *Client) request(ctx context.Context, t *target, key string, old *stored, read func(*document) error) (*entry, error) {
	var got *received
	x := &exchange{client: c, target: t, retries: c.options.Retries}
	x.header = t.header(c.options.UserAgent, "gzip")
	if old != nil {
		setIf(x.header, "If-None-Match", old.ETag)
		setIf(x.header, "If-Modified-Since", old.LastModified)
	}
	x.read = func(resp *http.Response) (err error) {
		if resp.StatusCode == http.StatusOK {
			got, err = c.receive(t, key, resp, read)
		}
		return err
	}
	resp, err := x.do(ctx)
	if err != nil {
		got.drop()
		return nil, err
	}
	defer discard(resp)
	if status := resp.StatusCode; status == http.StatusNotModified && old != nil {
		return nil, nil
	} else if status != http.StatusOK {
		return nil, c.statusError(t, resp)
	}
	if got.refused != nil {
		got.drop()
		return nil, got.refused
	}
	old.close() // some systems replace no file that is open
	got.keep()
	return got.entry, nil
}

// received is an answer that came whole.
type received struct {
	*entry
	*draft
	refused error // why it is not what was asked for
}

func (r *received) drop() {
	if r != nil {
		r.draft.drop()
	}
}

// receive lets read see one answer. An error means that it did not come whole.
func (c *Client) receive(t *target, key string, resp *http.Response, read func(*document) error) (*received, error) {
	d, err := receiveDocument(resp, t.Limit)
	if err != nil {
		return nil, err
	}
	got := &received{entry: newEntry(t, resp, c.options.Now())}
	got.draft = c.cache.draft(key, got.entry)
	d.copy = got.draft
	refused := d.finish(read)
	if d.fault != nil {
		d.copy.drop()
		return nil, d.fault
	}
	if refused != nil {
		got.refused = t.refusal(resp, d, refused)
	}
	return got, nil
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// refusal is the error about an answer that is not what was asked for.
func (t *target) refusal(resp *http.Response, d *document, err error) error {
	text := t.clean(err)
	if looksLikeHTML(resp.Header, d.start) {
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

func (c *Client) useStale(ctx context.Context, t *target, old *entry, err error) {
	c.stats.stale.Add(1)
	if c.outages.begin(origin(t.url), c.options.Now()) {
		c.options.Logger.WarnContext(ctx, "upstream is down, using cached metadata past its age",
			"upstream", t.Access.Upstream, "url", Redact((&url.URL{Scheme: t.url.Scheme, Host: t.url.Host}).String()),
			"checked", old.checked.UTC().Format(time.RFC3339), "error", err)
	}
}
