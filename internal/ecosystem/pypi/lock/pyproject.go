package lock

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

const pyprojectAdvice = "correct the file and run this again"

// pyprojectDoc is a pyproject.toml, as far as it matters.
type pyprojectDoc struct {
	Project *projectTable    `toml:"project"`
	Groups  map[string][]any `toml:"dependency-groups"`
	Build   *struct {
		Requires []string `toml:"requires"`
	} `toml:"build-system"`
	Tool pyprojectTools `toml:"tool"`
}

// projectTable is [project] (PEP 621).
type projectTable struct {
	Name           string              `toml:"name"`
	RequiresPython string              `toml:"requires-python"`
	Dependencies   []string            `toml:"dependencies"`
	Optional       map[string][]string `toml:"optional-dependencies"`
	Dynamic        []string            `toml:"dynamic"`
}

type pyprojectTools struct {
	Poetry *poetryTool `toml:"poetry"`
	UV     *uvTool     `toml:"uv"`
	PDM    *pdmTool    `toml:"pdm"`
}

// pyproject collects what a pyproject.toml asks for.
type pyproject struct {
	fsys         fs.FS
	src          *source
	doc          pyprojectDoc
	settings     Settings
	requirements []feed.Requirement
	sources      map[string][]uvSourceEntry // of [tool.uv.sources], by package
	own          map[string]bool            // projects of the workspace, by name
	dropped      map[string]bool            // names that come from elsewhere after all
}

func newPyproject(fsys fs.FS, s *source) *pyproject {
	return &pyproject{fsys: fsys, src: s, sources: map[string][]uvSourceEntry{}, own: map[string]bool{}, dropped: map[string]bool{}}
}

// ReadPyproject reads pyproject.toml: [project] with its optional dependencies,
// [dependency-groups] (PEP 735), [build-system], and the tables of poetry, uv and
// pdm. Requirements are of every kind; which extras and groups are wanted is the
// resolver's question. A requirement of the project on its own extras is replaced
// by what they hold.
func ReadPyproject(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, pyprojectAdvice)
	if err != nil {
		return feed.Request{}, err
	}
	p := newPyproject(fsys, s)
	if err := s.toml(&p.doc); err != nil {
		return feed.Request{}, err
	}
	return p.request()
}

func (p *pyproject) request() (feed.Request, error) {
	for _, step := range []func() error{p.readUV, p.readProject, p.readGroups, p.readBuild, p.readPoetry, p.readPDM} {
		if err := step(); err != nil {
			return feed.Request{}, err
		}
	}
	p.requirements = slices.DeleteFunc(p.requirements, func(r feed.Requirement) bool { return p.dropped[r.Name] })
	slices.SortFunc(p.requirements, func(a, b feed.Requirement) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Range, b.Range))
	})
	return p.settings.request(p.src.file, slices.Compact(p.requirements))
}

// add takes one requirement of a kind: it is asked for, or listed as skipped.
func (p *pyproject) add(d dependency, kind, key string) {
	switch {
	case d.URL != "":
		p.skip(d.Name, d.URL, urlReason(d.URL), key)
	case p.own[d.Name] || p.redirected(d, kind, key):
	default:
		p.requirements = append(p.requirements, d.requirement(kind))
	}
}

func (p *pyproject) skip(name, spec, reason, key string) {
	s := newSkipped(name, spec, reason, p.src.where(key))
	if !slices.Contains(p.settings.Skipped[max(0, len(p.settings.Skipped)-maxSame):], s) {
		p.settings.Skipped = append(p.settings.Skipped, s)
	}
}

// addAll takes a list of requirements.
func (p *pyproject) addAll(list []string, kind, key string) error {
	for _, text := range list {
		d, err := parseDependency(text)
		if err != nil {
			return p.src.wrap(key, err)
		}
		p.add(d, kind, key)
	}
	return nil
}

