package store

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

var errKilled = errors.New("killed")

// bigChange is a run that adds, replaces and removes files of every kind.
func bigChange(t *testing.T, w *Writer) {
	t.Helper()
	put(t, w, "alpha", "1.0.0", "2.0.0")
	put(t, w, "delta", "1.0.0")
	if err := w.Document(feed.Document{Path: "demo/second/name.bin", Link: "demo/delta/1.0.0.bin"}); err != nil {
		t.Fatal(err)
	}
	if err := w.RemovePackage(eco, "@s/Beta"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"1.0.0.bin", "info.json", "index.html"} {
		w.Remove("demo/@s/Beta/" + file)
	}
	putRoot(t, w, "delta")
}

// killAt runs a publish and ends it before the step with the given number,
// counted from 0. It returns the names of the steps that it came to.
func killAt(t *testing.T, dir string, number int, change func(*testing.T, *Writer)) ([]string, error) {
	t.Helper()
	w := lockFeed(t, dir)
	change(t, w)
	var names []string
	w.step = func(name string) error {
		names = append(names, name)
		if len(names) > number {
			return errKilled
		}
		return nil
	}
	_, err := w.Publish(t.Context(), dayTwo)
	closeWriter(w)
	return names, err
}

func copyTree(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if from == "" {
		return to
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestKilledAtEveryStep(t *testing.T) {
	for _, row := range []struct {
		what string
		old  string
	}{
		{"new feed", ""},
		{"feed with packages", seed(t)},
	} {
		t.Run(row.what, func(t *testing.T) {
			change := bigChange
			if row.old == "" {
				change = func(t *testing.T, w *Writer) { put(t, w, "alpha", "1.0.0") }
			}
			oldTree := map[string]string{}
			if row.old != "" {
				oldTree = tree(t, row.old)
			}
			whole := copyTree(t, row.old)
			names, err := killAt(t, whole, 1000, change)
			if err != nil {
				t.Fatal(err)
			}
			newTree := tree(t, whole)
			for number, name := range names {
				t.Run(name, func(t *testing.T) {
					dir := copyTree(t, row.old)
					if _, err := killAt(t, dir, number, change); !errors.Is(err, errKilled) {
						t.Fatalf("the publish was not killed: %v", err)
					}
					checkSurvival(t, dir, oldTree, newTree, change)
				})
			}
		})
	}
}

// checkSurvival looks at what a kill left: through Open, through Lock, and after
// the same run once more.
func checkSurvival(t *testing.T, dir string, oldTree, newTree map[string]string, change func(*testing.T, *Writer)) {
	t.Helper()
	_, err := os.Stat(filepath.Join(dir, journalPath))
	decided := err == nil
	if !decided && !maps.Equal(tree(t, dir), newTree) {
		wantTree(t, dir, oldTree)
	}
	other := copyTree(t, dir)
	f := openFeed(t, dir)
	if f.RolledForward != decided {
		t.Errorf("RolledForward = %v with a journal: %v", f.RolledForward, decided)
	}
	w := lockFeed(t, other)
	if w.Feed().RolledForward != decided {
		t.Errorf("RolledForward of the writer = %v with a journal: %v", w.Feed().RolledForward, decided)
	}
	closeWriter(w)
	after := tree(t, dir)
	if decided || !maps.Equal(after, oldTree) {
		wantTree(t, dir, newTree)
	}
	if diff := cmp.Diff(after, tree(t, other)); diff != "" {
		t.Errorf("Open and Lock differ:\n%s", diff)
	}
	if decided || maps.Equal(after, newTree) {
		return
	}
	w = lockFeed(t, dir)
	change(t, w)
	publish(t, w, dayTwo)
	wantTree(t, dir, newTree)
}

// TestKilledTwice kills a publish and then the roll forward, at every step of it.
func TestKilledTwice(t *testing.T) {
	old := seed(t)
	whole := copyTree(t, old)
	names, err := killAt(t, whole, 1000, bigChange)
	if err != nil {
		t.Fatal(err)
	}
	newTree := tree(t, whole)
	for first, name := range names {
		if !strings.HasPrefix(name, "rename ") || name == "rename the journal" || first%5 != 0 {
			continue // a few are enough: the steps after are the same
		}
		dir := copyTree(t, old)
		if _, err := killAt(t, dir, first, bigChange); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		for second := 0; ; second++ {
			again := copyTree(t, dir)
			left := second
			d, err := openDir(again)
			if err != nil {
				t.Fatal(err)
			}
			_, err = rollForward(d, func(string) error {
				if left--; left < 0 {
					return errKilled
				}
				return nil
			})
			_ = d.Close()
			openFeed(t, again)
			if maps.Equal(tree(t, again), newTree) && err == nil {
				break
			}
			if !errors.Is(err, errKilled) {
				t.Fatalf("killed at %q and then after %d steps: %v", name, second, err)
			}
			wantTree(t, again, newTree)
		}
	}
}

func TestKilledWhileStaging(t *testing.T) {
	dir := seed(t)
	before := tree(t, dir)
	w := lockFeed(t, dir)
	bigChange(t, w)
	closeWriter(w)
	wantTree(t, dir, before)
	// Another run with other wishes publishes nothing of that.
	w = lockFeed(t, dir)
	put(t, w, "alpha", "1.0.0")
	if publish(t, w, dayTwo) {
		t.Error("what another run has staged is published")
	}
	wantTree(t, dir, before)
}

func TestStageLeftoversInTheWay(t *testing.T) {
	dir := seed(t)
	write(t, dir, stageDir+"/demo/omega", "a file where a folder is needed")
	write(t, dir, stageDir+"/demo/alpha/index.html/deep/x", "a folder where a file is needed")
	write(t, dir, journalPart, "half a journal")
	w := lockFeed(t, dir)
	put(t, w, "omega", "1.0.0")
	put(t, w, "alpha", "1.0.0", "2.0.0")
	publish(t, w, dayTwo)
	wantWhole(t, dir)
	if got := tree(t, dir)["demo/alpha/index.html"]; got != "[1.0.0 2.0.0]" {
		t.Errorf("index.html is %q", got)
	}
}

func TestJournalThatCannotBeFinished(t *testing.T) {
	for _, row := range []struct{ what, journal, want string }{
		{"no JSON", "{", "not what feedctl wrote"},
		{"newer format", `{"format":2}`, "use a newer feedctl"},
		{"path outside", `{"format":1,"renames":["../x"]}`, "no path of the feed"},
		{"path in .feedctl", `{"format":1,"removals":[".feedctl/lock"]}`, "no path of the feed"},
		{"stage is gone", `{"format":1,"manifest":"sha256:0","renames":["demo/x"]}`, "its files are gone"},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := seed(t)
			before := tree(t, dir)
			write(t, dir, journalPath, row.journal)
			if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("Open: %v", err)
			}
			if _, err := Lock(t.Context(), dir, "test", dayOne); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("Lock: %v", err)
			}
			wantTree(t, dir, before)
		})
	}
}

func FuzzDecodeJournal(f *testing.F) {
	f.Add(`{"format":1,"manifest":"sha256:0","renames":["a/b"],"removals":["c"]}`)
	f.Fuzz(func(t *testing.T, text string) {
		j, err := decodeJournal([]byte(text))
		if err != nil {
			return
		}
		for _, p := range append(j.Renames, j.Removals...) {
			if !filepath.IsLocal(p) || strings.HasPrefix(p, controlDir+"/") {
				t.Errorf("path %q is taken", p)
			}
		}
	})
}
