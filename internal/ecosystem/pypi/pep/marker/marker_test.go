package marker

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

var badMarkers = []string{
	"", "os_name", "os_name ==", "== 'nt'", "os_name = 'nt'", "os_name == 'nt' and", "os_name == 'nt' or or os_name == 'x'", "(os_name == 'nt'", "os_name == 'nt')", "foo == 'nt'", "os_name == \"nt'",
	"os_name == nt", "os_name not 'nt'", "os_name == 'nt' 'x'", "not os_name == 'nt'", "os_name == 'nt' && os_name == 'x'", "()", "python == '3'", "OS_NAME == 'nt'", "os__name == 'nt'",
}

func environment(t testing.TB, python, platform string) *Environment {
	t.Helper()
	target, err := wheel.ParseTarget(python, platform)
	if err != nil {
		t.Fatal(err)
	}
	return NewEnvironment(target)
}

func TestEval(t *testing.T) {
	env := environment(t, "3.11.7", "manylinux_2_28_x86_64")
	for text, want := range map[string]bool{
		`python_version >= "3.8"`: true, `python_version < "3.11"`: false, `python_version == "3.11"`: true, `python_version == "3.11.*"`: true, `python_version ~= "3.8"`: true,
		`python_version > "3.9"`: true, // as versions, not as texts
		`"3.9" < python_version`: true, `"3.11" in python_version`: true, `python_version in "3.9 3.11"`: true, `python_version not in "2.7"`: true,
		`python_full_version < "3.11.8"`: true, `python_full_version == "3.11"`: false, `python_full_version >= "3.11.7rc1"`: true, `python_full_version === "3.11.7"`: true,
		`implementation_version == "3.11.7"`: true, `python_version >= "abc"`: false, `python_version != "abc"`: true,
		`os_name == "posix"`: true, `os.name == "posix"`: true, `sys.platform == "linux"`: true, `os_name == "POSIX"`: false, `os_name != "nt"`: true,
		`os_name < "zzz"`: false, `os_name >= "posix"`: true, `os_name <= "posix"`: true, `os_name > "a"`: false, `"lin" in sys_platform`: true, `sys_platform in "linux darwin"`: true,
		`platform_python_implementation == "CPython"`: true, `python_implementation == "CPython"`: true, `platform_machine == "x86_64"`: true, `platform_release >= "1"`: false,
		`os_name == "nt" or os_name == "posix" and sys_platform == "win32"`: false, `(os_name == "nt" or os_name == "posix") and sys_platform == "linux"`: true,
		`os_name == "posix" or os_name == "nt" and sys_platform == "win32"`: true,
		`extra == "x"`: false, `extra != "x"`: true, `extra == ""`: true, `"x" in extras`: false, `"x" not in extras`: true, `"g" in dependency_groups`: false,
	} {
		if m, err := Parse(text); err != nil || m.Eval(env, nil) != want {
			t.Errorf("Parse(%q): %v; Eval is not %v", text, err, want)
		}
	}
	if m := (Marker{}); !m.Eval(env, nil) || m.String() != "" || !m.IsAlways() || Never().Eval(env, nil) || !Never().IsNever() {
		t.Error("the zero Marker is true and Never is false")
	}
}

