package modgraph

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const dependency = `// Deprecated: use
// example.test/new instead.
module example.test/old

go 1.22.3

toolchain go1.24.0

require example.test/a v1.0.0
require (
	"example.test/b" v0.0.0-20240102030405-0123456789ab // indirect
	example.test/c v2.0.0+incompatible
	example.test/a v1.0.0 // again
)

retract (
	v1.0.1 // a secret	got in
	[v1.1.0, v1.2.0] // broken
)

exclude example.test/a v1.5.0
replace example.test/a => ./a
tool example.test/a/cmd
future (
	x y
)
`

func TestParse(t *testing.T) {
	want := Module{
		Path: "example.test/old", Go: "1.22.3", Deprecated: "use example.test/new instead.",
		Require: []Require{
			{"example.test/a", "v1.0.0", false},
			{"example.test/b", "v0.0.0-20240102030405-0123456789ab", true},
			{"example.test/c", "v2.0.0+incompatible", false},
			{"example.test/a", "v1.0.0", false},
		},
		Retract: []Retract{{"v1.0.1", "v1.0.1", "a secret got in"}, {"v1.1.0", "v1.2.0", "broken"}},
	}
	got, err := Parse([]byte(dependency))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the module (-want +got):\n%s", diff)
	}
	checkJSON(t, got, `"require":["example.test/a v1.0.0","example.test/b v0.0.0-20240102030405-0123456789ab indirect",`)
}

func checkJSON(t *testing.T, m Module, part string) {
	t.Helper()
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), part) {
		t.Errorf("%s has no %s", data, part)
	}
	var back Module
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, back); diff != "" {
		t.Errorf("through JSON (-want +got):\n%s", diff)
	}
}

func TestParseForms(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want Module
		err  string
	}{
		"empty":         {"", Module{}, ""},
		"synthetic":     {"module a.test/b\n", Module{Path: "a.test/b", Synthetic: true}, ""},
		"written":       {"module a.test/b\n\ngo 1.11\n", Module{Path: "a.test/b", Go: "1.11"}, ""},
		"loose go line": {"module a.test\ngo 1.9.x\n", Module{Path: "a.test", Go: "1.9"}, ""},
		"odd name":      {"module \"a\\xff\\x1b b\"\n", Module{Path: "a�� b"}, ""},
		"odd retraction": {
			"module a.test\nretract [junk, v1.2.0]\nretract [v1.0.0, junk]\n",
			Module{Path: "a.test", Retract: []Retract{{High: "v1.2.0"}}},
			"",
		},
		"control":         {"module a.test // Deprecated: \x1b[31mno\n", Module{Path: "a.test", Deprecated: "�[31mno"}, ""},
		"branch":          {"module a.test\nrequire b.test master\n", Module{}, `go.mod of a dependency: go.mod:2: require b.test: version "master" invalid: must be of the form v1.2.3`},
		"major":           {"module a.test\nrequire b.test v2.0.0\n", Module{}, `version "v2.0.0" invalid: should be v0 or v1, not v2`},
		"hostile path":    {"module a.test\nrequire \"../../b\" v1.0.0\n", Module{}, "a required module: malformed import path"},
		"terminal escape": {"module a.test\nrequire \"b\\x1b[31m.test\" v1.0.0\n", Module{}, "a required module: malformed import path"},
		"page":            {"<!DOCTYPE html>\n<html>\n", Module{}, ""},
		"too large":       {strings.Repeat("\n", MaxSize+1), Module{}, "16777217 bytes, more than the 16777216"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(test.text))
			if !matches(err, test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the module (-want +got):\n%s", diff)
			}
		})
	}
}

// matches reports whether err contains text; no text means no error.
func matches(err error, text string) bool {
	if err == nil || text == "" {
		return err == nil && text == ""
	}
	return strings.Contains(err.Error(), text)
}

