package store

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

var update = flag.Bool("update", false, "write the example in docs/feed-format.md anew")

const (
	specification = "../../docs/feed-format.md"
	exampleBegin  = "<!-- example: written by a test, do not edit -->\n"
	exampleEnd    = "<!-- end of the example -->\n"
)

// TestExample compares the example in the specification with what a Writer
// writes, so that the page stays true.
func TestExample(t *testing.T) {
	page, err := os.ReadFile(specification)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), exampleBegin)
	old, after, okEnd := strings.Cut(rest, exampleEnd)
	if !ok || !okEnd {
		t.Fatalf("%s has no place for the example", specification)
	}
	example := drawTree(tree(t, exampleFeed(t)))
	if *update {
		if err := os.WriteFile(specification, []byte(before+exampleBegin+example+exampleEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(example, old); diff != "" {
		t.Errorf("the example in %s is not what is written (-update writes it anew), -written +page:\n%s", specification, diff)
	}
}

func exampleFeed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	w := lockFeed(t, dir)
	const name, path = "@acme/Left", "npm/@acme/Left/-/Left-1.0.0.tgz"
	file := artifactFile(path, "an artifact\n")
	file.URL = "https://registry.example/@acme/Left/-/Left-1.0.0.tgz"
	file, err := w.Artifact(t.Context(), file, []string{"sha1"}, content("an artifact\n"))
	if err != nil {
		t.Fatal(err)
	}
	index := feed.Document{Path: "npm/@acme/Left/index.html", Bytes: []byte("a document\n"), Entry: true}
	release := feed.Release{
		Version: "1.0.0", Kind: feed.Saved, Published: dayOne, Metadata: []byte(`{"license": "MIT", "engines": {"node": ">=18"}}`),
		Files:  []feed.File{file},
		Origin: feed.Origin{Upstream: "main", URL: "https://registry.example/@acme%2fLeft", Time: dayTwo},
	}
	p := feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: "npm", Name: name}, Tags: map[string]string{"latest": "1.0.0"}, Releases: []feed.Release{release},
	}
	root := feed.RootRecord{
		Request:  feed.Request{Ecosystem: "npm", Input: "package.json", Requirements: []feed.Requirement{{Name: name, Range: "^1.0.0"}}},
		Releases: []string{"@acme/Left@1.0.0"},
	}
	for _, err := range []error{
		w.Document(index), w.PutPackage("npm", p), w.PutRoot("npm", root),
		w.SetProfile("npm", feed.Profile{Layout: feed.Layout{Base: "https://feed.example"}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	publish(t, w, dayTwo)
	return dir
}

// drawTree writes a tree down as Markdown.
func drawTree(files map[string]string) string {
	var b strings.Builder
	for _, path := range sortedKeys(files) {
		if !strings.HasSuffix(path, "/") {
			language := ""
			if strings.HasSuffix(path, ".json") {
				language = "json"
			}
			fmt.Fprintf(&b, "\n`%s`\n\n```%s\n%s```\n", path, language, files[path])
		}
	}
	return b.String() + "\n"
}
