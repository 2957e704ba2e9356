package npm

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

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

func readRenderCase(t testing.TB, path string) (c renderCase) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c.archive = archive
	if err := json.Unmarshal(archive.Files[0].Data, &c.layout); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(archive.Files[1].Data, &c.pkg); err != nil {
		t.Fatal(err)
	}
	return c
}

func renderCases(t testing.TB) map[string]renderCase {
	t.Helper()
	paths, err := filepath.Glob("testdata/render/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases: ", err)
	}
	cases := map[string]renderCase{}
	for _, path := range paths {
		cases[path] = readRenderCase(t, path)
	}
	return cases
}

// drawn writes documents as files of an archive.
func drawn(documents []feed.Document) []txtar.File {
	var files []txtar.File
	for _, d := range documents {
		name := d.Path
		if d.Entry {
			name += " (entry)"
		}
		data := d.Bytes
		if d.Link != "" {
			data = []byte("link to " + d.Link + "\n")
		}
		files = append(files, txtar.File{Name: name, Data: data})
	}
	return files
}

func TestRenderGolden(t *testing.T) {
	for path, c := range renderCases(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			documents, err := RenderPackage(c.layout, c.pkg)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: c.archive.Comment, Files: append(c.archive.Files[:2:2], drawn(documents)...)}
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
		t.Run(filepath.Base(path), func(t *testing.T) {
			want, err := RenderPackage(c.layout, c.pkg)
			if err != nil {
				t.Fatal(err)
			}
			for range 5 {
				rand.Shuffle(len(c.pkg.Releases), func(i, j int) {
					c.pkg.Releases[i], c.pkg.Releases[j] = c.pkg.Releases[j], c.pkg.Releases[i]
				})
				ledger, err := json.MarshalIndent(c.pkg, "", "\t")
				if err != nil {
					t.Fatal(err)
				}
				var again feed.Package
				if err := json.Unmarshal(ledger, &again); err != nil {
					t.Fatal(err)
				}
				got, err := RenderPackage(c.layout, again)
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Fatal(err, diff)
				}
			}
		})
	}
}

// Every document is safe to serve, and no path is in the way of another.
func TestRenderedTree(t *testing.T) {
	for path, c := range renderCases(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			documents, err := RenderPackage(c.layout, c.pkg)
			if err != nil {
				t.Fatal(err)
			}
			root, err := RenderRoot(c.layout, noPackages)
			if err != nil {
				t.Fatal(err)
			}
			checkTree(t, c.pkg, append(documents, root...))
			for _, d := range documents {
				owner := c.pkg.Name
				if strings.HasPrefix(d.Path, "npm/yarn-offline-mirror/") {
					owner = ""
				}
				if got := Owner(d.Path); got != owner {
					t.Errorf("Owner(%s) = %q, want %q", d.Path, got, owner)
				}
			}
		})
	}
}

func noPackages(func(feed.Summary, error) bool) {}

func checkTree(t *testing.T, p feed.Package, documents []feed.Document) {
	t.Helper()
	paths := map[string]bool{}
	artifacts := map[string]bool{}
	for _, release := range p.Releases {
		for _, file := range release.Files {
			paths[strings.ToLower(file.Path)] = true
			artifacts[file.Path] = !file.Absent
		}
	}
	for _, d := range documents {
		if paths[strings.ToLower(d.Path)] {
			t.Errorf("%s is there twice, letter case aside", d.Path)
		}
		paths[strings.ToLower(d.Path)] = true
		if d.Link != "" && !artifacts[d.Link] {
			t.Errorf("%s links to %s, which is not there", d.Path, d.Link)
		}
		if d.Link == "" && !json.Valid(d.Bytes) || bytes.ContainsAny(d.Bytes, "<>&") || bytes.ContainsFunc(d.Bytes, func(r rune) bool { return r >= 0x7f }) {
			t.Errorf("%s is not safe JSON: %s", d.Path, d.Bytes)
		}
	}
	for path := range paths {
		for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(dir) {
			if paths[dir] {
				t.Errorf("%s is a file and the folder of %s", dir, path)
			}
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	release := func(version, metadata string) feed.Release {
		return feed.Release{Version: version, Metadata: json.RawMessage(metadata)}
	}
	for _, row := range []struct {
		name string
		pkg  feed.Package
	}{
		{"hostile name", feed.Package{PackageKey: feed.PackageKey{Name: "../x"}, Releases: []feed.Release{release("1.0.0", "{}")}}},
		{"hostile version", feed.Package{PackageKey: feed.PackageKey{Name: "x"}, Releases: []feed.Release{release("1/../../2", "{}")}}},
		{"version twice", feed.Package{PackageKey: feed.PackageKey{Name: "x"}, Releases: []feed.Release{release("1.0.0", "{}"), release("1.0.0", "{}")}}},
		{"broken manifest", feed.Package{PackageKey: feed.PackageKey{Name: "x"}, Releases: []feed.Release{release("1.0.0", "{")}}},
		{"broken metadata", feed.Package{PackageKey: feed.PackageKey{Name: "x"}, Metadata: json.RawMessage("[]")}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if documents, err := RenderPackage(feed.Layout{}, row.pkg); err == nil {
				t.Errorf("no error, but %d documents", len(documents))
			}
		})
	}
}

func TestLatest(t *testing.T) {
	for _, row := range []struct {
		name, upstream, want string
		versions             []string
	}{
		{"upstream's", "1.0.0", "1.0.0", []string{"2.0.0", "1.0.0"}},
		{"upstream's pre-release", "2.0.0-rc", "2.0.0-rc", []string{"2.0.0-rc", "1.0.0"}},
		{"not mirrored", "3.0.0", "1.10.0", []string{"1.9.0", "1.10.0", "2.0.0-rc"}},
		{"none", "", "1.10.0", []string{"2.0.0-rc", "1.10.0", "1.9.0"}},
		{"pre-releases only", "", "2.0.0-rc.10", []string{"2.0.0-rc.10", "2.0.0-rc.9"}},
		{"no releases", "1.0.0", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := feed.Package{PackageKey: feed.PackageKey{Name: "x"}, Tags: map[string]string{"latest": row.upstream}}
			for _, version := range row.versions {
				p.Releases = append(p.Releases, feed.Release{Version: version})
			}
			documents, err := RenderPackage(feed.Layout{}, p)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				Tags map[string]string `json:"dist-tags"`
			}
			if err := json.Unmarshal(documents[0].Bytes, &got); err != nil || got.Tags["latest"] != row.want {
				t.Errorf("%s, %v: want latest %q", documents[0].Bytes, err, row.want)
			}
		})
	}
}

