package store

import (
	"context"
	"fmt"
	"iter"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Root returns the record of what was asked for, by its [RootID]; feed.ErrNotFound
// when the feed has none.
func (f *Feed) Root(ctx context.Context, ecosystem, id string) (feed.RootRecord, error) {
	if !isRootID(id) {
		return feed.RootRecord{}, fmt.Errorf("root %.40q: %w", id, feed.ErrNotFound)
	}
	item, err := f.lookup(ctx, rootsOf(ecosystem), id)
	if err != nil {
		return feed.RootRecord{}, err
	}
	return f.root(ctx, ecosystem, item)
}

// Roots yields what was asked of one ecosystem, sorted by [RootID], each record
// read when it is its turn. After one that cannot be read the others come.
func (f *Feed) Roots(ctx context.Context, ecosystem string) iter.Seq2[feed.RootRecord, error] {
	return func(yield func(feed.RootRecord, error) bool) {
		for item, err := range f.items(ctx, rootsOf(ecosystem)) {
			var root feed.RootRecord
			if err == nil {
				root, err = f.root(ctx, ecosystem, item)
			}
			if !yield(root, err) {
				return
			}
		}
	}
}

// root reads one root record.
func (f *Feed) root(ctx context.Context, ecosystem string, item entry) (feed.RootRecord, error) {
	path := rootPath(ecosystem, item.Name)
	data, err := f.readVouched(ctx, path, item.Digest, maxRecord)
	if err != nil {
		return feed.RootRecord{}, err
	}
	root, err := decodeRoot(data, ecosystem, item.Name)
	if err != nil {
		return feed.RootRecord{}, &feed.IntegrityError{Path: path, Got: err.Error(), Want: "the record of what was asked for"}
	}
	return root, nil
}

func decodeRoot(data []byte, ecosystem, id string) (feed.RootRecord, error) {
	var root feed.RootRecord
	if err := decodeJSON(data, &root); err != nil {
		return feed.RootRecord{}, err
	}
	if root.Ecosystem != ecosystem {
		return feed.RootRecord{}, fmt.Errorf("is of ecosystem %.40q", root.Ecosystem)
	}
	if got := RootID(root.Request); got != id {
		return feed.RootRecord{}, fmt.Errorf("has the id %s", got)
	}
	return root, nil
}
