package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestCheckTree(t *testing.T) {
	const (
		record   = "ledger/demo/packages/alpha.json"
		rootLst  = "ledger/demo/lists/root.json"
		askList  = "ledger/demo/roots/list.json"
		missing  = "no such file"
		unlisted = "none: no list of the ledger names it"
	)
	dir := seed(t)
	files := tree(t, dir)
	var ask string
	for path := range files {
		if strings.HasPrefix(path, "ledger/demo/roots/") && path != askList && !strings.HasSuffix(path, "/") {
			ask = path
		}
	}
	sha := func(path string) string { return feed.SHA256([]byte(files[path])) }
	for _, row := range []struct {
		what, path, text string // text "-" removes the file
		want             []Problem
	}{
		{"whole", "demo/alpha/index.html", "not the ledger's", nil},
		{"record changed", record, "{}", []Problem{{record, feed.SHA256([]byte("{}")), sha(record)}}},
		{"record missing", record, "-", []Problem{{record, missing, sha(record)}}},
		{"list changed", rootLst, "x", []Problem{{rootLst, feed.SHA256([]byte("x")), sha(rootLst)}}},
		{"list missing", rootLst, "-", []Problem{{rootLst, missing, sha(rootLst)}}},
		{"root changed", ask, "x", []Problem{{ask, feed.SHA256([]byte("x")), sha(ask)}}},
		{"root list missing", askList, "-", []Problem{{askList, missing, sha(askList)}}},
		{"record that no list names", "ledger/demo/packages/stray.json", "x", []Problem{{"ledger/demo/packages/stray.json", "a file", unlisted}}},
		{"list that no list names", "ledger/demo/lists/0.json", "x", []Problem{{"ledger/demo/lists/0.json", "a file", unlisted}}},
		{"stray file", "ledger/demo/notes.txt", "x", []Problem{{"ledger/demo/notes.txt", "a file", unlisted}}},
		{"counts", ManifestPath, strings.Replace(files[ManifestPath], `"releases": 2`, `"releases": 3`, 1), []Problem{{
			ManifestPath, "2 packages, 3 releases, 2 files, 42 bytes", "2 packages, 2 releases, 2 files, 42 bytes, as the records say",
		}}},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := copyTree(t, dir)
			if row.text == "-" {
				if err := os.Remove(filepath.Join(dir, row.path)); err != nil {
					t.Fatal(err)
				}
			} else {
				write(t, dir, row.path, row.text)
			}
			if diff := cmp.Diff(row.want, problems(t, dir)); diff != "" {
				t.Errorf("problems, -want +got:\n%s", diff)
			}
		})
	}
}

func TestRepair(t *testing.T) {
	const rootLst = "ledger/demo/lists/root.json"
	for _, row := range []struct {
		what, path, text string // text "-" removes the file
	}{
		{"nothing", "", ""},
		{"record changed", "ledger/demo/packages/alpha.json", "{}"},
		{"record missing", "ledger/demo/packages/alpha.json", "-"},
		{"list changed", rootLst, "x"},
		{"list missing", rootLst, "-"},
		{"root list missing", "ledger/demo/roots/list.json", "-"},
		{"artifact changed", "demo/alpha/1.0.0.bin", "bytes of OMEGA 1.0.0"},
		{"document changed", "demo/alpha/info.json", "x"},
		{"document missing", "demo/alpha/info.json", "-"},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := seed(t)
			want := tree(t, dir)
			switch {
			case row.text == "-":
				if err := os.Remove(filepath.Join(dir, row.path)); err != nil {
					t.Fatal(err)
				}
			case row.path != "":
				write(t, dir, row.path, row.text)
			}
			w := lockFeed(t, dir)
			w.Repair = true
			if strings.Contains(row.path, "lists") {
				if p, err := w.Feed().Package(t.Context(), eco, "@s/Beta"); err != nil || p.Name != "@s/Beta" {
					t.Errorf("record that no list vouches for: %+v, %v", p, err)
				}
			}
			put(t, w, "alpha", "1.0.0")
			if changed := publish(t, w, dayTwo); changed != (row.path != "") {
				t.Errorf("changed: %v", changed)
			}
			got := tree(t, dir)
			delete(want, ManifestPath)
			delete(got, ManifestPath)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("after the repair, -want +got:\n%s", diff)
			}
			wantWhole(t, dir)
		})
	}
}