func TestEvalExtras(t *testing.T) {
	env := environment(t, "3.11", "win_amd64")
	for text, want := range map[string]bool{
		`extra == "Test_It"`: true, `extra == "docs"`: true, `extra == "other"`: false, `extra == "docs" and extra == "test-it"`: true, `extra != "docs"`: false, `extra != "other"`: true,
		`"docs" == extra`: true, `"TEST.it" in extras`: true, `"other" not in extras`: true, `"dev" in dependency_groups`: true, `"docs" in dependency_groups`: false, `extra in "docs other"`: true,
		`extra == "other" or sys_platform == "win32"`: true, `extra == ""`: false, `extra > "a"`: false,
	} {
		if m, err := Parse(text); err != nil || m.EvalLock(env, []string{"docs", "test-it"}, []string{"dev"}) != want {
			t.Errorf("Parse(%q): %v; Eval is not %v", text, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range append(badMarkers, strings.Repeat("(", maxDepth+2)+"os_name == 'nt'"+strings.Repeat(")", maxDepth+2), strings.Repeat(" ", maxMarker+1)) {
		if m, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %q", text, m)
		}
	}
}

func TestEnvironments(t *testing.T) {
	for _, row := range []struct{ python, platform, want string }{
		{"3.11", "manylinux_2_28_x86_64", "cpython 3.11.0 posix x86_64 CPython  Linux  3.11.0 3.11 linux"},
		{"3.13.2", "macosx_14_0_arm64", "cpython 3.13.2 posix arm64 CPython 23.0.0 Darwin  3.13.2 3.13 darwin"},
		{"3.9", "macosx_10_15_x86_64", "cpython 3.9.0 posix x86_64 CPython 19.0.0 Darwin  3.9.0 3.9 darwin"},
		{"3.13", "macosx_26_0_arm64", "cpython 3.13.0 posix arm64 CPython 25.0.0 Darwin  3.13.0 3.13 darwin"},
		{"3.10", "win_amd64", "cpython 3.10.0 nt AMD64 CPython  Windows  3.10.0 3.10 win32"},
		{"3.10", "win32", "cpython 3.10.0 nt x86 CPython  Windows  3.10.0 3.10 win32"},
		{"3.12", "win_arm64", "cpython 3.12.0 nt ARM64 CPython  Windows  3.12.0 3.12 win32"},
		{"pypy3.10", "musllinux_1_2_aarch64", "pypy 7.3.0 posix aarch64 PyPy  Linux  3.10.0 3.10 linux"},
	} {
		values := environment(t, row.python, row.platform).Values()
		names := slices.Sorted(maps.Keys(values))
		var got []string
		for _, name := range names {
			got = append(got, values[name])
		}
		if len(names) != 11 || strings.Join(got, " ") != row.want {
			t.Errorf("%s on %s: %v", row.python, row.platform, values)
		}
		again, err := EnvironmentOf(values)
		if err != nil || *again != *environment(t, row.python, row.platform) {
			t.Errorf("EnvironmentOf(%v): %v", values, err)
		}
	}
	values := environment(t, "3.11", "win_amd64").Values()
	values["python_full_version"] = "3.11.2+"
	if env, err := EnvironmentOf(values); err != nil || env.PythonVersion().String() != "3.11.2+local" {
		t.Errorf("an interpreter between releases: %v", err)
	}
	values["colour"] = "blue"
	if _, err := EnvironmentOf(values); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("EnvironmentOf with an unknown field: %v", err)
	}
	delete(values, "colour")
	delete(values, "os_name")
	if _, err := EnvironmentOf(values); err == nil || !strings.Contains(err.Error(), "os_name") {
		t.Errorf("EnvironmentOf with a missing field: %v", err)
	}
}

func TestCombine(t *testing.T) {
	parse := func(text string) Marker {
		m, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	a, b, c := parse("os_name == 'a'"), parse("os_name == 'b'"), parse("os_name == 'c'")
	for _, row := range []struct {
		m    Marker
		want string
	}{
		{a.And(b), `os_name == "a" and os_name == "b"`},
		{a.Or(b).And(c), `(os_name == "a" or os_name == "b") and os_name == "c"`},
		{a.And(b).Or(c), `os_name == "a" and os_name == "b" or os_name == "c"`},
		{a.And(b.And(a)), `os_name == "a" and os_name == "b"`},
		{a.And(a), `os_name == "a"`},
		{a.And(Marker{}), `os_name == "a"`},
		{a.Or(Marker{}), ""},
		{a.Or(Never()), `os_name == "a"`},
		{a.And(Never()), `python_version < "0"`},
	} {
		if row.m.String() != row.want {
			t.Errorf("combined: %q, want %q", row.m, row.want)
		}
	}
	m := parse(`(sys_platform == "linux" and extra == "b") or python_version < "3.9" or "A_a" in extras`)
	if strings.Join(m.Fields(), " ") != "extra extras python_version sys_platform" || strings.Join(m.Extras(), " ") != "a-a b" {
		t.Errorf("fields %v, extras %v", m.Fields(), m.Extras())
	}
	env := environment(t, "3.11", "manylinux_2_28_x86_64")
	if got := m.Reduce(env).String(); got != `extra == "b" or "a-a" in extras` {
		t.Errorf("Reduce: %q", got)
	}
	if got := m.WithExtras([]string{"b"}).String(); got != `sys_platform == "linux" or python_version < "3.9"` {
		t.Errorf("WithExtras: %q", got)
	}
	if !m.WithExtras([]string{"a-a"}).IsAlways() || !parse("os_name == 'nt'").Reduce(env).IsNever() {
		t.Error("what is decided altogether is always or never true")
	}
}

// TestMarkersKeepTheirMeaning proves that the normal form, combination and
// reduction change no answer.
func TestMarkersKeepTheirMeaning(t *testing.T) {
	environments := []*Environment{environment(t, "3.11", "manylinux_2_28_x86_64"), environment(t, "3.8.1", "win_amd64"), environment(t, "pypy3.10", "macosx_14_0_arm64")}
	rapid.Check(t, func(t *rapid.T) {
		draw := func() Marker {
			for {
				if m, err := Parse(markerText(3).Draw(t, "marker")); err == nil {
					return m
				}
			}
		}
		a, b := draw(), draw()
		env := rapid.SampledFrom(environments).Draw(t, "environment")
		extras := rapid.SampledFrom([][]string{nil, {"test"}, {"dev-x", "test"}}).Draw(t, "extras")
		x, y := a.Eval(env, extras), b.Eval(env, extras)
		again, err := Parse(a.String())
		if err != nil && !a.IsAlways() {
			t.Fatalf("%q: %v", a, err)
		}
		for name, pair := range map[string][2]bool{
			"text": {again.Eval(env, extras), x}, "and": {a.And(b).Eval(env, extras), x && y}, "or": {a.Or(b).Eval(env, extras), x || y},
			"reduced": {a.Reduce(env).Eval(environments[0], extras), x}, "with extras": {a.WithExtras(extras).Eval(env, nil), x},
		} {
			if pair[0] != pair[1] {
				t.Fatalf("a = %s, b = %s, with %v: %s is %v", a, b, extras, name, pair[0])
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for i := range 50 {
		f.Add(markerText(2).Example(i))
	}
	for _, text := range badMarkers {
		f.Add(text)
	}
	env := environment(f, "3.11", "manylinux_2_28_x86_64")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(m.String())
		if err != nil || again.String() != m.String() || again.Eval(env, nil) != m.Eval(env, nil) {
			t.Fatalf("%q reads as %q, and that as %q, %v", text, m, again, err)
		}
	})
}

func BenchmarkParseRequirement(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseRequirement(`urllib3[socks]<3,>=1.21.1; python_version >= "3.8" and extra == "socks"`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEval(b *testing.B) {
	env := environment(b, "3.11", "manylinux_2_28_x86_64")
	m, err := Parse(`python_version >= "3.8" and sys_platform != "win32" or extra == "socks"`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !m.Eval(env, nil) {
			b.Fatal("false")
		}
	}
}
