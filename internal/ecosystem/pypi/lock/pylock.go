package lock

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

const pylockAdvice = "write the lock again with the tool that made it (\"pip lock\", \"uv export --format pylock.toml\", \"pdm lock\")"

// pylockFile is a lock of PEP 751.
type pylockFile struct {
	Version        string          `toml:"lock-version"`
	Environments   []string        `toml:"environments"`
	RequiresPython string          `toml:"requires-python"`
	Extras         []string        `toml:"extras"`
	Groups         []string        `toml:"dependency-groups"`
	DefaultGroups  []string        `toml:"default-groups"`
	Packages       []pylockPackage `toml:"packages"`
}

type pylockPackage struct {
	Name           string             `toml:"name"`
	Version        string             `toml:"version"`
	Marker         string             `toml:"marker"`
	RequiresPython string             `toml:"requires-python"`
	Dependencies   []pylockDependency `toml:"dependencies"`
	Index          string             `toml:"index"`
	VCS            *pylockSource      `toml:"vcs"`
	Directory      *pylockSource      `toml:"directory"`
	Archive        *pylockSource      `toml:"archive"`
	Sdist          *artifact          `toml:"sdist"`
	Wheels         []artifact         `toml:"wheels"`
}

// pylockDependency identifies another entry by as many of its keys as it takes.
type pylockDependency struct {
	Name    string `toml:"name"`
	Version string `toml:"version"`
	Index   string `toml:"index"`
}

type pylockSource struct {
	Type     string `toml:"type"`
	URL      string `toml:"url"`
	Path     string `toml:"path"`
	Commit   string `toml:"commit-id"`
	Editable bool   `toml:"editable"`
}

// ReadPylock reads pylock.toml and pylock.NAME.toml (PEP 751), version 1 of the
// format. The lock is flat.
func ReadPylock(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, pylockAdvice)
	if err != nil {
		return feed.Request{}, err
	}
	var f pylockFile
	if err := s.toml(&f); err != nil {
		return feed.Request{}, err
	}
	if f.Version == "" {
		return feed.Request{}, s.fail("lock-version", "there is no version of the format, so this is no lock of PEP 751")
	}
	if major, _, _ := strings.Cut(f.Version, "."); major != "1" {
		return feed.Request{}, s.fail("lock-version", "version %s of the format is unknown; 1.x is read", clip(f.Version))
	}
	g := newGraph(s)
	if err := f.describe(g); err != nil {
		return feed.Request{}, err
	}
	if f.Version != "1.0" {
		g.note("version %s of the format is newer than 1.0, the newest that is known; it is read the same way", clip(f.Version))
	}
	if err := f.collect(g); err != nil {
		return feed.Request{}, err
	}
	return g.request()
}

func (f *pylockFile) describe(g *graph) error {
	var err error
	t := &g.settings
	t.Flat = true
	if t.RequiresPython, err = normalSpecifiers(f.RequiresPython); err != nil {
		return g.src.wrap("requires-python", err)
	}
	if t.Environments, err = environments(f.Environments); err != nil {
		return g.src.wrap("environments", err)
	}
	t.Extras, t.Groups, t.DefaultGroups = f.Extras, f.Groups, f.DefaultGroups
	return nil
}

// environments reads markers, each of which describes an environment.
func environments(markers []string) ([]Environment, error) {
	var all []Environment
	for _, text := range markers {
		normal, err := normalMarker(text)
		if err != nil {
			return nil, err
		}
		all = append(all, Environment{Marker: normal})
	}
	return all, nil
}

// normalNames returns names of extras or groups in normal form, sorted.
func normalNames(names []string) []string {
	var normal []string
	for _, name := range names {
		if wheel.ValidName(name) {
			normal = append(normal, wheel.NormalizeName(name))
		}
	}
	slices.Sort(normal)
	return slices.Compact(normal)
}

