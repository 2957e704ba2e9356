// Package feed holds the nouns of feedctl: packages, releases and their files,
// requirements and graphs, and the documents that make up a feed on disk. It is
// the only API promised to other programs; docs/feed-format.md specifies the
// JSON forms.
//
// A feed is a directory that any plain web server can host. Its state is the
// ledger, one [Package] record for each package; its root is the [Manifest],
// feed.json.
package feed

import (
	"encoding/json"
	"time"
)

// Package is what is known of one package: in the ledger, the releases that the
// feed holds; from an upstream, the releases that were asked for.
type Package struct {
	PackageKey
	Tags     map[string]string `json:"tags,omitempty"`     // moving names for versions (npm dist-tags), only of Releases
	Metadata json.RawMessage   `json:"metadata,omitempty"` // the upstream's description of the package as a whole, in the ecosystem's own form
	Evidence bool              `json:"evidence,omitempty"` // no package of its own: its files prove others (a transparency log's)
	Releases []Release         `json:"releases"`           // ascending in the ecosystem's version order, each version once
}

// Release returns the release with the given version, or nil.
func (p *Package) Release(version string) *Release {
	for i := range p.Releases {
		if p.Releases[i].Version == version {
			return &p.Releases[i]
		}
	}
	return nil
}

// Named returns the release with the given version, or the one that a tag of
// that name points at, or nil.
func (p *Package) Named(name string) *Release {
	if release := p.Release(name); release != nil {
		return release
	}
	if version, ok := p.Tags[name]; ok {
		return p.Release(version)
	}
	return nil
}

// Kind says how a release came into the feed.
type Kind string

// The kinds of release.
const (
	Pushed Kind = "pushed" // published to this feed by its owner
	Saved  Kind = "saved"  // copied from an upstream
)

// Release is one published version with its files and metadata.
type Release struct {
	Version    string          `json:"version"`
	Kind       Kind            `json:"kind"`
	Published  time.Time       `json:"published,omitzero"`   // upstream's own date, zero when it tells none
	Deprecated string          `json:"deprecated,omitempty"` // the owner's warning, passed on to clients
	Yanked     *Yank           `json:"yanked,omitempty"`     // kept for pins, never chosen anew
	Metadata   json.RawMessage `json:"metadata,omitempty"`   // the upstream's description of the release, verbatim, in the ecosystem's own form
	Files      []File          `json:"files,omitempty"`
	Origin     Origin          `json:"origin,omitzero"`
}

// Yank says why a release must not be chosen anew.
type Yank struct {
	Reason string `json:"reason,omitempty"`
}

// File is one artifact of a release.
type File struct {
	Path    string  `json:"path"`              // in the feed: slash-separated, relative to its root
	URL     string  `json:"url,omitempty"`     // where the upstream offers it; without secrets once in the ledger
	Size    int64   `json:"size,omitempty"`    // bytes; 0 when not known
	Digests Digests `json:"digests,omitempty"` // what the bytes must be
	Absent  bool    `json:"absent,omitempty"`  // known, but left out on purpose: it belongs to a platform that is not mirrored
}

// Origin says where a saved release came from.
type Origin struct {
	Upstream string    `json:"upstream,omitempty"` // name from the configuration
	URL      string    `json:"url,omitempty"`      // of the metadata, without secrets
	Time     time.Time `json:"time,omitzero"`      // of the run that saved it
}

// Version is what choosing among the versions of a package needs to know of one.
type Version struct {
	Version    string
	Tags       []string // moving names that point here
	Published  time.Time
	Deprecated string
	Yanked     bool
	Saved      bool            // held by the feed
	Metadata   json.RawMessage // the fields that matter for choosing, in the ecosystem's own form
}

// Document is a file of the feed that is rendered from the ledger: an index, a
// listing, or a second name for an artifact.
type Document struct {
	Path  string // slash-separated, relative to the feed's root
	Bytes []byte // content; nil when Link is set
	Link  string // path of the artifact whose bytes this is; a hard link where the disk can
	Entry bool   // clients start here, so it is published after everything it names
}

// Layout says how the documents of one ecosystem are rendered.
type Layout struct {
	Base   string   `json:"base,omitempty"`   // URL of the feed's root without a trailing slash; empty keeps the upstream's own addresses
	Extras []string `json:"extras,omitempty"` // optional documents that were asked for, sorted
}

// Extra reports whether an optional group of documents was asked for.
func (l Layout) Extra(name string) bool {
	for _, extra := range l.Extras {
		if extra == name {
			return true
		}
	}
	return false
}

// Summary names one package of a feed and its newest release.
type Summary struct {
	Name   string
	Latest string
}
