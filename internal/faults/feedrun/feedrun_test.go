package feedrun

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// TestReader checks that the reader finds what is missing: its silence is what the
// other tests rely on.
func TestReader(t *testing.T) {
	NotInShort(t)
	w := New(t)
	w.Must(t, Old("feed")...)
	w.Advance(t)
	w.Must(t, App("feed")...)
	w.Must(t, "verify", "feed")
	feed := w.Path("feed")
	if problems, files := Look(Dir(feed)); len(problems) > 0 || files < 60 {
		t.Fatalf("%d files, %q", files, problems)
	}
	for _, path := range []string{
		"npm/base/-/base-1.1.0.tgz", "npm/part00/index.html", "cargo/dl/app-1.1.0.bin", "cargo/index/pa/rt/part00",
		"go/example.com/part01/@v/v1.1.0.mod", "pypi/files/base-1.1.0-py3-none-any.whl", "pypi/files/app-1.1.0-py3-none-any.whl.metadata",
	} {
		t.Run(path, func(t *testing.T) {
			Copy(t, feed, w.Path("copy"))
			if err := os.Remove(w.Path("copy/" + path)); err != nil {
				t.Fatal(err)
			}
			problems, _ := Look(Dir(w.Path("copy")))
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, "names "+path) }) {
				t.Errorf("got %q", problems)
			}
			if got := Read(t, feed).Difference(Read(t, w.Path("copy"))); got != "- "+path {
				t.Errorf("difference is %q", got)
			}
		})
	}
}
