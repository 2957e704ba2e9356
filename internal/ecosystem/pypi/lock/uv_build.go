package lock

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// uvLock turns a uv.lock into a graph.
type uvLock struct {
	g       *graph
	file    *uvFile
	byName  map[string][]*uvPackage
	members map[string]bool // packages of the project's workspace
}

// describe reads what the lock says as a whole.
func (l *uvLock) describe() error {
	f, t := l.file, &l.g.settings
	var err error
	if t.RequiresPython, err = normalSpecifiers(f.RequiresPython); err != nil {
		return l.g.src.wrap("requires-python", err)
	}
	if t.Environments, err = environments(slices.Concat(f.Supported, f.Environments)); err != nil {
		return l.g.src.wrap("supported-markers", err)
	}
	if t.Required, err = environments(f.Required); err != nil {
		return l.g.src.wrap("required-markers", err)
	}
	for _, items := range f.Conflicts {
		var conflict []Conflict
		for _, item := range items {
			conflict = append(conflict, Conflict(item))
		}
		t.Conflicts = append(t.Conflicts, conflict)
	}
	t.Choice = Choice{
		Resolution: f.Options.Resolution, Prerelease: f.Options.Prerelease, ForkStrategy: f.Options.Fork,
		ExcludeNewer: f.Options.ExcludeNewer, SpanNewer: f.Options.Span,
	}
	for _, name := range slices.Sorted(maps.Keys(f.Options.PerPackage)) {
		t.Choice.NewerByPackage = append(t.Choice.NewerByPackage, clip(name)+"="+timeText(f.Options.PerPackage[name]))
	}
	for _, member := range f.Manifest.Members {
		l.members[wheel.NormalizeName(member)] = true
	}
	return nil
}

// constrain reads what bound the resolution.
func (l *uvLock) constrain() error {
	m, t := &l.file.Manifest, &l.g.settings
	for _, list := range []struct {
		key  string
		from []uvRequirement
		into *[]string
	}{
		{"manifest.constraints", m.Constraints, &t.Constraints},
		{"manifest.overrides", m.Overrides, &t.Overrides},
		{"manifest.build-constraints", m.BuildConstraints, &t.BuildConstraints},
	} {
		for i := range list.from {
			d, direct, err := list.from[i].dependency()
			if err != nil {
				return l.g.src.wrap(list.key, err)
			}
			if direct == "" {
				*list.into = append(*list.into, d.String())
			}
		}
	}
	t.Excludes = normalNames(m.Excludes)
	for _, one := range m.Metadata {
		t.MetadataFor = append(t.MetadataFor, Metadata{
			Name: wheel.NormalizeName(one.Name), Version: one.Version, RequiresDist: one.RequiresDist,
			RequiresPython: one.RequiresPython, Extras: one.Extras,
		})
	}
	return nil
}

// dependency returns the requirement, and what it names when that is nothing an
// index serves.
func (r *uvRequirement) dependency() (d dependency, direct string, err error) {
	direct = cmp.Or(r.Git, r.URL, r.Path, r.Directory, r.Editable, r.Virtual)
	d, err = newDependency(r.Name, r.Extras, strings.TrimSpace(r.Specifier), r.Marker)
	return d, direct, err
}

// collect gives every package its node.
func (l *uvLock) collect() error {
	for i := range l.file.Packages {
		p := &l.file.Packages[i]
		p.source = parseUVSource(p.Source)
		if !wheel.ValidName(p.Name) {
			return l.g.src.fail("package", "%q is no name of a package", clip(p.Name))
		}
		name := wheel.NormalizeName(p.Name)
		if l.byName[name] = append(l.byName[name], p); len(l.byName[name]) > maxSame {
			return l.g.src.fail(p.Name, "the package is listed more than %d times", maxSame)
		}
		if err := l.node(p); err != nil {
			return err
		}
	}
	return nil
}

func (l *uvLock) node(p *uvPackage) error {
	p.node = feed.Root
	switch p.source.kind {
	case "registry":
		return l.release(p)
	case "editable", "virtual", "directory":
		if l.own(p) {
			l.g.absent[wheel.NormalizeName(p.Name)] = true
			return l.project(p)
		}
		reason := "path dependency"
		if p.source.kind == "editable" {
			reason = "editable dependency"
		}
		l.g.skip(p.Name, p.source.address, reason)
	case "path":
		l.g.skip(p.Name, p.source.address, "path dependency")
	case "url":
		l.g.skip(p.Name, p.source.address, urlReason(p.source.address))
	case "git":
		l.g.skip(p.Name, p.source.address, "git dependency")
	default:
		return l.g.src.fail(p.Name+" "+p.Version, "the source is of no known kind; known are %s", strings.Join(uvKinds, ", "))
	}
	return nil
}

