package tree

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expected lock is what npm 11.19.1 writes for the same packages.
func TestLock(t *testing.T) {
	releases := map[string]string{
		"Zed": `{"name":"Zed","version":"1.0.0","license":{"type":"MIT","url":"x"},"bin":"./cli.js","funding":"https://example.test/z",
			"dependencies":{"b":"^1","a":"npm:b@^2"},"engines":{"node":">=4"},"os":["!win32"],"scripts":{"install":"x"},
			"deprecated":"use <other> & more","optionalDependencies":{},"peerDependencies":{"p":"*"},"peerDependenciesMeta":{"p":{"optional":true}}}`,
		"b":  `{"name":"b","version":"1.0.0","license":"ISC","bin":{"x":"../../bin/x.js","bad":1},"funding":[{"url":"https://example.test/b","type":"x"}]}`,
		"b2": `{"name":"b","version":"2.0.0","engines":["node"],"cpu":["x64"],"libc":["glibc"],"bundleDependencies":["c"]}`,
	}
	u := universe{}
	for key, raw := range releases {
		name, version := key, "1.0.0"
		if key == "b2" {
			name, version = "b", "2.0.0"
		}
		m, err := ParseManifest(name, version, []byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if u[name] == nil {
			u[name] = &Packument{Name: name}
		}
		u[name].Versions = append(u[name].Versions, m)
	}
	root, err := ParseProject([]byte(`{"version":"0.1.0","license":"MIT","dependencies":{"Zed":"*"},"devDependencies":{"b":"^1"},"workspaces":["m"]}`))
	if err != nil {
		t.Fatal(err)
	}
	member, err := ParseProject([]byte(`{"name":"@w/m","version":"1.0.0","devDependencies":{"b":"^2"}}`))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Resolve(t.Context(), Project{Root: root, Members: map[string]*Manifest{"m": member}}, Options{}, u)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := tree.Lock(LockOptions{Name: "folder", Tarball: func(name, version string) (string, string) {
		return "https://registry.example/" + name + "/-/" + name + "-" + version + ".tgz", "sha512-" + name + version
	}})
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/lock.json"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, lock, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(lock)); diff != "" {
		t.Error(diff)
	}
}

func TestLockOmitsMissing(t *testing.T) {
	u := parseUniverse(t, "a 1.0.0: opt gone *, opt b *\nb 1.0.0: opt gone *\nc 1.0.0: bundle d, opt d *")
	tree, err := Resolve(t.Context(), Project{Root: parseRelease(t, "x 1.0.0: a *, c *")}, Options{}, u)
	if err != nil {
		t.Fatal(err)
	}
	for _, omit := range []bool{false, true} {
		lock, err := tree.Lock(LockOptions{OmitMissing: omit})
		if err != nil {
			t.Fatal(err)
		}
		if got := bytes.Count(lock, []byte(`"gone"`)); omit == (got > 0) {
			t.Errorf("OmitMissing %v: %d mentions of a missing package\n%s", omit, got, lock)
		}
		for _, kept := range []string{`"b": "*"`, `"d": "*"`} {
			if !bytes.Contains(lock, []byte(kept)) {
				t.Errorf("OmitMissing %v: %s is gone\n%s", omit, kept, lock)
			}
		}
	}
}
