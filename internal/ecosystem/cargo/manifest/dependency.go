package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// reader reads the dependency tables of one package.
type reader struct {
	*project
	one       *Package
	where     string
	workspace *workspaceTable
	skipped   map[string]bool // names in the package of what was skipped
}

// addDependencies reads every dependency table of a package, in Cargo's order:
// the plain ones, then those of each target; by name within each.
func (p *project) addDependencies(one *Package, f *file, workspace *workspaceTable) error {
	r := reader{project: p, one: one, where: path.Join(one.Folder, FileName), workspace: workspace, skipped: map[string]bool{}}
	if err := r.tables(f.tables, ""); err != nil {
		return err
	}
	for _, target := range sortedKeys(f.Target) {
		if err := r.tables(f.Target[target], target); err != nil {
			return err
		}
	}
	if len(r.skipped) > 0 {
		one.Features = withoutSkipped(one.Features, r.skipped)
	}
	return nil
}

func (r *reader) tables(t tables, target string) error {
	for _, table := range t.all() {
		for _, alias := range sortedKeys(table.entries) {
			if err := r.entry(alias, table.entries[alias], table.kind, target); err != nil {
				return fmt.Errorf("dependency %.100q: %w", alias, err)
			}
		}
	}
	return nil
}

func (r *reader) entry(alias string, value any, kind, target string) error {
	s, err := parseSpec(value)
	if err != nil {
		return err
	}
	folder := r.one.Folder
	if s.Workspace {
		if s, err = r.inherited(alias, s); err != nil {
			return err
		}
		folder = "." // paths of the workspace's table begin there
	}
	d := s.dependency(alias, kind, target)
	if !crate.Valid(d.Name) || !crate.Valid(alias) {
		return fmt.Errorf("%.100q is no name of a crate", d.Name)
	}
	place, why, err := r.place(s, folder)
	if err != nil {
		return err
	}
	if why != "" {
		r.leaveOut(alias, d.Name, s, why)
		return nil
	}
	d.Registry, d.Folder = place.registry, place.folder
	if _, err := crate.ParseRange(d.Range); err != nil {
		return fmt.Errorf("version %.100q: %w", d.Range, err)
	}
	r.one.Dependencies = append(r.one.Dependencies, d)
	return nil
}

func (r *reader) inherited(alias string, s spec) (spec, error) {
	if r.workspace == nil {
		return spec{}, errors.New("comes from a workspace that lies outside the folder; give the workspace's own Cargo.toml")
	}
	value, ok := r.workspace.Dependencies[alias]
	if !ok {
		return spec{}, errors.New("is not in [workspace.dependencies]")
	}
	from, err := parseSpec(value)
	return s.inherit(from), err
}

// leaveOut notes a dependency that no registry can serve.
func (r *reader) leaveOut(alias, name string, s spec, why string) {
	r.skipped[alias] = true
	text := s.Path
	if s.Git != "" {
		text = strings.TrimSpace(web.Redact(s.Git) + " " + cmp.Or(s.Rev, s.Tag, s.Branch))
	}
	r.add(feed.Skipped{Name: name, Spec: text, Reason: why, Where: r.where})
}

func (p *project) skip(name, spec, why string) {
	p.add(feed.Skipped{Name: name, Spec: spec, Reason: why, Where: FileName})
}

func (p *project) add(one feed.Skipped) {
	if !slices.Contains(p.settings.Skipped, one) {
		p.settings.Skipped = append(p.settings.Skipped, one)
	}
}

// place is where the releases of a dependency come from.
type place struct{ registry, folder string }

// place finds where an entry's releases come from; why says what keeps a registry
// from serving them.
func (p *project) place(s spec, folder string) (at place, why string, err error) {
	switch {
	case s.Git != "":
		return place{}, "git dependency", nil
	case s.Path != "":
		local := path.Join(folder, strings.ReplaceAll(s.Path, `\`, "/"))
		if path.IsAbs(local) || strings.HasPrefix(s.Path, "/") || local == ".." || strings.HasPrefix(local, "../") {
			return place{}, "path dependency outside the folder", nil
		}
		return place{folder: local}, "", nil
	case s.RegistryIndex != "":
		at.registry, err = p.registryAt(s.RegistryIndex)
	case s.Registry != "":
		at.registry, err = p.registryNamed(s.Registry)
	}
	return at, "", err
}

// registryAt names the registry of an index, and notes how locks write it.
func (p *project) registryAt(index string) (string, error) {
	protocol, address := crate.ParseSource(index)
	name, ok := crate.RegistryOf(address)
	if !ok {
		return "", fmt.Errorf("the registry's index %.200q is no address", web.Redact(address))
	}
	if name != "" {
		if p.settings.Registries == nil {
			p.settings.Registries = map[string]string{}
		}
		p.settings.Registries[name] = string(protocol) + "+" + address
	}
	return name, nil
}

// registryNamed names the registry that the settings call so: by the address of
// its index when the settings in the folder tell it, else by that name.
func (p *project) registryNamed(name string) (string, error) {
	if name == "crates-io" {
		return "", nil
	}
	if index, ok := p.registries[name]; ok {
		return p.registryAt(index)
	}
	registry, ok := crate.SettingsName(name)
	if !ok {
		return "", fmt.Errorf("%.100q is no name of a registry", name)
	}
	return registry, nil
}

// withoutSkipped drops what features say of dependencies that are skipped.
func withoutSkipped(features map[string][]string, skipped map[string]bool) map[string][]string {
	kept := map[string][]string{}
	for name, values := range features {
		kept[name] = slices.DeleteFunc(slices.Clone(values), func(value string) bool {
			_, own := features[value]
			dependency, _, _ := strings.Cut(strings.TrimPrefix(value, "dep:"), "/")
			return !own && skipped[strings.TrimSuffix(dependency, "?")]
		})
	}
	return kept
}
