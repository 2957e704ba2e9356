package lock

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

const pdmAdvice = "write it again with \"pdm lock\""

// pdmFile is a pdm.lock. Up to version 4.2 of the format the files stand in the
// metadata, by "NAME VERSION".
type pdmFile struct {
	Metadata struct {
		Version  string   `toml:"lock_version"`
		Groups   []string `toml:"groups"`
		Strategy []string `toml:"strategy"`
		Targets  []struct {
			RequiresPython string `toml:"requires_python"`
			Platform       string `toml:"platform"`
			Implementation string `toml:"implementation"`
		} `toml:"targets"`
		Files map[string][]artifact `toml:"files"`
	} `toml:"metadata"`
	Packages []pdmPackage `toml:"package"`
}

type pdmPackage struct {
	Name           string     `toml:"name"`
	Version        string     `toml:"version"`
	Extras         []string   `toml:"extras"`
	RequiresPython string     `toml:"requires_python"`
	Groups         []string   `toml:"groups"`
	Marker         string     `toml:"marker"`
	Dependencies   []string   `toml:"dependencies"`
	Files          []artifact `toml:"files"`

	Editable bool   `toml:"editable"`
	Path     string `toml:"path"`
	URL      string `toml:"url"`
	Git      string `toml:"git"`
	Hg       string `toml:"hg"`
	Svn      string `toml:"svn"`
	Revision string `toml:"revision"`

	node int
}

// ReadPDM reads pdm.lock, version 4 of the format and what came before it. The
// lock is flat: with the strategy "inherit_metadata" every release has its groups
// and its marker, without it every release is wanted.
func ReadPDM(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, pdmAdvice)
	if err != nil {
		return feed.Request{}, err
	}
	var f pdmFile
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

func (f *pdmFile) describe(g *graph) error {
	m := &f.Metadata
	major, _, _ := strings.Cut(m.Version, ".")
	switch {
	case m.Version == "" && len(f.Packages) == 0:
		return g.src.fail("metadata", "there is no version of the format, so this is no pdm.lock")
	case m.Version != "" && !slices.Contains([]string{"2", "3", "4"}, major):
		return g.src.fail("metadata", "version %s of the format is unknown; up to 4 is read", clip(m.Version))
	}
	t := &g.settings
	t.Flat = true
	t.Groups = slices.DeleteFunc(slices.Clone(m.Groups), func(group string) bool { return group == "default" })
	for _, target := range m.Targets {
		text := strings.TrimSpace(target.RequiresPython)
		if text == "*" {
			text = ""
		}
		specifiers, err := normalSpecifiers(text)
		if err != nil {
			return g.src.wrap("metadata.targets", err)
		}
		t.Environments = append(t.Environments, Environment{
			RequiresPython: specifiers, Platform: clip(target.Platform), Implementation: clip(target.Implementation),
		})
	}
	return nil
}

// collect gives a package its node. Extras of a package have entries of their own,
// of the same release.
func (f *pdmFile) collect(g *graph, p *pdmPackage) error {
	p.node = feed.Root
	if reason, spec := p.direct(); reason != "" {
		g.skip(p.Name, spec, reason)
		return nil
	}
	r := record{name: p.Name, version: p.Version, files: p.Files, release: Release{RequiresPython: p.RequiresPython}}
	if len(r.files) == 0 {
		r.files = f.Metadata.Files[p.Name+" "+p.Version]
	}
	if slices.Contains(f.Metadata.Strategy, "inherit_metadata") {
		r.release.Marker, r.release.Groups = p.Marker, p.groups()
	}
	var err error
	p.node, err = g.node(r)
	return err
}

// groups returns the groups that a package belongs to, "" for pdm's "default".
func (p *pdmPackage) groups() []string {
	groups := []string{}
	for _, group := range p.Groups {
		switch {
		case group == "default":
			groups = append(groups, "")
		case wheel.ValidName(group):
			groups = append(groups, wheel.NormalizeName(group))
		}
	}
	return groups
}

func (p *pdmPackage) direct() (reason, spec string) {
	switch {
	case p.Git != "":
		return "git dependency", "git+" + p.Git + "@" + p.Revision
	case p.Hg != "":
		return "hg dependency", "hg+" + p.Hg
	case p.Svn != "":
		return "svn dependency", "svn+" + p.Svn
	case p.Path != "" && p.Editable:
		return "editable dependency", p.Path
	case p.Path != "":
		return "path dependency", p.Path
	case p.URL != "":
		return urlReason(p.URL), p.URL
	}
	return "", ""
}

func (p *pdmPackage) connect(g *graph) error {
	for _, text := range p.Dependencies {
		d, err := parseDependency(text)
		if err != nil {
			return g.src.wrap(p.Name+" "+p.Version, err)
		}
		if d.Name == wheel.NormalizeName(p.Name) {
			continue // the package itself, without the extra that this entry is for
		}
		if len(p.Extras) == 0 || p.node == feed.Root {
			g.connect(p.node, d, "")
			continue
		}
		for _, extra := range p.Extras {
			g.connect(p.node, d, KindExtra+wheel.NormalizeName(extra))
		}
	}
	return nil
}

// parseVersion reads a version, or returns the zero one.
func parseVersion(text string) version.Version {
	v, err := version.Parse(text)
	if err != nil {
		return version.Version{}
	}
	return v
}
