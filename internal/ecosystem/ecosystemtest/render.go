package ecosystemtest

import (
	"bytes"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

// base is the address that documents are rendered for.
const base = "https://packages.test/some/feed"

// layouts are the ways in which documents are rendered, each tested on its own.
func (f Fixture) layouts() map[string]feed.Layout {
	extras := slices.Sorted(maps.Keys(f.Ecosystem.Extras))
	return map[string]feed.Layout{
		"plain":            {},
		"with a base":      {Base: base},
		"with every extra": {Base: base, Extras: extras},
	}
}

// render checks the documents of everything that the roots come to.
func (f Fixture) render(t *testing.T, layout feed.Layout) {
	all, _ := f.packages(t)
	before := f.documents(t, layout, all)
	for i := range all {
		slices.Reverse(all[i].Releases)
	}
	slices.Reverse(all)
	after := f.documents(t, layout, all)
	for name, document := range before {
		if again, ok := after[name]; !ok || !bytes.Equal(document.Bytes, again.Bytes) || document.Link != again.Link {
			t.Errorf("%s depends on the order of the releases", name)
		}
	}
	listed := paths(all)
	checkPaths(t, before, listed)
	for _, document := range before {
		if document.Link != "" && !listed[document.Link] {
			t.Errorf("%s is another name of %s, which is no file of the feed", document.Path, document.Link)
		}
		f.checkURLs(t, document, before, listed)
	}
}

// documents renders everything, by path.
func (f Fixture) documents(t *testing.T, layout feed.Layout, all []feed.Package) map[string]feed.Document {
	t.Helper()
	byPath := map[string]feed.Document{}
	add := func(owner string, documents []feed.Document) {
		for _, document := range documents {
			if _, twice := byPath[document.Path]; twice {
				t.Errorf("%s is rendered twice", document.Path)
			}
			if got := f.Ecosystem.Owner(document.Path); got != owner && (document.Link == "" || got != "") {
				t.Errorf("Owner(%q) = %q, want %q", document.Path, got, owner)
			}
			byPath[document.Path] = document
		}
	}
	for _, p := range all {
		documents, err := f.Ecosystem.RenderPackage(layout, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(documents) == 0 {
			t.Errorf("%s has no document", p.Name)
		}
		add(p.Name, documents)
	}
	if f.Ecosystem.RenderRoot != nil {
		documents, err := f.Ecosystem.RenderRoot(layout, summaries(all))
		if err != nil {
			t.Fatal(err)
		}
		add("", documents)
		f.rootKeys(t, layout, all, documents)
	}
	return byPath
}

// rootKeys checks that the documents of the whole depend on the keys of the
// packages alone, and that fewer packages give no other paths.
func (f Fixture) rootKeys(t *testing.T, layout feed.Layout, all []feed.Package, want []feed.Document) {
	if f.Ecosystem.RootKey == nil {
		t.Error("RenderRoot without RootKey")
		return
	}
	seen := map[string]bool{}
	var some []feed.Package
	for one, err := range summaries(all) {
		if err != nil {
			t.Fatal(err)
		}
		if key := f.Ecosystem.RootKey(layout, one); !seen[key] {
			seen[key] = true
			some = append(some, all[slices.IndexFunc(all, func(p feed.Package) bool { return p.Name == one.Name })])
		}
	}
	got, err := f.Ecosystem.RenderRoot(layout, summaries(some))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("one package for each RootKey gives other documents of the whole: %v\n%s", err, diff)
	}
	for i := range some {
		fewer, err := f.Ecosystem.RenderRoot(layout, summaries(some[:i+1]))
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range fewer {
			if !slices.ContainsFunc(want, func(d feed.Document) bool { return d.Path == document.Path }) {
				t.Errorf("%s is a document of fewer packages only", document.Path)
			}
		}
	}
}

// summaries lists the packages by name, as the ledger does.
func summaries(all []feed.Package) func(yield func(feed.Summary, error) bool) {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b feed.Package) int { return strings.Compare(a.Name, b.Name) })
	return func(yield func(feed.Summary, error) bool) {
		for _, p := range sorted {
			latest := ""
			for _, release := range p.Releases {
				latest = max(latest, release.Version)
			}
			if !yield(feed.Summary{Name: p.Name, Latest: latest}, nil) {
				return
			}
		}
	}
}

func paths(all []feed.Package) map[string]bool {
	listed := map[string]bool{}
	for _, p := range all {
		for _, release := range p.Releases {
			for _, file := range release.Files {
				listed[file.Path] = true
			}
		}
	}
	return listed
}

// checkPaths refuses paths that differ only by case, that are both file and
// folder, or that no disk takes.
func checkPaths(t *testing.T, documents map[string]feed.Document, listed map[string]bool) {
	folded, folders := map[string]string{}, map[string]string{}
	all := slices.Concat(slices.Collect(maps.Keys(documents)), slices.Collect(maps.Keys(listed)))
	for _, name := range all {
		if err := feed.CheckPath(name); err != nil {
			t.Error(err)
		}
		key := strings.ToLower(name)
		if other, taken := folded[key]; taken {
			t.Errorf("%s and %s differ only by case", name, other)
		}
		folded[key] = name
		for folder := path.Dir(key); folder != "."; folder = path.Dir(folder) {
			folders[folder] = name
		}
	}
	for key, name := range folded {
		if inside, both := folders[key]; both {
			t.Errorf("%s is a file, and the folder of %s", name, inside)
		}
	}
}

var addresses = regexp.MustCompile(regexp.QuoteMeta(base) + `/([^"'<>\s#?{}]*)(\{)?`)

// checkURLs checks that every address of the feed in a document leads somewhere,
// and every template of addresses to a folder.
func (f Fixture) checkURLs(t *testing.T, document feed.Document, documents map[string]feed.Document, listed map[string]bool) {
	for _, match := range addresses.FindAllSubmatch(document.Bytes, -1) {
		target := strings.TrimSuffix(string(match[1]), "/")
		if len(match[2]) > 0 {
			below := func(path string) bool { return strings.HasPrefix(path, target+"/") }
			if !slices.ContainsFunc(slices.Collect(maps.Keys(documents)), below) {
				t.Errorf("%s names files in %s, which the feed does not have", document.Path, target)
			}
			continue
		}
		_, isDocument := documents[target]
		_, isIndex := documents[target+"/index.html"]
		if !isDocument && !isIndex && !listed[target] {
			t.Errorf("%s names %s, which the feed does not hold", document.Path, target)
		}
	}
}
