package lock

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

const poetryAdvice = "write it again with \"poetry lock\""

// poetryFile is a poetry.lock. Up to version 1.1 of the format the files stand in
// the metadata, by name; before 1.0 there were bare hashes.
type poetryFile struct {
	Packages []poetryPackage     `toml:"package"`
	Extras   map[string][]string `toml:"extras"`
	Metadata struct {
		Version string                `toml:"lock-version"`
		Python  string                `toml:"python-versions"`
		Files   map[string][]artifact `toml:"files"`
		Hashes  map[string][]string   `toml:"hashes"`
	} `toml:"metadata"`

	sorted map[string]map[string][]artifact // Metadata.Files by name and key of the version
}

type poetryPackage struct {
	Name         string         `toml:"name"`
	Version      string         `toml:"version"`
	Category     string         `toml:"category"` // "main" or "dev", before groups
	Optional     bool           `toml:"optional"`
	Python       string         `toml:"python-versions"`
	Groups       []string       `toml:"groups"`
	Marker       string         `toml:"marker"`  // 1.0
	Markers      any            `toml:"markers"` // a text, or a table by group
	Files        []artifact     `toml:"files"`
	Dependencies map[string]any `toml:"dependencies"`
	Develop      bool           `toml:"develop"`
	Source       struct {
		Type      string `toml:"type"`
		URL       string `toml:"url"`
		Reference string `toml:"reference"`
		Resolved  string `toml:"resolved_reference"`
	} `toml:"source"`

	node int
}

// ReadPoetry reads poetry.lock, versions 1.0 to 2.1 of the format and the one
// without a version. The lock is flat: from 2.1 on a release has its groups and
// markers, before that every release is wanted.
func ReadPoetry(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, poetryAdvice)
	if err != nil {
		return feed.Request{}, err
	}
	var f poetryFile
	if err := s.toml(&f); err != nil {
		return feed.Request{}, err
	}
	g := newGraph(s)
	if err := f.describe(g); err != nil {
		return feed.Request{}, err
	}
	for i := range f.Packages {
		if err := f.collect(g, &f.Packages[i]); err != nil {
			return feed.Request{}, err
		}
	}
	for i := range f.Packages {
		if err := f.Packages[i].connect(g); err != nil {
			return feed.Request{}, err
		}
	}
	return g.request()
}

func (f *poetryFile) describe(g *graph) error {
	m := &f.Metadata
	major, _, _ := strings.Cut(m.Version, ".")
	switch {
	case m.Version == "" && m.Python == "":
		return g.src.fail("metadata", "there is no metadata, so this is no whole poetry.lock")
	case m.Version != "" && major != "1" && major != "2":
		return g.src.fail("metadata", "version %s of the format is unknown; 1.0 to 2.1 are read", clip(m.Version))
	}
	python, err := parseConstraint(m.Python)
	if err != nil {
		return g.src.wrap("metadata.python-versions", err)
	}
	g.settings.Flat = true
	g.settings.RequiresPython, _ = python.specifiers()
	g.settings.Extras = slices.Collect(maps.Keys(f.Extras))
	return nil
}

func (f *poetryFile) collect(g *graph, p *poetryPackage) error {
	p.node = feed.Root
	switch p.Source.Type {
	case "", "legacy":
	case "git", "hg":
		g.skip(p.Name, p.Source.Type+"+"+p.Source.URL+"@"+p.Source.Resolved, p.Source.Type+" dependency")
		return nil
	case "url":
		g.skip(p.Name, p.Source.URL, "URL dependency")
		return nil
	case "directory", "file":
		reason := "path dependency"
		if p.Develop {
			reason = "editable dependency"
		}
		g.skip(p.Name, p.Source.URL, reason)
		return nil
	default:
		return g.src.fail(p.Name+" "+p.Version, "the source is of the unknown kind %q", clip(p.Source.Type))
	}
	r := record{name: p.Name, version: p.Version, files: f.files(p), release: Release{Optional: p.Optional}}
	p.describe(g, &r.release)
	if index, ok := newIndex(p.Source.Reference, p.Source.URL, g.src.file); ok {
		g.addIndex(index)
		r.release.Index = index.URL
	}
	var err error
	p.node, err = g.node(r)
	return err
}

// files returns the files of a package. Old locks list those of every version of a
// name together: what names another version is left out.
func (f *poetryFile) files(p *poetryPackage) []artifact {
	if len(p.Files) > 0 {
		return p.Files
	}
	if f.sorted == nil {
		f.sorted = map[string]map[string][]artifact{}
	}
	byVersion, done := f.sorted[p.Name]
	if !done {
		byVersion = map[string][]artifact{}
		for _, a := range f.Metadata.Files[p.Name] {
			key := fileVersion(a.base(), p.Name).Key()
			byVersion[key] = append(byVersion[key], a)
		}
		f.sorted[p.Name] = byVersion
	}
	own := slices.Concat(byVersion[parseVersion(p.Version).Key()], byVersion[""])
	for _, sum := range f.Metadata.Hashes[p.Name] {
		own = append(own, artifact{Hash: sum})
	}
	return own
}

