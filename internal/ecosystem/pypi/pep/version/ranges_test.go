package version

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRangesAreExact(t *testing.T) {
	for _, row := range []struct{ a, b string }{ // different texts, the same versions
		{"<0", "<0.dev0"},
		{"", ">=0.dev0"},
		{">1.0.dev1", ">=1.0.dev2"},
		{">1.0.post1", ">=1.0.post2.dev0"},
		{">1.0a1", ">=1.0a2.dev0"},
		{"==1.*", ">=1.dev0,<2"},
		{"~=1.4.5", ">=1.4.5,==1.4.*"},
		{"==1", "==1.0.0"},
		{">1.0.dev1,<1.0.dev2", "<0"},
		{"==1.0,!=1.0", "<0"},
		{">1.0a1,<1.0a2.dev0", "<0"},
	} {
		if a, b := ranges(t, row.a), ranges(t, row.b); !a.Equal(b) || a.Key() != b.Key() {
			t.Errorf("%q is %s and %q is %s", row.a, a, row.b, b)
		}
	}
	for _, text := range []string{">1.0,<1.0.1.dev0", ">1.0,<1.0.0.0.1", "==1.0,!=1.0+a", "==1.0+a,!=1.0+a.1", "<=1.0,>=1.0", "==1.0,!=1.0+000a"} {
		if r := ranges(t, text); r.IsEmpty() {
			t.Errorf("%q holds versions, but is empty", text)
		}
	}
}

func ranges(t *testing.T, text string) Ranges {
	t.Helper()
	set, err := ParseSpecifiers(text)
	if err != nil {
		t.Fatal(err)
	}
	return set.Ranges()
}

func TestRangesString(t *testing.T) {
	for text, want := range map[string]string{
		"": "*", "<0": "<none>", "==1.0": "==1.0", "!=1.0": "!=1.0", "==1.2.*": "==1.2.*", "!=1.*": "!=1.*", ">=1,<2": ">=1,<2", ">1,<=2": ">1,<=2",
		"~=1.4.5": ">=1.4.5,<1.5", ">=1,!=1.5,!=1.6.*,<2": ">=1,<2,!=1.5,!=1.6.*", "<2.0a1": "<2.0a1", "==1.0+a": "==1.0+a", "!=1.0+a": "!=1.0+a", "<1.0.post1": "<1.0.post1",
	} {
		if got := ranges(t, text).String(); got != want {
			t.Errorf("ranges of %q: %q, want %q", text, got, want)
		}
	}
	union := ranges(t, "<1").Union(ranges(t, "==3")).Union(ranges(t, ">=5"))
	if got := union.String(); got != "<1 || ==3 || >=5" {
		t.Errorf("a union is written %q", got)
	}
	point := Exactly(MustParse("1.0"))
	if got := point.String() + " " + point.Complement().String() + " " + AtLeast(MustParse("2")).Union(Below(MustParse("1"))).String(); got != "==1.0 !=1.0 <1 || >=2" {
		t.Errorf("points are written %q", got)
	}
}

// drawRanges draws a set with its text and the reference for membership: the
// clauses themselves, joined by the operations of sets on single answers.
func drawRanges(t *rapid.T) (Ranges, func(Version) bool) {
	if rapid.IntRange(0, 4).Draw(t, "point") == 0 {
		point := MustParse(localText().Draw(t, "exactly"))
		return Exactly(point), point.Equal
	}
	clauses := rapid.SliceOfN(clauseText().Filter(func(text string) bool {
		_, err := ParseSpecifiers(text)
		return err == nil && !strings.HasPrefix(text, "===")
	}), 1, 3).Draw(t, "clauses")
	set, err := ParseSpecifiers(strings.Join(clauses, ","))
	if err != nil {
		t.Fatal(err)
	}
	return set.Ranges(), func(v Version) bool {
		for _, clause := range set.Clauses() {
			if !satisfies(clause, v) {
				return false
			}
		}
		return true
	}
}

// satisfies evaluates one clause by the sentences of PEP 440, without ranges.
func satisfies(s Specifier, v Version) bool {
	public, spec := v.Public(), s.Version
	sameBase := v.Base().Equal(spec.Base())
	switch {
	case s.Operator == "!=":
		s.Operator = "=="
		return !satisfies(s, v)
	case s.Prefix:
		return hasPrefix(v, spec, len(spec.Release()))
	case s.Operator == "==" && spec.Local() != "":
		return v.Equal(spec)
	case s.Operator == "==":
		return public.Equal(spec)
	case s.Operator == "<=":
		return public.Compare(spec) <= 0
	case s.Operator == ">=":
		return v.Compare(spec) >= 0
	case s.Operator == "~=":
		return v.Compare(spec) >= 0 && hasPrefix(v, spec, len(spec.Release())-1)
	case s.Operator == "<":
		p := v.parts()
		p.devN, p.local = "", ""
		ownPre := v.IsPrerelease() && !spec.IsPrerelease() && (sameBase && !spec.IsPost() || p.version().Equal(spec))
		return v.Less(spec) && !ownPre
	}
	p, q := v.parts(), spec.parts()
	samePre := sameBase && p.pre == q.pre && p.preN == q.preN
	ownPost := v.IsPost() && !spec.IsPost() && !spec.IsDev() && samePre
	return public.Compare(spec) > 0 && !ownPost
}

