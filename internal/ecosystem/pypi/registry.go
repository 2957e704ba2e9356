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
	files := project.Files()
	found.Detail = fmt.Sprintf("it has %d files of %s", len(files), probeName)
	for i := range files {
		if files[i].CoreMetadata != nil {
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
	var versions []feed.Version
	var w factWriter
	for v, files := range project.Versions() {
		o := newOffer(project.Name, v, files)
		if len(o.files) == 0 {
			continue
		}
		one := feed.Version{Version: o.version, Published: o.published(), Yanked: o.yanked() != nil}
		one.Metadata = w.write(o.facts(false))
		versions = append(versions, one)
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
	seen := map[string]string{} // versions of the index, by key
	for _, text := range versions {
		v, err := version.Parse(text)
		if err != nil {
			continue
		}
		own, known := seen[v.Key()]
		if !known {
			found, files := project.Version(v.Key())
			o := newOffer(project.Name, found, files)
			if len(o.files) == 0 {
				continue
			}
			release, err := o.release(project.URL)
			if err != nil {
				return feed.Package{}, err
			}
			p.Releases = append(p.Releases, release)
			own, seen[v.Key()] = o.version, o.version
		}
		if text != own {
			if p.Tags == nil {
				p.Tags = map[string]string{}
			}
			p.Tags[text] = own
		}
	}
	slices.SortFunc(p.Releases, func(a, b feed.Release) int { return Compare(a.Version, b.Version) })
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
	version string
	files   []*simple.File // by name
}

// newOffer takes of the files of a version those that the feed can hold, each name
// once.
func newOffer(project string, v version.Version, files []simple.File) offer {
	o := offer{version: v.String(), files: make([]*simple.File, 0, len(files))}
	for i := range files {
		if keeps(project, &files[i]) {
			o.files = append(o.files, &files[i])
		}
	}
	byName := func(a, b *simple.File) int { return cmp.Compare(a.Name, b.Name) }
	if len(o.files) > 1 {
		o.files = once(o.files)
		slices.SortFunc(o.files, byName)
	}
	return o
}

// once drops files whose names differ from earlier ones by upper and lower case at
// most.
func once(files []*simple.File) []*simple.File {
	seen := make(map[string]bool, len(files))
	return slices.DeleteFunc(files, func(f *simple.File) bool {
		folded := strings.ToLower(f.Name)
		if seen[folded] {
			return true
		}
		seen[folded] = true
		return false
	})
}

// keeps reports whether the feed can hold a file of a project.
func keeps(project string, file *simple.File) bool {
	if file.IsWheel() {
		return feed.CheckPath(filePath(file.Name)+suffixMetadata) == nil
	}
	return belongs(file.Name, project)
}

// published returns when the first file was uploaded, zero if it is not known.
func (o *offer) published() time.Time {
	var first time.Time
	for i := range o.files {
		file := o.files[i]
		if !file.Uploaded.IsZero() && (first.IsZero() || file.Uploaded.Before(first)) {
			first = file.Uploaded
		}
	}
	return first.UTC()
}

// yanked returns why the release is yanked, which it is when all its files are.
func (o *offer) yanked() *feed.Yank {
	yank := &feed.Yank{}
	for i := range o.files {
		file := o.files[i]
		if file.Yanked == nil {
			return nil
		}
		yank.Reason = cmp.Or(yank.Reason, *file.Yanked)
	}
	return yank
}

// facts is what the index says of the files; in full, or as far as it matters for
// choosing.
func (o *offer) facts(full bool) *facts {
	f := &facts{Python: o.files[0].RequiresPython, Files: make([]fileFacts, len(o.files))}
	for i := range o.files {
		file, one := o.files[i], &f.Files[i]
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
	return f
}

func (o *offer) release(origin string) (feed.Release, error) {
	r := feed.Release{Version: o.version, Kind: feed.Saved, Published: o.published(), Yanked: o.yanked(), Origin: feed.Origin{URL: origin}}
	var err error
	if r.Metadata, err = o.facts(true).encode(); err != nil {
		return feed.Release{}, err
	}
	for i := range o.files {
		file := o.files[i]
		artifact := feed.File{Path: filePath(file.Name), URL: file.URL, Size: file.Size, Digests: file.Digests()}
		if !file.IsWheel() {
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
