package tree

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseManifest(t *testing.T) {
	for _, row := range []struct {
		name, raw string
		want      Fields
	}{
		{"nothing", `{}`, Fields{}},
		{"the order is kept", `{"dependencies":{"z":"1","a":"2"}}`, Fields{Dependencies: Deps{{"z", "1"}, {"a", "2"}}}},
		{"dependencies as a list", `{"dependencies":["a"],"peerDependencies":{"b":"1"}}`, Fields{PeerDependencies: Deps{{"b", "1"}}}},
		{"a dependency that is no text", `{"dependencies":{"a":1,"b":"2"}}`, Fields{Dependencies: Deps{{"b", "2"}}}},
		{
			"optional wins", `{"dependencies":{"a":"1","b":"1"},"optionalDependencies":{"a":"2"}}`,
			Fields{Dependencies: Deps{{"b", "1"}}, OptionalDependencies: Deps{{"a", "2"}}},
		},
		{
			"optional peers", `{"peerDependencies":{"a":"1"},"peerDependenciesMeta":{"a":{"optional":true},"b":{"optional":false},"c":1}}`,
			Fields{PeerDependencies: Deps{{"a", "1"}}, PeerOptional: map[string]bool{"a": true}},
		},
		{"bundle as a list", `{"bundleDependencies":["a",1]}`, Fields{Bundled: []string{"a"}}},
		{"bundle under its old name", `{"bundledDependencies":["a"]}`, Fields{Bundled: []string{"a"}}},
		{"bundle of all", `{"bundleDependencies":true,"dependencies":{"a":"1"}}`, Fields{Bundled: []string{"a"}, Dependencies: Deps{{"a", "1"}}}},
		{"bundle of none", `{"bundleDependencies":false}`, Fields{}},
		{"engines", `{"engines":{"node":">=1","npm":"2"}}`, Fields{Engines: Engines{">=1", "2"}}},
		{"engines as a list", `{"engines":["node >= 0.4"]}`, Fields{}},
		{"an engine that is no text fits nothing", `{"engines":{"node":5}}`, Fields{Engines: Engines{Node: "<0.0.0-0"}}},
		{"deprecated", `{"deprecated":"old"}`, Fields{Deprecated: true}},
		{"deprecated true", `{"deprecated":true}`, Fields{Deprecated: true}},
		{"not deprecated", `{"deprecated":""}`, Fields{}},
		{
			"platforms", `{"os":"linux","cpu":["x64","arm64"],"libc":["glibc"]}`,
			Fields{OS: []string{"linux"}, CPU: []string{"x64", "arm64"}, Libc: []string{"glibc"}},
		},
		{"install script", `{"scripts":{"postinstall":"x"}}`, Fields{HasInstallScript: true}},
		{"other scripts", `{"scripts":{"test":"x"}}`, Fields{}},
		{"shrinkwrap", `{"_hasShrinkwrap":true}`, Fields{HasShrinkwrap: true}},
		{"keys count by case", `{"Dependencies":{"a":"1"}}`, Fields{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			m, err := ParseManifest("x", "1.0.0", []byte(row.raw))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, *m.Fields()); diff != "" {
				t.Error(diff)
			}
			engines, deprecated := m.choosing()
			if engines != row.want.Engines || deprecated != row.want.Deprecated {
				t.Errorf("choosing: got %v, %v", engines, deprecated)
			}
		})
	}
	if _, err := ParseManifest("x", "1.0.0", []byte(`[]`)); err == nil {
		t.Error("a list was read as a manifest")
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"name":"a","version":"1.0.0","dependencies":{"b":"^1"},"bin":"x","license":{"type":"MIT"},"funding":"x"}`))
	f.Add([]byte(`{"bundleDependencies":true,"peerDependenciesMeta":{"a":[]},"engines":{"node":[1]},"bin":{"../x":"../../y"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseProject(raw)
		if err != nil {
			return
		}
		m.Fields()
		m.choosing()
		root := &Node{Manifest: m}
		lock, err := (&Tree{Root: root, Nodes: []*Node{root}}).Lock(LockOptions{})
		if err != nil || !json.Valid(lock) {
			t.Errorf("%v: %s", err, lock)
		}
		_, _ = parseOverrides(raw)
	})
}

func TestParseOverrides(t *testing.T) {
	for name, raw := range map[string]string{
		"a list": `[]`, "a number": `{"a":1}`, "a bad name": `{"../a":"1"}`, "a bad inner dot": `{"a":{".":1}}`, "no JSON": `{"a"`,
	} {
		t.Run(name, func(t *testing.T) {
			if rules, err := parseOverrides([]byte(raw)); err == nil {
				t.Errorf("%s was read as %+v", raw, rules)
			}
		})
	}
	for _, raw := range []string{"", "null", "{}"} {
		if rules, err := parseOverrides([]byte(raw)); err != nil || rules != nil {
			t.Errorf("%q: got %v, %v", raw, rules, err)
		}
	}
}
