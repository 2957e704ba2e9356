package tree

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// defaultSteps bounds the work on a project; 1,300 packages need 3,000 steps.
const defaultSteps = 200_000

// mostVisits bounds how often one folder is worked on. Projects that end need
// two visits, generated registries up to six.
const mostVisits = 500

// deepestPeers bounds how far peers of peers are followed before a cycle is
// assumed.
const deepestPeers = 1_000

// resolver builds one tree.
type resolver struct {
	options  Options
	registry Registry
	picker   *picker

	specs   map[Dep]*Spec
	checked map[match]bool
	picked  map[Dep]pick

	root     *node
	members  map[string]*node // folded package name → workspace member
	graph    *graph
	queue    queue
	seen     map[*node]bool
	explicit map[*edge]bool
	scratch  map[*node]*node // newest scratch root of a node
	plans    map[planFor]*plan
	failed   []*node // placed nodes without a package
	links    []*node // links whose targets still have to be worked on
	marks    uint32

	steps     int
	visits    map[string]int // path → how often it was worked on
	recent    []step         // the last ones, to name a cycle
	conflicts []*conflict
	warnings  []Warning
}

type match struct {
	spec    *Spec
	version string
}

type pick struct {
	manifest *Manifest
	failure  *failure
}

func newResolver(options Options, registry Registry) *resolver {
	if options.MaxSteps <= 0 {
		options.MaxSteps = defaultSteps
	}
	return &resolver{
		options: options, registry: registry, picker: newPicker(options),
		specs: map[Dep]*Spec{}, checked: map[match]bool{}, picked: map[Dep]pick{},
		seen: map[*node]bool{}, explicit: map[*edge]bool{},
		scratch: map[*node]*node{}, plans: map[planFor]*plan{}, visits: map[string]int{},
	}
}

// parse returns the parsed requirement, the same value for the same text.
func (r *resolver) parse(name, text string) *Spec {
	key := Dep{name, text}
	spec, ok := r.specs[key]
	if !ok {
		spec = r.options.Memory.Parse(name, text)
		r.specs[key] = spec
	}
	return spec
}

// valid reports whether a node's version is what a spec asks for.
func (r *resolver) valid(n *node, spec *Spec) bool {
	if n.target != nil && spec.Type == SpecTag {
		return false
	}
	for n.target != nil {
		n = n.target
	}
	key := match{spec, n.manifest.Version}
	ok, known := r.checked[key]
	if !known {
		ok = spec.MatchesManifest(n.manifest)
		r.checked[key] = ok
	}
	return ok
}

// reference resolves an override's "$name".
func (r *resolver) reference(e *edge, text string) string {
	if found, ok := reference(text[1:], r.root.manifest, e.from.manifest); ok {
		return found
	}
	return text
}

// newNode makes a node that is in no tree and has no edges yet.
func newNode(name string, manifest *Manifest) *node {
	return &node{name: name, key: fold(name), manifest: manifest, flags: allFlags}
}

// newLink makes a link that is in no tree yet.
func newLink(name string, target *node) *node {
	link := newNode(name, target.manifest)
	link.target = target
	return link
}

var noManifest = NewManifest("", "", Fields{})

// addEdges gives a node the edges of its manifest. A later kind takes a name over,
// but an ordinary dependency not that of a workspace member.
func (r *resolver) addEdges(n *node, development bool) {
	r.eachDep(n.manifest, development, func(dep Dep, kind Kind) {
		if !kind.peer() {
			if old := n.out.get(fold(dep.Name)); old != nil && old.kind == Workspace {
				return
			}
		}
		r.addEdge(n, dep, kind)
	})
}

// eachDep yields what a manifest requires: peers, optional peers, ordinary and
// optional dependencies, and those for development where the user wrote the
// package.
func (r *resolver) eachDep(m *Manifest, development bool, yield func(Dep, Kind)) {
	fields := m.Fields()
	if !r.options.LegacyPeers {
		for _, dep := range fields.PeerDependencies {
			if !fields.PeerOptional[dep.Name] {
				yield(dep, Peer)
			}
		}
		for _, dep := range fields.PeerDependencies {
			if fields.PeerOptional[dep.Name] {
				yield(dep, PeerOptional)
			}
		}
	}
	for _, dep := range fields.Dependencies {
		yield(dep, Prod)
	}
	for _, dep := range fields.OptionalDependencies {
		yield(dep, Optional)
	}
	if development {
		for _, dep := range fields.DevDependencies {
			yield(dep, Dev)
		}
	}
}