func summaries(list []feed.Summary, err error) iter.Seq2[feed.Summary, error] {
	return func(yield func(feed.Summary, error) bool) {
		for _, one := range list {
			if !yield(one, nil) {
				return
			}
		}
		if err != nil {
			yield(feed.Summary{}, err)
		}
	}
}

func TestRenderRoot(t *testing.T) {
	list := []feed.Summary{{Name: "b", Latest: "1.0.0"}, {Name: "@s/<a>", Latest: "2.0.0"}}
	for _, row := range []struct {
		name   string
		layout feed.Layout
		want   string
	}{
		{"plain", feed.Layout{}, "-- npm/-/ping --\n{}\n"},
		{"endpoints", feed.Layout{Extras: []string{"endpoints"}}, "-- npm/-/ping --\n{}\n-- npm/-/v1/search (entry) --\n" +
			`{"objects":[{"package":{"name":"@s/\u003ca\u003e","version":"2.0.0","keywords":[],"maintainers":[]}},{"package":{"name":"b","version":"1.0.0","keywords":[],"maintainers":[]}}],"total":2}` + "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			documents, err := RenderRoot(row.layout, summaries(list, nil))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, string(txtar.Format(&txtar.Archive{Files: drawn(documents)}))); diff != "" {
				t.Error(diff)
			}
		})
	}
	broken := errors.New("broken ledger")
	if _, err := RenderRoot(feed.Layout{Extras: []string{"endpoints"}}, summaries(list, broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// manyPackages are about as large as those of a project with 1,200 packages.
func manyPackages() []feed.Package {
	manifest := `{"name":"x","version":"1.0.0","description":"` + strings.Repeat("words and words ", 20) + `","dependencies":{"a":"^1.0.0","b":">=2"},` +
		`"scripts":{"test":"x"},"maintainers":[` + strings.Repeat(`{"name":"somebody","email":"somebody@mail.test"},`, 30) + `null],` +
		`"dist":{"integrity":"` + feed.Digests{"sha512": strings.Repeat("ab", 64)}.SRI("sha512") + `","shasum":"0123456789abcdef0123456789abcdef01234567","tarball":"https://registry.example/x.tgz"}}`
	var packages []feed.Package
	for i := range 1231 {
		p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "npm", Name: fmt.Sprint("package-", i)}}
		for j := range 1 + i%2 {
			version := fmt.Sprintf("1.%d.0", j)
			p.Releases = append(p.Releases, feed.Release{
				Version: version, Published: time.Unix(1e9, 0), Metadata: json.RawMessage(manifest),
				Files: []feed.File{{
					Path: tarballPath(p.Name, version), URL: "https://registry.example/" + p.Name + "/-/" + tarballName(p.Name, version),
					Digests: feed.Digests{"sha512": strings.Repeat("ab", 64), "sha1": "0123456789abcdef0123456789abcdef01234567"},
				}},
			})
		}
		packages = append(packages, p)
	}
	return packages
}

func BenchmarkRender(b *testing.B) {
	packages := manyPackages()
	for b.Loop() {
		size := 0
		for _, p := range packages {
			documents, err := RenderPackage(feed.Layout{Base: "https://feed.example"}, p)
			if err != nil {
				b.Fatal(err)
			}
			size += len(documents[0].Bytes)
		}
		b.SetBytes(int64(size))
	}
}

func TestManifestOrder(t *testing.T) {
	m, err := publishedManifest(feed.Layout{Base: "b"}, "x", &feed.Release{Version: "1.0.0", Metadata: json.RawMessage(`{"z":1,"dist":{"q":1},"version":"1.0.0","a":2}`)})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, one := range m {
		keys = append(keys, one.Key)
	}
	if want := []string{"z", "dist", "version", "a", "name"}; !slices.Equal(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
}
