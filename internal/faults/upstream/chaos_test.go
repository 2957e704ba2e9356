package upstream

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
)

// chaos decides for each request whether it fails, and how. The same seed gives
// the same fault to the same request, in whatever order they come.
type chaos struct {
	seed  uint64
	rate  float64 // of the requests that may fail, how many do
	depth int     // how often one address may fail before it has healed
	kinds []string
	other *elsewhere

	mu       sync.Mutex
	asked    map[string]int
	injected map[string]int
}

// newChaos draws how bad it will be. A third of the seeds have one kind of fault
// alone, a third a few of them, and a third all.
func newChaos(seed uint64, other *elsewhere) *chaos {
	rng := rand.New(rand.NewPCG(seed, 1))
	c := &chaos{seed: seed, other: other, asked: map[string]int{}, injected: map[string]int{}}
	c.rate = []float64{0.02, 0.05, 0.1, 0.3, 1}[rng.IntN(5)]
	c.depth = []int{1, 1, 2, 3, 5, 1000}[rng.IntN(6)]
	names := kindNames()
	rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	switch seed % 3 {
	case 0:
		names = names[:1]
	case 1:
		names = names[:2+rng.IntN(3)]
	}
	c.kinds = slices.Sorted(slices.Values(names))
	return c
}

// fault is a registrytest.Fault for every request of a server.
func (c *chaos) fault(next http.Handler, stop <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, rng := c.draw(r)
		if name == "" {
			next.ServeHTTP(w, r)
			return
		}
		kinds[name](&call{w: w, r: r, next: next, stop: stop, rng: rng, other: c.other})
	})
}

func (c *chaos) draw(r *http.Request) (string, *rand.Rand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	place := r.Host + r.URL.EscapedPath()
	n := c.asked[place]
	c.asked[place]++
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s %d", r.URL.EscapedPath(), n)
	rng := rand.New(rand.NewPCG(c.seed, hash.Sum64()))
	if n >= c.depth || rng.Float64() >= c.rate {
		return "", nil
	}
	name := c.kinds[rng.IntN(len(c.kinds))]
	if name == "gzip bomb" && bombs.Add(-1) < 0 {
		name = "gzip that is none"
	}
	c.injected[name]++
	return name, rng
}

// call is one request that fails.
type call struct {
	w     http.ResponseWriter
	r     *http.Request
	next  http.Handler
	stop  <-chan struct{}
	rng   *rand.Rand
	other *elsewhere
}

// answer is what the upstream would say, to the whole of the file.
func (c *call) answer() *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	c.next.ServeHTTP(recorder, c.r)
	return recorder
}

// header copies the header of an answer.
func (c *call) header(answer *httptest.ResponseRecorder) {
	for key, values := range answer.Header() {
		c.w.Header()[key] = values
	}
}

func (c *call) flush() {
	if flusher, ok := c.w.(http.Flusher); ok {
		flusher.Flush()
	}
}

// wait ends with the client's patience, or with the server.
func (c *call) wait() {
	select {
	case <-c.r.Context().Done():
	case <-c.stop:
	}
	panic(http.ErrAbortHandler)
}

// elsewhere is a host that redirects lead to. It notes the credentials that
// reach it.
type elsewhere struct {
	*registrytest.Server
	mu    sync.Mutex
	serve map[string]http.Handler // by the path that was redirected
}

func newElsewhere() *elsewhere {
	e := &elsewhere{serve: map[string]http.Handler{}}
	e.Server = registrytest.Start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		handler := e.serve[r.URL.Path]
		e.mu.Unlock()
		if handler == nil {
			http.NotFound(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	return e
}

// redirect leads a request to this host, where the handler answers; nil for one
// that knows nothing.
func (e *elsewhere) redirect(c *call, userinfo string, handler http.Handler) {
	e.mu.Lock()
	e.serve[c.r.URL.Path] = handler
	e.mu.Unlock()
	address := "http://" + userinfo + e.URL[len("http://"):] + c.r.URL.EscapedPath()
	c.w.Header().Set("Location", address)
	c.w.Header().Set("Set-Cookie", "session=c00kie; Path=/")
	c.w.WriteHeader([]int{301, 302, 303, 307, 308}[c.rng.IntN(5)])
}

// told returns the credentials that this host was sent, and forgets them.
func (e *elsewhere) told() []string {
	var all []string
	for _, request := range e.Requests() {
		for _, key := range []string{"Authorization", "Proxy-Authorization", "Cookie", "Referer"} {
			if value := request.Header.Get(key); value != "" {
				all = append(all, fmt.Sprintf("%s: %s: %s", request.Path, key, value))
			}
		}
	}
	e.Forget()
	return all
}

// half writes a part of a body.
func half(w io.Writer, body []byte, n int) { _, _ = w.Write(body[:min(n, len(body))]) }
