package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/feedctl/feedctl/pkg/feed"
)

// bare is a package without files.
func bare(name, version string) feed.Package {
	return feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: eco, Name: name},
		Releases:   []feed.Release{{Version: version, Kind: feed.Saved}},
	}
}

func putBare(t testing.TB, w *Writer, packages map[string]string) {
	t.Helper()
	for name, version := range packages {
		if err := w.PutPackage(eco, bare(name, version)); err != nil {
			t.Fatal(err)
		}
	}
}

func numbered(from, to int) map[string]string {
	packages := map[string]string{}
	for i := from; i < to; i++ {
		packages[fmt.Sprintf("pkg-%d", i)] = "1.0.0"
	}
	return packages
}

// ledgerOf returns the files of a tree that are in the ledger.
func ledgerOf(files map[string]string) map[string]string {
	maps.DeleteFunc(files, func(path, _ string) bool { return !strings.HasPrefix(path, ledgerDir) })
	return files
}

// TestListsForgetTheirHistory goes several ways to the same set of packages.
func TestListsForgetTheirHistory(t *testing.T) {
	for _, size := range []int{0, 1, 256, 257, 600} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			straight := t.TempDir()
			w := lockFeed(t, straight)
			putBare(t, w, numbered(0, size))
			if size == 0 {
				if err := w.SetProfile(eco, feed.Profile{}); err != nil {
					t.Fatal(err)
				}
			}
			publish(t, w, dayOne)
			wantWhole(t, straight)

			around := t.TempDir()
			w = lockFeed(t, around)
			putBare(t, w, numbered(size/3, size+90))
			publish(t, w, dayOne)
			wantWhole(t, around)
			w = lockFeed(t, around)
			putBare(t, w, numbered(0, size/2))
			for name := range numbered(size, size+90) {
				if err := w.RemovePackage(eco, name); err != nil {
					t.Fatal(err)
				}
			}
			publish(t, w, dayTwo)
			wantWhole(t, around)
			if diff := cmp.Diff(ledgerOf(tree(t, straight)), ledgerOf(tree(t, around))); diff != "" {
				t.Errorf("the way matters:\n%.2000s", diff)
			}
			if got := summaries(t, openFeed(t, around)); !maps.Equal(got, numbered(0, size)) {
				t.Errorf("the feed lists %d packages, want %d", len(got), size)
			}
		})
	}
}

// TestEditIsBuild compares edits of lists in memory with lists made anew.
func TestEditIsBuild(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.IntRange(0, 1200).Draw(t, "start")
		packages := numbered(0, start)
		e := newEdit(&Feed{}, packagesOf(eco))
		if err := e.apply(t.Context(), e.root, changesOf(packages, nil)); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			from := rapid.IntRange(0, 1500).Draw(t, "from")
			some := numbered(from, from+rapid.IntRange(1, 700).Draw(t, "count"))
			removes := rapid.Bool().Draw(t, "remove")
			gone := map[string]bool{}
			for name := range some {
				if removes {
					gone[name] = true
					delete(packages, name)
				} else {
					packages[name] = "2.0.0"
					some[name] = "2.0.0"
				}
			}
			if err := e.apply(t.Context(), e.root, changesOf(some, gone)); err != nil {
				t.Fatal(err)
			}
		}
		anew := newEdit(&Feed{}, packagesOf(eco))
		if err := anew.apply(t.Context(), anew.root, changesOf(packages, nil)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(written(t, anew), written(t, e)); diff != "" {
			t.Fatalf("lists, -made anew +edited:\n%.1000s", diff)
		}
	})
}

func changesOf(packages map[string]string, gone map[string]bool) []change {
	var changes []change
	for name, version := range packages {
		c := change{hash: nameHash(name), name: name, to: &entry{Name: name, Digest: feed.SHA256([]byte(version)), Latest: version}}
		if gone[name] {
			c.to = nil
		}
		changes = append(changes, c)
	}
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.hash, b.hash) })
	return changes
}

