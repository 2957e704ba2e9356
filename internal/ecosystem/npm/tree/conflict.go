package tree

import (
	"fmt"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// conflict is a requirement that cannot be met together with others.
type conflict = feed.Unmet

// Warning is something the user should know although the tree is whole.
type Warning struct {
	Code string // npm's word: ERESOLVE, EBADENGINE, E404 …
	Text string
}

// label names a node for people.
func (n *node) label() string {
	switch {
	case n.source != nil && n.isRoot():
		return n.source.label()
	case n.path == "" && n.isRoot() && n.manifest.Name == "":
		return "the project"
	case n.path == "" && n.isRoot():
		return "the project " + n.manifest.Name
	case n.failure != nil:
		return n.name + " (not loaded: " + n.failure.code + ")"
	case n.manifest.Name != "" && n.manifest.Name != n.name && n.isTop():
		return n.manifest.Name + " (" + n.path + ")"
	case n.manifest.Name != "" && n.manifest.Name != n.name:
		return n.name + " (" + n.manifest.Name + "@" + n.version() + ")"
	}
	return n.name + "@" + n.version()
}

func (e *edge) label() string {
	text := e.spec.String()
	if e.spec != e.declared {
		text += " (by an override; it asks for " + e.declared.String() + ")"
	}
	return text
}

func (k Kind) phrase() string {
	switch k {
	case Peer:
		return " as a peer"
	case PeerOptional:
		return " as an optional peer"
	case Dev:
		return " for development"
	case Optional:
		return " optionally"
	}
	return ""
}

// wants says who wants what.
func (e *edge) wants() string {
	return e.from.label() + " wants " + e.label() + e.kind.phrase()
}

// requirement is the edge in the words of the core.
func (e *edge) requirement() feed.Requirement {
	req := feed.Requirement{Name: e.spec.Package(), Range: e.spec.Wanted(), Kind: e.kind.String()}
	if !e.spec.Type.Registry() {
		req.Range = e.spec.Raw
	}
	if req.Name != e.name {
		req.Alias = e.name
	}
	return req
}

// addConflict records a peer that cannot stand beside what is there: own is
// the edge of the asking package for the same name, or nil.
func (r *resolver) addConflict(e, own *edge) {
	current := e.from.find(e.key)
	reasons := []string{e.wants()}
	if own != nil {
		reasons = append(reasons, "but "+own.wants())
	}
	r.record(e, append(reasons, r.standing(current, e, own)...))
}

// addPlaceConflict records a candidate that fits into no folder.
func (r *resolver) addPlaceConflict(p *placement) {
	top := p.top()
	e := top.edge
	reasons := []string{e.wants(), "the best version is " + top.dep.label()}
	if culprit := p.culprit(); culprit != nil {
		reasons = append(reasons, culprit.edge.wants())
		reasons = append(reasons, r.standing(culprit.current, culprit.edge, nil)...)
	} else {
		reasons = append(reasons, r.standing(e.from.find(e.key), e, nil)...)
	}
	r.record(e, reasons)
}

// culprit is the peer check that failed, when the candidate itself would fit.
func (p *placement) culprit() *check {
	if p.self == nil {
		return nil
	}
	list := []*check{p.self}
	for i := 0; i < len(list); i++ {
		list = append(list, list[i].children...)
		if i > 0 && list[i].verdict == conflicting && list[i].current != nil {
			return list[i]
		}
	}
	return nil
}

// dependentsShown bounds the dependents that an explanation names.
const dependentsShown = 4

// standing explains why a node is where it is.
func (r *resolver) standing(n *node, except ...*edge) []string {
	if n == nil {
		return nil
	}
	reasons := []string{"in the way is " + n.label()}
	for _, e := range n.in {
		if !e.valid() || slices.Contains(except, e) {
			continue
		}
		if len(reasons) > dependentsShown {
			return append(reasons, "  and others want it")
		}
		reasons = append(reasons, "  because "+e.wants())
	}
	return reasons
}

func (r *resolver) record(e *edge, reasons []string) {
	unmet := &conflict{Requirement: e.requirement(), Path: r.pathTo(e.from), Code: "ERESOLVE", Reasons: reasons}
	same := func(c *conflict) bool {
		return c.Requirement == unmet.Requirement && slices.Equal(c.Path, unmet.Path)
	}
	if !slices.ContainsFunc(r.conflicts, same) {
		r.conflicts = append(r.conflicts, unmet)
	}
}

// warn marks an edge as a conflict that is accepted.
func (r *resolver) warn(p *placement, e *edge) {
	e.conflicted = true
	current := e.from.find(e.key)
	text := e.wants()
	if current != nil {
		text += ", but " + current.label() + " is there"
	} else {
		text += ", but " + p.dep.label() + " cannot be placed"
	}
	r.warnings = append(r.warnings, Warning{Code: "ERESOLVE", Text: text})
}

func optionalWarning(n *node) Warning {
	text := "optional dependency " + n.name + " is left out"
	if e := n.failure.edge; e != nil {
		text = "optional dependency " + e.spec.String() + " is left out"
	}
	for _, reason := range n.failure.reasons {
		text += "; " + reason
	}
	return Warning{Code: n.failure.code, Text: text}
}

// unmetNode reports a required node that could not be loaded.
func (r *resolver) unmetNode(n *node) feed.Unmet {
	e := n.failure.edge
	for _, in := range n.in {
		if !in.kind.optional() {
			e = in
			break
		}
	}
	path := r.pathTo(n)
	return feed.Unmet{
		Requirement: e.requirement(), Path: path[:max(0, len(path)-1)], Code: n.failure.code, Reasons: n.failure.reasons,
	}
}

// pathTo lists the packages from one that the user asked for down to a node.
// The project itself is not in it.
func (r *resolver) pathTo(n *node) []feed.VersionKey {
	if n.source != nil && n.isRoot() {
		return r.pathTo(n.source)
	}
	top := n
	for top.up() != nil {
		top = top.up()
	}
	var path []feed.VersionKey
	if top.source != nil {
		top.graph.complete()
		path = r.pathTo(top.source)
	}
	for _, step := range shortest(top, n) {
		path = append(path, step.versionKey())
	}
	return path
}

func (n *node) versionKey() feed.VersionKey {
	name := n.manifest.Name
	if name == "" {
		name = n.name
	}
	return feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: "npm", Name: name}, Version: n.version()}
}

