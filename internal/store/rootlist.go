package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/feedctl/feedctl/pkg/feed"
)

// rootItem names one root record.
type rootItem struct {
	ID     string `json:"id"`     // 32 hex digits
	Digest string `json:"digest"` // "sha256:…" of the record
}

// rootItems returns the list of an ecosystem's root records, sorted by id.
func (f *Feed) rootItems(ctx context.Context, ecosystem string) ([]rootItem, error) {
	digest := f.manifest.Ecosystems[ecosystem].Roots
	if digest == "" {
		return nil, nil
	}
	path := rootListPath(ecosystem)
	data, err := f.readVouched(ctx, path, digest, maxRoots)
	if err != nil {
		return nil, err
	}
	items, err := decodeRootList(data)
	if err != nil {
		return nil, &feed.IntegrityError{Path: path, Got: err.Error(), Want: "the list of what was asked for"}
	}
	return items, nil
}

func decodeRootList(data []byte) ([]rootItem, error) {
	var list struct {
		Roots []rootItem `json:"roots"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	for i, item := range list.Roots {
		if len(item.ID) != 32 || !isHex(item.ID) || !isDigest(item.Digest) {
			return nil, fmt.Errorf("entry %.40q without an id or a digest", item.ID)
		}
		if i > 0 && list.Roots[i-1].ID >= item.ID {
			return nil, fmt.Errorf("entries out of order at %q", item.ID)
		}
	}
	return list.Roots, nil
}

// root reads one root record.
func (f *Feed) root(ctx context.Context, ecosystem string, item rootItem) (feed.RootRecord, error) {
	path := rootPath(ecosystem, item.ID)
	data, err := f.readVouched(ctx, path, item.Digest, maxRecord)
	if err != nil {
		return feed.RootRecord{}, err
	}
	root, err := decodeRoot(data, ecosystem, item.ID)
	if err != nil {
		return feed.RootRecord{}, &feed.IntegrityError{Path: path, Got: err.Error(), Want: "the record of what was asked for"}
	}
	return root, nil
}

func decodeRoot(data []byte, ecosystem, id string) (feed.RootRecord, error) {
	var root feed.RootRecord
	if err := json.Unmarshal(data, &root); err != nil {
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
