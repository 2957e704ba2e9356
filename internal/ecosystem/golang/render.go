package golang

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/sumdb"
	"github.com/feedctl/feedctl/pkg/feed"
)

// rendering is one module on its way to documents.
type rendering struct {
	name     string
	dir      string              // folder of its versions in the feed
	versions []string            // that clients can use: their .info and .mod are held; ascending
	meta     map[string]metadata // of versions
}

// RenderPackage returns the documents of a module: the list of its versions, the
// latest one, the records of the checksum database, and an .info for every branch
// and commit that was asked for by that name. Of a package of evidence they are
// those of the database.
func RenderPackage(_ feed.Layout, p feed.Package) ([]feed.Document, error) {
	if strings.HasPrefix(p.Name, evidence) {
		return sumdb.Documents(p)
	}
	r, err := newRendering(p)
	if err != nil || len(r.versions) == 0 {
		return nil, err
	}
	latest, err := r.info(r.latest())
	if err != nil {
		return nil, err
	}
	documents := []feed.Document{
		{Path: r.dir + "list", Bytes: r.list(), Entry: true},
		{Path: path.Dir(path.Dir(r.dir)) + "/@latest", Bytes: latest, Entry: true},
	}
	aliases, err := r.aliases(p.Tags)
	if err != nil {
		return nil, err
	}
	lookups, err := r.lookups()
	return slices.Concat(documents, aliases, lookups), err
}

func newRendering(p feed.Package) (*rendering, error) {
	dir, err := versionsFolder(p.Name)
	if err != nil {
		return nil, err
	}
	r := &rendering{name: p.Name, dir: folder + dir, meta: map[string]metadata{}}
	for _, release := range p.Releases {
		if err := checkKey(p.Name, release.Version); err != nil {
			return nil, err
		}
		if _, twice := r.meta[release.Version]; twice {
			return nil, fmt.Errorf("go: %s@%s is in the ledger twice", p.Name, release.Version)
		}
		if !holds(release, suffixInfo) || !holds(release, suffixMod) {
			continue
		}
		meta, err := readMetadata(p.Name, release.Version, release.Metadata)
		if err != nil {
			return nil, err
		}
		meta.Info.Version = release.Version
		r.meta[release.Version] = meta
		r.versions = append(r.versions, release.Version)
	}
	slices.SortFunc(r.versions, Compare)
	return r, nil
}

// holds reports whether the feed has the file of a release with a suffix.
func holds(release feed.Release, suffix string) bool {
	return slices.ContainsFunc(release.Files, func(f feed.File) bool { return strings.HasSuffix(f.Path, suffix) && !f.Absent })
}

// list has a line for each tagged version: clients make pseudo-versions
// themselves.
func (r *rendering) list() []byte {
	data := []byte{}
	for _, version := range r.versions {
		if !module.IsPseudoVersion(version) {
			data = append(append(data, version...), '\n')
		}
	}
	return data
}

// latest is the version that the go command would choose among those held.
// Retractions are read from the highest one, and passed over when nothing else
// is left.
func (r *rendering) latest() string {
	newest := r.meta[slices.MaxFunc(r.versions, compareLatest)].Module
	kept := slices.DeleteFunc(slices.Clone(r.versions), func(version string) bool {
		_, retracted := newest.Retracted(version)
		return retracted
	})
	if len(kept) == 0 {
		kept = r.versions
	}
	return slices.MaxFunc(kept, compareLatest)
}

func (r *rendering) info(version string) ([]byte, error) {
	data, err := json.Marshal(r.meta[version].Info)
	return append(data, '\n'), err
}

// aliases returns an .info for every other name of a version.
func (r *rendering) aliases(tags map[string]string) ([]feed.Document, error) {
	var documents []feed.Document
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		_, held := r.meta[tags[tag]]
		base, err := baseName(tag, suffixInfo)
		if err != nil || !held || isCanonical(r.name, tag) || feed.CheckPath(base) != nil {
			continue
		}
		data, err := r.info(tags[tag])
		if err != nil {
			return nil, err
		}
		documents = append(documents, feed.Document{Path: r.dir + base, Bytes: data, Entry: true})
	}
	return documents, nil
}

// lookups returns the answers of the checksum database.
func (r *rendering) lookups() ([]feed.Document, error) {
	var documents []feed.Document
	for _, version := range r.versions {
		record := r.meta[version].Sum
		if record == nil {
			continue
		}
		file, err := sumdb.LookupPath(*record, r.name, version)
		if err != nil {
			return nil, err
		}
		documents = append(documents, feed.Document{Path: file, Bytes: sumdb.Lookup(*record), Entry: true})
	}
	return documents, nil
}
