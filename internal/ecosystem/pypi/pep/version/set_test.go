package version

import (
	"cmp"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestReferenceTable compares with what the reference implementation answered.
func TestReferenceTable(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")[2:]
	var versions []Version
	for text := range strings.SplitSeq(lines[0], " ") {
		versions = append(versions, MustParse(text))
	}
	for i, v := range versions {
		for j, w := range versions {
			if got := v.Compare(w); got != cmp.Compare(i, j) {
				t.Errorf("Compare(%s, %s) = %d", v, w, got)
			}
		}
	}
	for _, line := range lines[1:] {
		text, bits, _ := strings.Cut(line, "\t")
		set, err := ParseSpecifiers(text)
		if err != nil {
			t.Errorf("ParseSpecifiers(%q): %v", text, err)
			continue
		}
		for i, v := range versions {
			want := bits[i] == '1'
			if got := set.Contains(v, true); got != want {
				t.Errorf("%q contains %s: %v", text, v, got)
			}
			if got := set.Contains(v, false); got != (want && !v.IsPrerelease()) {
				t.Errorf("%q contains %s without pre-releases: %v", text, v, got)
			}
		}
	}
}

func TestParseSpecifiers(t *testing.T) {
	for _, row := range []struct {
		text, want    string
		names, pinned bool
	}{
		{text: "", want: ""},
		{text: " , ", want: ""},
		{text: " >= 1.0 , < 2 ", want: ">=1.0,<2"},
		{text: "==1.0.*", want: "==1.0.*"},
		{text: "==1.0", want: "==1.0", pinned: true},
		{text: "===1.0-Foo", want: "===1.0-foo", pinned: true},
		{text: ">=1.0-RC1", want: ">=1.0rc1", names: true},
		{text: "!=1.0rc1", want: "!=1.0rc1"},
		{text: "==1.0.dev1", want: "==1.0.dev1", names: true, pinned: true},
		{text: "~=2.2.post3,", want: "~=2.2.post3"},
		{text: "==v1.0+Cpu_01", want: "==1.0+cpu.1", pinned: true},
	} {
		set, err := ParseSpecifiers(row.text)
		if err != nil || set.String() != row.want || set.NamesPrerelease() != row.names || set.IsPinned() != row.pinned || set.IsAny() != (row.want == "") {
			t.Errorf("ParseSpecifiers(%q) = %q, names %v, pinned %v, %v", row.text, set, set.NamesPrerelease(), set.IsPinned(), err)
		}
	}
}

func TestParseSpecifiersRefuses(t *testing.T) {
	for text, why := range map[string]string{
		"1.0": "no operator", "=1.0": "no operator", "==": "1 to 256", "==*": "begins with a number", ">=1.*": "for == and != alone",
		"==1.0a1.*": "numbers of a release", "==1.0+a.*": "numbers of a release", ">=1.0+a": "local version", "~=1": "two numbers", "~=1.0.*": "for == and",
		">=1 <2": "unexpected", "===": "without blanks", "===a b": "without blanks", ">=1.0;": "unexpected", "==1.*.*": "unexpected",
		strings.Repeat(">=1,", maxClauses): "longer than", strings.Repeat(" ", MaxSet+1): "longer than",
	} {
		if set, err := ParseSpecifiers(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("ParseSpecifiers(%q) = %q, %v; want an error with %q", text, set, err, why)
		}
	}
}

func TestArbitraryEquality(t *testing.T) {
	set, err := ParseSpecifiers("===2004d-Legacy")
	if err != nil || !set.ContainsText("2004D-LEGACY") || set.ContainsText("2004") || set.Contains(MustParse("2004"), true) || !set.Ranges().IsEmpty() {
		t.Errorf("===2004d-Legacy: %v, %v", set.Ranges(), err)
	}
	set, err = ParseSpecifiers("===1.0,>=1")
	if err != nil || !set.Contains(MustParse("1.0"), false) || set.Contains(MustParse("1.0.0"), false) || set.ContainsText("1.0") {
		t.Errorf("===1.0: %v", err)
	}
	if !set.Ranges().Contains(MustParse("1.0.0")) {
		t.Error("the ranges of ===1.0 hold what is equal to it")
	}
}

// TestAnd proves that the clauses of both count, and that no set changes another.
func TestAnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawSet(t), drawSet(t), drawSet(t)
		ab, ac := a.And(b), a.And(c)
		again, err := ParseSpecifiers(ab.String())
		if err != nil || again.String() != ab.String() || !again.Ranges().Equal(ab.Ranges()) || again.NamesPrerelease() != ab.NamesPrerelease() {
			t.Fatalf("(%s).And(%s) = %s: %v", a, b, ab, err)
		}
		for _, v := range drawVersions(t) {
			if ab.Contains(v, true) != (a.Contains(v, true) && b.Contains(v, true)) || ac.Contains(v, true) != (a.Contains(v, true) && c.Contains(v, true)) {
				t.Fatalf("(%s).And(%s) contains %s: %v", a, b, v, ab.Contains(v, true))
			}
		}
	})
}

func drawSet(t *rapid.T) Set {
	for {
		set, err := ParseSpecifiers(strings.Join(rapid.SliceOfN(clauseText(), 0, 2).Draw(t, "clauses"), ","))
		if err == nil {
			return set
		}
	}
}

func drawVersions(t *rapid.T) []Version {
	var versions []Version
	for _, text := range rapid.SliceOfN(localText(), 1, 20).Draw(t, "versions") {
		versions = append(versions, MustParse(text))
	}
	return versions
}

func FuzzParseSpecifiers(f *testing.F) {
	for _, seed := range []string{">=1.0,<2", "==1.*", "~=1.0a1", "===x", "!=1.0+a", "<0", ">1.0.post1"} {
		f.Add(seed, "1.0")
	}
	f.Fuzz(func(t *testing.T, text, candidate string) {
		set, err := ParseSpecifiers(text)
		if err != nil {
			return
		}
		again, err := ParseSpecifiers(set.String())
		if err != nil || !again.Ranges().Equal(set.Ranges()) || again.String() != set.String() {
			t.Fatalf("%q reads as %q, and that as %q, %v", text, set, again, err)
		}
		if v, err := Parse(candidate); err == nil && set.Contains(v, true) && !set.Ranges().Contains(v) {
			t.Fatalf("%q contains %q and its ranges do not", set, v)
		}
		_ = set.Ranges().String()
	})
}
