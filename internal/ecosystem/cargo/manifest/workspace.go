package manifest

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
)

// memberFolders expands what the workspace lists as members.
func (p *project) memberFolders() ([]string, error) {
	var folders []string
	for _, text := range p.root.Workspace.Members {
		pattern := path.Clean(strings.ReplaceAll(text, `\`, "/"))
		if path.IsAbs(pattern) || pattern == ".." || strings.HasPrefix(pattern, "../") {
			return nil, fmt.Errorf("workspace member %.200q lies outside the folder", text)
		}
		if !strings.ContainsAny(pattern, "*?[") {
			folders = append(folders, pattern)
			continue
		}
		found, err := p.glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("workspace member %.200q: %w", text, err)
		}
		folders = append(folders, found...)
		if len(folders) > maxMembers {
			return nil, fmt.Errorf("more than %d packages in the workspace", maxMembers)
		}
	}
	return folders, nil
}

// glob returns the folders with a manifest that a pattern matches, in order. "**"
// stands for any number of folders.
func (p *project) glob(pattern string) ([]string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, err
	}
	var found []string
	err := fs.WalkDir(p.fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil || !entry.IsDir():
			return nil
		case name != "." && (entry.Name() == "target" || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case !strings.Contains(pattern, "**") && strings.Count(name, "/") > strings.Count(pattern, "/"):
			return fs.SkipDir
		}
		if !matchSegments(strings.Split(pattern, "/"), strings.Split(name, "/")) {
			return nil
		}
		if _, err := fs.Stat(p.fsys, path.Join(name, FileName)); err == nil {
			found = append(found, name)
		}
		return nil
	})
	return found, err
}

func matchSegments(pattern, segments []string) bool {
	for i, part := range pattern {
		if part == "**" {
			for skip := 0; skip <= len(segments)-i; skip++ {
				if matchSegments(pattern[i+1:], segments[i+skip:]) {
					return true
				}
			}
			return false
		}
		if i >= len(segments) {
			return false
		}
		if ok, err := path.Match(part, segments[i]); err != nil || !ok {
			return false
		}
	}
	return len(pattern) == len(segments)
}

// excluded reports whether the workspace excludes a folder that it does not list
// itself.
func (p *project) excluded(folder string) bool {
	below := func(text string) bool {
		base := path.Clean(strings.ReplaceAll(text, `\`, "/"))
		return folder == base || strings.HasPrefix(folder, base+"/")
	}
	return slices.ContainsFunc(p.root.Workspace.Exclude, below) && !slices.ContainsFunc(p.root.Workspace.Members, below)
}

// readSettings reads Cargo's own settings that lie in the folder, and decides
// whether the Rust version counts.
func (p *project) readSettings() error {
	var settings struct {
		Registries map[string]struct {
			Index string `toml:"index"`
		} `toml:"registries"`
		Resolver struct {
			RustVersions string `toml:"incompatible-rust-versions"`
		} `toml:"resolver"`
	}
	for _, name := range []string{".cargo/config", ".cargo/config.toml"} {
		data, err := p.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = toml.Unmarshal(data, &settings)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	p.registries = map[string]string{}
	for name, registry := range settings.Registries {
		if registry.Index != "" {
			p.registries[name] = registry.Index
		}
	}
	switch settings.Resolver.RustVersions {
	case "fallback":
		p.settings.Fallback = true
	case "allow":
	default:
		p.settings.Fallback = p.resolver() == "3"
	}
	return nil
}

// resolver is the version of Cargo's resolver: what the workspace or the root
// package says, else what the edition of the root package brings.
func (p *project) resolver() string {
	workspace := p.root.Workspace
	if workspace != nil && workspace.Resolver != "" {
		return workspace.Resolver
	}
	table := p.root.Package
	if table == nil {
		return "1"
	}
	if table.Resolver != "" {
		return table.Resolver
	}
	inherits := workspaceTable{}
	if workspace != nil {
		inherits = *workspace
	}
	edition, err := inherited(table.Edition, inherits.Package.Edition, workspace, "edition")
	if err == nil && len(edition) == 4 && edition >= "2024" {
		return "3"
	}
	return "1"
}

// patches reads the [patch] tables: of a registry each, by name or address.
func (p *project) patches() error {
	for _, registry := range sortedKeys(p.root.Patch) {
		of, err := p.patched(registry)
		if err != nil {
			return fmt.Errorf("[patch.%q]: %w", registry, err)
		}
		for _, alias := range sortedKeys(p.root.Patch[registry]) {
			if err := p.patch(of, alias, p.root.Patch[registry][alias]); err != nil {
				return fmt.Errorf("[patch.%q] %.100q: %w", registry, alias, err)
			}
		}
	}
	for _, name := range sortedKeys(p.root.Replace) {
		p.skip(name, "[replace]", "[replace], which Cargo has given up for [patch]")
	}
	return nil
}

func (p *project) patched(registry string) (string, error) {
	if strings.Contains(registry, "://") {
		return p.registryAt(registry)
	}
	return p.registryNamed(registry)
}

func (p *project) patch(of, alias string, value any) error {
	s, err := parseSpec(value)
	if err != nil {
		return err
	}
	name := alias
	if s.Package != "" {
		name = s.Package
	}
	if !crate.Valid(name) {
		return fmt.Errorf("%.100q is no name of a crate", name)
	}
	at, why, err := p.place(s, ".")
	if err != nil {
		return err
	}
	if why != "" {
		p.skip(name, "[patch]", "patch by a "+why)
		return nil
	}
	p.settings.Patches = append(p.settings.Patches, Patch{Name: name, Registry: of, Folder: at.folder, From: at.registry, Range: s.Version})
	return nil
}
