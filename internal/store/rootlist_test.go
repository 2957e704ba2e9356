package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

func rootOf(i int) feed.RootRecord {
	request := feed.Request{Ecosystem: eco, Input: fmt.Sprintf("list-%d.txt", i)}
	return feed.RootRecord{Request: request, Releases: []string{"alpha@1.0.0"}}
}

// manyRoots writes a feed with so many roots.
func manyRoots(t testing.TB, n int) string {
	dir := filepath.Join(t.TempDir(), "feed")
	w := lockFeed(t, dir)
	put(t, w, "alpha", "1.0.0")
	for i := range n {
		if err := w.PutRoot(eco, rootOf(i)); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, w, dayOne)
	return dir
}

func TestListsOfRootsAreSplit(t *testing.T) {
	dir := manyRoots(t, maxEntries+1)
	f := openFeed(t, dir)
	for _, i := range []int{0, maxEntries} {
		root, err := f.Root(t.Context(), eco, RootID(rootOf(i).Request))
		if err != nil || root.Input != rootOf(i).Input {
			t.Errorf("root %d: %v, %v", i, root, err)
		}
	}
	for _, id := range []string{"", "list", RootID(rootOf(-1).Request)} {
		if _, err := f.Root(t.Context(), eco, id); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("root %q: %v", id, err)
		}
	}
	last, n := "", 0
	for root, err := range f.Roots(t.Context(), eco) {
		if err != nil {
			t.Fatal(err)
		}
		if id := RootID(root.Request); id > last {
			last = id
		} else {
			t.Errorf("%s after %s", id, last)
		}
		n++
	}
	if n != maxEntries+1 {
		t.Errorf("%d roots", n)
	}
	w := lockFeed(t, dir)
	if err := w.RemoveRoot(eco, RootID(rootOf(3).Request)); err != nil {
		t.Fatal(err)
	}
	publish(t, w, dayOne)
	lists, err := filepath.Glob(filepath.Join(dir, "ledger", eco, "roots", "list*.json"))
	if err != nil || len(lists) != 1 {
		t.Errorf("one list can hold all, and there are %v, %v", lists, err)
	}
}

func TestOneMoreRootWritesLittle(t *testing.T) {
	dir := manyRoots(t, 2*maxEntries)
	w := lockFeed(t, dir)
	if err := w.PutRoot(eco, rootOf(-1)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.settleAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.staged) != 3 {
		t.Errorf("staged %v, want the record and two lists", w.staged)
	}
}

func TestDamagedListsOfRoots(t *testing.T) {
	for what, damage := range map[string]func(path string) error{
		"missing": os.Remove,
		"other":   func(path string) error { return os.WriteFile(path, []byte(`{"roots":[]}`), 0o644) },
	} {
		t.Run(what, func(t *testing.T) {
			dir := manyRoots(t, maxEntries+1)
			lost := "ledger/" + eco + "/roots/list-7.json"
			if err := damage(filepath.Join(dir, lost)); err != nil {
				t.Fatal(err)
			}
			problems := problemsIn(t, dir)
			if len(problems) != 1 || problems[0].Path != lost {
				t.Errorf("got %v, want one in %s", problems, lost)
			}
			w := lockFeed(t, dir)
			w.Repair = true
			publish(t, w, dayOne)
			if problems := problemsIn(t, dir); len(problems) > 0 {
				t.Errorf("after repairing: %v", problems)
			}
			n := 0
			for _, err := range openFeed(t, dir).Roots(t.Context(), eco) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != maxEntries+1 {
				t.Errorf("%d roots are left", n)
			}
		})
	}
}

func TestSurplusRoots(t *testing.T) {
	dir := manyRoots(t, 1)
	for _, name := range []string{strings.Repeat("a", rootIDLength), "list-a"} {
		if err := os.WriteFile(filepath.Join(dir, "ledger", eco, "roots", name+".json"), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if problems := problemsIn(t, dir); len(problems) != 2 {
		t.Errorf("got %v, want two files that no list names", problems)
	}
}

func problemsIn(t *testing.T, dir string) []Problem {
	t.Helper()
	var problems []Problem
	if err := openFeed(t, dir).CheckTree(t.Context(), eco, func(p Problem) { problems = append(problems, p) }); err != nil {
		t.Fatal(err)
	}
	return problems
}
