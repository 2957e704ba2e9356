package modgraph

import (
	"errors"
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	plain := []string{"v1.2.0", "v1.10.0", "v1.9.0", "v0.9.0", "v1.11.0-rc.1", "v1.2.0-rc.1", "v1.3.0-0.20240102030405-0123456789ab", "junk", "v1", "v1.2.3-pre"}
	legacy := []string{"v1.0.0", "v1.1.0", "v2.0.0+incompatible", "v3.1.0+incompatible", "v3.2.0-rc.1+incompatible"}
	early := []string{"v0.1.0-alpha", "v0.1.0-beta"}
	for name, test := range map[string]struct {
		query    string
		versions []string
		skip     string
		modless  bool // the highest compatible version has no go.mod
		want     string
	}{
		"latest":                {"latest", plain, "", false, "v1.10.0"},
		"latest, retracted":     {"latest", plain, "v1.10.0", false, "v1.9.0"},
		"latest, early":         {"latest", early, "", false, "v0.1.0-beta"},
		"major":                 {"v1", plain, "", false, "v1.10.0"},
		"other major":           {"v0", plain, "", false, "v0.9.0"},
		"minor":                 {"v1.2", plain, "", false, "v1.2.0"},
		"minor, retracted":      {"v1.2", plain, "v1.2.0", false, "v1.2.3-pre"},
		"minor is no prefix":    {"v1.1", plain, "", false, ""},
		"minor, early":          {"v0.1", early, "", false, ""},
		"below":                 {"<v1.10.0", plain, "", false, "v1.9.0"},
		"below, short":          {"<v1.2", plain, "", false, "v0.9.0"},
		"at most":               {"<=v1.10.0", plain, "", false, "v1.10.0"},
		"above":                 {">v1.2.0", plain, "", false, "v1.9.0"},
		"at least":              {">=v1.2.0", plain, "", false, "v1.2.0"},
		"at least, short":       {">=v1.3", plain, "", false, "v1.9.0"},
		"above, pre-release":    {">v1.10.0", plain, "", false, "v1.11.0-rc.1"},
		"nothing":               {">v2.0.0", plain, "", false, ""},
		"exact":                 {"v1.2.0", plain, "", false, "v1.2.0"},
		"exact, retracted":      {"v1.2.0", plain, "v1.2.0", false, "v1.2.0"},
		"exact, not listed":     {"v1.7.0", plain, "", false, "v1.7.0"},
		"exact, pre-release":    {"v1.2.0-rc.1", plain, "", false, "v1.2.0-rc.1"},
		"exact, metadata":       {"v1.2.0+build", plain, "", false, "v1.2.0"},
		"exact, pseudo":         {"v1.3.0-0.20240102030405-0123456789ab", plain, "", false, "v1.3.0-0.20240102030405-0123456789ab"},
		"no versions":           {"latest", nil, "", false, ""},
		"incompatible passed":   {"latest", legacy, "", false, "v1.1.0"},
		"incompatible taken":    {"latest", legacy, "", true, "v3.1.0+incompatible"},
		"incompatible alone":    {"latest", legacy[2:], "", false, "v3.1.0+incompatible"},
		"incompatible prefix":   {"v2", legacy, "", false, "v2.0.0+incompatible"},
		"incompatible range":    {"<v3.0.0", legacy, "", false, "v2.0.0+incompatible"},
		"incompatible at least": {">=v1.0.1", legacy, "", false, "v1.1.0"},
		"incompatible exact":    {"v3.1.0", legacy, "", false, "v3.1.0+incompatible"},
		"incompatible in full":  {"v3.1.0+incompatible", legacy, "", false, "v3.1.0+incompatible"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			got, err := Choose(test.query, slices.Clone(test.versions), func(v string) bool { return v == test.skip }, func(string) (bool, error) {
				asked++
				return !test.modless, nil
			})
			if got != test.want || (err == nil) != (test.want != "") || err != nil && !errors.Is(err, ErrNoVersion) {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
			if asked > 1 {
				t.Errorf("HasGoMod is asked %d times", asked)
			}
		})
	}
}

func TestChooseErrors(t *testing.T) {
	for query, text := range map[string]string{
		"master": "not a version query", "0123456789ab": "not a version query", "": "not a version query", "1.2.3": "not a version query",
		"upgrade": "depends on the version in use", "patch": "depends on the version in use",
		"<v1.x": "is not a version such as", ">": "is not a version such as", "<=v1.2": "ambiguous", ">v1": "ambiguous", "==v1.2.3": "is not a comparison",
		"<>v1.2.3": "is not a comparison",
	} {
		if got, err := Choose(query, []string{"v1.2.3"}, nil, nil); err == nil || !matches(err, text) {
			t.Errorf("%q: %q, %v; want %q", query, got, err, text)
		}
	}
	if _, err := Choose("main", nil, nil, nil); !errors.Is(err, ErrRevision) {
		t.Errorf("main: %v", err)
	}
	gone := errors.New("gone")
	_, err := Choose("latest", []string{"v1.0.0", "v2.0.0+incompatible"}, nil, func(string) (bool, error) { return false, gone })
	if !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
}

func TestCanonical(t *testing.T) {
	for name, test := range map[string]struct{ path, version, want, err string }{
		"plain":          {"a.test/b", "v1.2.3", "v1.2.3", ""},
		"metadata":       {"a.test/b", "v1.2.3+meta", "v1.2.3", ""},
		"incompatible":   {"a.test/b", "v3.2.0", "v3.2.0+incompatible", ""},
		"as written":     {"a.test/b", "v3.2.0+incompatible", "v3.2.0+incompatible", ""},
		"suffix":         {"a.test/b/v3", "v3.2.0-rc.1", "v3.2.0-rc.1", ""},
		"gopkg.in":       {"gopkg.in/yaml.v3", "v3.0.1", "v3.0.1", ""},
		"wrong major":    {"a.test/b/v3", "v2.0.0", "", "should be v3, not v2"},
		"no such form":   {"a.test/b/v3", "v3.0.0+incompatible", "", "+incompatible"},
		"v1 only plain":  {"a.test/b", "v1.0.0+incompatible", "", "+incompatible"},
		"short":          {"a.test/b", "v1.2", "", "is not a module version"},
		"no v":           {"a.test/b", "1.2.3", "", "is not a module version"},
		"malformed path": {"a.test/b/v1", "v1.2.3", "", "is not a module version"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Canonical(test.path, test.version)
			if got != test.want || !matches(err, test.err) {
				t.Errorf("%q, %v; want %q, %q", got, err, test.want, test.err)
			}
		})
	}
}

func TestIsPseudo(t *testing.T) {
	for version, want := range map[string]bool{
		"v0.0.0-20240102030405-0123456789ab": true, "v1.2.4-0.20240102030405-0123456789ab": true,
		"v1.2.3-rc.1.0.20240102030405-0123456789ab": true, "v2.0.1-0.20240102030405-0123456789ab+incompatible": true,
		"v1.2.3": false, "v1.2.3-20240102030405": false, "master": false,
	} {
		if IsPseudo(version) != want {
			t.Errorf("%s: %v", version, !want)
		}
	}
}
