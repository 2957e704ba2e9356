package crate

import (
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, row := range []struct {
		name, registry, crate string
		ok                    bool
	}{
		{"serde", "", "serde", true},
		{"Bar_Baz-2", "", "Bar_Baz-2", true},
		{"registry.example_team/serde", "registry.example_team", "serde", true},
		{"", "", "", false},
		{"-x", "", "-x", false},
		{"a.b", "", "a.b", false},
		{"a/b/c", "a", "b/c", false},
		{"/a", "", "", false},
		{"a/", "a", "", false},
		{"../a", "", "", false},
		{"Upper/a", "", "", false},
		{"é", "", "é", false},
		{strings.Repeat("a", 97), "", strings.Repeat("a", 97), false},
	} {
		registry, crate, ok := Split(row.name)
		if registry != row.registry || crate != row.crate || ok != row.ok {
			t.Errorf("Split(%q) = %q, %q, %t", row.name, registry, crate, ok)
		}
		if ok && Join(registry, crate) != row.name {
			t.Errorf("Join(%q, %q) is not %q", registry, crate, row.name)
		}
	}
}

func TestIndexPath(t *testing.T) {
	for name, want := range map[string]string{
		"a": "1/a", "Ab": "2/ab", "AbC": "3/a/abc", "Foo-Lib": "fo/o-/foo-lib", "abcd": "ab/cd/abcd", "": "",
	} {
		if got := IndexPath(name); got != want {
			t.Errorf("IndexPath(%q) = %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{"a": "1", "Ab": "2", "AbC": "3/A", "Foo-Lib": "Fo/o-"} {
		if got := Prefix(name); got != want {
			t.Errorf("Prefix(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestParseSource(t *testing.T) {
	for _, row := range []struct {
		text     string
		protocol Protocol
		address  string
	}{
		{"", Path, ""},
		{"sparse+https://registry.example/index/", Sparse, "https://registry.example/index/"},
		{"registry+https://registry.example/git", Git, "https://registry.example/git"},
		{"https://registry.example/a+b", Git, "https://registry.example/a+b"},
		{"git+https://git.example/x?branch=a+b#0123", GitDep, "https://git.example/x?branch=a+b#0123"},
		{"path+file:///x", Path, "file:///x"},
		{"directory+file:///x", Other, "directory+file:///x"},
	} {
		if protocol, address := ParseSource(row.text); protocol != row.protocol || address != row.address {
			t.Errorf("ParseSource(%q) = %q, %q", row.text, protocol, address)
		}
	}
}

func TestRegistryOf(t *testing.T) {
	seen := map[string]string{}
	for address, want := range map[string]string{
		"https://registry.example":                "registry.example",
		"https://registry.example/team/index/":    "registry.example_team_index",
		"https://Registry.Example/index":          "registry.example_index",
		"file:///srv/registry":                    "srv_registry",
		"https://registry.example:8443/index":     "registry.example-8443_index-",
		"https://registry.example/a_b":            "registry.example_a-b-",
		"https://registry.example/a/b":            "registry.example_a_b",
		"https://registry.example/" + long + "/x": "registry.example_aaa",
	} {
		got, ok := RegistryOf(address)
		if !ok || !strings.HasPrefix(got, want) || !strings.HasSuffix(want, "-") && len(want) > 30 {
			t.Errorf("RegistryOf(%.60q) = %q, %t, want %q…", address, got, ok, want)
		}
		if other, twice := seen[got]; twice {
			t.Errorf("%s and %s have one name", address, other)
		}
		seen[got] = address
		if _, _, valid := Split(got + "/x"); !valid {
			t.Errorf("%q is no name of a registry", got)
		}
	}
	for _, address := range []string{"", "x", "mailto:x@registry.example", "https://", "https:///x", "%"} {
		if got, ok := RegistryOf(address); ok {
			t.Errorf("RegistryOf(%q) = %q", address, got)
		}
	}
}

var long = strings.Repeat("a", 200)

func TestValidVersion(t *testing.T) {
	for text, want := range map[string]bool{
		"1.2.3": true, "0.0.0": true, "1.0.0-alpha.1": true, "1.0.0+20170512": true, "1.0.0-rc.1+b-1.2": true,
		"": false, "1": false, "1.2": false, "1.2.3.4": false, "v1.2.3": false, "01.2.3": false, "1.2.3-": false, "1.2.3+": false,
		"1.2.3-a..b": false, "1.2.3/..": false, "\t1.2.3": false, "1.2.x": false,
	} {
		if got := ValidVersion(text); got != want {
			t.Errorf("ValidVersion(%q) = %t", text, got)
		}
	}
}

func TestCompare(t *testing.T) {
	ascending := []string{
		"nonsense", "0.0.1", "0.1.0-alpha", "0.1.0-alpha.2", "0.1.0-alpha.10", "0.1.0", "1.0.4", "1.0.4+5", "1.0.4+20161212", "1.0.4+20170512",
		"1.0.4+20170512.1", "1.0.4+a", "1.0.4+b", "1.2.0", "1.10.0", "10.0.0",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			if got, want := Compare(a, b), i-j; (got < 0) != (want < 0) || (got > 0) != (want > 0) {
				t.Errorf("Compare(%q, %q) = %d", a, b, got)
			}
		}
	}
	shuffled := slices.Clone(ascending)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, Compare)
	if !slices.Equal(shuffled, ascending) {
		t.Errorf("sorted: %v", shuffled)
	}
}

func TestRange(t *testing.T) {
	for _, row := range []struct {
		text, yes, no string
	}{
		{"1.2.3", "1.2.3 1.9.0 1.2.3+x", "1.2.2 2.0.0 1.3.0-alpha"},
		{"0.2.3", "0.2.3 0.2.9", "0.3.0"},
		{"0.0.3", "0.0.3", "0.0.4"},
		{"~1.2.3", "1.2.9", "1.3.0"},
		{"1.2.*", "1.2.0", "1.3.0"},
		{"", "0.0.1 9.9.9", "1.0.0-alpha"},
		{"*", "0.0.1 9.9.9", "1.0.0-alpha"},
		{">= 1, < 3", "2.9.9", "3.0.0"},
		{"= 0.3.21", "0.3.21", "0.3.22"},
		{"1.0.0-alpha", "1.0.0-beta 1.0.0 1.2.0", "1.0.1-alpha"},
	} {
		r, err := ParseRange(row.text)
		if err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		for version := range strings.FieldsSeq(row.yes) {
			if !r.Matches(version) {
				t.Errorf("%q does not match %s", row.text, version)
			}
		}
		for version := range strings.FieldsSeq(row.no) {
			if r.Matches(version) {
				t.Errorf("%q matches %s", row.text, version)
			}
		}
	}
	for _, text := range []string{"foo", "1.2.3.4.5", ">>1"} {
		if _, err := ParseRange(text); err == nil {
			t.Errorf("%q is a requirement", text)
		}
	}
}