// TestRepairKeepsDamageVisible repairs one package of a feed with another one
// damaged.
func TestRepairKeepsDamageVisible(t *testing.T) {
	dir := seed(t)
	record := "ledger/demo/packages/@s/!beta.json"
	write(t, dir, record, strings.Replace(tree(t, dir)[record], "main", "evil", 1))
	w := lockFeed(t, dir)
	w.Repair = true
	put(t, w, "alpha", "1.0.0", "2.0.0")
	publish(t, w, dayTwo)
	if got := problems(t, dir); len(got) != 1 || got[0].Path != record {
		t.Errorf("problems are %+v", got)
	}
	manifest, _ := openFeed(t, dir).Manifest(t.Context())
	if got := manifest.Ecosystems[eco]; got.Packages != 2 || got.Releases != 2 {
		t.Errorf("the manifest counts %+v, want 2 packages and the 2 releases of alpha", got)
	}
}

func TestDamageStopsAnOrdinaryRun(t *testing.T) {
	for _, path := range []string{"ledger/demo/packages/alpha.json", "ledger/demo/lists/root.json"} {
		dir := seed(t)
		write(t, dir, path, "{}")
		before := tree(t, dir)
		w := lockFeed(t, dir)
		var integrity *feed.IntegrityError
		if err := w.PutPackage(eco, bare("alpha", "3.0.0")); !errors.As(err, &integrity) || integrity.Path != path {
			t.Errorf("%s: %v", path, err)
		}
		closeWriter(w)
		wantTree(t, dir, before)
	}
}

func TestRepairOfManyLists(t *testing.T) {
	dir := t.TempDir()
	w := lockFeed(t, dir)
	putBare(t, w, numbered(0, 400))
	publish(t, w, dayOne)
	want := ledgerOf(tree(t, dir))
	healthy := "pkg-0"
	for i := 1; strings.HasPrefix(nameHash(healthy), "3") || strings.HasPrefix(nameHash(healthy), "a"); i++ {
		healthy = fmt.Sprintf("pkg-%d", i)
	}
	record := recordDir(eco) + "/" + healthy + ".json"
	write(t, dir, record, strings.Replace(want[record], "1.0.0", "6.6.6", 1))
	write(t, dir, listPath(eco, "3"), "{}")
	write(t, dir, listPath(eco, "77"), "{}")
	if err := os.Remove(filepath.Join(dir, listPath(eco, "a"))); err != nil {
		t.Fatal(err)
	}
	w = lockFeed(t, dir)
	w.Repair = true
	if !publish(t, w, dayTwo) {
		t.Error("a repair is no change")
	}
	if got := problems(t, dir); len(got) != 1 || got[0].Path != record {
		t.Errorf("problems are %+v, want the record that a sound list names", got)
	}
	w = lockFeed(t, dir)
	w.Repair = true
	putBare(t, w, map[string]string{healthy: "1.0.0"})
	publish(t, w, dayTwo)
	if diff := cmp.Diff(want, ledgerOf(tree(t, dir))); diff != "" {
		t.Errorf("ledger, -want +got:\n%.1000s", diff)
	}
	wantWhole(t, dir)
}

// TestListThatCountsWrongly gives the first list, digest and all, a child with a
// count that is not its own.
func TestListThatCountsWrongly(t *testing.T) {
	f := largeFeed(t, 300)
	files := f.tree.(memory)
	l, err := packagesOf(eco).decode(files[listPath(eco, "")], "")
	if err != nil {
		t.Fatal(err)
	}
	l.Children[3].Count += 2
	data, err := packagesOf(eco).encode(l)
	if err != nil {
		t.Fatal(err)
	}
	files[listPath(eco, "")] = data
	f.manifest.Ecosystems[eco] = feed.EcosystemSummary{Ledger: feed.SHA256(data)}
	var found []Problem
	if err := f.CheckTree(t.Context(), eco, func(p Problem) {
		if strings.HasPrefix(p.Path, "ledger/demo/lists/") {
			found = append(found, p)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || found[0].Path != listPath(eco, "3") || !strings.Contains(found[0].Want, "as the list above says") {
		t.Errorf("problems of lists are %+v", found)
	}
}
