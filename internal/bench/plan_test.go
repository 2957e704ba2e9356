package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestCached(t *testing.T) {
	got, err := cached(fstest.MapFS{
		"pruned": {Data: []byte("x")},
		"ab/cd":  {Data: []byte("feedctl-metadata-1 00 ff\n{\"url\":\"https://registry.example/b\"}\nbody\n{\"url\":\"no\"}")},
		"ab/ef":  {Data: []byte("feedctl-metadata-1 00 ff\n{\"url\":\"https://registry.example/a\"}\n")},
		"cd/ab":  {Data: []byte("feedctl-metadata-1 00 ff\n{\"url\":\"https://registry.example/a\"}\n")},
	})
	if diff := cmp.Diff([]string{"https://registry.example/a", "https://registry.example/b"}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := cached(fstest.MapFS{"ab/cd": {Data: []byte("feedctl-metadata-1 00 ff\nbody")}}); err == nil {
		t.Error("a document without an address is passed over")
	}
}

func TestParsePlan(t *testing.T) {
	const report = `{"fetches": [
		{"package": "any:b@1", "url": "https://registry.example/b-1.zip"},
		{"package": "any:b@1", "url": "https://registry.example/b-1.info"},
		{"package": "any:@scope/a@2", "url": "https://registry.example/a-2.zip"},
		{"package": "any:c@3", "url": "https://registry.example/c-3.info"}
	]}`
	metadata := []string{"https://registry.example/b-1.info", "https://registry.example/c-3.info"}
	got, err := parsePlan([]byte(report), metadata)
	want := plan{
		metadata:  metadata,
		artifacts: []string{"https://registry.example/a-2.zip", "https://registry.example/b-1.zip"},
		packages:  []string{"@scope/a@2", "b@1"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(plan{})); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for name, out := range map[string]string{"no JSON": "x", "nothing new": `{"fetches":[]}`} {
		if _, err := parsePlan([]byte(out), metadata); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCurl(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "files")
	j, err := curl(folder, []string{"https://registry.example/a b", "https://registry.example/c"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(j.args[len(j.args)-1])
	want := "url = \"https://registry.example/a b\"\noutput = \"FOLDER/0\"\nurl = \"https://registry.example/c\"\noutput = \"FOLDER/1\"\n"
	if diff := cmp.Diff(want, strings.ReplaceAll(filepath.ToSlash(string(got)), filepath.ToSlash(folder), "FOLDER")); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestWithin(t *testing.T) {
	p := plan{metadata: []string{"http://upstream.test/a"}, artifacts: []string{"http://upstream.test/b"}}
	if err := p.within("http://upstream.test"); err != nil {
		t.Error(err)
	}
	p.artifacts[0] = "http://upstream.test.registry.example/b"
	if p.within("http://upstream.test") == nil {
		t.Error("an address elsewhere is passed over")
	}
}

func TestFirstAddress(t *testing.T) {
	got, err := firstAddress("warning: a setting\nhttps://registry.example/any/\n")
	if got != "https://registry.example/any/" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := firstAddress("undefined\n"); err == nil {
		t.Error("no error without an address")
	}
}
