package lock

import (
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// importerKinds are the sections of an importer, a project of the workspace.
var importerKinds = []struct{ section, kind string }{
	{"dependencies", ""},
	{"optionalDependencies", KindOptional},
	{"devDependencies", KindDev},
	{"configDependencies", ""},
	{"packageManagerDependencies", KindTool},
}

// importers adds the edges from the root. A lock of a single project may have
// the sections at its top instead.
func (l *pnpmLock) importers() error {
	importers := l.doc.get("importers")
	if importers == nil {
		return l.importer(l.doc)
	}
	if importers.kind != object {
		return l.g.src.fail(importers.line, "importers", "the section is empty: the file is cut off or damaged")
	}
	return importers.members(func(folder string, v *value) error {
		if v.kind != object {
			return l.g.src.fail(v.line, folder, "the entry is not a mapping: the file is cut off or damaged")
		}
		return l.importer(v)
	})
}

func (l *pnpmLock) importer(v *value) error {
	specifiers := v.get("specifiers")
	for _, section := range importerKinds {
		if m := v.get(section.section); m != nil && m.kind != object {
			return l.g.src.fail(m.line, section.section, "the section is empty: the file is cut off or damaged")
		}
		err := v.get(section.section).members(func(name string, entry *value) error {
			reference, specifier := entry.str(), specifiers.get(name).str()
			if entry.kind == object {
				reference, specifier = entry.get("version").str(), entry.get("specifier").str()
			}
			if reference == "" {
				return l.g.src.fail(entry.line, name, "the dependency has no version: the file is cut off or damaged")
			}
			return l.edge(feed.Root,
				dependency{name: name, spec: reference, kind: section.kind, line: entry.line},
				dependency{name: name, spec: l.specifier(name, specifier), kind: section.kind})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// specifier returns what a project asks for; "catalog:" stands for a range that
// the lock keeps elsewhere.
func (l *pnpmLock) specifier(name, text string) string {
	catalog, ok := strings.CutPrefix(text, "catalog:")
	if !ok {
		return text
	}
	if catalog == "" {
		catalog = "default"
	}
	return l.doc.get("catalogs").get(catalog).get(name).get("specifier").str()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