func (f *pylockFile) collect(g *graph) error {
	nodes := make([]int, len(f.Packages))
	entries := map[int][]int{} // of each node
	for i := range f.Packages {
		at, err := f.Packages[i].node(g)
		if err != nil {
			return err
		}
		nodes[i] = at
		if entries[at] = append(entries[at], i); at >= 0 && len(entries[at]) > maxSame {
			return g.src.fail(f.Packages[i].Name, "the release is listed more than %d times", maxSame)
		}
	}
	for i := range f.Packages {
		for _, d := range f.Packages[i].Dependencies {
			if nodes[i] >= 0 && wheel.ValidName(d.Name) {
				f.connect(g, entries, nodes[i], d)
			}
		}
	}
	return nil
}

// connect adds the edges of one dependency: to every entry that has the keys.
func (f *pylockFile) connect(g *graph, entries map[int][]int, from int, d pylockDependency) {
	name := wheel.NormalizeName(d.Name)
	for _, to := range g.named[name] {
		meant := slices.ContainsFunc(entries[to], func(i int) bool {
			p := &f.Packages[i]
			return (d.Version == "" || d.Version == p.Version) && (d.Index == "" || d.Index == p.Index)
		})
		if meant && to != from {
			g.edge(from, to, feed.Requirement{Name: name, Range: "==" + g.nodes[to].Version})
		}
	}
}

// node takes an entry into the graph; an entry that no index serves is feed.Open.
func (p *pylockPackage) node(g *graph) (int, error) {
	key := strings.TrimSpace(p.Name + " " + p.Version)
	if p.Name == "" {
		return 0, g.src.fail("packages", "an entry has no name")
	}
	kinds := 0
	for _, given := range []bool{p.VCS != nil, p.Directory != nil, p.Archive != nil, p.Sdist != nil || len(p.Wheels) > 0} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		return 0, g.src.fail(key, "the entry has %d sources; exactly one of vcs, directory, archive, or sdist and wheels is needed", kinds)
	}
	if reason, spec := p.direct(); reason != "" {
		g.skip(p.Name, spec, reason)
		return feed.Open, nil
	}
	r := record{
		name: p.Name, version: p.Version, files: slices.Clone(p.Wheels),
		release: Release{Marker: p.Marker, RequiresPython: p.RequiresPython},
	}
	if p.Sdist != nil {
		r.files = append(r.files, *p.Sdist)
	}
	if index, ok := newIndex("", p.Index, g.src.where(key)); ok {
		g.addIndex(Index{URL: index.URL, User: index.User, Where: g.src.file})
		r.release.Index = index.URL
	}
	if r.version == "" {
		r.version = p.fileVersion()
	}
	for i := range r.files {
		if len(r.files[i].Hashes) == 0 {
			return 0, g.src.fail(key, "%s has no hashes, which PEP 751 demands", clip(r.files[i].base()))
		}
	}
	return g.node(r)
}

// direct says why no index serves an entry, and what the entry names.
func (p *pylockPackage) direct() (reason, spec string) {
	switch {
	case p.VCS != nil:
		return vcsReason(p.VCS.Type), p.VCS.Type + "+" + p.VCS.URL + p.VCS.Path + "@" + p.VCS.Commit
	case p.Directory != nil && p.Directory.Editable:
		return "editable dependency", p.Directory.Path
	case p.Directory != nil:
		return "path dependency", p.Directory.Path
	case p.Archive != nil && p.Archive.URL != "":
		return urlReason(p.Archive.URL), p.Archive.URL
	case p.Archive != nil:
		return "path dependency", p.Archive.Path
	}
	return "", ""
}

func vcsReason(kind string) string {
	if kind = strings.ToLower(kind); vcs[kind] {
		return kind + " dependency"
	}
	return "version control dependency"
}

// fileVersion returns the version that the file names tell, for entries that leave
// it out.
func (p *pylockPackage) fileVersion() string {
	for i := range p.Wheels {
		if v := fileVersion(p.Wheels[i].base(), p.Name); !v.IsZero() {
			return v.String()
		}
	}
	if p.Sdist != nil {
		return fileVersion(p.Sdist.base(), p.Name).String()
	}
	return ""
}
