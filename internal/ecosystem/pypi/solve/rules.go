package solve

import (
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
)

// rules is the input, prepared for looking things up.
type rules struct {
	*Input
	constraints map[string][]*Requirement
	pinned      map[string][]version.Set // what allows yanked versions
}

func newRules(in *Input) *rules {
	r := &rules{Input: in, constraints: map[string][]*Requirement{}, pinned: map[string][]version.Set{}}
	for i := range in.Constraints {
		c := &in.Constraints[i]
		r.constraints[c.Name] = append(r.constraints[c.Name], c)
		r.pin(c)
	}
	for _, root := range r.applied(in.Roots) {
		r.pin(root)
	}
	for _, list := range in.Overrides {
		for i := range list {
			r.pin(&list[i])
		}
	}
	return r
}

func (r *rules) pin(req *Requirement) {
	if len(req.Specifiers.Clauses()) == 1 && req.Specifiers.IsPinned() {
		r.pinned[req.Name] = append(r.pinned[req.Name], req.Specifiers)
	}
}

// refuse says why a candidate cannot be used, or nothing.
func (r *rules) refuse(name string, c *Candidate) string {
	switch {
	case c.Refused != "":
		return c.Refused
	case c.Yanked && !r.yankedAllowed(name, c.Version):
		return "is yanked"
	case !r.python(c.RequiresPython):
		return needsPython(c.RequiresPython)
	case r.Prereleases == Never && c.Version.IsPrerelease():
		return "is a pre-release"
	}
	return ""
}

// alike reports whether pre-releases of a package are no worse than other versions
// whatever its requirements say.
func (r *rules) alike(name string) bool { return r.Prereleases == Allow || r.PrereleasesOf[name] }

func needsPython(s version.Set) string { return "needs Python " + s.String() }

func (r *rules) yankedAllowed(name string, v version.Version) bool {
	if want, ok := r.Preferences[name]; ok && want.Equal(v) {
		return true
	}
	return slices.ContainsFunc(r.pinned[name], func(s version.Set) bool { return s.Contains(v, true) })
}

// python reports whether the target satisfies a Requires-Python.
func (r *rules) python(s version.Set) bool {
	if s.IsAny() || r.Python.IsZero() || s.Contains(r.Python, true) {
		return true
	}
	return r.LowerPythonOnly && !s.Ranges().IsDisjoint(version.Below(r.Python))
}

// applied replaces what is overridden.
func (r *rules) applied(list []Requirement) []*Requirement {
	result := make([]*Requirement, 0, len(list))
	for i := range list {
		req := &list[i]
		instead, ok := r.Overrides[req.Name]
		if !ok {
			result = append(result, req)
			continue
		}
		for k := range instead {
			other := instead[k]
			other.If = req.If
			result = append(result, &other)
		}
	}
	return result
}

// of returns the requirements of a package, or of one of its extras.
func (r *rules) of(m *Metadata, extra string) []*Requirement {
	all := r.applied(m.Requires)
	return slices.DeleteFunc(all, func(q *Requirement) bool { return !q.holds(extra) })
}

// ReferenceError lists requirements of the input that no index can serve.
type ReferenceError struct {
	Requirements []Requirement
}

func (e *ReferenceError) Error() string {
	lines := make([]string, len(e.Requirements))
	for i := range e.Requirements {
		r := &e.Requirements[i]
		lines[i] = r.String() + from(r) + ": a direct reference, which an index cannot serve; write a version instead"
	}
	return strings.Join(lines, "\n")
}

// references returns a *ReferenceError if the input has direct references.
func (r *rules) references() error {
	var list []Requirement
	for _, q := range r.applied(r.Roots) {
		if q.URL != "" {
			list = append(list, *q)
		}
	}
	for _, q := range r.Constraints {
		if q.URL != "" {
			list = append(list, q)
		}
	}
	if list == nil {
		return nil
	}
	return &ReferenceError{list}
}

func from(r *Requirement) string {
	if r.Origin == "" {
		return ""
	}
	return " (" + r.Origin + ")"
}
