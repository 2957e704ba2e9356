package verify

import (
	"context"
	"io"

	"github.com/feedctl/feedctl/internal/recent"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// About how many bytes are kept: of decoded records of the ledger, of what
// resolvers made of them, and of what packages hold.
const (
	maxRecords = 16 << 20
	maxMade    = 40 << 20
	maxHeld    = 12 << 20
)

// records reads the ledger and keeps the records that were used last: the roots
// of a feed need the same packages again and again. It implements
// upstream.Ledger. Nobody may change what it returns.
type records struct {
	feed *store.Feed
	used *recent.Cache[feed.PackageKey, feed.Package]
	held *recent.Cache[feed.PackageKey, holdings]
	made *recent.Cache[madeKey, any]
}

func newRecords(f *store.Feed) *records {
	return &records{
		feed: f,
		used: recent.New[feed.PackageKey, feed.Package](maxRecords),
		held: recent.New[feed.PackageKey, holdings](maxHeld),
		made: recent.New[madeKey, any](maxMade),
	}
}

// Package returns the record of a package; feed.ErrNotFound when there is none.
func (r *records) Package(ctx context.Context, ecosystem, name string) (feed.Package, error) {
	key := feed.PackageKey{Ecosystem: ecosystem, Name: name}
	if p, ok := r.used.Get(key); ok {
		return p, nil
	}
	p, err := r.feed.Package(ctx, ecosystem, name)
	if err == nil {
		r.used.Put(key, p, weight(p))
	}
	return p, err
}

// Open opens a file of the feed.
func (r *records) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	return r.feed.Open(ctx, path)
}

// holdings tells of each version of a package that the feed holds the paths of the
// files that it leaves out.
type holdings map[string][]string

// holdings returns what the feed holds of a package; feed.ErrNotFound when it is
// not in the ledger.
func (r *records) holdings(ctx context.Context, key feed.PackageKey) (holdings, error) {
	if h, ok := r.held.Get(key); ok {
		return h, nil
	}
	p, err := r.Package(ctx, key.Ecosystem, key.Name)
	if err != nil {
		return nil, err
	}
	return r.hold(p), nil
}

// hold keeps what a record says of what the feed holds.
func (r *records) hold(p feed.Package) holdings {
	const each = 60
	h, bytes := make(holdings, len(p.Releases)), 2*each
	for i := range p.Releases {
		var absent []string
		for _, file := range p.Releases[i].Files {
			if file.Absent {
				absent = append(absent, file.Path)
				bytes += each + len(file.Path)
			}
		}
		h[p.Releases[i].Version] = absent
		bytes += each
	}
	r.held.Put(p.PackageKey, h, bytes)
	return h
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
