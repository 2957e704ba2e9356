package solve

import (
	"context"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
)

// ahead follows the requirements of the newest candidates before the solver gets
// there, so that most of what it asks for has been read. It looks at every name
// once, and what it finds decides nothing.
type ahead struct {
	rules  *rules
	reader *reader

	mu     sync.Mutex
	seen   map[node]bool
	limits map[string]version.Set // roots and constraints of a name together
	picked map[string]int
}

// node is a package, or one of its extras.
type node struct{ name, extra string }

func newAhead(r *rules, reader *reader) *ahead {
	return &ahead{rules: r, reader: reader, seen: map[node]bool{}, limits: map[string]version.Set{}, picked: map[string]int{}}
}

func (a *ahead) start(ctx context.Context) {
	roots := a.rules.applied(a.rules.Roots)
	for _, r := range roots {
		a.limits[r.Name] = a.limits[r.Name].And(r.Specifiers)
	}
	for name, list := range a.rules.constraints {
		for _, c := range list {
			a.limits[name] = a.limits[name].And(c.Specifiers)
		}
	}
	for _, r := range roots {
		a.want(ctx, r)
	}
}

// want follows a requirement, and each of its extras.
func (a *ahead) want(ctx context.Context, r *Requirement) {
	if r.URL != "" {
		return
	}
	a.wantNode(ctx, node{r.Name, ""}, r)
	for _, extra := range r.Extras {
		a.wantNode(ctx, node{r.Name, extra}, r)
	}
}

func (a *ahead) wantNode(ctx context.Context, n node, r *Requirement) {
	a.mu.Lock()
	seen := a.seen[n]
	a.seen[n] = true
	a.mu.Unlock()
	if !seen {
		a.reader.later(ctx, func() { a.visit(ctx, n, r) })
	}
}

func (a *ahead) visit(ctx context.Context, n node, r *Requirement) {
	s, err := a.reader.space(ctx, n.name)
	if err != nil {
		return
	}
	index := a.pick(s, r)
	if index < 0 {
		return
	}
	meta, err := a.reader.metadata(ctx, s, index)
	if err != nil {
		return
	}
	for _, q := range a.rules.of(meta, n.extra) {
		a.want(ctx, q)
	}
}

// pick chooses a candidate the first time that a name is met.
func (a *ahead) pick(s *space, r *Requirement) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if index, ok := a.picked[s.name]; ok {
		return index
	}
	want := r.Specifiers.And(a.limits[s.name])
	index := s.choose(gather(len(s.list), func(i int) bool {
		return want.Contains(s.list[i].Version, true) && s.usable.contains(i)
	}), a.rules.alike(s.name))
	a.picked[s.name] = index
	return index
}
