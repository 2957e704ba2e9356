package pypi

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// lockedGraph is a graph with the nodes of a lock.
type lockedGraph struct {
	*graph
	locked   []feed.Node
	releases []feed.Release // of the nodes
	offered  [][]string     // of each node: the files that the lock allows, by name
	unmet    []feed.Unmet
}

// locked keeps the nodes of a lock. For each target it takes those that the lock's
// own markers ask for, and of their files the one that the target installs.
// Without targets every file that the lock lists is taken.
func (r *resolution) locked(ctx context.Context) (*graph, error) {
	l := &lockedGraph{graph: r.newGraph(), locked: r.request.Lock.Nodes}
	l.skipped, l.notes = slices.Clone(r.request.Lock.Skipped), append(l.notes, r.request.Lock.Notes...)
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	for at := range l.locked {
		if err := l.allow(at); err != nil {
			return nil, err
		}
	}
	for t := range l.targets {
		if err := l.target(t); err != nil {
			return nil, err
		}
	}
	if len(l.unmet) > 0 {
		return nil, &feed.ResolveError{Unmet: l.unmet}
	}
	l.leaveOut()
	if r.request.Options[ecosystem.LockedOnly] == "true" || len(l.targets) == 0 {
		return l.graph, nil
	}
	return l.graph, l.addLockedBuilds(ctx)
}

// read asks for the releases of the nodes. A version that the index writes in
// another form is taken in the index's.
func (l *lockedGraph) read(ctx context.Context) error {
	l.releases = make([]feed.Release, len(l.locked))
	err := l.each(ctx, len(l.locked), func(ctx context.Context, i int) error {
		var err error
		l.releases[i], err = l.lockedRelease(ctx, &l.locked[i])
		return err
	})
	if err != nil {
		return err
	}
	for i := range l.locked {
		at, err := l.node(l.locked[i].Name, l.releases[i].Version)
		if err != nil {
			return err
		}
		if at != i {
			return fmt.Errorf("%s: %s is listed as %s and in another form", l.request.Input, l.locked[i].Name, l.locked[i].Version)
		}
		l.nodes[at].Bare = l.locked[i].Bare
	}
	return nil
}

// allow finds out which files of a node the lock allows, and pins these.
func (l *lockedGraph) allow(at int) error {
	node, release := &l.locked[at], &l.releases[at]
	pins := newPins(node.Pins)
	var names []string
	for i := range release.Files {
		file := &release.Files[i]
		name := path.Base(file.Path)
		if strings.HasSuffix(name, suffixMetadata) {
			continue
		}
		pin, ok := pins.of(name, file.Digests)
		if !ok || len(node.Files) > 0 && !slices.Contains(node.Files, name) {
			continue
		}
		names = append(names, name)
		if pin != nil {
			l.nodes[at].Pins = append(l.nodes[at].Pins, *pin)
		}
	}
	l.offered = append(l.offered, names)
	if len(names) == 0 && !node.Bare {
		return l.nothing(node, release)
	}
	if l.allFiles || len(l.targets) == 0 || len(node.Files) > 0 {
		for _, name := range names {
			l.want(at, name)
		}
	}
	return nil
}

// nothing says that an index has no file that the lock allows.
func (l *lockedGraph) nothing(node *feed.Node, release *feed.Release) error {
	key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: "pypi", Name: node.Name}, Version: node.Version}
	want := make([]string, 0, len(node.Pins))
	for _, pin := range node.Pins {
		want = append(want, strings.TrimSpace(pin.File+" "+pin.Digests.String()))
	}
	var got []string
	for _, file := range release.Files {
		if !strings.HasSuffix(file.Path, suffixMetadata) {
			got = append(got, path.Base(file.Path)+" "+file.Digests.String())
		}
	}
	return &feed.PackageError{Key: key, Err: &feed.IntegrityError{
		Path: node.Name + " " + node.Version, Got: "the files " + listed(got), Want: "one that " + l.request.Input + " pins: " + listed(want),
	}}
}

// target takes what one target needs of the lock.
func (l *lockedGraph) target(t int) error {
	u := l.usages[t]
	active := l.active(u.target)
	needed, certain := l.needed(u.target, active)
	for at := range l.locked {
		if !active[at] || l.locked[at].Bare {
			continue
		}
		file, why := l.fileFor(at, u.target)
		if file == "" && needed[at] && len(l.locked[at].Files) == 0 {
			l.lacks(at, u.target, why, certain[at])
		}
		if file == "" || !needed[at] {
			continue
		}
		l.use(u, at, file, false)
		if l.catalog.rules.sdist == sdistAll {
			for _, name := range l.offered[at] {
				if !wheel.IsWheel(name) {
					l.want(at, name)
				}
			}
		}
	}
	return nil
}

// lacks notes that a target cannot install a release that the lock has for it: an
// error, or a note where only an extra or a group of the project wants it.
func (l *lockedGraph) lacks(at int, t *target, why string, certain bool) {
	node := &l.locked[at]
	if !certain {
		l.notes = append(l.notes, fmt.Sprintf("%s: %s %s, of an extra or a group, %s (%s)", l.request.Input, node.Name, node.Version, why, t.describe()))
		return
	}
	l.unmet = append(l.unmet, feed.Unmet{
		Requirement: feed.Requirement{Name: node.Name, Range: "==" + node.Version},
		Reasons:     []string{t.describe() + ": it " + why + "; " + l.request.Input + " lists " + listed(l.offered[at])},
	})
}

// leaveOut turns nodes that no target needs into bare ones, and says so.
func (l *lockedGraph) leaveOut() {
	if len(l.targets) == 0 {
		return
	}
	used := make([]bool, len(l.nodes))
	for _, u := range l.usages {
		for at := range u.file {
			used[at] = true
		}
	}
	var left []int
	for at := range l.nodes {
		if used[at] || l.locked[at].Bare || len(l.locked[at].Files) > 0 || l.allFiles {
			continue
		}
		l.nodes[at].Bare = true
		left = append(left, at)
	}
	if len(left) == 0 {
		return
	}
	l.notes = append(l.notes, l.leftOutNote(left))
}

// addLockedBuilds adds what building the source distributions of a lock needs,
// which no lock tells.
func (l *lockedGraph) addLockedBuilds(ctx context.Context) error {
	for t, u := range l.usages {
		b := &builds{graph: l.graph, usage: t, seen: map[string]bool{}}
		for at, file := range u.file {
			if !wheel.IsWheel(file) {
				b.todo = append(b.todo, source{l.nodes[at].Name, l.nodes[at].Version, file})
			}
		}
		slices.SortFunc(b.todo, func(a, b source) int { return strings.Compare(a.file, b.file) })
		if err := b.run(ctx); err != nil {
			return err
		}
	}
	return nil
}
