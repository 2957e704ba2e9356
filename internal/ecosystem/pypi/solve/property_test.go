package solve

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// small draws a universe of a few packages with a few versions, extras, yanked
// and refused versions, constraints and overrides.
func small(t *rapid.T) *universe {
	names := []string{"a", "b", "c", "d", "e", "f"}[:rapid.IntRange(1, 6).Draw(t, "packages")]
	text := ""
	add := func(format string, args ...any) { text += fmt.Sprintf(format, args...) }
	add("roots: %s\n", requirements(t, names, 1, 3))
	if rapid.IntRange(0, 3).Draw(t, "constrained") == 0 {
		add("constraints: %s\n", requirements(t, names, 1, 2))
	}
	if rapid.IntRange(0, 5).Draw(t, "overridden") == 0 {
		add("overrides: %s\n", requirements(t, names, 1, 1))
	}
	for _, name := range names {
		for v := range rapid.IntRange(0, 4).Draw(t, "versions") {
			flag := rapid.SampledFrom([]string{"", "", "", "", "", "", "", "[yanked]", "[refused is refused]", "[unusable is unusable]"}).Draw(t, "flag")
			pre := rapid.SampledFrom([]string{"", "", "", "", "b1"}).Draw(t, "pre")
			add("%s %d%s %s: %s; x: %s\n", name, v+1, pre, flag, requirements(t, names, 0, 3), requirements(t, names, 0, 1))
		}
	}
	u, err := parseUniverse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	t.Log(text)
	return u
}

func requirements(t *rapid.T, names []string, low, high int) string {
	text := ""
	for i := range rapid.IntRange(low, high).Draw(t, "requirements") {
		if i > 0 {
			text += ", "
		}
		text += rapid.SampledFrom(names).Draw(t, "name")
		text += rapid.SampledFrom([]string{"", "", "", "[x]"}).Draw(t, "extra")
		n := rapid.IntRange(1, 4).Draw(t, "bound")
		text += rapid.SampledFrom([]string{"", "", " >=%d", " <%d", " ==%d", " !=%d"}).Draw(t, "range")
		if strings.HasSuffix(text, "%d") {
			text = fmt.Sprintf(text, n)
		}
	}
	return text
}

// brute looks for a solution by trying everything: nodes are met one by one.
type brute struct {
	u      *universe
	rules  *rules
	spaces map[string]*space
	steps  int
}

func newBrute(u *universe) *brute {
	b := &brute{u: u, rules: newRules(&u.in), spaces: map[string]*space{}}
	for name, list := range u.packages {
		b.spaces[name] = newSpace(b.rules, name, list)
	}
	return b
}

// solvable reports whether the open requirements can all be met. chosen holds
// what was taken so far; done the nodes whose requirements have been opened.
func (b *brute) solvable(t *rapid.T, open []*Requirement, chosen map[string]int, done map[node]bool) bool {
	if b.steps++; b.steps > 200_000 {
		t.Skip("too large for trying everything")
	}
	if len(open) == 0 {
		return true
	}
	r, rest := open[0], open[1:]
	s := b.spaces[r.Name]
	if s == nil {
		return false
	}
	if i, ok := chosen[r.Name]; ok {
		return r.Specifiers.Contains(s.list[i].Version, true) && b.opened(t, r, rest, chosen, done)
	}
	for i := range s.list {
		if !b.allowed(s, i, r) {
			continue
		}
		chosen[r.Name] = i
		if b.opened(t, r, rest, chosen, done) {
			return true
		}
		delete(chosen, r.Name)
	}
	return false
}

func (b *brute) allowed(s *space, i int, r *Requirement) bool {
	v := s.list[i].Version
	if !r.Specifiers.Contains(v, true) || !s.usable.contains(i) || b.u.metas[s.name+" "+v.String()].err != nil {
		return false
	}
	return !slices.ContainsFunc(b.rules.constraints[s.name], func(c *Requirement) bool { return !c.Specifiers.Contains(v, true) })
}

// opened goes on with the requirements of the nodes that a requirement is for.
func (b *brute) opened(t *rapid.T, r *Requirement, rest []*Requirement, chosen map[string]int, done map[node]bool) bool {
	rest = slices.Clone(rest)
	var added []node
	s := b.spaces[r.Name]
	m := b.u.metas[r.Name+" "+s.list[chosen[r.Name]].Version.String()]
	for _, extra := range append([]string{""}, r.Extras...) {
		if n := (node{r.Name, extra}); !done[n] {
			done[n] = true
			added = append(added, n)
			rest = append(rest, b.rules.of(&m.Metadata, extra)...)
		}
	}
	if b.solvable(t, rest, chosen, done) {
		return true
	}
	for _, n := range added {
		delete(done, n)
	}
	return false
}

