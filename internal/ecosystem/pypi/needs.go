package pypi

import (
	"slices"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/pkg/feed"
)

// active reports for each node whether the lock's own marker allows it on a target.
func (l *lockedGraph) active(t *target) []bool {
	active := make([]bool, len(l.locked))
	for at := range l.locked {
		said := l.settings.Releases[l.locked[at].Name+"@"+l.locked[at].Version]
		active[at] = allows(said.RequiresPython, t) && l.marked(&said, t)
	}
	return active
}

// marked evaluates what a lock says of where a release is wanted.
func (l *lockedGraph) marked(said *lock.Release, t *target) bool {
	texts := []string{said.Marker}
	if len(said.Markers) > 0 {
		texts = texts[:0]
		for _, text := range said.Markers {
			texts = append(texts, text)
		}
	}
	return slices.ContainsFunc(texts, func(text string) bool {
		m, err := marker.Parse(text)
		return text == "" || err != nil || possible(m, t.env, l.names()...)
	})
}

// needed reports which nodes a target needs, and which of them it needs for
// certain and not only for an extra or a group of the project. A flat lock says so
// by the markers of its releases; any other by its edges.
func (l *lockedGraph) needed(t *target, active []bool) (needed, certain []bool) {
	if l.settings.Flat || len(l.request.Lock.Edges) == 0 {
		certain = make([]bool, len(l.locked))
		for at := range l.locked {
			said, ok := l.settings.Releases[l.locked[at].Name+"@"+l.locked[at].Version]
			certain[at] = active[at] && !said.Optional && (!ok || len(said.Groups) == 0 || slices.Contains(said.Groups, ""))
		}
		return active, certain
	}
	return l.reach(t, active, func(string) bool { return true }), l.reach(t, active, func(kind string) bool { return kind == "" })
}

// reach follows the edges of a lock from its root, by the kinds of requirement that
// count there.
func (l *lockedGraph) reach(t *target, active []bool, counts func(kind string) bool) []bool {
	reached := make([]bool, len(l.locked))
	out := map[int][]feed.Edge{}
	for _, edge := range l.request.Lock.Edges {
		if edge.To >= 0 {
			out[edge.From] = append(out[edge.From], edge)
		}
	}
	todo := []int{feed.Root}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, edge := range out[at] {
			if reached[edge.To] || !active[edge.To] || at == feed.Root && !counts(edge.Requirement.Kind) {
				continue
			}
			if q, err := parseRoot(edge.Requirement); err == nil && !possible(q.Marker, t.env, l.names()...) {
				continue
			}
			reached[edge.To] = true
			todo = append(todo, edge.To)
		}
	}
	return reached
}

// fileFor returns the file of a node that a target installs, or why there is none.
func (l *lockedGraph) fileFor(at int, t *target) (file, why string) {
	known, err := decodeFacts(l.locked[at].Name, l.releases[at].Version, l.releases[at].Metadata)
	if err != nil {
		known = facts{}
	}
	offered := facts{}
	for _, name := range l.offered[at] {
		one := fileFacts{Name: name}
		if said := known.file(name); said != nil {
			text := known.python(said)
			one.Python = &text
		}
		offered.Files = append(offered.Files, one)
	}
	rules := l.catalog.rules
	rules.excludeNewer, rules.newerFor = time.Time{}, nil // the lock has decided
	var files versionFiles
	files.collect(l.locked[at].Name, &offered, &rules, l.catalog.python)
	best := files.best(t)
	if best.name != "" && tooOld(best.python, t) {
		return "", "needs Python " + best.python.String()
	}
	return best.name, best.refused
}

// tooOld reports whether a Requires-Python excludes the Python of a target from
// below. Its upper bounds do not count: locks are made without them.
func tooOld(requires version.Set, t *target) bool {
	python := t.env.PythonVersion()
	return !requires.Contains(python, true) && requires.Ranges().IsDisjoint(version.Below(python))
}
