package sumdb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// reader reads files of the upstream that serves the database.
type reader struct {
	read func(ctx context.Context, path string) ([]byte, error)
}

// newReader returns a reader that reads a bounded number of files at a time.
func newReader(request ecosystem.EvidenceRequest, upstream string) reader {
	slots := make(chan struct{}, parallel)
	return reader{read: func(ctx context.Context, path string) ([]byte, error) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return request.Read(ctx, upstream, path)
	}}
}

// tile reads a tile. A log may drop partial tiles once they are complete; then
// the complete one begins with the same hashes.
func (r reader) tile(ctx context.Context, db database, tile tlog.Tile) ([]byte, error) {
	path := db.path(tile.Path())
	data, err := r.read(ctx, path)
	if complete := completed(tile); errors.Is(err, feed.ErrNotFound) && complete != tile {
		if whole, errWhole := r.read(ctx, db.path(complete.Path())); errWhole == nil && len(whole) == complete.W*tlog.HashSize {
			return whole[:tile.W*tlog.HashSize], nil
		}
	}
	if errors.Is(err, feed.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w; the upstream serves only a part of the log, as a feed does: put one that serves the whole database before it", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// completed returns the tile that a partial tile grows into.
func completed(tile tlog.Tile) tlog.Tile {
	tile.W = 1 << height
	return tile
}

// chooseUpstream returns the first upstream that serves the database.
func chooseUpstream(ctx context.Context, request ecosystem.EvidenceRequest, db database) (string, error) {
	names, err := request.Upstreams(ctx)
	if err != nil {
		return "", err
	}
	path := db.path("supported")
	for _, name := range names {
		_, err := request.Read(ctx, name, path)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, feed.ErrNotFound) {
			return "", fmt.Errorf("checksum database %s: upstream %q: %s: %w", db.name, name, path, err)
		}
	}
	return "", fmt.Errorf("checksum database %s: no upstream serves it (asked for %s: %s); add one that does, "+
		"use --%s to do without it, or set GONOSUMDB for modules that are private",
		db.name, path, strings.Join(names, ", "), Option)
}

// savedPackage returns the feed's record of a package of evidence, an empty one
// when the feed has none.
func savedPackage(ctx context.Context, request ecosystem.EvidenceRequest, name string) (feed.Package, error) {
	p, err := request.Saved(ctx, name)
	if errors.Is(err, feed.ErrNotFound) {
		return feed.Package{}, nil
	}
	if err != nil {
		return feed.Package{}, fmt.Errorf("%s in the ledger: %w", name, err)
	}
	return p, nil
}