func TestParseMain(t *testing.T) {
	got, err := ParseMain("go.mod", []byte(strings.Replace(dependency, "future (\n\tx y\n)\n", "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if got.Toolchain != "go1.24.0" || len(got.Require) != 4 || len(got.Retract) != 2 {
		t.Errorf("got %+v", got)
	}
	want := Module{
		Replace: []Replace{{Old: Version{Path: "example.test/a"}, New: Version{Path: "./a"}}},
		Exclude: []Version{{Path: "example.test/a", Version: "v1.5.0"}},
		Tool:    []string{"example.test/a/cmd"},
	}
	if diff := cmp.Diff(want, Module{Replace: got.Replace, Exclude: got.Exclude, Tool: got.Tool}); diff != "" {
		t.Errorf("the main module's lines (-want +got):\n%s", diff)
	}
	checkJSON(t, got, `"replace":[{"old":{"Path":"example.test/a"},"new":{"Path":"./a"}}]`)
}

func TestParseMainErrors(t *testing.T) {
	for name, test := range map[string]struct{ text, err string }{
		"empty":        {"", "app/go.mod: no module line"},
		"unknown line": {"module a.test\nfuture x\n", "app/go.mod:2: unknown directive: future"},
		"go line":      {"module a.test\ngo 1.x\n", "app/go.mod:2: invalid go version '1.x'"},
		"two faults":   {"module a.test\nrequire b.test master\nrequire c.test\n", "app/go.mod:3: usage: require"},
		"reserved":     {"module go\n", `app/go.mod:1: the module path "go" is reserved`},
		"bad path":     {"module a..b/../c\n", "app/go.mod:1: malformed import path"},
		"bad require":  {"module a.test\n\nrequire \"b;c\" v1.0.0\n", "app/go.mod:3: require: malformed import path"},
		"bad tool":     {"module a.test\ntool \"b;c\"\n", "app/go.mod:2: tool: malformed import path"},
		"contradiction": {
			"module a.test\nreplace b.test => ./b\nreplace b.test => ./b\nreplace b.test => ./c\n",
			"app/go.mod:4: b.test is replaced by ./b and by ./c; keep one of the lines",
		},
		"too large": {strings.Repeat("\n", MaxSize+1), "app/go.mod: 16777217 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseMain("app/go.mod", []byte(test.text)); !matches(err, test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
		})
	}
}

func TestParseWork(t *testing.T) {
	full := Work{
		Go: "1.22", Toolchain: "go1.23.1", Use: []string{".", "./tools"},
		Replace: []Replace{{Old: Version{Path: "a.test", Version: "v1.0.0"}, New: Version{Path: "b.test", Version: "v1.1.0"}}},
	}
	for name, test := range map[string]struct {
		text string
		want Work
		err  string
	}{
		"all":           {"go 1.22\ntoolchain go1.23.1\nuse (\n\t.\n\t./tools\n)\nreplace a.test v1.0.0 => b.test v1.1.0\n", full, ""},
		"empty":         {"", Work{}, ""},
		"twice":         {"use ./a\nuse ./a/\n", Work{}, "go.work:2: use ./a/ is there twice"},
		"contradiction": {"replace a.test => ./b\nreplace a.test => ./c\n", Work{Replace: nil}, "go.work:2: a.test is replaced by ./b and by ./c"},
		"unknown":       {"require a.test v1.0.0\n", Work{}, "go.work:1: unknown directive: require"},
		"too large":     {strings.Repeat("\n", MaxSize+1), Work{}, "go.work: 16777217 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseWork("go.work", []byte(test.text))
			if !matches(err, test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); err == nil && diff != "" {
				t.Errorf("the workspace (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRequireText(t *testing.T) {
	for _, text := range []string{"", "a.test", "a.test 1.0.0", "a.test v1", "a.test v1.0.0 direct", " v1.0.0", "a.test v1.0.0 indirect more", "a.test  v1.0.0"} {
		var r Require
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, r)
		}
	}
}

func TestRetracted(t *testing.T) {
	m := Module{Retract: []Retract{{"v1.0.0", "v1.2.0", "broken"}, {"v1.5.0", "v1.5.0", ""}}}
	for version, want := range map[string]bool{
		"v0.9.0": false, "v1.0.0-rc.1": false, "v1.0.0": true, "v1.1.9": true, "v1.2.0": true, "v1.2.1": false, "v1.5.0": true,
	} {
		rationale, got := m.Retracted(version)
		if got != want || rationale != "" && rationale != "broken" {
			t.Errorf("%s: %v %q, want %v", version, got, rationale, want)
		}
	}
}

// FuzzParse checks that what is read of a go.mod is bounded and survives JSON.
func FuzzParse(f *testing.F) {
	f.Add([]byte(dependency))
	f.Add([]byte("module a.test\n"))
	f.Add([]byte("go 1.21\nuse ./a\nreplace a => b v1.0.0\n"))
	f.Add([]byte("module \"a\" // Deprecated: x\nretract [v1.0.0, v2.0.0]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err == nil {
			checkParsed(t, m)
		}
		if main, err := ParseMain("go.mod", data); err == nil && main.Path == "" {
			t.Error("a main module without a path")
		}
		if _, err := ParseWork("go.work", data); err != nil && len(err.Error()) == 0 {
			t.Error("an error that says nothing")
		}
	})
}

func checkParsed(t *testing.T, m Module) {
	t.Helper()
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Module
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	again, err := json.Marshal(back)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("%s becomes %s, %v", data, again, err)
	}
	if bytes.ContainsAny([]byte(m.Deprecated), "\x00\x1b\n") {
		t.Errorf("deprecated: %q", m.Deprecated)
	}
}
