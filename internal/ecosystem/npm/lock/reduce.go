package lock

import (
	"slices"
	"strings"
)

// keptFields are the fields of package.json that decide a resolution.
var keptFields = append([]string{
	"name", "version", "peerDependenciesMeta", "bundleDependencies", "bundledDependencies",
	"engines", "os", "cpu", "libc", "workspaces", "packageManager", "overrides",
}, dependencyMaps...)

// reduce returns a package.json of the project as [Settings] describes it.
func (p *project) reduce(s *source, manifest *value) (*value, error) {
	reduced := &value{kind: object, line: manifest.line}
	for i, key := range manifest.keys {
		if !slices.Contains(keptFields, key) {
			continue
		}
		field := manifest.items[i]
		var err error
		switch {
		case slices.Contains(dependencyMaps, key):
			field, err = p.reduceDependencies(s, field)
		case key == "overrides":
			field = reduceOverrides(field)
		}
		if err != nil {
			return nil, err
		}
		reduced.set(key, field)
	}
	return reduced, nil
}

func (p *project) reduceDependencies(s *source, section *value) (*value, error) {
	reduced := &value{kind: object, line: section.line}
	for _, d := range section.texts("") {
		plain, err := p.plainRange(s, d)
		if err != nil {
			return nil, err
		}
		if err := checkDependency(s, d, plain); err != nil {
			return nil, err
		}
		reduced.set(d.name, &value{kind: text, line: d.line, scalar: plain})
	}
	return reduced, nil
}

// checkDependency refuses names and ranges that no feed could hold.
func checkDependency(s *source, d dependency, plain string) error {
	parsed := parseSpec(d.name, plain)
	if parsed.kind != specRegistry {
		return nil
	}
	if err := CheckName(d.name); err != nil {
		return s.fail(d.line, d.name, "%v", err)
	}
	if err := parsed.check(); err != nil {
		return s.fail(d.line, d.name, "%v", err)
	}
	return nil
}

// plainRange replaces the notations of workspaces and catalogs by what they
// stand for, and redacts what no registry can meet.
func (p *project) plainRange(s *source, d dependency) (string, error) {
	if catalog, ok := strings.CutPrefix(d.spec, "catalog:"); ok {
		text := p.catalogRange(catalog, d.name)
		if text == "" {
			return "", s.fail(d.line, d.name, "no catalog says what %q stands for", clip(d.spec))
		}
		d.spec = text
	}
	if rest, ok := strings.CutPrefix(d.spec, "workspace:"); ok {
		return workspaceRange(rest), nil
	}
	if parsed := parseSpec(d.name, d.spec); parsed.kind != specRegistry {
		return parsed.text, nil
	}
	return d.spec, nil
}

// workspaceRange returns the range of "workspace:…": a range, "^", "~", a path,
// or another member's name with a range.
func workspaceRange(text string) string {
	if name, _, ok := splitAt(text); ok && CheckName(name) == nil {
		return "npm:" + text
	}
	if text == "" || text == "^" || text == "~" || strings.ContainsAny(text, "/\\") || strings.HasPrefix(text, ".") {
		return "*"
	}
	return text
}

// catalogRange looks a name up in pnpm's, yarn's and bun's catalogs.
func (p *project) catalogRange(catalog, name string) string {
	for _, place := range []*value{p.workspace, p.yarn, p.root, p.root.get("workspaces")} {
		from := place.get("catalogs").get(catalog)
		if catalog == "" || catalog == "default" {
			if text := place.get("catalog").get(name).str(); text != "" {
				return text
			}
			from = place.get("catalogs").get("default")
		}
		if text := from.get(name).str(); text != "" {
			return text
		}
	}
	return ""
}

// reduceOverrides redacts the texts of npm's overrides, at any depth.
func reduceOverrides(v *value) *value {
	switch v.kind {
	case text:
		if parsed := parseSpec("x", v.scalar); parsed.kind != specRegistry {
			return textValue(parsed.text)
		}
	case object:
		reduced := &value{kind: object, line: v.line}
		for i, key := range v.keys {
			reduced.set(key, reduceOverrides(v.items[i]))
		}
		return reduced
	}
	return v
}
