package verify

import (
	"context"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/upstream"
)

// only returns the feed as the only index.
func only(f upstream.Ledger, e ecosystem.Ecosystem) *upstream.Index {
	none := func(context.Context) ([]upstream.Named, error) { return nil, nil }
	return upstream.NewIndex(e.Name, f, upstream.New(none), false)
}

// index is the feed as the only index of one root, with what the resolvers made of
// its answers for the roots before. Where there is no upstream an answer is the same
// whatever would suit. It implements ecosystem.Rememberer.
type index struct {
	*upstream.Index
	records   *records
	ecosystem string
}

func (c *check) index(e ecosystem.Ecosystem) *index {
	return &index{only(c.records, e), c.records, e.Name}
}

// madeKey is the key of what a resolver made.
type madeKey struct {
	ecosystem string
	key       any
}

// Recall implements ecosystem.Rememberer.
func (x *index) Recall(key any) (any, bool) {
	return x.records.made.Get(madeKey{x.ecosystem, key})
}

// Remember implements ecosystem.Rememberer.
func (x *index) Remember(key, value any, bytes int) {
	x.records.made.Put(madeKey{x.ecosystem, key}, value, bytes)
}

// Near implements ecosystem.Rememberer.
func (x *index) Near() bool { return x.records.feed.Dir() != nil }
