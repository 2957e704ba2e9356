package lock

import (
	"encoding/hex"
	"io/fs"
	"regexp"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

var classicHeader = regexp.MustCompile(`(?m)^# yarn lockfile v(\d+)\s*$`)

// classicLock is a lock of yarn 1. It holds neither the project's own
// requirements nor peers.
type classicLock struct {
	g       *graph
	entries []*classicEntry
	known   descriptors[*classicEntry]
}

func readClassic(s *source, fsys fs.FS) (feed.Request, error) {
	header := classicHeader.FindSubmatch(s.data)
	if header != nil && string(header[1]) != "1" {
		return feed.Request{}, s.fail(s.lineAt(classicHeader.FindIndex(s.data)[0]), "", "version %s of this format is not known; 1 is", header[1])
	}
	entries, err := classicEntries(s)
	if err != nil {
		return feed.Request{}, err
	}
	if header == nil && len(entries) == 0 {
		return feed.Request{}, s.fail(0, "", "the file holds no entry and no header, so it is no yarn.lock")
	}
	l := &classicLock{g: newGraph(s), entries: entries, known: newDescriptors[*classicEntry]()}
	for _, e := range entries {
		for _, d := range e.descriptors {
			l.known.add(d, e)
		}
		if err := l.classify(e); err != nil {
			return feed.Request{}, err
		}
	}
	if err := l.connect(); err != nil {
		return feed.Request{}, err
	}
	l.roots(fsys)
	return l.g.request(), nil
}

// classify gives an entry its node, or lists it as skipped.
func (l *classicLock) classify(e *classicEntry) error {
	name, text, _ := splitAt(e.descriptors[0])
	parsed := parseSpec(name, text)
	address, fragment, _ := strings.Cut(e.resolved, "#")
	switch {
	case parsed.kind == specLink, parsed.kind == specWorkspace:
		return nil
	case parsed.kind != specRegistry:
		spec := e.resolved
		if spec == "" {
			spec = text
		}
		l.g.skip(name, spec, parsed.kind, e.line)
		return nil
	case address != "" && !onWeb(address) && parseSpec(name, address).kind == specGit:
		l.g.skip(name, e.resolved, specGit, e.line)
		return nil
	}
	r := record{name: parsed.name, version: e.version, address: address, integrity: e.integrity, line: e.line, key: e.descriptors[0]}
	if sum, err := hex.DecodeString(fragment); err == nil && len(sum) == 20 {
		r.sha1 = strings.ToLower(fragment)
	}
	node, err := l.g.node(r)
	e.node = node
	return err
}

// connect adds the edges between entries.
func (l *classicLock) connect() error {
	for _, e := range l.entries {
		from := e.node
		if from == notNode {
			from = feed.Root
		}
		for _, d := range e.deps {
			if l.edge(from, d) || d.kind == KindOptional {
				continue
			}
			return l.g.src.fail(d.line, d.name+"@"+d.spec, "the lock has no entry for this dependency: the file is cut off or damaged")
		}
	}
	return nil
}

// edge adds the edge of a dependency and reports whether the lock has an entry
// for it. Under "resolutions" yarn keeps the descriptor it was told to use
// instead, so an entry of the same name will do.
func (l *classicLock) edge(from int, d dependency) bool {
	r := d.requirement()
	e, ok := l.known.exact[d.name+"@"+d.spec]
	if !ok && d.spec == "" {
		e, ok = l.known.exact[d.name]
	}
	if ok {
		if e.node != notNode {
			l.g.edge(from, e.node, r, "")
		}
		return true
	}
	candidates := l.known.named[d.name]
	if len(candidates) == 0 {
		l.g.open(from, r)
		return false
	}
	if to := l.g.best(r.Name, r.Range); to >= 0 {
		l.g.edge(from, to, r, "")
	} else if len(candidates) == 1 && candidates[0].node == notNode {
		return true
	} else {
		l.g.open(from, r)
	}
	return true
}

// roots adds what the project itself requires, as far as its package.json is
// there to say.
func (l *classicLock) roots(fsys fs.FS) {
	project, err := loadProject(fsys)
	if err != nil {
		l.g.note(1, "package.json beside it was not read, so the direct dependencies are not known: %v", err)
		return
	}
	for _, manifest := range project.all() {
		for _, d := range manifestDependencies(manifest, true) {
			kind := parseSpec(d.name, d.spec).kind
			if project.names[d.name] || d.kind == KindPeer || d.kind == KindPeerOptional || kind == specLink || kind == specWorkspace {
				continue
			}
			if !l.edge(feed.Root, d) {
				l.g.note(1, "package.json asks for %s, which the lock does not hold", clip(d.name+"@"+redact(d.spec)))
			}
		}
	}
}
