package lock

import (
	"io/fs"
	"strings"
)

// collectTree reads the nested form of lockfileVersion 1 into locations, as
// version 3 has them.
func (l *npmLock) collectTree(tree *value, fsys fs.FS) error {
	root := &npmEntry{node: notNode}
	if err := l.add(root); err != nil {
		return err
	}
	if err := l.collectLevel(tree, "", false); err != nil {
		return err
	}
	manifest, err := readManifestBeside(fsys)
	if err != nil {
		l.g.note(1, "package.json beside it was not read, so the direct dependencies are not known: %v", err)
		return nil
	}
	root.deps = manifestDependencies(manifest, true)
	return nil
}

func (l *npmLock) collectLevel(tree *value, parent string, bundled bool) error {
	return tree.members(func(name string, v *value) error {
		if v.kind != object {
			return l.g.src.fail(v.line, name, "the entry is not an object")
		}
		location := "node_modules/" + name
		if parent != "" {
			location = parent + "/" + location
		}
		e := treeEntry(location, name, v)
		e.bundled = e.bundled || bundled
		if err := l.add(e); err != nil {
			return err
		}
		return l.collectLevel(v.get("dependencies"), location, e.bundled)
	})
}

// treeEntry reads an entry whose version may also be an alias, a path or an
// address.
func treeEntry(location, name string, v *value) *npmEntry {
	e := &npmEntry{
		location: location, line: v.line, node: notNode, name: name, version: v.get("version").str(),
		resolved: v.get("resolved").str(), integrity: v.get("integrity").str(),
		bundled: v.get("bundled").is(), optional: v.get("optional").is(), deps: v.get("requires").texts(""),
	}
	parsed := parseSpec(name, e.version)
	switch {
	case parsed.kind != specRegistry:
		e.resolved, e.byURL = e.version, parsed.kind == specURL
		e.version = ""
		if parsed.kind == specFile && !tarballFile(e.resolved) {
			e.link = true // a folder: its dependencies stand below it
			e.resolved = strings.TrimPrefix(location, "/")
		}
	case parsed.name != name:
		e.name, e.version = parsed.name, parsed.text
	case onWeb(e.version):
		e.resolved, e.version = e.version, parsed.text
	}
	return e
}
