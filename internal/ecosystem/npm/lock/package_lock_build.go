package lock

import (
	"path"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// build makes nodes and edges of the entries.
func (l *npmLock) build() error {
	for _, e := range l.order {
		l.markURLs(e)
	}
	for _, e := range l.order {
		if err := l.classify(e); err != nil {
			return err
		}
	}
	for _, e := range l.order {
		from := l.owner(e)
		for _, d := range e.deps {
			l.connect(e, from, d)
		}
	}
	return nil
}

// markURLs marks what e requires by URL: of such an entry the address is what
// was asked for, not where a registry keeps the release.
func (l *npmLock) markURLs(e *npmEntry) {
	for _, d := range e.deps {
		if !onWeb(d.spec) || parseSpec(d.name, d.spec).kind == specRegistry {
			continue
		}
		if to := l.find(e, d); to != nil {
			to.byURL = true
		}
	}
}

// classify gives an entry its node, or lists it as skipped.
func (l *npmLock) classify(e *npmEntry) error {
	if !e.installed() || e.link || e.bundled {
		return nil
	}
	if kind := e.kind(); kind != specRegistry {
		l.g.skip(e.name, e.resolved, kind, e.line)
		return nil
	}
	if e.version == "" {
		if _, version, ok := registryTarball(e.resolved); ok {
			e.version = version
		}
	}
	if e.version == "" && e.optional {
		e.absent = true
		l.g.note(e.line, "%s has no version: npm left this optional package out when it wrote the lock", clip(e.name))
		return nil
	}
	node, err := l.g.node(record{
		name: e.name, version: e.version, address: e.resolved, integrity: e.integrity, line: e.line, key: e.location,
	})
	e.node = node
	return err
}

// kind tells a registry package from what no registry serves.
func (e *npmEntry) kind() specKind {
	switch {
	case e.resolved == "":
		return specRegistry
	case onWeb(e.resolved):
		if _, _, ok := registryTarball(e.resolved); ok {
			return specRegistry
		}
		if e.byURL || CheckVersion(e.version) != nil {
			return specURL
		}
		return specRegistry
	}
	if kind := parseSpec(e.name, e.resolved).kind; kind != specRegistry {
		return kind
	}
	return specFile
}

// owner returns the node whose requirements an entry's dependencies are: its
// own, that of the package which bundles it, or the root for the project's own
// folders and for what is skipped.
func (l *npmLock) owner(e *npmEntry) int {
	for e != nil && e.bundled {
		e = l.entries[enclosing(e.location)]
	}
	if e == nil || e.node == notNode {
		return feed.Root
	}
	return e.node
}

// connect adds the edge of one dependency. Nothing is added when it ends in a
// folder of the project, in a bundled copy or in something skipped.
func (l *npmLock) connect(e *npmEntry, from int, d dependency) {
	r := d.requirement()
	to := l.find(e, d)
	switch {
	case to == nil:
		l.dangling(e, from, r)
	case to.node == notNode:
		if to.absent {
			l.g.open(from, r)
		}
	default:
		if node := l.g.nodes[to.node]; node.Name != r.Name {
			r.Name, r.Range = node.Name, node.Version // an override put another package here
			r.Alias = d.name
		}
		l.g.edge(from, to.node, r, "")
	}
}

// dangling records a dependency that the lock has no entry for. A bundled package
// has what it needs inside the bundle.
func (l *npmLock) dangling(e *npmEntry, from int, r feed.Requirement) {
	if !e.bundled {
		l.g.open(from, r)
	}
}

// find returns the entry that a dependency of e ends in: the nearest folder of
// that name upwards. A peer is looked for beside the package, not inside it.
func (l *npmLock) find(e *npmEntry, d dependency) *npmEntry {
	start := e.location
	if (d.kind == KindPeer || d.kind == KindPeerOptional) && start != "" {
		if to := l.climb(enclosing(start), d.name); to != nil {
			return to
		}
	}
	return l.climb(start, d.name)
}

func (l *npmLock) climb(folder, name string) *npmEntry {
	var location []byte
	for {
		location = location[:0]
		if folder != "" {
			location = append(append(location, folder...), '/')
		}
		location = append(append(location, "node_modules/"...), name...)
		if e := l.entries[string(location)]; e != nil {
			return e
		}
		if folder == "" {
			return nil
		}
		folder = enclosing(folder)
	}
}

// enclosing returns the folder in whose node_modules a package lies, or the
// parent of a folder of the project.
func enclosing(location string) string {
	if at := strings.LastIndex(location, "node_modules/"); at >= 0 {
		return strings.TrimSuffix(location[:at], "/")
	}
	if parent := path.Dir(location); parent != "." && parent != "/" && parent != location && path.Base(location) != ".." {
		return parent
	}
	return ""
}
