// Package serve is a small static web server for trying a feed. It serves the
// files of the feed as they are; documents that hold the feed's address are
// rendered for the name under which the client asks.
package serve

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Handler serves the feed in a folder. It is safe for concurrent use and follows
// a feed that is published anew.
type Handler struct {
	dir        string
	ecosystems []ecosystem.Ecosystem
	log        *slog.Logger

	mu   sync.Mutex
	feed *store.Feed
	read time.Time
}

// recheck is how long a feed is served before its manifest is looked at again.
const recheck = time.Second

// New opens the feed in a folder.
func New(dir string, ecosystems []ecosystem.Ecosystem, log *slog.Logger) (*Handler, error) {
	h := &Handler{dir: dir, ecosystems: ecosystems, log: log}
	f, err := h.current(context.Background())
	if err != nil {
		return nil, err
	}
	if manifest, err := f.Manifest(context.Background()); err != nil || manifest.Sequence == 0 {
		return nil, errors.Join(err, fmt.Errorf("%s: no feed here: feed.json is missing; make one with feedctl mirror --to %s", dir, dir))
	}
	return h, nil
}

// fresh returns the feed as it is on disk, whenever that was looked at last.
func (h *Handler) fresh(ctx context.Context) (*store.Feed, error) {
	h.mu.Lock()
	h.read = time.Time{}
	h.mu.Unlock()
	return h.current(ctx)
}

// current returns the feed as it was on disk a moment ago.
func (h *Handler) current(ctx context.Context) (*store.Feed, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.feed != nil && time.Since(h.read) < recheck {
		return h.feed, nil
	}
	fresh, err := store.Open(h.dir)
	if err != nil {
		return nil, err
	}
	h.read = time.Now()
	if h.feed != nil && h.feed.Digest() == fresh.Digest() {
		return h.feed, fresh.Close()
	}
	h.feed = fresh // the old one is left to requests that still read it
	return h.feed, ctx.Err()
}

var validHost = regexp.MustCompile(`^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$`)

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	status := h.serve(w, r)
	h.log.Info("request", "method", r.Method, "path", r.URL.Path, "status", status, "took", time.Since(started).Round(time.Microsecond))
}

// serve answers one request and returns the status.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) int {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return fail(w, http.StatusMethodNotAllowed, "a feed is read-only")
	}
	if !validHost.MatchString(r.Host) {
		return fail(w, http.StatusBadRequest, "not a valid Host header")
	}
	f, err := h.current(r.Context())
	if err != nil {
		return fail(w, http.StatusInternalServerError, err.Error())
	}
	status, err := h.find(w, r, f)
	if err != nil && f.Changed(r.Context()) {
		if f, err = h.fresh(r.Context()); err == nil {
			status, err = h.find(w, r, f)
		}
	}
	if err != nil {
		return fail(w, http.StatusInternalServerError, err.Error())
	}
	return status
}

// find answers from one state of the feed. After an error nothing was sent.
func (h *Handler) find(w http.ResponseWriter, r *http.Request, f *store.Feed) (int, error) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" {
		return h.welcome(w, r, f), nil
	}
	for _, candidate := range []string{name, name + "/index.html"} {
		status, err := h.answer(w, r, f, candidate)
		if err == nil || !errors.Is(err, feed.ErrNotFound) {
			return status, err
		}
	}
	return fail(w, http.StatusNotFound, "the feed has no "+name), nil
}

func fail(w http.ResponseWriter, status int, text string) int {
	http.Error(w, text, status)
	return status
}

func (h *Handler) welcome(w http.ResponseWriter, r *http.Request, f *store.Feed) int {
	manifest, err := f.Manifest(r.Context())
	if err != nil {
		return fail(w, http.StatusInternalServerError, err.Error())
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "A feed made by feedctl, publish %d.\n", manifest.Sequence)
	for name, summary := range manifest.Ecosystems {
		fmt.Fprintf(w, "%s: %d releases of %d packages below %s/%s/\n", name, summary.Releases, summary.Packages, base(r), name)
	}
	return http.StatusOK
}

