package verify

import (
	"container/list"
	"context"
	"io"
	"sync"

	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// maxRecords is about how many bytes of ledger records are kept decoded.
const maxRecords = 16 << 20

// records reads the ledger and keeps the records that were used last: the roots
// of a feed need the same packages again and again. It implements
// upstream.Ledger. Nobody may change what it returns.
type records struct {
	feed *store.Feed

	mu    sync.Mutex
	used  list.List // of *record, the last used first
	at    map[feed.PackageKey]*list.Element
	bytes int
}

type record struct {
	feed.Package
	bytes int
}

func newRecords(f *store.Feed) *records {
	return &records{feed: f, at: map[feed.PackageKey]*list.Element{}}
}

// Package returns the record of a package; feed.ErrNotFound when there is none.
func (r *records) Package(ctx context.Context, ecosystem, name string) (feed.Package, error) {
	key := feed.PackageKey{Ecosystem: ecosystem, Name: name}
	if p, ok := r.recall(key); ok {
		return p, nil
	}
	p, err := r.feed.Package(ctx, ecosystem, name)
	if err == nil {
		r.keep(key, &record{Package: p, bytes: weight(p)})
	}
	return p, err
}

// Open opens a file of the feed.
func (r *records) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	return r.feed.Open(ctx, path)
}

func (r *records) recall(key feed.PackageKey) (feed.Package, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	element, ok := r.at[key]
	if !ok {
		return feed.Package{}, false
	}
	r.used.MoveToFront(element)
	return element.Value.(*record).Package, true
}

func (r *records) keep(key feed.PackageKey, one *record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.at[key]; ok || one.bytes > maxRecords/4 {
		return
	}
	r.at[key] = r.used.PushFront(one)
	for r.bytes += one.bytes; r.bytes > maxRecords; {
		last := r.used.Back()
		r.used.Remove(last)
		old := last.Value.(*record)
		delete(r.at, old.PackageKey)
		r.bytes -= old.bytes
	}
}

// weight is about how much memory a record takes.
func weight(p feed.Package) int {
	const release, file = 300, 500
	n := 200 + len(p.Metadata)
	for i := range p.Releases {
		n += release + len(p.Releases[i].Metadata) + file*len(p.Releases[i].Files)
	}
	return n
}
