package solve

import (
	"slices"
	"testing"
)

func TestRequirements(t *testing.T) {
	tests := []struct {
		req      string
		matching []string
		others   []string
	}{
		{"1.2.3", []string{"1.2.3", "1.9.0"}, []string{"1.2.2", "2.0.0", "1.3.0-rc.1"}},
		{"^1", []string{"1.0.0", "1.9.9"}, []string{"2.0.0", "0.9.0"}},
		{"0.2.3", []string{"0.2.3", "0.2.9"}, []string{"0.2.2", "0.3.0"}},
		{"0.0.3", []string{"0.0.3"}, []string{"0.0.4", "0.0.2"}},
		{"0.0", []string{"0.0.0", "0.0.9"}, []string{"0.1.0"}},
		{"0", []string{"0.0.0", "0.9.0"}, []string{"1.0.0"}},
		{"~1.2.3", []string{"1.2.3", "1.2.9"}, []string{"1.3.0", "1.2.2"}},
		{"~1", []string{"1.0.0", "1.9.0"}, []string{"2.0.0"}},
		{"1.2.*", []string{"1.2.0", "1.2.9"}, []string{"1.3.0"}},
		{"*", []string{"0.0.1", "9.0.0"}, []string{"1.0.0-alpha"}},
		{">=1.2, <1.5", []string{"1.2.0", "1.4.9"}, []string{"1.5.0", "1.1.9"}},
		{"= 0.3.21", []string{"0.3.21", "0.3.21+meta"}, []string{"0.3.22"}},
		{"=1", []string{"1.0.0", "1.9.0"}, []string{"2.0.0"}},
		{">1.2", []string{"1.3.0"}, []string{"1.2.9"}},
		{"<=1.2", []string{"1.2.9", "0.1.0"}, []string{"1.3.0"}},
		{"1.0.0-alpha", []string{"1.0.0-alpha", "1.0.0-beta", "1.0.0", "1.2.0"}, []string{"1.0.1-alpha"}},
		{"", []string{"1.0.0", "1.0.0-alpha"}, nil},
	}
	for _, test := range tests {
		r, err := parseRequirement(test.req)
		if err != nil {
			t.Errorf("%q: %v", test.req, err)
			continue
		}
		for _, text := range append(slices.Clone(test.matching), test.others...) {
			p, ok := parseVersion(text)
			if !ok {
				t.Fatal(text)
			}
			if want := slices.Contains(test.matching, text); r.matches(&p) != want {
				t.Errorf("%q matches %s: want %v", test.req, text, want)
			}
		}
	}
}

func TestVersionOrder(t *testing.T) {
	ascending := []string{
		"0.0.1", "0.1.0-alpha", "0.1.0-alpha.1", "0.1.0-alpha.beta", "0.1.0-rc.2", "0.1.0-rc.10", "0.1.0", "0.1.0+0", "0.1.0+00", "0.1.0+9",
		"0.1.0+10", "0.1.0+10.1", "0.1.0+a", "0.1.0+b", "0.1.1", "0.10.0", "1.0.0", "9223372036854775806.0.0",
	}
	for i := range ascending {
		for j := range ascending {
			a, okA := parseVersion(ascending[i])
			b, okB := parseVersion(ascending[j])
			if !okA || !okB {
				t.Fatal(ascending[i], okA, ascending[j], okB)
			}
			if got := a.compare(&b); sign(got) != sign(i-j) {
				t.Errorf("compare(%s, %s) = %d", ascending[i], ascending[j], got)
			}
		}
	}
}

func sign(i int) int { return min(max(i, -1), 1) }

func TestNoVersions(t *testing.T) {
	for _, text := range []string{"", "1", "1.2", "1.2.3.4", "1.2.x", "a.b.c", "-1.0.0", "1.0.0-", "1.0.0 ", "*"} {
		if p, ok := parseVersion(text); ok {
			t.Errorf("%q is read as %v", text, p.numbers)
		}
	}
}

