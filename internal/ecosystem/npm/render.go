package npm

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"deps.dev/util/semver"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
	"github.com/feedctl/feedctl/pkg/feed"
)

// The optional groups of documents.
const (
	extraEndpoints     = "endpoints"
	extraOfflineMirror = "yarn-offline-mirror"
)

// Extras returns the optional groups of documents, each with a line of help.
func Extras() map[string]string {
	return map[string]string{
		extraEndpoints:     "manifests of single versions and tags (corepack), dist-tag lists, a fixed search result",
		extraOfflineMirror: "a flat folder for yarn classic's yarn-offline-mirror setting",
	}
}

// rendering is one package on its way to documents.
type rendering struct {
	layout    feed.Layout
	name      string
	releases  []*feed.Release // ascending
	manifests [][]byte        // of the releases, as published
	tags      map[string]string
	times     packageTimes
}

// RenderPackage returns the packument of a package, the links under which
// clients may look for its tarballs, and the extra documents that were asked
// for. A release whose file is left out is listed like any other: clients choose
// among the variants for all platforms.
func RenderPackage(layout feed.Layout, p feed.Package) ([]feed.Document, error) {
	r := rendering{layout: layout, name: p.Name}
	if err := r.addReleases(p.Releases); err != nil {
		return nil, err
	}
	if len(p.Metadata) > 0 {
		var metadata packageMetadata
		if err := json.Unmarshal(p.Metadata, &metadata); err != nil {
			return nil, fmt.Errorf("npm: %s: metadata in the ledger: %w", p.Name, err)
		}
		r.times = metadata.Time
	}
	r.addTags(p.Tags)
	documents := []feed.Document{{Path: packumentPath(p.Name), Bytes: r.packument(), Entry: true}}
	documents = append(documents, r.links()...)
	if layout.Extra(extraEndpoints) {
		documents = append(documents, r.endpoints()...)
	}
	return documents, nil
}

func (r *rendering) addReleases(releases []feed.Release) error {
	parsed := map[string]*semver.Version{}
	for i := range releases {
		release := &releases[i]
		if err := checkKey(r.name, release.Version); err != nil {
			return err
		}
		if _, twice := parsed[release.Version]; twice {
			return fmt.Errorf("npm: %s@%s is in the ledger twice", r.name, release.Version)
		}
		parsed[release.Version] = parseVersion(release.Version)
		r.releases = append(r.releases, release)
	}
	slices.SortFunc(r.releases, func(a, b *feed.Release) int {
		return compareParsed(parsed[a.Version], parsed[b.Version], a.Version, b.Version)
	})
	for _, release := range r.releases {
		m, err := publishedManifest(r.layout, r.name, release)
		if err != nil {
			return err
		}
		r.manifests = append(r.manifests, m.appendTo(nil))
	}
	return nil
}

// addTags takes over the tags whose targets are here. There is always a latest:
// the upstream's, else the highest release, else the highest pre-release.
func (r *rendering) addTags(tags map[string]string) {
	r.tags = map[string]string{}
	latest, stable := "", false
	for _, release := range r.releases {
		if final := !isPrerelease(release.Version); final || !stable {
			latest, stable = release.Version, final
		}
	}
	if latest != "" {
		r.tags["latest"] = latest
	}
	for tag, version := range tags {
		if tag != "" && slices.ContainsFunc(r.releases, func(release *feed.Release) bool { return release.Version == version }) {
			r.tags[tag] = version
		}
	}
}

// packument writes the package's document.
func (r *rendering) packument() []byte {
	size := 1024
	for _, m := range r.manifests {
		size += len(m) + 100
	}
	dst := append(make([]byte, 0, size), `{"name":`...)
	dst = rawjson.AppendString(dst, r.name)
	dst = append(dst, `,"dist-tags":`...)
	dst = r.appendTags(dst)
	dst = append(dst, `,"versions":{`...)
	for i, m := range r.manifests {
		dst = appendKey(dst, i > 0, r.releases[i].Version)
		dst = append(dst, m...)
	}
	dst = append(dst, `},"time":`...)
	dst = r.appendTimes(dst)
	return append(dst, "}\n"...)
}

