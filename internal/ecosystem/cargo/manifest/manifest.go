package manifest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/pkg/feed"
)

// FileName is the only name that a manifest has.
const FileName = "Cargo.toml"

// Bounds of a project.
const (
	maxSize    = 8 << 20 // bytes of one manifest
	maxMembers = 10_000
)

// Read reads the Cargo.toml of a folder, with its workspace, into a request:
// what the registries must give, and the [Settings].
func Read(fsys fs.FS, name string) (feed.Request, error) {
	p, err := readProject(fsys, name)
	if err != nil {
		return feed.Request{}, fmt.Errorf("%s: %w", name, err)
	}
	settings, err := json.Marshal(p.settings)
	if err != nil {
		return feed.Request{}, err
	}
	request := feed.Request{
		Ecosystem: crate.Ecosystem, Input: name, Settings: settings,
		Requirements: p.settings.requirements(),
	}
	return request, nil
}

// project is a project while it is read.
type project struct {
	fsys       fs.FS
	root       *file
	registries map[string]string // addresses of indexes by their names in the project's own settings
	settings   Settings
	at         map[string]bool // folders that were read
}

func readProject(fsys fs.FS, name string) (*project, error) {
	p := &project{fsys: fsys, at: map[string]bool{}}
	var err error
	if p.root, err = p.load(name); err != nil {
		return nil, err
	}
	if p.root.Package == nil && p.root.Workspace == nil {
		return nil, errors.New("has neither a [package] nor a [workspace]")
	}
	if err := p.readSettings(); err != nil {
		return nil, err
	}
	if err := p.members(); err != nil {
		return nil, err
	}
	if err := p.patches(); err != nil {
		return nil, err
	}
	return p, p.locals()
}

// load reads one manifest.
func (p *project) load(name string) (*file, error) {
	data, err := p.read(name)
	if err != nil {
		return nil, err
	}
	return parse(data)
}

func (p *project) read(name string) ([]byte, error) {
	f, err := p.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = fmt.Errorf("larger than %d MB", maxSize>>20)
	}
	return data, err
}

// members reads the packages of the workspace in Cargo's order: those that it
// lists, each followed by its path dependencies within the workspace, and the
// root package last. Without a workspace the root package is the only one.
func (p *project) members() error {
	if p.root.Workspace == nil {
		return p.member(".", p.root)
	}
	folders, err := p.memberFolders()
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if err := p.memberAt(folder); err != nil {
			return err
		}
	}
	if p.root.Package == nil || p.at["."] {
		return nil
	}
	return p.member(".", p.root)
}

func (p *project) memberAt(folder string) error {
	if p.at[folder] || p.excluded(folder) {
		return nil
	}
	if len(p.at) >= maxMembers {
		return fmt.Errorf("more than %d packages in the workspace", maxMembers)
	}
	f, err := p.load(path.Join(folder, FileName))
	if err != nil {
		return fmt.Errorf("workspace member %s: %w", path.Join(folder, FileName), err)
	}
	return p.member(folder, f)
}

func (p *project) member(folder string, f *file) error {
	one, err := p.packageOf(folder, f, p.root.Workspace)
	if err != nil {
		return fmt.Errorf("%s: %w", path.Join(folder, FileName), err)
	}
	p.settings.Members = append(p.settings.Members, one)
	if p.root.Workspace == nil {
		return nil
	}
	for _, d := range one.Dependencies {
		if d.Folder == "" {
			continue
		}
		if err := p.memberAt(d.Folder); err != nil {
			return err
		}
	}
	return nil
}

// locals reads the local packages that are no members, and theirs.
func (p *project) locals() error {
	var queue []string
	follow := func(one Package) {
		for _, d := range one.Dependencies {
			queue = append(queue, d.Folder)
		}
	}
	for _, one := range p.settings.Members {
		follow(one)
	}
	for _, patch := range p.settings.Patches {
		queue = append(queue, patch.Folder)
	}
	for len(queue) > 0 {
		folder := queue[0]
		queue = queue[1:]
		if folder == "" || p.at[folder] {
			continue
		}
		one, err := p.local(folder)
		if err != nil {
			return fmt.Errorf("path dependency %s: %w", path.Join(folder, FileName), err)
		}
		p.settings.Locals = append(p.settings.Locals, one)
		follow(one)
	}
	slices.SortStableFunc(p.settings.Locals, func(a, b Package) int { return cmp.Compare(a.Folder, b.Folder) })
	return nil
}

func (p *project) local(folder string) (Package, error) {
	f, err := p.load(path.Join(folder, FileName))
	if err != nil {
		return Package{}, err
	}
	workspace := f.Workspace
	if workspace == nil {
		workspace = p.root.Workspace
	}
	return p.packageOf(folder, f, workspace)
}

// packageOf reads the package of a manifest.
func (p *project) packageOf(folder string, f *file, workspace *workspaceTable) (Package, error) {
	p.at[folder] = true
	table := f.Package
	if table == nil {
		return Package{}, errors.New("has no [package]")
	}
	one := Package{Folder: folder, Name: table.Name, Links: table.Links, Features: f.Features}
	if !crate.Valid(one.Name) {
		return one, fmt.Errorf("package.name %.100q is no name of a crate", one.Name)
	}
	inherits := workspaceTable{}
	if workspace != nil {
		inherits = *workspace
	}
	var err error
	if one.Version, err = inherited(table.Version, inherits.Package.Version, workspace, "version"); err != nil {
		return one, err
	}
	if one.Version = cmp.Or(one.Version, "0.0.0"); !crate.ValidVersion(one.Version) {
		return one, fmt.Errorf("package.version %.100q is no version", one.Version)
	}
	if one.RustVersion, err = inherited(table.RustVersion, inherits.Package.RustVersion, workspace, "rust-version"); err != nil {
		return one, err
	}
	if err := p.addDependencies(&one, f, workspace); err != nil {
		return one, err
	}
	return one, nil
}

// requirements lists what the packages on disk ask of registries.
func (s *Settings) requirements() []feed.Requirement {
	var all []feed.Requirement
	for i := range s.Members {
		all = append(all, requirementsOf(s.Members[i], true)...)
	}
	for i := range s.Locals {
		all = append(all, requirementsOf(s.Locals[i], false)...)
	}
	slices.SortFunc(all, func(a, b feed.Requirement) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Range, b.Range), cmp.Compare(a.Alias, b.Alias), cmp.Compare(a.Kind, b.Kind))
	})
	return slices.Compact(all)
}

func requirementsOf(one Package, member bool) []feed.Requirement {
	var all []feed.Requirement
	for _, d := range one.Dependencies {
		if d.Folder != "" || d.Kind == "dev" && !member || d.Optional && !member {
			continue
		}
		all = append(all, feed.Requirement{Name: crate.Join(d.Registry, d.Name), Range: d.Range, Alias: d.Alias, Kind: d.Kind})
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
