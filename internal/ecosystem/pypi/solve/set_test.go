package solve

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSetAlgebra compares sets with tables of booleans.
func TestSetAlgebra(t *testing.T) {
	const n = 12
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "a")
		b := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "b")
		of := func(in func(i int) bool) set { return gather(n, in) }
		x, y := of(func(i int) bool { return a[i] }), of(func(i int) bool { return b[i] })
		for name, c := range map[string]struct{ got, want set }{
			"union":     {x.union(y), of(func(i int) bool { return a[i] || b[i] })},
			"intersect": {x.intersect(y), of(func(i int) bool { return a[i] && b[i] })},
			"minus":     {x.minus(y), of(func(i int) bool { return a[i] && !b[i] })},
		} {
			if !c.got.equal(c.want) {
				t.Fatalf("%s of %v and %v: %v, want %v", name, x, y, c.got, c.want)
			}
		}
		if got, want := x.within(y), x.minus(y).empty(); got != want {
			t.Fatalf("%v within %v: %v", x, y, got)
		}
		if got, want := x.apart(y), x.intersect(y).empty(); got != want {
			t.Fatalf("%v apart from %v: %v", x, y, got)
		}
		for i := range n {
			if x.contains(i) != a[i] {
				t.Fatalf("%v contains %d: %v", x, i, x.contains(i))
			}
		}
	})
}

// TestTermAlgebra compares terms with truth tables over "left out" and each candidate.
func TestTermAlgebra(t *testing.T) {
	const n = 6
	draw := func(t *rapid.T, name string) (term, []bool) {
		in := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, name)
		not := rapid.Bool().Draw(t, name+" not")
		table := make([]bool, n+1)
		for i := range n {
			table[i] = in[i] != not
		}
		table[n] = not
		return term{not, gather(n, func(i int) bool { return in[i] })}, table
	}
	rapid.Check(t, func(t *rapid.T) {
		x, a := draw(t, "x")
		y, b := draw(t, "y")
		and, or := x.and(y), x.or(y)
		implies, excludes := true, true
		for i := range n + 1 {
			holds := func(z term) bool { return (i < n && z.set.contains(i)) != z.not }
			if holds(and) != (a[i] && b[i]) || holds(or) != (a[i] || b[i]) {
				t.Fatalf("%v and/or %v: %v, %v", x, y, and, or)
			}
			implies = implies && (!a[i] || b[i])
			excludes = excludes && (!a[i] || !b[i])
		}
		if x.implies(y) != implies || x.excludes(y) != excludes {
			t.Fatalf("%v and %v: implies %v, excludes %v", x, y, x.implies(y), x.excludes(y))
		}
	})
}
