//go:build live

package version

import (
	"cmp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/peptest"
)

const reference = `
import json, sys
from packaging.version import Version, InvalidVersion
from packaging.specifiers import SpecifierSet, InvalidSpecifier
data = json.load(sys.stdin)
normal, parsed = [], []
for text in data["Versions"]:
    try:
        v = Version(text); parsed.append(v); normal.append(str(v))
    except InvalidVersion:
        parsed.append(None); normal.append("")
ranks = {v: i for i, v in enumerate(sorted({v for v in parsed if v is not None}))}
rows, names = [], []
for text in data["Sets"]:
    try:
        s = SpecifierSet(text)
    except InvalidSpecifier:
        rows.append(None); names.append(False); continue
    names.append(bool(s.prereleases))
    rows.append(["".join("1" if v is not None and s.contains(v, prereleases=p) else "0" for v in parsed) for p in (False, True)])
json.dump({"Normal": normal, "Ranks": [-1 if v is None else ranks[v] for v in parsed], "Rows": rows, "Names": names,
           "Pre": [v is not None and v.is_prerelease for v in parsed]}, sys.stdout)
`

// TestReference compares everything with the reference implementation: which texts
// are versions and specifiers, their order, and what is in which set.
func TestReference(t *testing.T) {
	var input struct{ Versions, Sets []string }
	for i := range 300 {
		text := localText().Example(i)
		input.Versions = append(input.Versions, text, text+"x", strings.ToUpper(text))
	}
	for i := range 500 {
		input.Sets = append(input.Sets, clauseText().Example(i))
		clauses := rapid.SliceOfN(clauseText(), 0, 3).Example(i)
		input.Sets = append(input.Sets, strings.Join(clauses, ","))
	}
	input.Versions = append(input.Versions, "", "1.", "1..0", "1.0+", "1.0+a..b", "1.0-", "1.0--1", "1.0a-", "1.0a-.dev", " 1 ", "1 0", "١", "1.0+é", "1!", "!1", "1.0post-1", "1.0-1-1", "1.0.post.post")
	input.Sets = append(input.Sets, "", ",", ">=1,,<2", ">= 1 , < 2", ">=1.*", "~=1", "1.0", "==1.0.*.*", "==*", "~=1.0.*", "===1.0.*", "===x y", "=== 1.0", "<0", ">=0.dev0", "<0.dev0", "=1", "==1.0a.*", ">1.0+a")
	var want struct {
		Normal []string
		Ranks  []int
		Rows   [][]string
		Names  []bool
		Pre    []bool
	}
	peptest.Python(t, reference, input, &want)
	versions := compareVersions(t, input.Versions, want.Normal, want.Ranks, want.Pre)
	pairs, accepted := 0, 0
	for i, text := range input.Sets {
		set, err := ParseSpecifiers(text)
		if (err == nil) != (want.Rows[i] != nil) {
			t.Errorf("ParseSpecifiers(%q): %v; the reference accepts it: %v", text, err, want.Rows[i] != nil)
		}
		if err != nil || want.Rows[i] == nil {
			continue
		}
		accepted++
		if set.NamesPrerelease() != want.Names[i] {
			t.Errorf("%q: names a pre-release: %v", text, set.NamesPrerelease())
		}
		for row, prereleases := range []bool{false, true} {
			for j, v := range versions {
				pairs++
				if got := !v.IsZero() && set.Contains(v, prereleases); got != (want.Rows[i][row][j] == '1') {
					t.Errorf("%q contains %q with pre-releases %v: %v", text, input.Versions[j], prereleases, got)
				}
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d texts of versions, %d of sets (%d accepted), %d pairs", len(versions), len(input.Sets), accepted, pairs)
}

func compareVersions(t *testing.T, texts, normal []string, ranks []int, pre []bool) []Version {
	versions := make([]Version, len(texts))
	for i, text := range texts {
		v, err := Parse(text)
		if (err == nil) != (normal[i] != "") || v.String() != normal[i] || v.IsPrerelease() != pre[i] {
			t.Errorf("Parse(%q) = %q, %v; want %q", text, v, err, normal[i])
		}
		versions[i] = v
	}
	for i, v := range versions {
		for j, w := range versions {
			if v.IsZero() || w.IsZero() {
				continue
			}
			if got, want := v.Compare(w), cmp.Compare(ranks[i], ranks[j]); got != want {
				t.Fatalf("Compare(%q, %q) = %d, want %d", v, w, got, want)
			}
		}
	}
	return versions
}
