//go:build live

package marker

import (
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/peptest"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

const referenceMarkers = `
import json, sys
from packaging.markers import Marker, InvalidMarker, UndefinedComparison, default_environment
from packaging.requirements import Requirement, InvalidRequirement
data = json.load(sys.stdin)
def evaluate(marker, environment, extra):
    try:
        return "1" if marker.evaluate({**environment, "extra": extra}) else "0"
    except UndefinedComparison:
        return "!"
rows = []
for text in data["Markers"]:
    try:
        marker = Marker(text)
    except InvalidMarker:
        rows.append(""); continue
    rows.append("".join(evaluate(marker, e, x) for e in data["Environments"] for x in ("", "test", "dev-x")))
requirements = []
for text in data["Requirements"]:
    try:
        r = Requirement(text)
        requirements.append([r.name, ",".join(sorted({e.lower().replace("_", "-").replace(".", "-") for e in r.extras})), ",".join(sorted(str(s) for s in r.specifier)), r.url or "", "1" if r.marker else ""])
    except InvalidRequirement:
        requirements.append(None)
json.dump({"Rows": rows, "Requirements": requirements, "Own": default_environment()}, sys.stdout)
`

// TestReference compares markers and requirements with the packaging library.
func TestReference(t *testing.T) {
	var input struct {
		Markers, Requirements []string
		Environments          []map[string]string
	}
	var environments []*Environment
	for _, pair := range [][2]string{
		{"3.11", "manylinux_2_28_x86_64"}, {"3.8", "musllinux_1_2_aarch64"}, {"3.13.2", "macosx_14_0_arm64"}, {"3.10", "win_amd64"}, {"pypy3.10", "win32"},
	} {
		target, err := wheel.ParseTarget(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		environment := NewEnvironment(target)
		environments = append(environments, environment)
		input.Environments = append(input.Environments, environment.Values())
	}
	for i := range 3000 {
		input.Markers = append(input.Markers, comparisonText().Example(i), markerText(3).Example(i))
	}
	input.Markers = append(input.Markers, badMarkers...)
	for text := range goodRequirements {
		input.Requirements = append(input.Requirements, text)
	}
	input.Requirements = append(input.Requirements, badRequirements...)
	var want struct {
		Rows         []string
		Requirements [][]string
		Own          map[string]string
	}
	peptest.Python(t, referenceMarkers, input, &want)
	evaluated := 0
	for i, text := range input.Markers {
		evaluated += compareMarker(t, text, want.Rows[i], environments)
	}
	for i, text := range input.Requirements {
		r, err := ParseRequirement(text)
		accepted := want.Requirements[i] != nil
		if (err == nil) != accepted || accepted && NormalizeName(want.Requirements[i][0]) != r.Name || accepted && want.Requirements[i][3] != r.URL {
			t.Errorf("ParseRequirement(%q) = %s, %v; the reference says %v", text, r, err, want.Requirements[i])
		}
	}
	if _, err := EnvironmentOf(want.Own); err != nil {
		t.Errorf("the environment of this machine's interpreter: %v", err)
	}
	t.Logf("%d markers, %d evaluations", len(input.Markers), evaluated)
}

// compareMarker compares one marker, and returns how often it was evaluated. What
// the reference refuses for one of the environments is refused altogether.
func compareMarker(t *testing.T, text, row string, environments []*Environment) int {
	m, err := Parse(text)
	if err != nil {
		for _, answer := range row {
			if answer == '1' {
				t.Errorf("Parse(%q): %v; the reference evaluates it: %s", text, err, row)
				return 0
			}
		}
		return 0
	}
	i := 0
	for _, environment := range environments {
		for _, extras := range [][]string{nil, {"test"}, {"dev-x"}} {
			if i >= len(row) {
				t.Errorf("Parse(%q) accepts what the reference refuses", text)
				return i
			}
			if got := m.Eval(environment, extras); row[i] != '!' && got != (row[i] == '1') {
				t.Errorf("%q in %v with %v: %v", text, environment.Values(), extras, got)
				return i
			}
			i++
		}
	}
	return i
}