// step is a node that is worked on, or a peer of it that is looked for.
type step struct {
	at   *node
	peer string
}

func (s step) label() string {
	if s.peer == "" {
		return s.at.label()
	}
	return fmt.Sprintf("%s (peer of %s)", s.peer, s.at.label())
}

// step counts work and stops it when the caller gave up or it never ends.
func (r *resolver) step(what step) error {
	r.steps++
	if len(r.recent) < 4*cycleShown {
		r.recent = append(r.recent, what)
	} else {
		r.recent[r.steps%len(r.recent)] = what
	}
	if r.steps > r.options.MaxSteps {
		return r.endless(fmt.Sprintf("%d steps", r.options.MaxSteps))
	}
	return nil
}

// cycleShown bounds the packages that an error about a cycle names.
const cycleShown = 12

func (r *resolver) endless(limit string) error {
	names := make([]string, len(r.recent))
	for i, one := range r.recent {
		names[i] = one.label()
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return fmt.Errorf("resolve npm tree: no end after %s; these packages keep displacing each other: %s "+
		"(usually peer dependencies that form a circle; pin one of them in package.json)", limit, shorten(names))
}

// load asks the registry for the version that meets a requirement. Failures of
// data come back as a failure, others as an error.
func (r *resolver) load(ctx context.Context, spec *Spec) (pick, error) {
	key := Dep{spec.Name, spec.Raw}
	if found, ok := r.picked[key]; ok {
		return found, nil
	}
	found, ok := r.options.Memory.picked(key)
	if !ok {
		var err error
		if found, err = r.ask(ctx, spec); err != nil {
			return pick{}, err
		}
		r.options.Memory.keep(key, found)
	}
	r.picked[key] = found
	return found, nil
}

func (r *resolver) ask(ctx context.Context, spec *Spec) (pick, error) {
	if !spec.Type.Registry() {
		return pick{failure: unsupported(spec)}, nil
	}
	for _, name := range []string{spec.Name, spec.Package()} {
		if err := checkName(name); err != nil {
			return pick{failure: &failure{code: "EINVALIDPACKAGENAME", reasons: []string{err.Error()}}}, nil
		}
	}
	packument, err := fetch(ctx, r.registry, spec)
	if errors.Is(err, feed.ErrNotFound) {
		return pick{failure: &failure{code: "E404", reasons: []string{err.Error()}}}, nil
	}
	if err != nil {
		return pick{}, fmt.Errorf("resolve %s: %w", spec, err)
	}
	manifest, err := r.picker.pick(packument, spec)
	var missed *PickError
	if errors.As(err, &missed) {
		return pick{failure: &failure{code: missed.Code, reasons: missed.Reasons}}, nil
	}
	return pick{manifest: manifest}, err
}

// fetch asks for the packument of a requirement, saying which versions suit it.
func fetch(ctx context.Context, registry Registry, spec *Spec) (*Packument, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	target := spec
	if spec.Target != nil {
		target = spec.Target
	}
	suits := func(m *Manifest) bool { return target.Matches(m.Version) }
	if target.Type == SpecTag {
		suits = func(m *Manifest) bool { return slices.Contains(m.Tags, target.Range) }
	}
	return registry.Packument(ctx, spec.Package(), suits)
}

func unsupported(spec *Spec) *failure {
	if spec.Type == SpecInvalid {
		return &failure{code: "EINVALIDTAGNAME", reasons: []string{spec.Reason}}
	}
	return &failure{code: "EUNSUPPORTEDPROTOCOL", reasons: []string{
		fmt.Sprintf("%q is a %s dependency; only packages of a registry can be mirrored", spec.Raw, spec.Type),
	}}
}

// queue holds the nodes to work on: shallow ones first, then by path.
type queue []*node

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if a, b := q[i].depth(), q[j].depth(); a != b {
		return a < b
	}
	return cmp.Less(q[i].order(), q[j].order())
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*node)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func (r *resolver) enqueue(n *node) {
	if !n.dirty {
		n.dirty = true
		heap.Push(&r.queue, n)
	}
}

// again queues a node even if it was worked on before.
func (r *resolver) again(n *node) {
	delete(r.seen, n)
	r.enqueue(n)
}

func (r *resolver) next() *node {
	n := heap.Pop(&r.queue).(*node)
	n.dirty = false
	return n
}