func base(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// answer serves one path of the feed; feed.ErrNotFound when it has none.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, f *store.Feed, name string) (int, error) {
	if feed.CheckPath(name) != nil || strings.HasPrefix(name, ".feedctl") {
		return 0, feed.ErrNotFound
	}
	body, found, err := h.document(r, f, name)
	if err != nil {
		return 0, err
	}
	if found {
		return send(w, r, name, body), nil
	}
	return h.file(w, r, f, name)
}

// document renders the document at a path for the name that the client uses.
func (h *Handler) document(r *http.Request, f *store.Feed, name string) ([]byte, bool, error) {
	folder, _, _ := strings.Cut(name, "/")
	i := slices.IndexFunc(h.ecosystems, func(e ecosystem.Ecosystem) bool { return e.Name == folder })
	if i < 0 {
		return nil, false, nil
	}
	e := h.ecosystems[i]
	manifest, err := f.Manifest(r.Context())
	if err != nil {
		return nil, false, err
	}
	layout := manifest.Ecosystems[e.Name].Layout
	layout.Base = base(r)
	documents, err := h.render(r.Context(), f, e, layout, name)
	if err != nil {
		return nil, false, err
	}
	for _, document := range documents {
		if document.Path == name && document.Link == "" {
			return document.Bytes, true, nil
		}
	}
	return nil, false, nil
}

func (h *Handler) render(ctx context.Context, f *store.Feed, e ecosystem.Ecosystem, layout feed.Layout, name string) ([]feed.Document, error) {
	owner := e.Owner(name)
	if owner == "" {
		if e.RenderRoot == nil {
			return nil, nil
		}
		return e.RenderRoot(layout, f.Packages(ctx, e.Name))
	}
	p, err := f.Package(ctx, e.Name, owner)
	if errors.Is(err, feed.ErrNotFound) {
		return nil, nil
	}
	if err != nil || isArtifact(p, name) {
		return nil, err
	}
	return e.RenderPackage(layout, p)
}

func isArtifact(p feed.Package, name string) bool {
	return slices.ContainsFunc(p.Releases, func(r feed.Release) bool {
		return slices.ContainsFunc(r.Files, func(f feed.File) bool { return f.Path == name })
	})
}

// minGzip is the smallest document that is worth compressing, in bytes.
const minGzip = 1 << 10

// send writes a document, compressed when the client takes that.
func send(w http.ResponseWriter, r *http.Request, name string, body []byte) int {
	etag := `"` + strings.TrimPrefix(feed.SHA256(body), "sha256:")[:32] + `"`
	header := w.Header()
	header.Set("Content-Type", contentType(name, body))
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	if len(body) >= minGzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		etag = `"z` + etag[1:]
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(body); err == nil && z.Close() == nil {
			header.Set("Content-Encoding", "gzip")
			body = packed.Bytes()
		}
	}
	header.Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	return http.StatusOK
}

func contentType(name string, body []byte) string {
	if start := bytes.TrimLeft(body, " \t\r\n"); len(start) > 0 && (start[0] == '{' || start[0] == '[') {
		return "application/json"
	}
	if strings.HasSuffix(name, ".html") {
		return "text/html; charset=utf-8"
	}
	return "text/plain; charset=utf-8"
}

// file serves a file as it lies on disk.
func (h *Handler) file(w http.ResponseWriter, r *http.Request, f *store.Feed, name string) (int, error) {
	body, err := f.Open(r.Context(), name)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	seeker, ok := body.(io.ReadSeeker)
	if !ok {
		return 0, fmt.Errorf("%s cannot be read in parts", name)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if strings.HasSuffix(name, ".json") {
		w.Header().Set("Content-Type", "application/json")
	}
	http.ServeContent(w, r, "", modified(body), seeker)
	return http.StatusOK, nil
}