// shortest returns the nodes on a shortest way along edges, preferring
// required ones, without the start.
func shortest(start, end *node) []*node {
	if start == end {
		return nil
	}
	for _, required := range []bool{true, false} {
		from := map[*node]*node{start: nil}
		for list := []*node{start}; len(list) > 0 && from[end] == nil; list = list[1:] {
			n := list[0]
			for _, next := range n.leads(required) {
				if _, seen := from[next]; !seen {
					from[next] = n
					list = append(list, next)
				}
			}
		}
		if from[end] == nil {
			continue
		}
		var path []*node
		for n := end; n != start; n = from[n] {
			if n.target == nil {
				path = append(path, n)
			}
		}
		slices.Reverse(path)
		return path
	}
	return []*node{end}
}

func (n *node) leads(required bool) []*node {
	if n.target != nil {
		return []*node{n.target}
	}
	var list []*node
	for _, e := range n.out.list {
		if e.to != nil && !(required && e.kind.optional()) {
			list = append(list, e.to)
		}
	}
	return list
}

// engineWarning reports a package that does not want the target's Node or npm.
func engineWarning(n *node, options Options) Warning {
	engines, _ := n.manifest.choosing()
	return Warning{Code: "EBADENGINE", Text: fmt.Sprintf("%s wants node %q and npm %q; the tree is for node %q and npm %q",
		n.label(), engines.Node, engines.NPM, options.Node, options.NPM)}
}
