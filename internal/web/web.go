// Package web is feedctl's HTTP client. It reads metadata (Get: whole, Read: as it
// comes; both capped, decompressed, cached) and artifacts (Open: streamed, resumed,
// byte for byte).
//
// One request passes these layers, outermost first:
//
//	flight      equal Gets in flight share one request; equal Reads go one after the other
//	cache       metadata only; feedctl's own clock decides what is fresh
//	exchange    retries, backoff, Retry-After (go-retryablehttp)
//	redirect    at most ten hops, never from https to http
//	hop         credentials for this hop, connections per host, stall watch
//	transport   one per set of certificates: proxy, TLS, HTTP/2
//
// The cache is its own file format, not an RFC 9111 library. Registries often send no
// validator at all, so freshness is feedctl's own age limit and none of the
// standard's rules. A library that keeps the standard's semantics would have to
// be talked out of them with request headers for every stale answer, tells
// variants apart only by the server's Vary, and holds an answer of 30 MB
// several times while it serializes it; the rules that remain fit in one file.
package web

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// DefaultMaxAge is the usual Options.MaxAge.
const DefaultMaxAge = 24 * time.Hour

// Limits used when Request.Limit is zero.
const (
	MaxMetadata = 256 << 20 // Get, bytes after decompression
	MaxArtifact = 16 << 30  // Open, bytes
)

// Options configure a Client. A zero field means its default, except that a
// zero MaxAge means that every cached answer is revalidated.
type Options struct {
	UserAgent  string // default "feedctl"
	MaxPerHost int    // requests in flight for each scheme, host and port; default 64
	HTTP1      bool   // keep to HTTP/1.1; otherwise HTTP/2 is used where a server offers it

	Retries       int           // attempts after the first; default 4, none when negative
	RetryWaitMin  time.Duration // first backoff, doubled for each attempt, with jitter; default 500 ms
	RetryWaitMax  time.Duration // longest backoff; default 10 s
	RetryAfterMax time.Duration // longest Retry-After that is waited for; default 2 min

	ConnectTimeout time.Duration // TCP, and again TLS; default 15 s
	HeaderTimeout  time.Duration // from the request's last byte to the answer's header; default 60 s
	StallTimeout   time.Duration // a body without a byte for that long ends the attempt; default 30 s

	CacheDir string        // directory of the metadata cache, made when missing; empty means no cache
	MaxAge   time.Duration // younger cached metadata is used without a request
	Offline  bool          // use cached metadata of any age, send nothing

	Proxy   func(*http.Request) (*url.URL, error) // default http.ProxyFromEnvironment
	Logger  *slog.Logger                          // default: nothing is logged
	Secrets *Secrets                              // is told every Authorization that is used, so that logs leave it out; may be nil
	Now     func() time.Time                      // clock of the cache and of Retry-After dates; default time.Now
}

// Client sends requests. It is safe for concurrent use.
type Client struct {
	options Options
	stats   counters
	slots   slots
	pool    transports
	flights flights
	outages outages
	doubts  doubts
	turns   turns
	cache   *cache // nil without a CacheDir
}

// New returns a Client. It fails when the cache directory cannot be made.
func New(o Options) (*Client, error) {
	o.setDefaults()
	c := &Client{options: o}
	c.slots.size = o.MaxPerHost
	if o.CacheDir != "" {
		var err error
		if c.cache, err = openCache(o.CacheDir, o.Now, o.Logger); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Logger is where the client logs, for sources that say what they made of an
// answer. It is never nil.
func (c *Client) Logger() *slog.Logger { return c.options.Logger }

// Close closes the idle connections. Requests in flight go on.
func (c *Client) Close() { c.pool.closeIdle() }

func (o *Options) setDefaults() {
	orDefault(&o.UserAgent, "feedctl")
	orDefault(&o.MaxPerHost, 64)
	orDefault(&o.Retries, 4)
	o.Retries = max(o.Retries, 0)
	orDefault(&o.RetryWaitMin, 500*time.Millisecond)
	orDefault(&o.RetryWaitMax, 10*time.Second)
	orDefault(&o.RetryAfterMax, 2*time.Minute)
	orDefault(&o.ConnectTimeout, 15*time.Second)
	orDefault(&o.HeaderTimeout, 60*time.Second)
	orDefault(&o.StallTimeout, 30*time.Second)
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
