// Package tree computes the package tree that npm 11 would install: which
// versions, in which folders. It models npm's ideal tree and does no I/O of its
// own; a Registry answers for the packages.
//
// Terms, as npm has them: an edge is a dependency of one package, it resolves
// to the nearest folder of its name, own node_modules first, then upwards. A
// peer is a dependency that must not lie below the package that wants it; a
// peer set is a package with its peers and theirs. Placing is the search for
// the highest folder where a package disturbs nobody.
package tree

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Project is what a tree is computed for.
type Project struct {
	Root      *Manifest            // package.json of the project; nil for an empty one
	Members   map[string]*Manifest // workspace members by their folder below the project
	Overrides json.RawMessage      // "overrides" of the root's package.json
	Requests  []*Spec              // asked for on the command line, in that order
}

// Tree is a computed tree.
type Tree struct {
	Root     *Node
	Nodes    []*Node // every folder, the root first, in npm's order of paths
	Warnings []Warning
}

// Node is one folder of a tree.
type Node struct {
	Path     string    // "" for the root, "node_modules/a/node_modules/b", a member's own folder
	Name     string    // folder name: the alias where there is one
	Manifest *Manifest // a link's is its target's
	Link     *Node     // what a link points at, else nil
	Member   bool      // a workspace member or the link to it
	Edges    []Edge

	// The flags of npm's lock: reached only along development, optional, peer
	// dependencies; DevOptional when some paths are the one and some the other;
	// Extraneous when nothing needs the folder any more.
	Dev, Optional, DevOptional, Peer, Extraneous bool
}

// Edge is one dependency of a node.
type Edge struct {
	Name     string // folder name
	Spec     *Spec  // what is asked for, an override included
	Declared *Spec  // what the package itself asks for
	Kind     Kind
	To       *Node // nil for what is missing, optional or bundled
	Bundled  bool  // the package brings it in its own tarball
	Valid    bool  // met, or optional and missing; false for an accepted peer conflict
}

// Resolve computes the tree for a project. What cannot be met is a
// *feed.ResolveError that lists every case found; a registry's failure is
// returned as it is.
func Resolve(ctx context.Context, project Project, options Options, registry Registry) (*Tree, error) {
	r := newResolver(options, registry)
	if err := r.start(ctx, project); err != nil {
		return nil, err
	}
	if err := r.build(ctx); err != nil {
		if unmet := r.unmet(nil); unmet != nil {
			return nil, unmet
		}
		return nil, err
	}
	r.setFlags()
	if unmet := r.unmet(r.dropFailed()); unmet != nil {
		return nil, unmet
	}
	return r.export(), nil
}

// unmet turns what was recorded and the failed nodes into one error, nil when
// there is nothing.
func (r *resolver) unmet(failed []*node) error {
	var list []feed.Unmet
	for _, c := range r.conflicts {
		list = append(list, *c)
	}
	for _, n := range failed {
		list = append(list, r.unmetNode(n))
	}
	if len(list) == 0 {
		return nil
	}
	return &feed.ResolveError{Unmet: list}
}

// start sets up the root with its edges and the members.
func (r *resolver) start(ctx context.Context, project Project) error {
	manifest := project.Root
	if manifest == nil {
		manifest = noManifest
	}
	manifest, names, err := r.request(ctx, manifest, project.Requests)
	if err != nil {
		return err
	}
	rules, err := parseOverrides(project.Overrides)
	if err != nil {
		return err
	}
	r.root = newNode(manifest.Name, manifest)
	r.root.rule = rules
	r.graph = newGraph(r.root, true)
	if err := r.addMembers(project.Members); err != nil {
		return err
	}
	r.addEdges(r.root, true)
	for _, e := range r.root.out.snapshot() {
		if e.kind == Workspace {
			r.enterMember(r.members[e.key])
		}
	}
	for _, name := range names {
		r.explicit[r.root.out.get(fold(name))] = true
	}
	return r.checkOverrides()
}

// addMembers makes the members and the root's edges to them, in npm's order of
// their folders.
func (r *resolver) addMembers(members map[string]*Manifest) error {
	r.members = map[string]*node{}
	folders := slices.SortedFunc(maps.Keys(members), collate)
	for _, folder := range folders {
		manifest := members[folder]
		name := manifest.Name
		if name == "" {
			name = path.Base(folder)
		}
		if other := r.members[fold(name)]; other != nil {
			return fmt.Errorf("workspace members %s and %s have the same name %q", other.path, folder, name)
		}
		m := newNode(path.Base(folder), manifest)
		m.path, m.member = folder, true
		r.members[fold(name)] = m
		r.addEdge(r.root, Dep{Name: name, Spec: "file:" + folder}, Workspace)
	}
	return nil
}

// enterMember puts a member into the tree, below the folder that contains it.
// It is there from the start, with all its edges, although npm works on it late.
func (r *resolver) enterMember(m *node) {
	m.above = r.root
	for _, other := range r.members {
		if len(other.path) > len(m.above.path) && strings.HasPrefix(m.path, other.path+"/") {
			m.above = other
		}
	}
	m.above.members = append(m.above.members, m)
	if r.root.rule != nil {
		m.rule = r.root.rule.forRelease(m.manifest)
	}
	r.graph.enter(m)
	r.addEdges(m, true)
}

