package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// rule is one entry of "overrides" in the project's package.json: for packages
// of a name, within a range, below the rules around it, another text replaces
// what a dependency asks for. The outermost rule has no parent and names nothing.
type rule struct {
	parent   *rule
	children []*rule
	name     string
	key      string // as written: name, or name@range
	within   string // range of the key, "*" for any
	value    string // the text that replaces, or within when the rule only holds others
	all      []*rule
}

// parseOverrides reads the "overrides" object. nil stands for no overrides.
func parseOverrides(raw json.RawMessage) (*rule, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	root := &rule{}
	if err := root.read(raw); err != nil {
		return nil, fmt.Errorf("read overrides: %w", err)
	}
	if len(root.children) == 0 {
		return nil, nil
	}
	root.settle()
	return root, nil
}

// read fills a rule from its JSON: a text, or an object whose "." is the text.
func (r *rule) read(raw json.RawMessage) error {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		r.value = anyIfEmpty(text)
		return nil
	}
	entries, err := orderedObject(raw)
	if err != nil {
		return fmt.Errorf("%q: %w", r.key, err)
	}
	for _, entry := range entries {
		if entry.key == "." {
			if json.Unmarshal(entry.value, &text) != nil {
				return fmt.Errorf("%q: \".\" must be a text", r.key)
			}
			r.value = anyIfEmpty(text)
			continue
		}
		if err := r.readChild(entry); err != nil {
			return err
		}
	}
	return nil
}

func (r *rule) readChild(entry jsonEntry) error {
	child := &rule{parent: r, key: entry.key}
	at := strings.LastIndexByte(entry.key, '@')
	child.name, child.within = entry.key, "*"
	if at > 0 {
		child.name, child.within = entry.key[:at], anyIfEmpty(entry.key[at+1:])
	}
	if err := checkName(child.name); err != nil {
		return err
	}
	if err := child.read(entry.value); err != nil {
		return err
	}
	if child.value == "" {
		child.value = child.within
	}
	r.children = append(r.children, child)
	return nil
}

func anyIfEmpty(text string) string {
	if text == "" {
		return "*"
	}
	return text
}

// settle lists for every rule the rules that hold below it, innermost first.
func (r *rule) settle() {
	seen := map[string]bool{}
	add := func(next *rule) {
		if !seen[next.key] {
			seen[next.key] = true
			r.all = append(r.all, next)
		}
	}
	for outer := r; outer != nil; outer = outer.parent {
		for _, child := range outer.children {
			add(child)
		}
		if outer.parent != nil {
			add(outer)
		}
	}
	for _, child := range r.children {
		child.settle()
	}
}

// forEdge returns the rule that holds for an edge of a package that r holds
// for: the innermost one whose name and range fit, or r itself.
func (r *rule) forEdge(spec *Spec) *rule {
	for _, next := range r.all {
		if next.name == spec.Name && next.touches(spec) {
			return next
		}
	}
	return r
}

// forRelease returns the rule that holds for the dependencies of a release.
func (r *rule) forRelease(m *Manifest) *rule {
	for _, next := range r.all {
		if next.name == m.Name && (Satisfies(m.Version, next.within) || Satisfies(m.Version, next.value)) {
			return next
		}
	}
	return r
}

// touches reports whether the rule's range and an edge's have a version in
// common. Tags and texts that are no ranges cannot be compared and count as in.
func (r *rule) touches(spec *Spec) bool {
	if r.within == "*" {
		return true
	}
	if spec.Target != nil {
		spec = spec.Target
	}
	if spec.Type == SpecRange || spec.Type == SpecVersion {
		return intersects(spec.Range, r.within)
	}
	return true
}

// below reports whether other is r or a rule around it.
func (r *rule) below(other *rule) bool {
	for outer := r; outer != nil; outer = outer.parent {
		if outer == other {
			return true
		}
	}
	return false
}

// narrower returns the one of two rules that lies within the other, or, when
// neither does, the nearest rule around both. Rules that contradict each other
// have none.
func narrower(first, second *rule) *rule {
	switch {
	case second.below(first):
		return second
	case first.below(second):
		return first
	case contradict(first, second):
		return nil
	}
	for outer := second; outer != nil; outer = outer.parent {
		if first.below(outer) {
			return outer
		}
	}
	return nil
}

// clash reports whether two rules contradict each other and neither lies
// within the other.
func clash(first, second *rule) bool {
	return !second.below(first) && !first.below(second) && contradict(first, second)
}

// contradict reports whether two rules demand ranges without a common version
// for the same key.
func contradict(first, second *rule) bool {
	for _, a := range first.all {
		for _, b := range second.all {
			if a == b || a.key != b.key || strings.HasPrefix(a.value, "$") || strings.HasPrefix(b.value, "$") {
				continue
			}
			sa, sb := ParseDependency(a.name, a.value), ParseDependency(b.name, b.value)
			if sa.Type <= SpecVersion && sb.Type <= SpecVersion && !intersects(sa.Range, sb.Range) {
				return true
			}
		}
	}
	return false
}

// reference returns what "$name" stands for: the text of that name among the
// root's own dependencies, else among those of the package that asks.
func reference(name string, root, asker *Manifest) (string, bool) {
	for _, m := range []*Manifest{root, asker} {
		f := m.Fields()
		for _, deps := range []Deps{f.DevDependencies, f.OptionalDependencies, f.Dependencies, f.PeerDependencies} {
			if text, ok := deps.Get(name); ok && text != "" {
				return text, true
			}
		}
	}
	return "", false
}
