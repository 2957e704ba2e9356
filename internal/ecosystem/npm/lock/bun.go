package lock

import (
	"io/fs"
	"path"
	"strings"

	"github.com/tidwall/jsonc"

	"github.com/feedctl/feedctl/pkg/feed"
)

const bunAdvice = "restore the file or make it again with `bun install --lockfile-only`"

// ReadBunBinary refuses bun.lockb, a binary format.
func ReadBunBinary(_ fs.FS, name string) (feed.Request, error) {
	return feed.Request{}, &Error{
		File: path.Base(name), Problem: "bun's binary lockfile cannot be read",
		Advice: "run `bun install --save-text-lockfile --frozen-lockfile --lockfile-only`, which writes bun.lock, and give that",
	}
}

// ReadBun reads bun.lock, JSON with comments and trailing commas, of
// lockfileVersion 0, 1 and 2.
func ReadBun(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, bunAdvice, maxBytes)
	if err != nil {
		return feed.Request{}, err
	}
	s.data = jsonc.ToJSON(s.data) // same length, same lines
	doc, err := parseJSON(s)
	if err != nil {
		return feed.Request{}, err
	}
	version := doc.get("lockfileVersion")
	switch version.str() {
	case "0", "1", "2":
	case "":
		return feed.Request{}, s.fail(0, "", "there is no lockfileVersion, so this is no bun.lock")
	default:
		return feed.Request{}, s.fail(version.line, "lockfileVersion", "version %s is not known; 0, 1 and 2 are", clip(version.str()))
	}
	l := &bunLock{g: newGraph(s), doc: doc, entries: map[string]*bunEntry{}}
	if err := doc.get("packages").members(l.collect); err != nil {
		return feed.Request{}, err
	}
	l.connect()
	return l.g.request(), nil
}

// bunLock is a bun.lock. The key of an entry is its path in the tree of
// packages: "a/@s/b" is the b that a's dependencies see.
type bunLock struct {
	g       *graph
	doc     *value
	entries map[string]*bunEntry
	order   []*bunEntry
}

type bunEntry struct {
	key     string
	line    int
	deps    []dependency
	bundled bool // comes inside the tarball of the package above
	node    int
}

// collect reads one entry: an array of the locator, the registry's address where
// it is not the default, what the package says of itself, and a digest.
func (l *bunLock) collect(key string, v *value) error {
	if len(key) > maxPlace {
		return l.g.src.fail(v.line, key, "the key has %d characters, at most %d are allowed", len(key), maxPlace)
	}
	elements := v.elements()
	if len(elements) == 0 || elements[0].kind != text {
		return l.g.src.fail(v.line, key, "the entry is not an array that begins with name@version")
	}
	name, reference, ok := splitAt(elements[0].scalar)
	if !ok {
		return l.g.src.fail(v.line, key, "%q is not of the form name@version", clip(elements[0].scalar))
	}
	var info *value
	for _, element := range elements {
		if element.kind == object {
			info = element
		}
	}
	e := &bunEntry{key: key, line: v.line, node: notNode, bundled: info.get("bundled").is()}
	e.deps = bunDependencies(info, false)
	l.entries[key] = e
	l.order = append(l.order, e)
	if e.bundled {
		return nil
	}
	return l.classify(e, name, reference, elements)
}

// bunDependencies reads dependencies as package.json has them, with the names of
// optional peers in a list.
func bunDependencies(v *value, dev bool) []dependency {
	deps := manifestDependencies(v, dev)
	for _, name := range v.get("optionalPeers").strings() {
		for i, d := range deps {
			if d.name == name && d.kind == KindPeer {
				deps[i].kind = KindPeerOptional
			}
		}
	}
	return deps
}

func (l *bunLock) classify(e *bunEntry, name, reference string, elements []*value) error {
	parsed := parseSpec(name, reference)
	switch {
	case parsed.kind == specWorkspace, parsed.kind == specLink, reference == "root:":
		return nil
	case parsed.kind != specRegistry:
		l.g.skip(name, reference, parsed.kind, e.line)
		return nil
	}
	r := record{name: parsed.name, version: parsed.text, line: e.line, key: e.key}
	if onWeb(reference) {
		r.address = reference
	} else if len(elements) > 1 && elements[1].kind == text {
		r.address = elements[1].scalar
	}
	if last := elements[len(elements)-1]; last.kind == text && len(elements) > 2 {
		r.integrity = last.scalar
	}
	node, err := l.g.node(r)
	e.node = node
	return err
}

// connect adds the edges of the workspace's projects and of every entry.
func (l *bunLock) connect() {
	workspaces := l.doc.get("workspaces")
	if workspaces != nil {
		for i, folder := range workspaces.keys {
			place := workspaces.items[i].get("name").str()
			if folder == "" {
				place = "" // packages at the top of the tree are the root's
			}
			l.connectAll(feed.Root, place, bunDependencies(workspaces.items[i], true))
		}
	}
	for _, e := range l.order {
		if !l.inBundle(e.key) {
			l.connectAll(l.owner(e), e.key, e.deps)
		}
	}
}

func (l *bunLock) owner(e *bunEntry) int {
	if e.node == notNode {
		return feed.Root
	}
	return e.node
}

// inBundle reports whether an entry comes inside another package's tarball.
func (l *bunLock) inBundle(key string) bool {
	e := l.entries[key]
	return e != nil && e.bundled
}

func (l *bunLock) connectAll(from int, place string, deps []dependency) {
	for _, d := range deps {
		d.spec = l.fromCatalog(d)
		r := d.requirement()
		e := l.find(place, d.name)
		switch {
		case e == nil:
			l.g.open(from, r)
		case e.node != notNode:
			if node := l.g.nodes[e.node]; node.Name != r.Name {
				r.Name, r.Range, r.Alias = node.Name, node.Version, d.name // an override
			}
			l.g.edge(from, e.node, r, "")
		}
	}
}

// fromCatalog returns the range behind "catalog:NAME".
func (l *bunLock) fromCatalog(d dependency) string {
	name, ok := strings.CutPrefix(d.spec, "catalog:")
	if !ok {
		return d.spec
	}
	catalog := l.doc.get("catalog")
	if name != "" {
		catalog = l.doc.get("catalogs").get(name)
	}
	return catalog.get(d.name).str()
}

// find returns the entry that a package at a place in the tree sees under a
// name: the nearest one upwards.
func (l *bunLock) find(place, name string) *bunEntry {
	for place != "" {
		if e := l.entries[place+"/"+name]; e != nil {
			return e
		}
		place = parentPlace(place)
	}
	return l.entries[name]
}

// parentPlace takes the last package name from a key.
func parentPlace(place string) string {
	at := strings.LastIndexByte(place, '/')
	if at < 0 {
		return ""
	}
	parent := place[:at]
	if slash := strings.LastIndexByte(parent, '/'); strings.HasPrefix(parent[slash+1:], "@") {
		return strings.TrimSuffix(parent[:slash+1], "/")
	}
	return parent
}