// fileVersion returns the version that a file name tells, or the zero one.
func fileVersion(file, project string) version.Version {
	if w, err := wheel.ParseWheel(file); err == nil {
		return w.Version
	}
	if s, err := wheel.ParseSdist(file, project); err == nil {
		return s.Version
	}
	return version.Version{}
}

// describe reads where a package is wanted.
func (p *poetryPackage) describe(g *graph, r *Release) {
	if python, err := parseConstraint(p.Python); err == nil {
		r.RequiresPython, _ = python.specifiers()
	}
	for _, group := range p.Groups {
		r.Groups = append(r.Groups, poetryGroup(group))
	}
	if p.Category != "" && len(p.Groups) == 0 {
		r.Groups = []string{poetryGroup(p.Category)}
	}
	switch v := p.Markers.(type) {
	case string:
		r.Marker = v
	case map[string]any:
		r.Markers = map[string]string{}
		for group, text := range v {
			if marker, ok := text.(string); ok {
				r.Markers[poetryGroup(group)] = marker
			}
		}
	}
	if p.Marker != "" {
		r.Marker = p.Marker
	}
	for _, group := range r.Groups {
		if group != "" {
			g.settings.Groups = append(g.settings.Groups, group)
		}
	}
}

// poetryGroup returns the name of a group, "" for poetry's "main".
func poetryGroup(name string) string {
	if name == "main" {
		return ""
	}
	return wheel.NormalizeName(clip(name))
}

// connect adds what the package says it requires.
func (p *poetryPackage) connect(g *graph) error {
	for _, name := range slices.Sorted(maps.Keys(p.Dependencies)) {
		specs, err := poetrySpecs(name, p.Dependencies[name])
		if err != nil {
			return g.src.wrap(p.Name+" "+p.Version, err)
		}
		for i := range specs {
			if specs[i].direct() != "" {
				continue
			}
			d, _, err := specs[i].dependency()
			if err != nil { // legacy specifiers that PEP 440 does not have
				if d, err = newDependency(name, nil, "", ""); err != nil {
					return g.src.wrap(p.Name+" "+p.Version, err)
				}
			}
			if specs[i].Optional && len(g.named[d.Name]) == 0 {
				continue // of an extra that nobody asks for
			}
			g.connect(p.node, d, "")
		}
	}
	return nil
}

// poetrySpec is one entry of a dependency table of poetry's.
type poetrySpec struct {
	Name                          string
	Version                       string
	Extras                        []string
	Markers, Python, Platform     string
	Optional, Develop, Prerelease bool
	Source                        string
	Git, URL, Path, File          string
}

// poetrySpecs reads a dependency: a constraint, a table, or a list of tables for
// several Pythons.
func poetrySpecs(name string, value any) ([]poetrySpec, error) {
	if !wheel.ValidName(name) {
		return nil, fmt.Errorf("%q is no name of a package", clip(name))
	}
	switch v := value.(type) {
	case string:
		return []poetrySpec{{Name: name, Version: v}}, nil
	case map[string]any:
		return []poetrySpec{poetryTable(name, v)}, nil
	case []any:
		var specs []poetrySpec
		for _, one := range v {
			more, err := poetrySpecs(name, flat(one))
			if err != nil {
				return nil, err
			}
			specs = append(specs, more...)
		}
		return specs, nil
	}
	return nil, fmt.Errorf("the dependency %s is neither a version, a table nor a list of tables", clip(name))
}

// flat keeps a list from holding lists.
func flat(value any) any {
	if _, nested := value.([]any); nested {
		return nil
	}
	return value
}

func poetryTable(name string, table map[string]any) poetrySpec {
	s := poetrySpec{Name: name}
	for key, into := range map[string]*string{
		"version": &s.Version, "markers": &s.Markers, "python": &s.Python, "platform": &s.Platform, "source": &s.Source,
		"git": &s.Git, "url": &s.URL, "path": &s.Path, "file": &s.File,
	} {
		*into, _ = table[key].(string)
	}
	s.Optional, _ = table["optional"].(bool)
	s.Develop, _ = table["develop"].(bool)
	s.Prerelease, _ = table["allow-prereleases"].(bool)
	list, _ := table["extras"].([]any)
	for _, one := range list {
		if extra, ok := one.(string); ok {
			s.Extras = append(s.Extras, extra)
		}
	}
	return s
}

// direct says why no index serves the dependency, or "".
func (s *poetrySpec) direct() string {
	switch {
	case s.Git != "":
		return "git dependency"
	case s.URL != "":
		return urlReason(s.URL)
	case s.Path != "" && s.Develop:
		return "editable dependency"
	case s.Path != "" || s.File != "":
		return "path dependency"
	}
	return ""
}

// dependency returns the entry as a requirement of PEP 508. wide is true when its
// constraint had alternatives.
func (s *poetrySpec) dependency() (d dependency, wide bool, err error) {
	c, err := parseConstraint(s.Version)
	if err != nil {
		return d, false, err
	}
	specifiers, wide := c.specifiers()
	python, err := parseConstraint(s.Python)
	if err != nil {
		return d, false, err
	}
	platform := ""
	if s.Platform != "" {
		platform = fmt.Sprintf("sys_platform == %q", s.Platform)
	}
	d, err = newDependency(s.Name, s.Extras, specifiers, allOf(s.Markers, python.pythonMarker(), platform))
	return d, wide, err
}
