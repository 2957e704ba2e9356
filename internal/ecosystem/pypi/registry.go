package pypi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/simple"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// index is an upstream that offers the simple API, or folders and pages of files.
type index struct {
	*simple.Index
	upstream string
}

// NewSource opens a package index; see package simple for the forms of its
// address. It makes no request.
func NewSource(config ecosystem.UpstreamConfig, client *web.Client) (ecosystem.Source, error) {
	opened, err := simple.New(config, client)
	if err != nil {
		return nil, err
	}
	return &index{Index: opened, upstream: config.Name}, nil
}

// probeName is a project that nearly every index has.
const probeName = "pip"

func probe(ctx context.Context, from *simple.Index) (ecosystem.Probe, error) {
	found := ecosystem.Probe{Protocol: "Python package index"}
	project, err := from.Project(ctx, probeName)
	switch {
	case errors.Is(err, feed.ErrNotFound):
		found.Detail = "it does not have " + probeName
		return found, nil
	case err != nil:
		return ecosystem.Probe{}, err
	}
	found.Detail = fmt.Sprintf("it has %d files of %s", len(project.Files), probeName)
	for i := range project.Files {
		if project.Files[i].CoreMetadata != nil {
			found.Detail += ", and core metadata beside them"
			break
		}
	}
	return found, nil
}

// project asks for the files of a project.
func (x *index) project(ctx context.Context, name string) (simple.Project, error) {
	if !isNormal(name) {
		return simple.Project{}, fmt.Errorf("pypi: %.100q is no name of a project: %w", name, feed.ErrNotFound)
	}
	return x.Project(ctx, name)
}

// Versions returns every version that has a file, with what the index says of the
// files.
func (x *index) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	project, err := x.project(ctx, name)
	if err != nil {
		return nil, err
	}
	offers := offersOf(&project, nil)
	versions := make([]feed.Version, len(offers))
	for i := range offers {
		o := &offers[i]
		versions[i] = feed.Version{Version: o.version, Published: o.published(), Yanked: o.yanked() != nil}
		if versions[i].Metadata, err = o.metadata(false); err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// Releases returns the given versions with all their files. A version that is
// written in another form than the index has it (1.0.0 for 1.0) is a tag.
func (x *index) Releases(ctx context.Context, name string, versions []string) (feed.Package, error) {
	project, err := x.project(ctx, name)
	if err != nil {
		return feed.Package{}, err
	}
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "pypi", Name: name}}
	if p.Metadata, err = projectMetadata(&project); err != nil {
		return feed.Package{}, err
	}
	wanted := map[string][]string{}
	for _, text := range versions {
		if v, err := version.Parse(text); err == nil {
			wanted[v.Key()] = append(wanted[v.Key()], text)
		}
	}
	offers := offersOf(&project, wanted)
	for i := range offers {
		o := &offers[i]
		release, err := o.release(project.URL)
		if err != nil {
			return feed.Package{}, err
		}
		p.Releases = append(p.Releases, release)
		for _, text := range wanted[o.key] {
			if text != o.version {
				if p.Tags == nil {
					p.Tags = map[string]string{}
				}
				p.Tags[text] = o.version
			}
		}
	}
	return p, nil
}

// projectFacts is the form of feed.Package.Metadata.
type projectFacts struct {
	Status string `json:"status,omitempty"` // PEP 792
	Reason string `json:"reason,omitempty"`
}

func projectMetadata(p *simple.Project) (json.RawMessage, error) {
	if p.Status == "" || p.Status == "active" {
		return nil, nil
	}
	return json.Marshal(projectFacts{Status: p.Status, Reason: p.StatusReason})
}

// Open starts the download of a file. The core metadata of a wheel is what the
// index offers as such, else what is read out of the wheel.
func (x *index) Open(ctx context.Context, file feed.File) (io.ReadCloser, error) {
	return x.Index.Open(ctx, file)
}

// offer is one version, as an index offers it.
type offer struct {
	key     string // that of version.Version
	version string
	files   []*simple.File // by name
}

