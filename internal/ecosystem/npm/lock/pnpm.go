package lock

import (
	"io/fs"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

const pnpmAdvice = "restore the file or make it again with `pnpm install --lockfile-only`"

// ReadPnpm reads pnpm-lock.yaml of lockfileVersion 5.x, 6.x, 7.0 and 9.0. A file
// may hold several YAML documents: pnpm 11 and later lock what the workspace
// itself needs (configuration packages, pnpm) in one of their own.
func ReadPnpm(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, pnpmAdvice, maxYAML)
	if err != nil {
		return feed.Request{}, err
	}
	documents, err := parseYAML(s)
	if err != nil {
		return feed.Request{}, err
	}
	if len(documents) == 0 {
		return feed.Request{}, s.fail(0, "", "the file holds no YAML document")
	}
	g := newGraph(s)
	for _, doc := range documents {
		l := &pnpmLock{g: g, doc: doc, entries: map[string]*pnpmEntry{}}
		if err := l.read(); err != nil {
			return feed.Request{}, err
		}
	}
	return g.request(), nil
}

// pnpmLock is one document of a pnpm-lock. A reference is what it writes for a
// chosen version: the version, or the key of the entry.
type pnpmLock struct {
	g       *graph
	doc     *value
	major   int
	entries map[string]*pnpmEntry // by key
	order   []*pnpmEntry
}

// pnpmEntry is a package together with the peers it was given.
type pnpmEntry struct {
	key  string
	line int
	info *value // what the package says of itself
	deps []dependency
	node int
}

func (l *pnpmLock) read() error {
	if l.doc.kind != object {
		return l.g.src.fail(l.doc.line, "", "the document is not a YAML mapping, so this is no pnpm-lock.yaml")
	}
	if err := l.version(); err != nil {
		return err
	}
	if err := l.collect(); err != nil {
		return err
	}
	for _, e := range l.order {
		if err := l.connect(e); err != nil {
			return err
		}
	}
	return l.importers()
}

func (l *pnpmLock) version() error {
	version := l.doc.get("lockfileVersion")
	if version.str() == "" {
		return l.g.src.fail(l.doc.line, "", "there is no lockfileVersion, so this is no pnpm-lock.yaml")
	}
	major, _, _ := strings.Cut(version.str(), ".")
	switch major {
	case "5", "6", "7":
		l.major = int(major[0] - '0')
		return nil
	case "9":
		l.major = 9
		if l.doc.get("importers") == nil {
			return l.g.src.fail(version.line, "importers", "the section is missing: the file is cut off or damaged")
		}
		return nil
	}
	return l.g.src.fail(version.line, "lockfileVersion", "version %s is not known; 5, 6, 7 and 9 are", clip(version.str()))
}

// collect reads the entries. Since version 7 "packages" says what a package is,
// and "snapshots" what it was given; before, one entry says both.
func (l *pnpmLock) collect() error {
	packages, snapshots := l.doc.get("packages"), l.doc.get("snapshots")
	if snapshots == nil {
		if l.major >= 9 && packages != nil && len(packages.keys) > 0 {
			return l.g.src.fail(packages.line, "snapshots", "the section is missing: the file is cut off or damaged")
		}
		snapshots = packages
	}
	infos := make(map[string]*value)
	if packages != nil {
		for i, key := range packages.keys {
			infos[key] = packages.items[i]
		}
	}
	return snapshots.members(func(key string, v *value) error {
		info := infos[key]
		if info == nil {
			info = infos[bareKey(key)]
		}
		if info == nil {
			return l.g.src.fail(v.line, key, "the entry is not listed under packages: the file is cut off or damaged")
		}
		e := &pnpmEntry{key: key, line: v.line, info: info, node: notNode}
		e.deps = overlay(v.get("dependencies").texts(""), v.get("optionalDependencies").texts(KindOptional))
		l.entries[key] = e
		l.order = append(l.order, e)
		return l.classify(e)
	})
}

// connect adds the edges of an entry. What it got as a peer stands among its
// dependencies; peers that are not there were not given.
func (l *pnpmLock) connect(e *pnpmEntry) error {
	from := e.node
	if from == notNode {
		from = feed.Root
	}
	peers := map[string]dependency{}
	for _, d := range markOptional(e.info.get("peerDependencies").texts(KindPeer), e.info.get("peerDependenciesMeta"), KindPeerOptional) {
		peers[d.name] = d
	}
	for _, d := range e.deps {
		want := dependency{name: d.name, kind: d.kind}
		if peer, ok := peers[d.name]; ok {
			want = peer
			delete(peers, d.name)
		}
		if err := l.edge(from, d, want); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(peers) {
		l.g.open(from, peers[name].requirement())
	}
	return nil
}

// edge adds the edge from a node to where a reference points. want says what was
// asked for; without a text of its own the version that was chosen stands for it.
func (l *pnpmLock) edge(from int, d, want dependency) error {
	if strings.HasPrefix(d.spec, "link:") || strings.HasPrefix(d.spec, "workspace:") {
		return nil
	}
	e := l.find(d.name, d.spec)
	if e == nil {
		if d.kind == KindOptional {
			l.g.open(from, want.requirement())
			return nil
		}
		return l.g.src.fail(d.line, d.name, "the lock has no entry for %s: the file is cut off or damaged", clip(d.spec))
	}
	if e.node == notNode {
		return nil
	}
	node := l.g.nodes[e.node]
	r := feed.Requirement{Name: node.Name, Range: node.Version, Kind: want.kind}
	if parsed := parseSpec(d.name, want.spec); want.spec != "" && parsed.kind == specRegistry {
		r.Range = parsed.text
	}
	if d.name != node.Name {
		r.Alias = d.name
	}
	l.g.edge(from, e.node, r, "")
	return nil
}

// find returns the entry that a reference of a name points to, or nil.
func (l *pnpmLock) find(name, reference string) *pnpmEntry {
	keys := []string{name + "@" + reference, "/" + name + "@" + reference, reference}
	if l.major == 5 {
		keys = []string{"/" + name + "/" + reference, reference}
	}
	for _, key := range keys {
		if e := l.entries[key]; e != nil {
			return e
		}
	}
	return nil
}