func (p *pyproject) readProject() error {
	project := p.doc.Project
	if project == nil {
		return nil
	}
	t := &p.settings
	t.Project, t.Dynamic = wheel.NormalizeName(clip(project.Name)), dynamicFields(project.Dynamic)
	var err error
	if t.RequiresPython, err = normalSpecifiers(project.RequiresPython); err != nil {
		return p.src.wrap("project.requires-python", err)
	}
	extras := extraLists{project: t.Project, lists: map[string][]dependency{}}
	for _, name := range slices.Sorted(maps.Keys(project.Optional)) {
		if err := extras.read(name, project.Optional[name]); err != nil {
			return p.src.wrap("project.optional-dependencies."+name, err)
		}
	}
	t.Extras = slices.Concat(t.Extras, slices.Collect(maps.Keys(extras.lists)))
	main, err := extras.parse(project.Dependencies)
	if err != nil {
		return p.src.wrap("project.dependencies", err)
	}
	for _, d := range extras.expand(main) {
		p.add(d, "", "project.dependencies")
	}
	for _, name := range slices.Sorted(maps.Keys(extras.lists)) {
		for _, d := range extras.expand(extras.lists[name]) {
			p.add(d, KindExtra+name, "project.optional-dependencies."+name)
		}
	}
	return nil
}

// dynamicFields keeps the fields that hold requirements.
func dynamicFields(fields []string) []string {
	var known []string
	for _, field := range []string{"dependencies", "optional-dependencies", "requires-python"} {
		if slices.Contains(fields, field) {
			known = append(known, field)
		}
	}
	return known
}

// extraLists holds the extras of a project.
type extraLists struct {
	project string
	lists   map[string][]dependency // by normal name
}

func (x *extraLists) parse(list []string) ([]dependency, error) {
	var all []dependency
	for _, text := range list {
		d, err := parseDependency(text)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

func (x *extraLists) read(name string, list []string) error {
	if !wheel.ValidName(name) {
		return errName(name)
	}
	all, err := x.parse(list)
	name = wheel.NormalizeName(name)
	x.lists[name] = append(x.lists[name], all...)
	return err
}

// expand replaces requirements on the project's own extras by what these hold, each
// extra once. What an extra holds stands under the marker it is asked for with.
func (x *extraLists) expand(list []dependency) []dependency {
	var all []dependency
	seen := map[string]bool{}
	todo := slices.Clone(list)
	for len(todo) > 0 {
		d := todo[0]
		todo = todo[1:]
		if x.project == "" || d.Name != x.project {
			all = append(all, d)
			continue
		}
		for _, extra := range d.Extras {
			key := extra + ";" + d.Marker.String()
			if seen[key] || len(seen) > maxSame {
				continue
			}
			seen[key] = true
			for _, inner := range x.lists[extra] {
				inner.Marker = inner.Marker.And(d.Marker)
				todo = append(todo, inner)
			}
		}
	}
	return all
}

func (p *pyproject) readBuild() error {
	if p.doc.Build == nil {
		return nil
	}
	return p.addAll(p.doc.Build.Requires, KindBuild, "build-system.requires")
}

// readGroups reads [dependency-groups] with their includes.
func (p *pyproject) readGroups() error {
	groups := groupLists{src: p.src, lists: map[string][]any{}, done: map[string][]dependency{}}
	for _, name := range slices.Sorted(maps.Keys(p.doc.Groups)) {
		key := "dependency-groups." + name
		if !wheel.ValidName(name) {
			return p.src.wrap(key, errName(name))
		}
		normal := wheel.NormalizeName(name)
		if _, twice := groups.lists[normal]; twice {
			return p.src.fail(key, "two groups have this name in its normal form, %s", normal)
		}
		groups.lists[normal] = p.doc.Groups[name]
	}
	for _, name := range slices.Sorted(maps.Keys(groups.lists)) {
		list, err := groups.expand(name, nil)
		if err != nil {
			return err
		}
		p.settings.Groups = append(p.settings.Groups, name)
		for _, d := range list {
			p.add(d, KindGroup+name, "dependency-groups."+name)
		}
	}
	return nil
}