// checkOverrides refuses overrides that contradict the root's own dependencies.
func (r *resolver) checkOverrides() error {
	var list []feed.Unmet
	for _, e := range r.root.out.list {
		if e.spec.Raw == e.declared.Raw {
			continue
		}
		req := e.requirement()
		req.Range = e.declared.Wanted()
		list = append(list, feed.Unmet{Requirement: req, Code: "EOVERRIDE", Reasons: []string{fmt.Sprintf(
			"the override %q: %q contradicts the project's own dependency %s; make both the same", e.rule.key, e.rule.value, e.declared)}})
	}
	if len(list) == 0 {
		return nil
	}
	return &feed.ResolveError{Unmet: list}
}

// request writes what the command line asks for into the root's dependencies.
// A tag becomes the version it names.
func (r *resolver) request(ctx context.Context, root *Manifest, requests []*Spec) (*Manifest, []string, error) {
	if len(requests) == 0 {
		return root, nil, nil
	}
	fields := cloneFields(root.Fields())
	var names []string
	var unmet []feed.Unmet
	for _, tags := range []bool{false, true} {
		for _, spec := range requests {
			if tagged := spec.Type == SpecTag; tagged != tags {
				continue
			}
			text, missed, err := r.requested(ctx, spec)
			if err != nil {
				return nil, nil, err
			}
			if missed != nil {
				unmet = append(unmet, *missed)
				continue
			}
			fields.save(spec.Name, text)
			names = append(names, spec.Name)
		}
	}
	if unmet != nil {
		return nil, nil, &feed.ResolveError{Unmet: unmet}
	}
	return NewManifest(root.Name, root.Version, fields), names, nil
}

// requested returns the text that stands in package.json for a request.
func (r *resolver) requested(ctx context.Context, spec *Spec) (string, *feed.Unmet, error) {
	if spec.Type != SpecTag {
		if spec.Raw == "" {
			return "*", nil, nil
		}
		return spec.Raw, nil, nil
	}
	found, err := r.load(ctx, spec)
	if err != nil {
		return "", nil, err
	}
	if found.failure != nil {
		return "", &feed.Unmet{
			Requirement: feed.Requirement{Name: spec.Package(), Range: spec.Wanted()},
			Code:        found.failure.code, Reasons: found.failure.reasons,
		}, nil
	}
	return found.manifest.Version, nil, nil
}

func cloneFields(f *Fields) Fields {
	clone := *f
	clone.Dependencies = slices.Clone(f.Dependencies)
	clone.OptionalDependencies = slices.Clone(f.OptionalDependencies)
	clone.PeerDependencies = slices.Clone(f.PeerDependencies)
	clone.DevDependencies = slices.Clone(f.DevDependencies)
	return clone
}

// save writes a request into the map that already has the name, searched in
// npm's order, or else into the dependencies.
func (f *Fields) save(name, text string) {
	target := &f.Dependencies
	for _, deps := range []*Deps{&f.DevDependencies, &f.OptionalDependencies, &f.Dependencies, &f.PeerDependencies} {
		if _, ok := deps.Get(name); ok {
			target = deps
			break
		}
	}
	if old, ok := target.Get(name); ok && text == "*" && old != "" {
		return
	}
	*target = target.with(name, text)
}

// export turns the tree into its public form.
func (r *resolver) export() *Tree {
	t := &Tree{Warnings: r.warnings}
	public := map[*node]*Node{}
	var list []*node
	for _, n := range r.root.family(nil) {
		if n.failure != nil {
			continue
		}
		list = append(list, n)
		public[n] = &Node{
			Path: n.path, Name: n.name, Manifest: n.manifest, Member: n.member,
			Dev: n.flags.dev, Optional: n.flags.optional, DevOptional: n.flags.devOptional,
			Peer: n.flags.peer, Extraneous: n.flags.extraneous,
		}
		if n.target == nil && n.manifest != nil && !n.flags.optional && !n.isMine() && !r.picker.fit(n.manifest) {
			t.Warnings = append(t.Warnings, engineWarning(n, r.options))
		}
	}
	for _, n := range byPath(list) {
		node := public[n]
		node.Link = public[n.target]
		node.Edges = exportEdges(n, public)
		t.Nodes = append(t.Nodes, node)
	}
	t.Root = t.Nodes[0]
	return t
}

func exportEdges(n *node, public map[*node]*Node) []Edge {
	edges := make([]Edge, len(n.out.list))
	for i, e := range n.out.list {
		edges[i] = Edge{
			Name: e.name, Spec: e.spec, Declared: e.declared, Kind: e.kind, To: public[e.to],
			Valid:   e.valid() || e.to != nil && e.to.failure != nil, // a failed node that is left is an optional one
			Bundled: !n.isMine() && slices.Contains(n.manifest.Fields().Bundled, e.name),
		}
	}
	return edges
}
