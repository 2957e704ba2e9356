package golang

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/pkg/feed"
)

var update = flag.Bool("update", false, "rewrite the expected documents in testdata")

// renderCase is a file of testdata/render: layout.json, package.json, and behind
// them the documents that they give.
type renderCase struct {
	archive *txtar.Archive
	layout  feed.Layout
	pkg     feed.Package
}

func renderCases(t testing.TB) map[string]renderCase {
	t.Helper()
	paths, err := filepath.Glob("testdata/render/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases: ", err)
	}
	cases := map[string]renderCase{}
	for _, path := range paths {
		c := renderCase{}
		if c.archive, err = txtar.ParseFile(path); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(c.archive.Files[0].Data, &c.layout); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(c.archive.Files[1].Data, &c.pkg); err != nil {
			t.Fatal(err)
		}
		cases[path] = c
	}
	return cases
}

func TestRenderGolden(t *testing.T) {
	for path, c := range renderCases(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			documents, err := RenderPackage(c.layout, c.pkg)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: c.archive.Comment, Files: c.archive.Files[:2:2]}
			for _, d := range documents {
				if !d.Entry || d.Link != "" {
					t.Errorf("%s is no entry document of its own bytes", d.Path)
				}
				if owner := Owner(d.Path); owner != c.pkg.Name {
					t.Errorf("Owner(%s) = %q", d.Path, owner)
				}
				if err := feed.CheckPath(d.Path); err != nil {
					t.Error(err)
				}
				got.Files = append(got.Files, txtar.File{Name: d.Path, Data: d.Bytes})
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(txtar.Format(c.archive)), string(txtar.Format(got))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the ledger has read back, in any order of the releases, gives the same
// bytes.
func TestRenderStable(t *testing.T) {
	for path, c := range renderCases(t) {
		want, err := RenderPackage(c.layout, c.pkg)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			rand.Shuffle(len(c.pkg.Releases), func(i, j int) {
				c.pkg.Releases[i], c.pkg.Releases[j] = c.pkg.Releases[j], c.pkg.Releases[i]
			})
			got, err := RenderPackage(c.layout, c.pkg)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Fatal(path, err, diff)
			}
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	release := func(version, metadata string) feed.Release {
		files := []feed.File{{Path: "x.info"}, {Path: "x.mod"}}
		return feed.Release{Version: version, Metadata: json.RawMessage(metadata), Files: files}
	}
	for _, row := range []struct {
		what, name string
		releases   []feed.Release
	}{
		{"hostile name", "../x", []feed.Release{release("v1.0.0", "{}")}},
		{"hostile version", "example.com/x", []feed.Release{release("v1/../../2", "{}")}},
		{"version twice", "example.com/x", []feed.Release{release("v1.0.0", "{}"), release("v1.0.0", "{}")}},
		{"broken metadata", "example.com/x", []feed.Release{release("v1.0.0", `{"info":1}`)}},
		{"broken key", "example.com/x", []feed.Release{release("v1.0.0", `{"sumdb":{"key":"x"}}`)}},
		{"evidence that is none", "sumdb/x", []feed.Release{release("v1.0.0", "{}")}},
	} {
		p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "go", Name: row.name}, Releases: row.releases}
		if documents, err := RenderPackage(feed.Layout{}, p); err == nil {
			t.Errorf("%s renders to %v", row.what, documents)
		}
	}
}

func TestClients(t *testing.T) {
	for _, layout := range []feed.Layout{{}, {Base: "https://packages.test/feed"}} {
		base := layout.Base
		if base == "" {
			base = "http://HOST"
		}
		found := false
		for _, snippet := range Clients(layout) {
			found = found || strings.Contains(snippet.Text, "GOPROXY="+base+"/go\n")
			if strings.ContainsAny(snippet.Text, "{}") || snippet.Client == "" || snippet.File == "" || strings.Contains(snippet.Text, ",direct\n") {
				t.Errorf("%+v", snippet)
			}
		}
		if !found {
			t.Errorf("nobody is told of %s", base)
		}
	}
}
