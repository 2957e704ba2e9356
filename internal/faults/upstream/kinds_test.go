package upstream

import (
	"bytes"
	"compress/gzip"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// kinds are the faults by name.
var kinds = map[string]func(*call){
	"429 and Retry-After":               tooMany,
	"500":                               status(http.StatusInternalServerError),
	"503":                               status(http.StatusServiceUnavailable),
	"reset":                             func(*call) { panic(http.ErrAbortHandler) },
	"silence":                           (*call).wait,
	"stall":                             stall,
	"slow drip":                         drip,
	"truncation":                        truncate,
	"shorter than announced by the end": shorter,
	"longer than it is":                 longer,
	"wrong bytes":                       wrong,
	"another file":                      another,
	"empty 200":                         empty,
	"captive portal":                    portal,
	"gzip bomb":                         bomb,
	"gzip that is none":                 noGzip,
	"redirect loop":                     loop,
	"redirect to a mirror":              mirrorElsewhere,
	"redirect to wrong bytes":           wrongElsewhere,
	"redirect with a user":              userElsewhere,
	"404":                               status(http.StatusNotFound),
	"304 uninvited":                     notModified,
	"ETag of another content":           liar,
	"clock skew":                        skewed,
	"part uninvited":                    uninvited,
}

func kindNames() []string { return slices.Sorted(maps.Keys(kinds)) }

func status(code int) func(*call) {
	return func(c *call) { http.Error(c.w, http.StatusText(code), code) }
}

func tooMany(c *call) {
	after := []string{"0", "1", "3600", "Fri, 31 Dec 1999 23:59:59 GMT", "soon", ""}[c.rng.IntN(6)]
	if after != "" {
		c.w.Header().Set("Retry-After", after)
	}
	http.Error(c.w, "slow down", http.StatusTooManyRequests)
}

// whole announces all of an answer; part of it follows.
func whole(c *call) []byte {
	answer := c.answer()
	c.header(answer)
	body := answer.Body.Bytes()
	c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(answer.Code)
	return body
}

func cutAt(c *call, body []byte) int {
	if len(body) == 0 {
		return 0
	}
	return c.rng.IntN(len(body))
}

func stall(c *call) {
	body := whole(c)
	half(c.w, body, cutAt(c, body))
	c.flush()
	c.wait()
}

func drip(c *call) {
	body := whole(c)
	for step := len(body)/20 + 1; len(body) > 0; body = body[min(step, len(body)):] {
		half(c.w, body, step)
		c.flush()
		time.Sleep(time.Millisecond)
	}
}

func truncate(c *call) {
	body := whole(c)
	half(c.w, body, cutAt(c, body))
	c.flush()
	panic(http.ErrAbortHandler)
}

// send answers with another body, as if it were the right one.
func send(c *call, change func([]byte) []byte) {
	answer := c.answer()
	c.header(answer)
	body := change(bytes.Clone(answer.Body.Bytes()))
	c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(answer.Code)
	half(c.w, body, len(body))
}

// shorter ends too soon, without that HTTP shows it. Where a document is a list of
// lines, a cut between two of them cannot be seen at all, and is not made.
func shorter(c *call) {
	send(c, func(body []byte) []byte {
		n := cutAt(c, body)
		for n > 0 && (body[n-1] == '\n' || body[n] == '\n') {
			n--
		}
		return body[:n]
	})
}

func longer(c *call) {
	if c.rng.IntN(2) == 0 {
		send(c, func(body []byte) []byte { return append(body, "\x00surplus"...) })
		return
	}
	answer := c.answer()
	c.header(answer)
	c.w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()+1+c.rng.IntN(1000)))
	c.w.WriteHeader(answer.Code)
	half(c.w, answer.Body.Bytes(), answer.Body.Len())
}

// artifact matches the addresses of what has a digest somewhere.
var artifact = regexp.MustCompile(`\.(tgz|zip|mod|whl|metadata|tar\.gz)$|^/dl/|^/sumdb/.*/(tile|lookup)/`)

