package store

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

// packages1231 is how many packages the big lock of the requirements has.
const packages1231 = 1231

// typical is a package as an npm upstream describes it, about 3 KB.
func typical(i int) feed.Package {
	name := fmt.Sprintf("package-%d", i)
	if i%4 == 0 {
		name = "@scope/" + name
	}
	metadata, err := json.Marshal(map[string]any{
		"name": name, "version": "1.2.3", "description": strings.Repeat("word ", 20), "main": "index.js",
		"scripts":      map[string]string{"test": "node --test", "lint": "eslint ."},
		"dependencies": map[string]string{"left-pad": "^1.3.0", "other-package": "~2.0.1", "third": ">=3 <4"},
		"keywords":     strings.Fields(strings.Repeat("keyword ", 40)), "readme": strings.Repeat("<p>text & more</p>\n", 70),
	})
	if err != nil {
		panic(err)
	}
	file := artifactFile(fmt.Sprintf("%s/%s/-/x-1.2.3.tgz", eco, name), name)
	file.Digests["sha512"] = strings.Repeat("ab", 64)
	file.URL = "https://registry.example/" + name + "/-/x-1.2.3.tgz"
	return feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: eco, Name: name},
		Tags:       map[string]string{"latest": "1.2.3"},
		Releases: []feed.Release{{
			Version: "1.2.3", Kind: feed.Saved, Published: dayOne, Metadata: metadata, Files: []feed.File{file},
			Origin: feed.Origin{Upstream: "main", URL: "https://registry.example/" + name, Time: dayOne},
		}},
	}
}

// BenchmarkReadFeed opens a feed and reads every record of it, one after the
// other.
func BenchmarkReadFeed(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "feed")
	w := lockFeed(b, dir)
	for i := range packages1231 {
		if err := w.PutPackage(eco, typical(i)); err != nil {
			b.Fatal(err)
		}
	}
	publish(b, w, dayOne)
	b.ReportAllocs()
	for b.Loop() {
		f, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for summary, err := range f.Packages(b.Context(), eco) {
			if err != nil {
				b.Fatal(err)
			}
			p, err := f.Package(b.Context(), eco, summary.Name)
			if err != nil || len(p.Releases) != 1 {
				b.Fatal(err)
			}
			n++
		}
		if n != packages1231 {
			b.Fatal(n)
		}
		_ = f.Close()
	}
}

// BenchmarkPublishFeed writes a new feed of as many packages, each with an
// artifact of 16 KB and a document.
func BenchmarkPublishFeed(b *testing.B) {
	packages := make([]feed.Package, packages1231)
	for i := range packages {
		packages[i] = typical(i)
	}
	bytes := strings.Repeat("0123456789abcdef", 1024)
	file := artifactFile("", bytes)
	for b.Loop() {
		w := lockFeed(b, filepath.Join(b.TempDir(), "feed"))
		for _, p := range packages {
			file.Path = p.Releases[0].Files[0].Path
			if _, err := w.Artifact(b.Context(), file, nil, content(bytes)); err != nil {
				b.Fatal(err)
			}
			doc := feed.Document{Path: eco + "/" + p.Name + "/index.html", Bytes: p.Releases[0].Metadata, Entry: true}
			if err := w.Document(doc); err != nil {
				b.Fatal(err)
			}
			if err := w.PutPackage(eco, p); err != nil {
				b.Fatal(err)
			}
		}
		publish(b, w, dayOne)
	}
}

// BenchmarkEditLargeFeed adds a release to a feed of 100,000 packages.
func BenchmarkEditLargeFeed(b *testing.B) {
	f := largeFeed(b, 100_000)
	changes := changesOf(map[string]string{"pkg-777": "2.0.0"}, nil)
	for b.Loop() {
		f.lists = map[string]*list{}
		e := newEdit(f, packagesOf(eco))
		if err := e.apply(b.Context(), e.root, changes); err != nil {
			b.Fatal(err)
		}
		if _, err := e.write(e.root, func(string, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
