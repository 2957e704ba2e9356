package lock

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// poetryTool is [tool.poetry].
type poetryTool struct {
	Name         string              `toml:"name"`
	Dependencies map[string]any      `toml:"dependencies"`
	Dev          map[string]any      `toml:"dev-dependencies"`
	Extras       map[string][]string `toml:"extras"`
	Groups       map[string]struct {
		Optional     bool           `toml:"optional"`
		Dependencies map[string]any `toml:"dependencies"`
	} `toml:"group"`
	Sources []struct {
		Name      string `toml:"name"`
		URL       string `toml:"url"`
		Priority  string `toml:"priority"`
		Default   bool   `toml:"default"`
		Secondary bool   `toml:"secondary"`
	} `toml:"source"`
}

// readPoetry reads poetry's own tables. Where [project] lists the dependencies,
// poetry's table only says where they come from.
func (p *pyproject) readPoetry() error {
	tool := p.doc.Tool.Poetry
	if tool == nil {
		return nil
	}
	p.poetrySources(tool)
	if p.settings.Project == "" {
		p.settings.Project = wheel.NormalizeName(clip(tool.Name))
	}
	if err := p.poetryMain(tool); err != nil {
		return err
	}
	if len(tool.Dev) > 0 {
		p.settings.DefaultGroups = append(p.settings.DefaultGroups, "dev")
	}
	if err := p.poetryGroup("dev", tool.Dev, "tool.poetry.dev-dependencies"); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(tool.Groups)) {
		group := tool.Groups[name]
		if !group.Optional {
			p.settings.DefaultGroups = append(p.settings.DefaultGroups, name)
		}
		if err := p.poetryGroup(name, group.Dependencies, "tool.poetry.group."+name); err != nil {
			return err
		}
	}
	return nil
}

// poetrySources records indexes: those that only named packages come from are
// explicit.
func (p *pyproject) poetrySources(tool *poetryTool) {
	for _, source := range tool.Sources {
		index, ok := newIndex(source.Name, source.URL, p.src.where("tool.poetry.source"))
		if !ok {
			continue // without a URL it stands for the built-in index
		}
		index.Default = source.Default || source.Priority == "default" || source.Priority == "" || source.Priority == "primary"
		index.Default = index.Default && !source.Secondary
		index.Explicit = source.Priority == "explicit"
		index.Extra = !index.Default && !index.Explicit
		p.settings.addIndex(index)
	}
}

func (p *pyproject) poetryMain(tool *poetryTool) error {
	if python, ok := tool.Dependencies["python"]; ok && p.settings.RequiresPython == "" {
		if err := p.poetryPython(python); err != nil {
			return err
		}
	}
	extras := map[string][]string{} // of a package: the extras that name it
	for _, extra := range slices.Sorted(maps.Keys(tool.Extras)) {
		p.settings.Extras = append(p.settings.Extras, extra)
		for _, name := range tool.Extras[extra] {
			name, _, _ = strings.Cut(name, " ")
			extras[wheel.NormalizeName(name)] = append(extras[wheel.NormalizeName(name)], KindExtra+wheel.NormalizeName(clip(extra)))
		}
	}
	listed := p.doc.Project != nil && len(p.doc.Project.Dependencies) > 0
	for _, name := range slices.Sorted(maps.Keys(tool.Dependencies)) {
		if name == "python" {
			continue
		}
		key := "tool.poetry.dependencies." + name
		if err := p.poetryDependency(name, tool.Dependencies[name], key, listed, extras[wheel.NormalizeName(name)]); err != nil {
			return err
		}
	}
	return nil
}

func (p *pyproject) poetryPython(value any) error {
	specs, err := poetrySpecs("python", flat(value))
	if err != nil {
		return p.src.wrap("tool.poetry.dependencies.python", err)
	}
	python, err := parseConstraint(specs[0].Version)
	if err != nil {
		return p.src.wrap("tool.poetry.dependencies.python", err)
	}
	p.settings.RequiresPython, _ = python.specifiers()
	if len(python) > 1 {
		p.settings.Environments = append(p.settings.Environments, Environment{Marker: python.pythonMarker()})
	}
	return nil
}

func (p *pyproject) poetryGroup(name string, table map[string]any, key string) error {
	if len(table) == 0 {
		return nil
	}
	if !wheel.ValidName(name) {
		return p.src.wrap(key, errName(name))
	}
	p.settings.Groups = append(p.settings.Groups, name)
	kinds := []string{KindGroup + wheel.NormalizeName(name)}
	for _, dependency := range slices.Sorted(maps.Keys(table)) {
		if err := p.poetryDependency(dependency, table[dependency], key+"."+dependency, false, kinds); err != nil {
			return err
		}
	}
	return nil
}

// poetryDependency takes one entry of a dependency table. One that [project] lists
// already gives only its source.
func (p *pyproject) poetryDependency(name string, value any, key string, listed bool, kinds []string) error {
	specs, err := poetrySpecs(name, value)
	if err != nil {
		return p.src.wrap(key, err)
	}
	for i := range specs {
		s := &specs[i]
		if reason := s.direct(); reason != "" {
			p.skip(name, s.Git+s.URL+s.Path+s.File, reason, key)
			if listed {
				p.dropped[wheel.NormalizeName(name)] = true
			}
			continue
		}
		d, wide, err := s.dependency()
		if err != nil {
			return p.src.wrap(key, err)
		}
		if wide {
			p.settings.Notes = append(p.settings.Notes, fmt.Sprintf("%s: %q has alternatives, which PEP 440 cannot say; %s is taken", p.src.where(key), clip(s.Version), d.Specifiers))
		}
		p.poetryDetails(d.Name, s)
		if listed {
			continue
		}
		for _, kind := range p.poetryKinds(s, kinds) {
			p.add(d, kind, key)
		}
	}
	return nil
}

// poetryKinds returns the kinds that an entry is asked for as. An optional one
// comes with the extras that name it alone.
func (p *pyproject) poetryKinds(s *poetrySpec, kinds []string) []string {
	if len(kinds) == 0 && !s.Optional {
		return []string{""}
	}
	if len(kinds) > 0 && strings.HasPrefix(kinds[0], KindExtra) && !s.Optional {
		return []string{""}
	}
	return kinds
}

func (p *pyproject) poetryDetails(name string, s *poetrySpec) {
	if s.Source != "" {
		p.settings.bind(name, Source{Index: clip(s.Source)})
	}
	if s.Prerelease {
		p.settings.Choice.PrereleaseFor = append(p.settings.Choice.PrereleaseFor, name)
	}
}
