package simple

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Index is one upstream. It is safe for concurrent use.
//
// Credentials go to the whole host of the index, as with pip: files often lie
// beside the simple API, not below it.
type Index struct {
	upstream string
	place    place
	client   *web.Client
	access   web.Access

	projects memory[Project]
	metadata memory[readFrom]
	reading  reading

	flat struct { // the links of a flat page, read once
		sync.Mutex
		links []link
		from  string
	}
}

// Limits on what is kept in memory for one index.
const (
	keptProjects = 32 << 20 // bytes
	keptMetadata = 16 << 20 // bytes
)

// New opens an index. It makes no request.
func New(config ecosystem.UpstreamConfig, client *web.Client) (*Index, error) {
	where, err := parsePlace(config)
	if err != nil {
		return nil, err
	}
	x := &Index{upstream: config.Name, place: where, client: client, access: config.Access}
	x.projects.limit, x.metadata.limit = keptProjects, keptMetadata
	if x.access.Upstream == "" {
		x.access.Upstream = config.Name
	}
	if where.url != nil {
		x.access.Base = widened(x.access.Base, where.url)
	}
	return x, nil
}

// widened returns the host of an index as the place that its credentials are for,
// unless they are bound to another host.
func widened(base string, index *url.URL) string {
	host := (&url.URL{Scheme: index.Scheme, Host: index.Host, Path: "/"}).String()
	if bound, err := url.Parse(base); err == nil && base != "" && (bound.Scheme == "http" || bound.Scheme == "https") &&
		(bound.Scheme != index.Scheme || !strings.EqualFold(bound.Host, index.Host)) {
		return base
	}
	return host
}

// Project returns every file that the index has of a project. An unknown project,
// and one whose page is empty, is feed.ErrNotFound.
func (x *Index) Project(ctx context.Context, name string) (Project, error) {
	if !wheel.ValidName(name) {
		return Project{}, fmt.Errorf("upstream %q: %q is no name of a project: %w", x.upstream, clip(name), feed.ErrNotFound)
	}
	name = wheel.NormalizeName(name)
	if known, ok := x.projects.get(name); ok {
		return known, ctx.Err()
	}
	p, err := x.read(ctx, name, false)
	if err != nil {
		return Project{}, err
	}
	x.projects.put(name, p, p.size())
	x.logSkipped(&p)
	return p, nil
}

// logSkipped says which files of a project are passed over because installers have
// given up their kind: versions that are none of PEP 440, eggs, installers.
func (x *Index) logSkipped(p *Project) {
	var names []string
	for i := range p.Skipped {
		if p.Skipped[i].Legacy {
			names = append(names, p.Skipped[i].Reason)
		}
	}
	if len(names) > 0 {
		x.client.Logger().Info("files that no installer takes are passed over", "project", p.Name, "files", len(names), "such_as", names[0])
	}
}

// read reads what the index has of a project. Its name is in normal form.
func (x *Index) read(ctx context.Context, name string, fresh bool) (Project, error) {
	if x.place.flat {
		return x.flatProject(ctx, name, fresh)
	}
	if x.place.url == nil {
		return x.folderProject(ctx, name)
	}
	address := strings.TrimRight(x.place.url.String(), "/") + "/" + name + "/"
	return x.pageProject(ctx, address, name, fresh)
}

// Open starts the download of a file that Project returned, or of the ".metadata"
// of a wheel, which is the address and path of the wheel with that suffix. Of a
// file only Path, whose last segment is the file name, and URL are looked at.
func (x *Index) Open(ctx context.Context, file feed.File) (io.ReadCloser, error) {
	name := path.Base(file.Path)
	if inner, ok := strings.CutSuffix(name, metadataSuffix); ok && wheel.IsWheel(inner) {
		data, _, err := x.Metadata(ctx, &File{Name: inner, URL: strings.TrimSuffix(file.URL, metadataSuffix)})
		if err != nil {
			return nil, err
		}
		return newMemoryFile(data), nil
	}
	if file.URL != "" {
		return x.client.Open(ctx, web.Request{URL: file.URL, Access: x.access})
	}
	local, err := x.locate(ctx, name)
	if err != nil {
		return nil, err
	}
	if local.URL != "" {
		return x.client.Open(ctx, web.Request{URL: local.URL, Access: x.access})
	}
	return x.openLocal(local.path)
}

// locate finds a file by its name alone.
func (x *Index) locate(ctx context.Context, name string) (*File, error) {
	for _, project := range projectsOf(name) {
		p, err := x.Project(ctx, project)
		if err != nil {
			if ctx.Err() != nil {
				return nil, err
			}
			continue
		}
		if found := p.file(name); found != nil {
			return found, nil
		}
	}
	return nil, fmt.Errorf("upstream %q: %q: %w", x.upstream, clip(name), feed.ErrNotFound)
}

// projectsOf returns the projects that a file name may belong to: one for a wheel,
// one for each dash in the name of a source distribution.
func projectsOf(name string) []string {
	if w, err := wheel.ParseWheel(name); err == nil {
		return []string{w.Name}
	}
	var projects []string
	for i := len(name) - 1; i > 0 && len(projects) < 8; i-- {
		if name[i] == '-' && wheel.ValidName(name[:i]) {
			projects = append(projects, wheel.NormalizeName(name[:i]))
		}
	}
	return projects
}

// Probe asks for the page of a well-known project, past every cache, and returns
// the form that the index has. That it does not know the project is an answer
// too.
func (x *Index) Probe(ctx context.Context) (form string, err error) {
	const known = "pip"
	_, err = x.read(ctx, known, true)
	switch {
	case err != nil && !isNotFound(err):
		return "", err
	case x.place.flat:
		return "flat page or folder of files", nil
	case x.place.url == nil:
		return "folder in the form of the simple API", nil
	case err != nil:
		return "simple API; it does not know " + known, nil
	}
	return "simple API", nil
}