// verify reports what is wrong with a solution.
func (b *brute) verify(s Solution) error {
	chosen := map[string]int{}
	extras := map[node]bool{}
	for _, p := range s.Packages {
		sp := b.spaces[p.Name]
		i := slices.IndexFunc(sp.list, func(c Candidate) bool { return c.Version.Equal(p.Candidate.Version) })
		if !b.allowed(sp, i, &Requirement{Name: p.Name}) {
			return fmt.Errorf("%s %s cannot be used", p.Name, p.Candidate.Version)
		}
		chosen[p.Name] = i
		extras[node{p.Name, ""}] = true
		for _, e := range p.Extras {
			extras[node{p.Name, e}] = true
		}
	}
	needed := map[node]bool{}
	open := b.rules.applied(b.u.in.Roots)
	for len(open) > 0 {
		r := open[0]
		open = open[1:]
		i, ok := chosen[r.Name]
		if !ok || !r.Specifiers.Contains(b.spaces[r.Name].list[i].Version, true) {
			return fmt.Errorf("%s is not met", r)
		}
		m := b.u.metas[r.Name+" "+b.spaces[r.Name].list[i].Version.String()]
		for _, e := range append([]string{""}, r.Extras...) {
			n := node{r.Name, e}
			if !extras[n] {
				return fmt.Errorf("%v is missing", n)
			}
			if !needed[n] {
				needed[n] = true
				open = append(open, b.rules.of(&m.Metadata, e)...)
			}
		}
	}
	for n := range extras {
		if !needed[n] {
			return fmt.Errorf("%v is not needed", n)
		}
	}
	return nil
}

// TestProperties compares with trying everything: what is returned is a solution,
// and there is none only if there is none.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := small(t)
		b := newBrute(u)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s, err := Resolve(ctx, u.in, u)
		var conflict *Conflict
		switch {
		case err == nil:
			if err := b.verify(s); err != nil {
				t.Fatalf("%v\n%s", err, describe(s, nil))
			}
		case errors.As(err, &conflict):
			if b.solvable(t, b.rules.applied(u.in.Roots), map[string]int{}, map[node]bool{}) {
				t.Fatalf("there is a solution, but: %v", err)
			}
		default:
			t.Fatal(err)
		}
	})
}

// deep draws two packages with many versions, of which the first pins the second,
// and the second changes what it needs at a few places: the case for reading ahead.
func deep(t *rapid.T) *universe {
	text := "roots: a, c <3\nc 1:\nc 2:\nc 3:\nc 4:\n"
	n := rapid.IntRange(20, 200).Draw(t, "versions")
	bound := 1
	for v := 1; v <= n; v++ {
		if rapid.IntRange(0, n/3).Draw(t, "change") == 0 {
			bound = rapid.IntRange(1, 5).Draw(t, "bound")
		}
		flag := rapid.SampledFrom([]string{"", "", "", "", "", "[refused is refused]", "[yanked]", "[unusable is unusable]"}).Draw(t, "flag")
		text += fmt.Sprintf("a %d: b ==%d\nb %d %s: c >=%d\n", v, v, v, flag, bound)
	}
	u, err := parseUniverse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestAssumptions compares with reading everything. A solution may be older than
// the best one, but only if it says so.
func TestAssumptions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := deep(t)
		s, err := Resolve(context.Background(), u.in, u)
		exact := u.in
		exact.Exact = true
		best, bestErr := Resolve(context.Background(), exact, u)
		if (err == nil) != (bestErr == nil) {
			t.Fatalf("%v, but reading everything: %v", err, bestErr)
		}
		if err != nil {
			return
		}
		if e := newBrute(u).verify(s); e != nil {
			t.Fatal(e)
		}
		s.Stats, best.Stats = Stats{}, Stats{}
		if len(s.Assumed) == 0 && describe(s, nil) != describe(best, nil) {
			t.Fatalf("got\n%sand with everything read\n%s", describe(s, nil), describe(best, nil))
		}
	})
}

// TestDeterminism resolves one universe again with its versions in another order.
func TestDeterminism(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := small(t)
		want := describe(Resolve(context.Background(), u.in, u))
		for name := range u.packages {
			slices.Reverse(u.packages[name])
		}
		u.in.Parallel = 1
		if got := describe(Resolve(context.Background(), u.in, u)); got != want {
			t.Fatalf("got\n%s\nthen\n%s", want, got)
		}
	})
}