func hasPrefix(v, prefix Version, count int) bool {
	if v.Epoch() != prefix.Epoch() {
		return false
	}
	numbers := append(v.Release(), make([]string, count)...)
	for i, want := range prefix.Release()[:count] {
		if numbers[i] != want && (numbers[i] != "" || want != "0") {
			return false
		}
	}
	return true
}

// TestAlgebra compares every operation with the answers for single versions, and
// proves the laws of sets.
func TestAlgebra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, inA := drawRanges(t)
		b, inB := drawRanges(t)
		c, _ := drawRanges(t)
		for _, v := range neighbours(t, a, b) {
			x, y := inA(v), inB(v)
			for name, pair := range map[string][2]bool{
				"a": {a.Contains(v), x}, "b": {b.Contains(v), y}, "not a": {a.Complement().Contains(v), !x}, "a or b": {a.Union(b).Contains(v), x || y},
				"a and b": {a.Intersect(b).Contains(v), x && y}, "a minus b": {a.Minus(b).Contains(v), x && !y},
			} {
				if pair[0] != pair[1] {
					t.Fatalf("a = %s, b = %s: %s contains %s: %v", a, b, name, v, pair[0])
				}
			}
		}
		for name, pair := range map[string][2]Ranges{
			"not not a":          {a.Complement().Complement(), a},
			"a or not a":         {a.Union(a.Complement()), All()},
			"a and not a":        {a.Intersect(a.Complement()), None()},
			"commutative union":  {a.Union(b), b.Union(a)},
			"commutative":        {a.Intersect(b), b.Intersect(a)},
			"associative":        {a.Union(b).Union(c), a.Union(b.Union(c))},
			"distributive":       {a.Intersect(b.Union(c)), a.Intersect(b).Union(a.Intersect(c))},
			"of De Morgan":       {a.Union(b).Complement(), a.Complement().Intersect(b.Complement())},
			"minus":              {a.Minus(b), a.Intersect(b.Complement())},
			"absorption":         {a.Union(a.Intersect(b)), a},
			"difference and sum": {a.Minus(b).Union(a.Intersect(b)), a},
		} {
			if !pair[0].Equal(pair[1]) || (pair[0].Key() == pair[1].Key()) != pair[0].Equal(pair[1]) {
				t.Fatalf("a = %s, b = %s, c = %s: the law %q: %s and %s", a, b, c, name, pair[0], pair[1])
			}
		}
		if a.IsSubset(b) != a.Minus(b).IsEmpty() || a.IsDisjoint(b) != a.Intersect(b).IsEmpty() || !a.Intersect(b).IsSubset(a) || !a.IsSubset(a.Union(b)) {
			t.Fatalf("a = %s, b = %s: subset %v, disjoint %v", a, b, a.IsSubset(b), a.IsDisjoint(b))
		}
	})
}

// TestNothingIsNothing proves that a set which is not empty holds a version that
// can be written: no interval is between two neighbours.
func TestNothingIsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, _ := drawRanges(t)
		b, _ := drawRanges(t)
		for _, r := range []Ranges{a.Intersect(b), a.Minus(b), b.Minus(a), a.Complement(), a.Union(b).Complement()} {
			for i := 0; i < len(r.cuts); i += 2 {
				interval := Ranges{cuts: r.cuts[i : i+2]}
				found := false
				for _, v := range neighbours(t, interval) {
					found = found || interval.Contains(v)
				}
				if !found {
					t.Fatalf("%s holds no version", interval)
				}
			}
		}
	})
}

// neighbours returns versions right above and below the cuts of sets, and others.
func neighbours(t *rapid.T, sets ...Ranges) []Version {
	versions := append(drawVersions(t), MustParse("0.dev0"), MustParse("999!0"))
	for _, r := range sets {
		for _, c := range r.cuts {
			if c.text == "" {
				continue
			}
			v := MustParse(c.text)
			p := v.Public().parts()
			versions = append(versions, v, v.Public(), v.Base(), MustParse(v.Base().text+strings.Repeat(".0", 8)+".1.dev0"), with(v, "a"), with(v, "a.1"), with(v.Public(), "000a"), MustParse(v.Base().text+".dev0"))
			versions = append(versions, nextVersions(p)...)
		}
	}
	return versions
}

func with(v Version, local string) Version {
	p := v.parts()
	if p.local != "" {
		local = p.local + "." + local
	}
	p.local = local
	return p.version()
}

func nextVersions(p parts) []Version {
	var versions []Version
	add := func(change func(*parts)) {
		q := p
		change(&q)
		versions = append(versions, q.version())
	}
	next := func(digits string) string {
		if digits == "" {
			return "0"
		}
		return increment(digits)
	}
	add(func(q *parts) { q.devN = next(q.devN) })
	add(func(q *parts) { q.devN, q.postN = "", next(q.postN) })
	add(func(q *parts) { q.devN, q.postN = "0", next(q.postN) })
	add(func(q *parts) { q.devN = "0" })
	if p.pre != "" {
		add(func(q *parts) { q.devN, q.postN, q.preN = "0", "", increment(q.preN) })
		add(func(q *parts) { q.devN, q.postN, q.preN = "", "", increment(q.preN) })
	}
	return versions
}