// offersOf groups the files of a project by version, in ascending order. With
// wanted set, only versions with these keys.
func offersOf(p *simple.Project, wanted map[string][]string) []offer {
	byKey := map[string]*offer{}
	seen := map[string]bool{}
	for i := range p.Files {
		file := &p.Files[i]
		key := file.Version.Key()
		if _, ok := wanted[key]; !ok && wanted != nil {
			continue
		}
		folded := strings.ToLower(file.Name)
		if seen[folded] || !keeps(p, file) {
			continue
		}
		seen[folded] = true
		o := byKey[key]
		if o == nil {
			o = &offer{key: key, version: file.Version.String()}
			byKey[key] = o
		}
		o.version = plainer(o.version, file.Version.String())
		o.files = append(o.files, file)
	}
	offers := make([]offer, 0, len(byKey))
	for _, o := range byKey {
		slices.SortFunc(o.files, func(a, b *simple.File) int { return cmp.Compare(a.Name, b.Name) })
		offers = append(offers, *o)
	}
	slices.SortFunc(offers, func(a, b offer) int { return cmp.Compare(a.key, b.key) })
	return offers
}

// keeps reports whether the feed can hold a file of a project.
func keeps(p *simple.Project, file *simple.File) bool {
	if file.Wheel != nil {
		return file.Wheel.Name == p.Name && feed.CheckPath(filePath(file.Name)+suffixMetadata) == nil
	}
	return belongs(file.Name, p.Name)
}

// plainer returns the shorter of two texts of equal versions, which differ by
// zeros at the end.
func plainer(a, b string) string {
	if len(b) < len(a) || len(b) == len(a) && b < a {
		return b
	}
	return a
}

// published returns when the first file was uploaded, zero if it is not known.
func (o *offer) published() time.Time {
	var first time.Time
	for _, file := range o.files {
		if !file.Uploaded.IsZero() && (first.IsZero() || file.Uploaded.Before(first)) {
			first = file.Uploaded
		}
	}
	return first.UTC()
}

// yanked returns why the release is yanked, which it is when all its files are.
func (o *offer) yanked() *feed.Yank {
	yank := &feed.Yank{}
	for _, file := range o.files {
		if file.Yanked == nil {
			return nil
		}
		yank.Reason = cmp.Or(yank.Reason, *file.Yanked)
	}
	return yank
}

// metadata is what the index says of the files; in full, or as far as it matters
// for choosing.
func (o *offer) metadata(full bool) (json.RawMessage, error) {
	f := facts{Python: o.files[0].RequiresPython, Files: make([]fileFacts, len(o.files))}
	for i, file := range o.files {
		one := &f.Files[i]
		one.Name, one.Yanked = file.Name, file.Yanked
		if file.RequiresPython != f.Python {
			one.Python = &file.RequiresPython
		}
		if !file.Uploaded.IsZero() {
			one.Uploaded = file.Uploaded.UTC().Format(time.RFC3339Nano)
		}
		if full {
			one.Provenance = web.Redact(file.Provenance)
		}
	}
	return f.encode()
}

func (o *offer) release(origin string) (feed.Release, error) {
	r := feed.Release{Version: o.version, Kind: feed.Saved, Published: o.published(), Yanked: o.yanked(), Origin: feed.Origin{URL: origin}}
	var err error
	if r.Metadata, err = o.metadata(true); err != nil {
		return feed.Release{}, err
	}
	for _, file := range o.files {
		artifact := feed.File{Path: filePath(file.Name), URL: file.URL, Size: file.Size, Digests: file.Digests()}
		if file.Wheel == nil {
			r.Files = append(r.Files, artifact)
			continue
		}
		beside := feed.File{Path: artifact.Path + suffixMetadata}
		if file.URL != "" {
			beside.URL = file.URL + suffixMetadata
		}
		if file.CoreMetadata != nil && *file.CoreMetadata != "" {
			beside.Digests = feed.Digests{"sha256": *file.CoreMetadata}
			artifact.Digests = artifact.Digests.Merge(feed.Digests{digestMetadata: *file.CoreMetadata})
		}
		r.Files = append(r.Files, artifact, beside)
	}
	return r, nil
}