// damage changes one byte: any bit of an artifact, and metadata so that it is no
// metadata any more, for nothing says what else it should be.
func damage(c *call, body []byte) []byte {
	if len(body) == 0 {
		return []byte{0}
	}
	at := c.rng.IntN(len(body))
	if artifact.MatchString(c.r.URL.Path) {
		body[at] ^= 1 << c.rng.IntN(8)
	} else {
		body[at] = 0
	}
	return body
}

func wrong(c *call) {
	send(c, func(body []byte) []byte { return damage(c, body) })
}

// liar sends other content under the ETag of the right one, and says "not
// modified" to whoever has that.
func liar(c *call) {
	if c.r.Header.Get("If-None-Match") == "" {
		wrong(c)
		return
	}
	notModified(c)
}

// neighbours are paths of which one may answer for the other.
var neighbours = strings.NewReplacer("alpha", "beta", "beta", "alpha", "gamma", "beta", "winlike", "alpha", "backend", "beta",
	"al/ph/", "be/ta/", "be/ta/", "al/ph/", "native-win", "native-linux", "native-linux", "native-win")

// another answers with a file of the same kind. Where the files of two packages
// say nothing of whose they are, there is nothing to see.
func another(c *call) {
	path := neighbours.Replace(c.r.URL.Path)
	if strings.Contains(path, "/@v/") && !artifact.MatchString(path) || strings.HasSuffix(path, "/@latest") {
		empty(c)
		return
	}
	request := c.r.Clone(c.r.Context())
	request.URL.Path, request.URL.RawPath = path, ""
	inner := &call{w: c.w, r: request, next: c.next, stop: c.stop, rng: c.rng}
	if answer := inner.answer(); answer.Code != http.StatusOK {
		status(http.StatusInternalServerError)(c)
		return
	}
	send(inner, func(body []byte) []byte { return body })
}

func empty(c *call) { c.w.WriteHeader(http.StatusOK) }

func portal(c *call) {
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	half(c.w, []byte(`<!DOCTYPE html><html><head><title>Welcome</title></head><body><form action="/login"><a href="/login">Please sign in</a></form></body></html>`), 1<<10)
}

// bombSize is more than any metadata may have.
const bombSize = 300 << 20

var bombBytes = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	block := make([]byte, 1<<20)
	for range bombSize >> 20 {
		_, _ = z.Write(block)
	}
	_ = z.Close()
	return b.Bytes()
})

// bombs is how many may still go off, for each costs a second.
var bombs atomic.Int64

func bomb(c *call) {
	c.w.Header().Set("Content-Encoding", "gzip")
	_, _ = c.w.Write(bombBytes())
}

func noGzip(c *call) {
	c.w.Header().Set("Content-Encoding", []string{"gzip", "br"}[c.rng.IntN(2)])
	half(c.w, []byte("not compressed at all"), 100)
}

func loop(c *call) {
	c.w.Header().Set("Location", c.r.URL.EscapedPath())
	c.w.WriteHeader(http.StatusFound)
}

func mirrorElsewhere(c *call) { c.other.redirect(c, "", c.next) }

func userElsewhere(c *call) { c.other.redirect(c, "user:passw0rd@", c.next) }

func wrongElsewhere(c *call) {
	seed := c.rng.Uint64()
	c.other.redirect(c, "", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := &call{w: w, r: r, next: c.next, rng: fixed(seed)}
		wrong(inner)
	}))
}

func notModified(c *call) { c.w.WriteHeader(http.StatusNotModified) }

// skewed is the right answer from a server that lives at another time.
func skewed(c *call) {
	when := time.Now().AddDate(c.rng.IntN(120)-60, 0, 0).UTC().Format(http.TimeFormat)
	answer := c.answer()
	c.header(answer)
	for _, key := range []string{"Date", "Last-Modified", "Expires"} {
		if c.rng.IntN(3) > 0 {
			c.w.Header().Set(key, when)
		}
	}
	c.w.Header().Set("Age", "4000000000")
	c.w.WriteHeader(answer.Code)
	half(c.w, answer.Body.Bytes(), answer.Body.Len())
}

// uninvited is a part of a file that was asked for as a whole.
func uninvited(c *call) {
	request := c.r.Clone(c.r.Context())
	request.Header.Set("Range", "bytes=3-")
	request.Header.Del("If-Range")
	c.next.ServeHTTP(c.w, request)
}