// own reports whether a package on disk is the project itself or a member of its
// workspace.
func (l *uvLock) own(p *uvPackage) bool {
	return path.Clean(p.source.address) == "." || l.members[wheel.NormalizeName(p.Name)]
}

// project reads what a package of the project offers.
func (l *uvLock) project(p *uvPackage) error {
	t := &l.g.settings
	if path.Clean(p.source.address) == "." {
		t.Project = wheel.NormalizeName(p.Name)
	}
	t.Extras = slices.Concat(t.Extras, p.Metadata.Extras, slices.Collect(maps.Keys(p.Extras)))
	t.Groups = slices.Concat(t.Groups, slices.Collect(maps.Keys(p.Metadata.Groups)), slices.Collect(maps.Keys(p.Groups)))
	return nil
}

func (l *uvLock) release(p *uvPackage) error {
	r := record{name: p.Name, version: p.Version, files: slices.Clone(p.Wheels)}
	if p.Sdist != nil {
		r.files = append(r.files, *p.Sdist)
	}
	if forks := slices.Concat(p.Forks, p.Forks0); len(forks) > 0 {
		r.release.Marker = anyOf(forks...)
	}
	if index, ok := newIndex("", p.source.address, l.g.src.file); ok {
		l.g.addIndex(index)
		r.release.Index = index.URL
	}
	var err error
	p.node, err = l.g.node(r)
	return err
}

// connect adds the edges that the lock states. What a package that is no node
// requires counts as required by the root.
func (l *uvLock) connect() error {
	for i := range l.file.Packages {
		p := &l.file.Packages[i]
		whole := p.node >= 0 || l.own(p) // whether extras and groups can be told apart
		if err := l.edges(p, p.Depends, ""); err != nil {
			return err
		}
		for _, of := range []struct {
			kind  string
			lists map[string][]uvEdge
		}{{KindExtra, p.Extras}, {KindGroup, p.Groups}} {
			for _, name := range slices.Sorted(maps.Keys(of.lists)) {
				kind := of.kind + wheel.NormalizeName(name)
				if !whole {
					kind = ""
				}
				if err := l.edges(p, of.lists[name], kind); err != nil {
					return err
				}
			}
		}
	}
	return l.manifest()
}

// manifest adds what a lock without a project asks for: a script's requirements,
// and the dependency groups of a workspace that has no package of its own.
func (l *uvLock) manifest() error {
	m := &l.file.Manifest
	if err := l.required(m.Requirements, ""); err != nil {
		return err
	}
	for _, group := range slices.Sorted(maps.Keys(m.Groups)) {
		name := wheel.NormalizeName(group)
		l.g.settings.Groups = append(l.g.settings.Groups, name)
		if err := l.required(m.Groups[group], KindGroup+name); err != nil {
			return err
		}
	}
	return nil
}

func (l *uvLock) required(list []uvRequirement, kind string) error {
	for i := range list {
		d, direct, err := list[i].dependency()
		if err != nil {
			return l.g.src.wrap("manifest", err)
		}
		if direct == "" {
			l.g.connect(feed.Root, d, kind)
		}
	}
	return nil
}

func (l *uvLock) edges(p *uvPackage, list []uvEdge, kind string) error {
	key := p.Name + " " + p.Version
	for i := range list {
		e := &list[i]
		targets := l.targets(e)
		if len(targets) == 0 {
			return l.g.src.fail(key, "the lock has no package %s, which this one requires: the file is cut off or damaged", clip(strings.TrimSpace(e.Name+" "+e.Version)))
		}
		for _, to := range targets {
			if to.node < 0 || to.node == p.node && p.node >= 0 {
				continue
			}
			d, err := pinned(e.Name, l.g.versions[to.node], e.extras(), e.Marker)
			if err != nil {
				return l.g.src.wrap(key, err)
			}
			l.g.edge(p.node, to.node, d.requirement(kind))
		}
		if len(l.g.edges) > maxEdges {
			return l.g.src.fail("", "the file states more than %d dependencies", maxEdges)
		}
	}
	return nil
}

// targets returns the packages that an edge means: it names the version and the
// source where the name alone does not tell.
func (l *uvLock) targets(e *uvEdge) []*uvPackage {
	source := parseUVSource(e.Source)
	var found []*uvPackage
	for _, p := range l.byName[wheel.NormalizeName(e.Name)] {
		if (e.Version == "" || sameVersion(e.Version, p.Version)) && (source.kind == "" || source == p.source) {
			found = append(found, p)
		}
	}
	return found
}

func sameVersion(a, b string) bool {
	if a == b {
		return true
	}
	v, err := version.Parse(a)
	w, err2 := version.Parse(b)
	return err == nil && err2 == nil && v.Equal(w)
}
