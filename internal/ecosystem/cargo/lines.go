package cargo

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// versionsIn lists the lines of an index file that clients see. Names count in
// their letter case; of lines with the same version the last one counts.
func versionsIn(file []byte, base string) []feed.Version {
	var versions []feed.Version
	at := map[string]int{}
	index.Lines(file, func(line []byte) bool {
		entry, err := index.Scan(line)
		if err != nil || entry.Name != base {
			return true
		}
		version := feed.Version{Version: entry.Version, Published: entry.Published, Yanked: entry.Yanked, Metadata: entry.Raw}
		if i, twice := at[entry.Version]; twice {
			versions[i] = version
		} else {
			at[entry.Version] = len(versions)
			versions = append(versions, version)
		}
		return true
	})
	return versions
}

// reading turns lines of an index file into releases.
type reading struct {
	shelf
	name, registry, base string
	address              func(name, version, checksum string) string
	origin               string // address of the file
}

// description is what a package's metadata says: versions that its upstream
// lists and clients pass over, with the reason.
type description struct {
	PassedOver map[string]string `json:"passed_over"`
}

// releases returns the wanted versions. A file without any line of that name is
// feed.ErrNotFound.
func (r *reading) releases(file []byte, wanted []string) (feed.Package, error) {
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: crate.Ecosystem, Name: r.name}}
	passed := map[string]string{}
	lines, own := map[string][]byte{}, false
	index.Lines(file, func(line []byte) bool {
		version := index.VersionOf(line)
		if own && !slices.Contains(wanted, version) {
			return true
		}
		entry, err := index.Scan(line)
		switch {
		case entry.Name != r.base:
		case err != nil:
			passed[version] = err.Error()
		default:
			own = true
			if slices.Contains(wanted, version) {
				lines[version] = line
			}
		}
		return true
	})
	if !own {
		return feed.Package{}, r.notFound(r.name)
	}
	for version, line := range lines {
		release, err := r.release(line)
		if err != nil {
			passed[version] = err.Error()
			continue
		}
		p.Releases = append(p.Releases, release)
	}
	slices.SortFunc(p.Releases, func(a, b feed.Release) int { return crate.Compare(a.Version, b.Version) })
	if len(passed) > 0 {
		metadata, err := json.Marshal(description{passed})
		if err != nil {
			return feed.Package{}, err
		}
		p.Metadata = metadata
	}
	return p, nil
}

// release decodes one line. Blanks that mean nothing are dropped, because the
// ledger cannot keep them; everything else stays as the upstream wrote it.
func (r *reading) release(text []byte) (feed.Release, error) {
	compact, err := index.Compact(text)
	if err != nil {
		return feed.Release{}, fmt.Errorf("its index line is not JSON: %w", err)
	}
	line, err := index.Decode(compact)
	if err != nil {
		return feed.Release{}, err
	}
	release := feed.Release{
		Version:   line.Version,
		Kind:      feed.Saved,
		Published: publishedIn(compact),
		Metadata:  compact,
		Origin:    feed.Origin{Upstream: r.upstream, URL: web.Redact(r.origin)},
		Files: []feed.File{{
			Path:    cratePath(r.registry, r.base, line.Version),
			URL:     r.address(r.base, line.Version, line.Checksum),
			Digests: feed.Digests{"sha256": line.Checksum},
		}},
	}
	if line.Yanked {
		release.Yanked = &feed.Yank{}
	}
	return release, nil
}

func publishedIn(line []byte) time.Time {
	entry, err := index.Scan(line)
	if err != nil {
		return time.Time{}
	}
	return entry.Published
}
