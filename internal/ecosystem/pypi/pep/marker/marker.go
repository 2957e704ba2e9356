// Package marker reads requirements and environment markers (PEP 508), and
// evaluates markers for the environment of a target. It never looks at the machine
// that it runs on.
package marker

import (
	"slices"
	"strings"
)

// Marker is a condition on an environment. The zero Marker is always true. Markers
// are values and are never changed.
type Marker struct{ root *node }

// node is a comparison, or the conjunction or disjunction of others. A conjunction
// of nothing is true, a disjunction of nothing is false; these two are the only
// nodes without parts, and are no parts of others.
type node struct {
	kind  nodeKind
	parts []*node
	comparison
}

type nodeKind uint8

const (
	leaf nodeKind = iota
	conjunction
	disjunction
)

// Never is the marker that is true in no environment.
func Never() Marker { return Marker{&node{kind: disjunction}} }

// IsAlways reports whether the marker asks for nothing.
func (m Marker) IsAlways() bool {
	return m.root == nil || m.root.kind == conjunction && len(m.root.parts) == 0
}

// IsNever reports whether the marker is the one of Never. Markers that contradict
// themselves in other ways are not found.
func (m Marker) IsNever() bool {
	return m.root != nil && m.root.kind == disjunction && len(m.root.parts) == 0
}

// And returns the marker that is true where both are.
func (m Marker) And(other Marker) Marker { return combine(conjunction, m, other) }

// Or returns the marker that is true where one of the two is.
func (m Marker) Or(other Marker) Marker { return combine(disjunction, m, other) }

func combine(kind nodeKind, markers ...Marker) Marker {
	nodes := make([]*node, len(markers))
	for i, m := range markers {
		nodes[i] = m.root
		if m.root == nil {
			nodes[i] = &node{kind: conjunction}
		}
	}
	return Marker{join(kind, nodes)}
}

// join makes one node of several: parts of the same kind are taken apart, what is
// there twice or changes nothing is left out.
func join(kind nodeKind, nodes []*node) *node {
	joined := &node{kind: kind}
	seen := map[string]bool{}
	for _, n := range nodes {
		switch {
		case n.kind == kind:
			joined.add(seen, n.parts...)
		case n.kind != leaf && len(n.parts) == 0:
			return n // false in a conjunction, true in a disjunction
		default:
			joined.add(seen, n)
		}
	}
	if len(joined.parts) == 1 {
		return joined.parts[0]
	}
	return joined
}

func (n *node) add(seen map[string]bool, parts ...*node) {
	for _, part := range parts {
		if text := part.text(false); !seen[text] {
			seen[text] = true
			n.parts = append(n.parts, part)
		}
	}
}

// String returns the marker as PEP 508 writes it, "" where it is always true.
// Never, which PEP 508 cannot write, is a comparison that is always false.
func (m Marker) String() string {
	switch {
	case m.IsAlways():
		return ""
	case m.IsNever():
		return `python_version < "0"`
	}
	return m.root.text(false)
}

func (n *node) text(nested bool) string {
	if n.kind == leaf {
		return n.comparison.String()
	}
	word := " and "
	if n.kind == disjunction {
		word = " or "
	}
	texts := make([]string, len(n.parts))
	for i, part := range n.parts {
		texts[i] = part.text(n.kind == conjunction)
	}
	joined := strings.Join(texts, word)
	if nested && n.kind == disjunction {
		return "(" + joined + ")"
	}
	return joined
}

// Fields returns the names of the fields that the marker compares, sorted.
func (m Marker) Fields() []string {
	var names []string
	m.walk(func(c *comparison) { names = append(names, c.field.String()) })
	slices.Sort(names)
	return slices.Compact(names)
}

// Extras returns the names of the extras that the marker asks about, sorted.
func (m Marker) Extras() []string {
	var names []string
	m.walk(func(c *comparison) {
		if c.field == fieldExtra || c.field == fieldExtras {
			names = append(names, c.literal)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

func (m Marker) walk(visit func(*comparison)) {
	if m.root != nil {
		m.root.walk(visit)
	}
}

func (n *node) walk(visit func(*comparison)) {
	if n.kind == leaf {
		visit(&n.comparison)
	}
	for _, part := range n.parts {
		part.walk(visit)
	}
}