func TestSpans(t *testing.T) {
	groups := [][]string{{"1.0.0", "1.9.9", "1.0.0-a"}, {"2.0.0"}, {"0.1.0", "0.1.9"}, {"0.2.0"}, {"0.0.1", "0.0.1+x"}, {"0.0.2"}, {"0.0.0"}}
	owner := map[span]int{}
	for i, group := range groups {
		for _, text := range group {
			p, _ := parseVersion(text)
			if other, ok := owner[p.span()]; ok && other != i {
				t.Errorf("%s shares its range with %s", text, groups[other])
			}
			owner[p.span()] = i
		}
	}
	if len(owner) != len(groups) {
		t.Errorf("%d ranges, want %d", len(owner), len(groups))
	}
}

func TestRust(t *testing.T) {
	tests := []struct {
		compiler, stated string
		want             bool
	}{
		{"1.70", "1.70", true},
		{"1.70", "1.70.0", true},
		{"1.70", "1.70.1", false},
		{"1.70.1", "1.70", true},
		{"1.9", "1.56", false},
		{"1.56", "1.9", true},
		{"1", "1.0", true},
		{"1.95.0-nightly", "1.95", true},
		{"2.0", "1.0", false},
	}
	for _, test := range tests {
		compiler, okA := parseRust(test.compiler)
		stated, okB := parseRust(test.stated)
		if !okA || !okB || compiler.admits(stated) != test.want {
			t.Errorf("%s admits %s: want %v", test.compiler, test.stated, test.want)
		}
	}
	for _, text := range []string{"", "x", "1.2.3.4", "1..2"} {
		if _, ok := parseRust(text); ok {
			t.Errorf("%q is read", text)
		}
	}
}

func TestInvalidFeatures(t *testing.T) {
	deps := []Dependency{{Name: "plain"}, {Name: "opt", Optional: true}, {Name: "real", Alias: "as", Optional: true}}
	tests := []struct {
		name     string
		features map[string][]string
		valid    bool
	}{
		{"none", nil, true},
		{"all forms", map[string][]string{"a": {"opt", "as/x", "plain/x", "as?/x", "b"}, "b": {"a"}}, true},
		{"dep only", map[string][]string{"a": {"dep:opt", "dep:as"}}, true},
		{"unknown", map[string][]string{"a": {"none"}}, false},
		{"a dependency that is not optional", map[string][]string{"a": {"plain"}}, false},
		{"dep: of one that is not optional", map[string][]string{"a": {"dep:plain"}}, false},
		{"weak of one that is not optional", map[string][]string{"a": {"plain?/x"}}, false},
		{"unknown dependency", map[string][]string{"a": {"none/x"}}, false},
		{"original name of a renamed one", map[string][]string{"a": {"real/x"}}, false},
		{"two slashes", map[string][]string{"a": {"plain/x/y"}}, false},
		{"hidden by dep:", map[string][]string{"a": {"dep:opt"}, "b": {"opt"}}, false},
		{"itself", map[string][]string{"a": {"a"}}, false},
		{"out of reach", map[string][]string{"opt": {}}, false},
	}
	for _, test := range tests {
		if _, err := compile(&Details{Deps: deps, Features: test.features}); (err == nil) != test.valid {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// FuzzParse feeds everything that is parsed here with hostile text.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1.2.3-a.1+b", ">=1, <2", "a/b", "dep:x", "x?/y", "1.70", "*", "0.0.0+00"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if r, err := parseRequirement(a); err == nil {
			if p, ok := parseVersion(b); ok {
				r.matches(&p)
				if p.compare(&p) != 0 {
					t.Errorf("%q differs from itself", b)
				}
			}
		}
		if r, ok := parseRust(a); ok && !r.admits(r) {
			t.Errorf("%q does not admit itself", a)
		}
		deps := []Dependency{{Name: a, Optional: true}, {Name: b}}
		m, err := compile(&Details{Deps: deps, Features: map[string][]string{"default": {a, b}, b: {a + "/" + b}}})
		if err == nil {
			_, _ = m.expand([]string{"default", a}, true)
		}
	})
}