func (r *rendering) appendTags(dst []byte) []byte {
	dst = append(dst, '{')
	for i, tag := range slices.Sorted(maps.Keys(r.tags)) {
		dst = appendKey(dst, i > 0, tag)
		dst = rawjson.AppendString(dst, r.tags[tag])
	}
	return append(dst, '}')
}

// appendTimes writes the dates that are known. They are the upstream's: clients
// with an age gate would refuse releases that carry the time of the mirroring.
func (r *rendering) appendTimes(dst []byte) []byte {
	dst = append(dst, '{')
	more := false
	add := func(key, text string) {
		if text != "" {
			dst = rawjson.AppendString(appendKey(dst, more, key), text)
			more = true
		}
	}
	add("created", r.times.Created)
	add("modified", r.times.Modified)
	for _, release := range r.releases {
		add(release.Version, timeText(release.Published))
	}
	return append(dst, '}')
}

// timeText writes a date as JavaScript does, with more digits where there are
// more.
func timeText(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Nanosecond()%1e6 != 0:
		return t.UTC().Format(time.RFC3339Nano)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func appendKey(dst []byte, more bool, key string) []byte {
	if more {
		dst = append(dst, ',')
	}
	return append(rawjson.AppendString(dst, key), ':')
}

// endpoints returns the manifests of single versions and tags, and the list of
// tags. For the package that is called "-" the registry's own documents stand
// where the manifests would be.
func (r *rendering) endpoints() []feed.Document {
	documents := []feed.Document{{
		Path: folder + "-/package/" + r.name + "/dist-tags", Bytes: append(r.appendTags(nil), '\n'), Entry: true,
	}}
	if r.name == "-" {
		return documents
	}
	taken := map[string]bool{"-": true, "index.html": true}
	add := func(file string, manifest []byte) {
		if lower := strings.ToLower(file); !taken[lower] {
			taken[lower] = true
			documents = append(documents, feed.Document{
				Path: folder + r.name + "/" + file, Bytes: append(slices.Clone(manifest), '\n'), Entry: true,
			})
		}
	}
	at := map[string]int{}
	for i, release := range r.releases {
		at[release.Version] = i
		add(release.Version, r.manifests[i])
	}
	for _, tag := range slices.Sorted(maps.Keys(r.tags)) {
		if plainSegment(tag) && len(tag) <= maxName && !strings.HasSuffix(strings.ToLower(tag), ".tgz") {
			add(tag, r.manifests[at[r.tags[tag]]])
		}
	}
	return documents
}

// RenderRoot returns the documents of the whole registry: the answer to ping
// and, when asked for, the one answer that a static feed has for every search.
func RenderRoot(layout feed.Layout, packages iter.Seq2[feed.Summary, error]) ([]feed.Document, error) {
	documents := []feed.Document{{Path: folder + "-/ping", Bytes: []byte("{}\n")}}
	if !layout.Extra(extraEndpoints) {
		return documents, nil
	}
	var found []feed.Summary
	for one, err := range packages {
		if err != nil {
			return nil, err
		}
		found = append(found, one)
	}
	return append(documents, feed.Document{Path: folder + "-/v1/search", Bytes: searchResult(found), Entry: true}), nil
}

// RootKey is what RenderRoot looks at: nothing, or names and newest versions.
func RootKey(layout feed.Layout, one feed.Summary) string {
	if !layout.Extra(extraEndpoints) {
		return ""
	}
	return one.Name + "@" + one.Latest
}

func searchResult(packages []feed.Summary) []byte {
	slices.SortFunc(packages, func(a, b feed.Summary) int { return strings.Compare(a.Name, b.Name) })
	dst := []byte(`{"objects":[`)
	for i, one := range packages {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = rawjson.AppendString(append(dst, `{"package":{"name":`...), one.Name)
		dst = rawjson.AppendString(append(dst, `,"version":`...), one.Latest)
		dst = append(dst, `,"keywords":[],"maintainers":[]}}`...)
	}
	return fmt.Appendf(dst, "],\"total\":%d}\n", len(packages))
}
