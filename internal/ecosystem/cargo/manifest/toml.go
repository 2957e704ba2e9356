package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// file is a Cargo.toml, as far as it matters.
type file struct {
	Package  *packageTable `toml:"package"`
	Project  *packageTable `toml:"project"` // old name of package
	Features map[string][]string
	tables
	Target    map[string]tables         `toml:"target"`
	Workspace *workspaceTable           `toml:"workspace"`
	Patch     map[string]map[string]any `toml:"patch"`
	Replace   map[string]any            `toml:"replace"`
}

// tables are the dependency tables, in both spellings.
type tables struct {
	Normal   map[string]any `toml:"dependencies"`
	Dev      map[string]any `toml:"dev-dependencies"`
	DevOld   map[string]any `toml:"dev_dependencies"`
	Build    map[string]any `toml:"build-dependencies"`
	BuildOld map[string]any `toml:"build_dependencies"`
}

// kindTable is one dependency table.
type kindTable struct {
	kind    string // "", "dev" or "build"
	entries map[string]any
}

// all returns the tables in Cargo's order.
func (t tables) all() []kindTable {
	return []kindTable{{"", t.Normal}, {"dev", t.Dev}, {"dev", t.DevOld}, {"build", t.Build}, {"build", t.BuildOld}}
}

type packageTable struct {
	Name        string `toml:"name"`
	Version     any    `toml:"version"`
	Edition     any    `toml:"edition"`
	RustVersion any    `toml:"rust-version"`
	Resolver    string `toml:"resolver"`
	Links       string `toml:"links"`
	Workspace   string `toml:"workspace"`
}

type workspaceTable struct {
	Members      []string       `toml:"members"`
	Exclude      []string       `toml:"exclude"`
	Resolver     string         `toml:"resolver"`
	Dependencies map[string]any `toml:"dependencies"`
	Package      struct {
		Version     string `toml:"version"`
		Edition     string `toml:"edition"`
		RustVersion string `toml:"rust-version"`
	} `toml:"package"`
}

// parse reads a Cargo.toml.
func parse(data []byte) (*file, error) {
	var f file
	if err := toml.Unmarshal(data, &f); err != nil {
		var wrong *toml.DecodeError
		if errors.As(err, &wrong) {
			row, _ := wrong.Position()
			return nil, fmt.Errorf("line %d: %w", row, wrong)
		}
		return nil, err
	}
	if f.Package == nil {
		f.Package = f.Project
	}
	return &f, nil
}

// inherited returns a field that may be a text or {workspace = true}.
func inherited(value any, workspace string, from *workspaceTable, field string) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case map[string]any:
		if v["workspace"] != true {
			break
		}
		if from == nil {
			return "", fmt.Errorf("package.%s comes from a workspace that lies outside the folder; give the workspace's own Cargo.toml", field)
		}
		return workspace, nil
	}
	return "", fmt.Errorf("package.%s is neither text nor {workspace = true}", field)
}

// spec is one entry of a dependency table.
type spec struct {
	Version, Path, Git, Branch, Tag, Rev string
	Registry, RegistryIndex, Package     string
	Features                             []string
	DefaultFeatures                      *bool
	Optional                             bool
	Workspace                            bool
	Artifact                             bool
}

// parseSpec reads a version requirement or a table.
func parseSpec(value any) (spec, error) {
	if text, ok := value.(string); ok {
		return spec{Version: text}, nil
	}
	table, ok := value.(map[string]any)
	if !ok {
		return spec{}, errors.New("is neither a version nor a table")
	}
	var s spec
	texts := map[string]*string{
		"version": &s.Version, "path": &s.Path, "git": &s.Git, "branch": &s.Branch, "tag": &s.Tag, "rev": &s.Rev,
		"registry": &s.Registry, "registry-index": &s.RegistryIndex, "package": &s.Package,
	}
	for key, v := range table {
		if field, known := texts[key]; known {
			if *field, ok = v.(string); !ok {
				return spec{}, fmt.Errorf("%s is no text", key)
			}
		} else if err := s.set(key, v); err != nil {
			return spec{}, err
		}
	}
	return s, nil
}

func (s *spec) set(key string, v any) error {
	switch key {
	case "features":
		list, ok := v.([]any)
		for _, element := range list {
			text, isText := element.(string)
			ok = ok && isText
			s.Features = append(s.Features, text)
		}
		if !ok {
			return errors.New("features is no list of texts")
		}
	case "default-features", "default_features", "optional", "workspace":
		on, ok := v.(bool)
		if !ok {
			return fmt.Errorf("%s is neither true nor false", key)
		}
		switch key {
		case "optional":
			s.Optional = on
		case "workspace":
			s.Workspace = on
		default:
			s.DefaultFeatures = &on
		}
	case "artifact":
		s.Artifact = true
	}
	return nil
}

// inherit completes an entry with what the workspace says of it: features of
// both count, and default features are off only when the workspace says so and
// the member does not ask for them.
func (s spec) inherit(from spec) spec {
	from.Optional = s.Optional
	from.Features = append(slices.Clone(from.Features), s.Features...)
	if from.DefaultFeatures != nil && !*from.DefaultFeatures && s.DefaultFeatures != nil {
		from.DefaultFeatures = s.DefaultFeatures
	}
	return from
}

// dependency is the entry as one of the registry's.
func (s spec) dependency(alias, kind, target string) Dependency {
	d := Dependency{
		Name: cmp.Or(s.Package, alias), Range: s.Version, Features: s.Features, DefaultFeatures: s.defaultFeatures(),
		Optional: s.Optional, Kind: kind, Target: target,
	}
	if d.Name != alias {
		d.Alias = alias
	}
	return d
}

func (s spec) defaultFeatures() bool { return s.DefaultFeatures == nil || *s.DefaultFeatures }
