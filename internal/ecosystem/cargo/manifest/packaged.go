package manifest

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
)

// Packaged is what the Cargo.toml inside a crate file says.
type Packaged struct {
	Name, Version string
	Links         *string // native library, nil for none
	RustVersion   string
	Features      map[string][]string
	Dependencies  []Dependency // of registries; others cannot be published
}

// ParsePackaged reads the Cargo.toml of a crate file, which Cargo writes in full
// when it packages: without inheritance, paths and workspaces. Those of very old
// crates are as their authors wrote them.
func ParsePackaged(data []byte) (Packaged, error) {
	if len(data) > maxSize {
		return Packaged{}, fmt.Errorf("larger than %d MB", maxSize>>20)
	}
	f, err := parse(data)
	if err != nil {
		return Packaged{}, err
	}
	if f.Package == nil {
		return Packaged{}, errors.New("has no [package]")
	}
	version, err := inherited(f.Package.Version, "", nil, "version")
	if err != nil {
		return Packaged{}, err
	}
	p := Packaged{Name: f.Package.Name, Version: cmp.Or(version, "0.0.0"), Features: f.Features}
	if f.Package.Links != "" {
		p.Links = &f.Package.Links
	}
	if p.RustVersion, err = inherited(f.Package.RustVersion, "", nil, "rust-version"); err != nil {
		return Packaged{}, err
	}
	if err := p.tables(f.tables, ""); err != nil {
		return Packaged{}, err
	}
	for _, target := range sortedKeys(f.Target) {
		if err := p.tables(f.Target[target], target); err != nil {
			return Packaged{}, err
		}
	}
	return p, nil
}

func (p *Packaged) tables(t tables, target string) error {
	for _, table := range t.all() {
		for _, alias := range sortedKeys(table.entries) {
			s, err := parseSpec(table.entries[alias])
			if err != nil {
				return fmt.Errorf("dependency %.100q: %w", alias, err)
			}
			d := s.dependency(alias, table.kind, target)
			if !crate.Valid(d.Name) {
				return fmt.Errorf("dependency %.100q is no name of a crate", d.Name)
			}
			if s.Version == "" && (s.Path != "" || s.Git != "") {
				continue // left out of the index when it was published
			}
			p.Dependencies = append(p.Dependencies, d)
		}
	}
	return nil
}
