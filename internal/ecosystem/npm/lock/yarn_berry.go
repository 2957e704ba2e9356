package lock

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// newestBerry is the newest __metadata.version that is known to be read right.
const newestBerry = 10

// berryLock is a lock of yarn 2 and later. Peers have no entry of their own in
// it: each is taken to end in the version of that name which suits.
type berryLock struct {
	g       *graph
	entries []*berryEntry
	known   descriptors[*berryEntry]
}

type berryEntry struct {
	line  int
	key   string
	deps  []dependency
	peers []dependency
	node  int
}

func readBerry(s *source) (feed.Request, error) {
	if len(s.data) > maxYAML {
		return feed.Request{}, s.fail(0, "", "the file is larger than %d MiB, which no real file of this kind is", maxYAML>>20)
	}
	documents, err := parseYAML(s)
	if err != nil {
		return feed.Request{}, err
	}
	if len(documents) != 1 || documents[0].kind != object {
		return feed.Request{}, s.fail(1, "", "the file is not one YAML mapping, so it is no yarn.lock")
	}
	l := &berryLock{g: newGraph(s), known: newDescriptors[*berryEntry]()}
	if err := documents[0].members(l.collect); err != nil {
		return feed.Request{}, err
	}
	if err := l.connect(); err != nil {
		return feed.Request{}, err
	}
	return l.g.request(), nil
}

func (l *berryLock) collect(key string, v *value) error {
	if key == "__metadata" {
		return l.metadata(v)
	}
	locator := v.get("resolution").str()
	if locator == "" {
		return l.g.src.fail(v.line, key, "the entry has no resolution: the file is cut off or damaged")
	}
	e := &berryEntry{
		line: v.line, key: key, node: notNode,
		deps:  markOptional(v.get("dependencies").texts(""), v.get("dependenciesMeta"), KindOptional),
		peers: markOptional(v.get("peerDependencies").texts(KindPeer), v.get("peerDependenciesMeta"), KindPeerOptional),
	}
	for descriptor := range strings.SplitSeq(key, ",") {
		descriptor = strings.TrimSpace(descriptor)
		plain, _, bound := strings.Cut(descriptor, "::")
		l.known.add(descriptor, e)
		if bound {
			l.known.add(plain, e)
		}
	}
	l.entries = append(l.entries, e)
	return l.classify(e, locator)
}

func (l *berryLock) metadata(v *value) error {
	version := v.get("version")
	number, err := strconv.Atoi(version.str())
	if err != nil || number < 1 {
		return l.g.src.fail(v.line, "__metadata", "there is no version of the format, a number from 1")
	}
	if number > newestBerry {
		l.g.note(version.line, "version %d of the format is newer than %d, the newest that is known; it is read the same way", number, newestBerry)
	}
	return nil
}

// classify gives an entry its node by its locator, or lists it as skipped.
func (l *berryLock) classify(e *berryEntry, locator string) error {
	name, reference, ok := splitAt(locator)
	if !ok {
		return l.g.src.fail(e.line, e.key, "the resolution %q is not of the form name@reference", clip(locator))
	}
	r := record{name: name, line: e.line, key: e.key}
	reference, parameters, _ := strings.Cut(reference, "::")
	if version, inRegistry := strings.CutPrefix(reference, "npm:"); inRegistry {
		r.version = version
		if values, err := url.ParseQuery(parameters); err == nil {
			r.address = values.Get("__archiveUrl")
		}
	} else {
		parsed := parseSpec(name, reference)
		switch parsed.kind {
		case specWorkspace, specLink:
			return nil
		case specRegistry:
			r.name, r.version, r.address = parsed.name, parsed.text, reference
		default:
			l.g.skip(name, reference, parsed.kind, e.line)
			return nil
		}
	}
	node, err := l.g.node(r)
	e.node = node
	return err
}

func (l *berryLock) connect() error {
	for _, e := range l.entries {
		from := e.node
		if from == notNode {
			from = feed.Root
		}
		for _, d := range e.deps {
			if !l.edge(from, d) && d.kind != KindOptional {
				return l.g.src.fail(d.line, d.name+"@"+d.spec, "the lock has no entry for this dependency: the file is cut off or damaged")
			}
		}
		for _, d := range e.peers {
			l.peer(from, d)
		}
	}
	return nil
}

// edge adds the edge of a dependency and reports whether the lock has an entry
// for it. Older versions of the format leave "npm:" out, and "resolutions" put
// another descriptor of the same name in the place of the one written.
func (l *berryLock) edge(from int, d dependency) bool {
	r := berryRequirement(d)
	for _, descriptor := range []string{d.name + "@" + d.spec, d.name + "@npm:" + d.spec} {
		e, ok := l.known.exact[descriptor]
		if !ok {
			continue
		}
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
	switch to := l.g.best(r.Name, r.Range); {
	case to >= 0:
		l.g.edge(from, to, r, "")
	case candidates[0].node >= 0:
		l.g.edge(from, candidates[0].node, r, "")
	}
	return true
}

func (l *berryLock) peer(from int, d dependency) {
	r := berryRequirement(d)
	if to := l.g.best(r.Name, r.Range); to >= 0 {
		l.g.edge(from, to, r, "")
		return
	}
	if e := l.known.named[d.name]; len(e) == 0 || e[0].node >= 0 {
		l.g.open(from, r)
	}
}

// berryRequirement reads a range, in which "npm:" may stand before a range of
// the same package.
func berryRequirement(d dependency) feed.Requirement {
	if rest, ok := strings.CutPrefix(d.spec, "npm:"); ok {
		if _, _, alias := splitAt(rest); !alias {
			d.spec = rest
		}
	}
	return d.requirement()
}
