package cargo

import (
	"context"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// held is what an index that remembers has of a crate: all its versions, with
// index lines that are decoded when they are needed first.
type held struct {
	versions []feed.Version

	mu    sync.Mutex
	lines map[string]*heldLine // by version
}

// heldLine is an index line, and what the resolver takes of it.
type heldLine struct {
	index.Line
	details *solve.Details    // nil before it is needed
	sources map[string]string // other registries that it names, as locks write them
}

// heldKey is the key of a crate that an index remembers.
type heldKey string

// heldOf returns what an index has of a crate. The index remembers, so that
// whatever suits it gives the same.
func heldOf(ctx context.Context, from ecosystem.Index, name string) (*held, error) {
	return ecosystem.Remember(from, heldKey(name), func() (*held, int, error) {
		versions, err := from.Versions(ctx, name, func(feed.Version) bool { return true })
		const each = 800
		bytes := each
		for i := range versions {
			bytes += each + 4*len(versions[i].Metadata)
		}
		return &held{versions: versions, lines: map[string]*heldLine{}}, bytes, err
	})
}

// line decodes the index line of a version.
func (h *held) line(v *feed.Version) (*heldLine, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.locked(v)
}

func (h *held) locked(v *feed.Version) (*heldLine, error) {
	known, ok := h.lines[v.Version]
	if ok {
		return known, nil
	}
	line, err := index.Decode(v.Metadata)
	if err != nil {
		return nil, err
	}
	known = &heldLine{Line: line}
	h.lines[v.Version] = known
	return known, nil
}

// prepared returns the index line of a version with what the resolver takes of it.
func (h *held) prepared(of solve.Crate, v *feed.Version) (*heldLine, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	known, err := h.locked(v)
	if err != nil || known.details != nil {
		return known, err
	}
	details, sources, err := detailsOf(of, &known.Line)
	if err != nil {
		return known, err
	}
	details.Compile()
	known.details, known.sources = &details, sources
	return known, nil
}

// readLine returns the index line of a release.
func readLine(ctx context.Context, from ecosystem.Index, name, version string) (index.Line, error) {
	if ecosystem.Remembers(from) {
		if h, err := heldOf(ctx, from, name); err == nil {
			for i := range h.versions {
				if h.versions[i].Version != version {
					continue
				}
				if line, err := h.line(&h.versions[i]); err == nil {
					return line.Line, nil
				}
			}
		}
	}
	release, err := from.Release(ctx, name, version)
	if err != nil {
		return index.Line{}, err
	}
	return decode(name, version, release.Metadata)
}

// memoryKey is the key of what resolutions share.
type memoryKey struct{}

// memoryBytes is about how much memory they share.
const memoryBytes = 4 << 20

// memory returns what resolutions share, nil unless the index remembers.
func memory(from ecosystem.Index) *solve.Memory {
	if !ecosystem.Remembers(from) {
		return nil
	}
	shared, _ := ecosystem.Remember(from, memoryKey{}, func() (*solve.Memory, int, error) {
		return solve.NewMemory(memoryBytes), memoryBytes, nil
	})
	return shared
}