func written(t *rapid.T, e *edit) map[string]string {
	lists := map[string]string{}
	if _, err := e.write(e.root, func(prefix string, data []byte) error {
		lists[prefix] = string(data)
		if _, err := packagesOf(eco).decode(data, prefix); err != nil {
			return fmt.Errorf("list %q: %w", prefix, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return lists
}

// TestEmptyChildrenGo takes all packages of one child away.
func TestEmptyChildrenGo(t *testing.T) {
	e := newEdit(&Feed{}, packagesOf(eco))
	packages := numbered(0, 600)
	gone := map[string]bool{}
	for name := range packages {
		gone[name] = strings.HasPrefix(nameHash(name), "7")
	}
	for _, changes := range [][]change{changesOf(packages, nil), changesOf(packages, gone)} {
		if err := e.apply(t.Context(), e.root, changes); err != nil {
			t.Fatal(err)
		}
	}
	lists := 0
	if _, err := e.write(e.root, func(prefix string, data []byte) error {
		lists++
		_, err := packagesOf(eco).decode(data, prefix)
		return err
	}); err != nil || lists != 16 {
		t.Errorf("%d lists, want 15 and the first one; %v", lists, err)
	}
}

// memory is a feed in memory.
type memory map[string][]byte

func (m memory) Open(_ context.Context, path string) (io.ReadCloser, error) {
	data, ok := m[path]
	if !ok {
		return nil, notFound(path)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// largeFeed is a feed of so many packages whose records are not there.
func largeFeed(t testing.TB, size int) *Feed {
	t.Helper()
	tree := memory{}
	e := newEdit(&Feed{}, packagesOf(eco))
	if err := e.apply(t.Context(), e.root, changesOf(numbered(0, size), nil)); err != nil {
		t.Fatal(err)
	}
	digest, err := e.write(e.root, func(prefix string, data []byte) error {
		tree[listPath(eco, prefix)] = data
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f := newFeed(tree)
	f.manifest.Ecosystems[eco] = feed.EcosystemSummary{Ledger: digest, Packages: size}
	return f
}

func TestOneReleaseInALargeFeed(t *testing.T) {
	const size = 100_000
	f := largeFeed(t, size)
	e := newEdit(f, packagesOf(eco))
	if err := e.apply(t.Context(), e.root, changesOf(map[string]string{"pkg-777": "2.0.0", "new": "1.0.0"}, nil)); err != nil {
		t.Fatal(err)
	}
	lists, size64 := 0, 0
	if _, err := e.write(e.root, func(_ string, data []byte) error {
		lists++
		size64 += len(data)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(f.lists) > 8 || lists > 8 || size64 > 64<<10 {
		t.Errorf("two packages of %d: %d lists read, %d written with %d bytes", size, len(f.lists), lists, size64)
	}
	found := 0
	e.items(t.Context(), e.root, func(item entry, err error) bool {
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]string{"pkg-777": "2.0.0"}[item.Name]; want != "" && item.Latest != want {
			t.Errorf("%s is at %s", item.Name, item.Latest)
		}
		found++
		return true
	})
	if found != size+1 {
		t.Errorf("%d packages, want %d", found, size+1)
	}
}

func TestOneReleaseTouchesFewFiles(t *testing.T) {
	dir := t.TempDir()
	w := lockFeed(t, dir)
	putBare(t, w, numbered(0, 600))
	publish(t, w, dayOne)
	before := tree(t, dir)
	w = lockFeed(t, dir)
	if err := w.PutPackage(eco, bare("pkg-77", "1.0.1")); err != nil {
		t.Fatal(err)
	}
	publish(t, w, dayTwo)
	var changed []string
	for path, text := range tree(t, dir) {
		if before[path] != text {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed)
	prefix := nameHash("pkg-77")[:1]
	want := []string{"feed.json", "ledger/demo/lists/" + prefix + ".json", "ledger/demo/lists/root.json", "ledger/demo/packages/pkg-77.json"}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("changed files, -want +got:\n%s", diff)
	}
	wantWhole(t, dir)
}

func TestLookup(t *testing.T) {
	dir := t.TempDir()
	w := lockFeed(t, dir)
	putBare(t, w, numbered(0, 300))
	publish(t, w, dayOne)
	f := openFeed(t, dir)
	for _, i := range rand.Perm(300)[:50] {
		name := fmt.Sprintf("pkg-%d", i)
		if p, err := f.Package(t.Context(), eco, name); err != nil || p.Name != name {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	for _, name := range []string{"pkg-300", "", "../x", "PKG-1"} {
		if _, err := f.Package(t.Context(), eco, name); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := f.Package(t.Context(), "other", "pkg-1"); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("other ecosystem: %v", err)
	}
	if _, err := f.Package(t.Context(), "../x", "pkg-1"); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("no ecosystem: %v", err)
	}
}

func TestDecodeListRefuses(t *testing.T) {
	digest := feed.SHA256(nil)
	for _, row := range []struct{ what, prefix, text string }{
		{"no JSON", "", `{`},
		{"order", "", `{"entries":[{"name":"b","digest":"` + digest + `"},{"name":"a","digest":"` + digest + `"}]}`},
		{"twice", "", `{"entries":[{"name":"a","digest":"` + digest + `"},{"name":"a","digest":"` + digest + `"}]}`},
		{"no digest", "", `{"entries":[{"name":"a"}]}`},
		{"digest of another kind", "", `{"entries":[{"name":"a","digest":"sha1:00"}]}`},
		{"out of place", "0", `{"entries":[{"name":"a","digest":"` + digest + `"}]}`},
		{"empty below the first", "0", `{"entries":[]}`},
		{"child of another list", "0", `{"children":[{"prefix":"1","digest":"` + digest + `","count":300}]}`},
		{"child two digits down", "", `{"children":[{"prefix":"00","digest":"` + digest + `","count":300}]}`},
		{"child that is its parent", "0", `{"children":[{"prefix":"0","digest":"` + digest + `","count":300}]}`},
		{"child that escapes", "", `{"children":[{"prefix":"/","digest":"` + digest + `","count":300}]}`},
		{"children without need", "", `{"children":[{"prefix":"0","digest":"` + digest + `","count":3}]}`},
		{"empty child", "", `{"children":[{"prefix":"0","digest":"` + digest + `","count":300},{"prefix":"1","digest":"` + digest + `","count":0}]}`},
		{"both", "", `{"entries":[{"name":"a","digest":"` + digest + `"}],"children":[{"prefix":"0","digest":"` + digest + `","count":300}]}`},
	} {
		t.Run(row.what, func(t *testing.T) {
			if l, err := packagesOf(eco).decode([]byte(row.text), row.prefix); err == nil {
				t.Errorf("list is taken: %+v", l)
			}
		})
	}
}

func FuzzDecodeList(f *testing.F) {
	f.Add(`{"entries":[{"name":"a","digest":"`+feed.SHA256(nil)+`","latest":"1"}]}`, "")
	f.Add(`{"children":[{"prefix":"c0","digest":"`+feed.SHA256(nil)+`","count":300}]}`, "c")
	f.Fuzz(func(t *testing.T, text, prefix string) {
		l, err := packagesOf(eco).decode([]byte(text), prefix)
		if err != nil {
			return
		}
		data, err := packagesOf(eco).encode(l)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := packagesOf(eco).decode(data, prefix); err != nil || !cmp.Equal(l, again, equateEmpty) {
			t.Errorf("list does not come back: %v", err)
		}
	})
}

var equateEmpty = cmp.Transformer("empty", func(l *list) [2]string { return [2]string{fmt.Sprint(l.Entries), fmt.Sprint(l.Children)} })
