package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

func sameFile(t *testing.T, dir, a, b string) bool {
	t.Helper()
	one, err := os.Stat(filepath.Join(dir, a))
	if err != nil {
		t.Fatal(err)
	}
	other, err := os.Stat(filepath.Join(dir, b))
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(one, other)
}

func TestLinkDocuments(t *testing.T) {
	dir := seed(t)
	old := feed.Document{Path: "demo/links/old.bin", Link: "demo/alpha/1.0.0.bin"}
	fresh := feed.Document{Path: "demo/links/new.bin", Link: "demo/gamma/1.0.0.bin"}
	run := func() bool {
		w := lockFeed(t, dir)
		put(t, w, "gamma", "1.0.0")
		for _, doc := range []feed.Document{old, fresh, old} {
			if err := w.Document(doc); err != nil {
				t.Fatal(err)
			}
		}
		return publish(t, w, dayTwo)
	}
	if !run() {
		t.Error("new links are no change")
	}
	for _, doc := range []feed.Document{old, fresh} {
		if !sameFile(t, dir, doc.Path, doc.Link) {
			t.Errorf("%s is no hard link to %s", doc.Path, doc.Link)
		}
	}
	if run() {
		t.Error("the same links again are a change")
	}

	w := lockFeed(t, dir)
	before := times(t, dir)
	old.Link = fresh.Link
	if err := w.Document(old); err != nil {
		t.Fatal(err)
	}
	publish(t, w, dayTwo)
	after := times(t, dir)
	if got := tree(t, dir)[old.Path]; got != "bytes of gamma 1.0.0" {
		t.Errorf("a link that goes elsewhere holds %q", got)
	}
	if after[old.Path].Unix() <= before[old.Path].Unix() {
		t.Error("a link that goes elsewhere is not newer")
	}
	if !after[fresh.Link].Equal(before[fresh.Link]) {
		t.Error("the artifact was touched")
	}
	if err := lockFeed(t, dir).Document(feed.Document{Path: "demo/l", Link: "demo/none.bin"}); err == nil {
		t.Error("a link to nothing is taken")
	}
}

// TestStagedLinkIsNotWrittenThrough finds a name of an artifact in the stage, as a
// killed run may leave it, where another file is to be staged.
func TestStagedLinkIsNotWrittenThrough(t *testing.T) {
	dir := seed(t)
	before := tree(t, dir)
	write(t, dir, stageDir+"/demo/other", "")
	for _, name := range []string{"demo/x", "demo/y.bin"} {
		if err := os.Link(filepath.Join(dir, "demo/alpha/1.0.0.bin"), filepath.Join(dir, stageDir, name)); err != nil {
			t.Skip(err)
		}
	}
	w := lockFeed(t, dir)
	if err := w.Document(feed.Document{Path: "demo/x", Bytes: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Artifact(t.Context(), artifactFile("demo/y.bin", "y"), nil, content("y")); err != nil {
		t.Fatal(err)
	}
	publish(t, w, dayTwo)
	after := tree(t, dir)
	if path := "demo/alpha/1.0.0.bin"; after[path] != before[path] || after["demo/x"] != "x" || after["demo/y.bin"] != "y" {
		t.Errorf("the feed holds %q, %q, %q", after[path], after["demo/x"], after["demo/y.bin"])
	}
}

func TestDocumentsOfOnePath(t *testing.T) {
	w := lockFeed(t, seed(t))
	same := feed.Document{Path: "demo/alpha/info.json", Bytes: []byte("about alpha")}
	other := feed.Document{Path: "demo/alpha/info.json", Bytes: []byte("about omega")}
	fresh := feed.Document{Path: "demo/x", Bytes: []byte("x")}
	for _, doc := range []feed.Document{same, same, fresh, fresh} {
		if err := w.Document(doc); err != nil {
			t.Error(err)
		}
	}
	fresh.Bytes = []byte("y")
	for _, doc := range []feed.Document{other, fresh} {
		if err := w.Document(doc); err == nil || !strings.Contains(err.Error(), "two documents") {
			t.Errorf("other bytes for %s: %v", doc.Path, err)
		}
	}
	put(t, w, "gamma", "1.0.0")
	if err := w.Document(feed.Document{Path: "demo/gamma/1.0.0.bin", Bytes: []byte("z")}); err == nil {
		t.Error("a document replaces an artifact")
	}
}

func TestPathsThatCannotLiveTogether(t *testing.T) {
	document := func(path string) feed.Document { return feed.Document{Path: path, Bytes: []byte(path)} }
	for _, row := range []struct {
		what, first, second string // first may be in the feed already
		want                string
	}{
		{"case of a file", "demo/x/readme", "demo/x/README", "differ only in the case"},
		{"case of a folder", "demo/x/readme", "demo/X/other", "differ only in the case"},
		{"case beyond ASCII", "demo/é", "demo/É", "differ only in the case"},
		{"case in the feed", "", "demo/Alpha/other", `"demo/alpha" and "demo/Alpha" differ only`},
		{"case of a file in the feed", "", "demo/alpha/INDEX.html", `"demo/alpha/index.html" and "demo/alpha/INDEX.html" differ only`},
		{"case of the ecosystem", "", "DEMO/x", `"demo" and "DEMO" differ only`},
		{"file, then folder", "demo/x", "demo/x/y", "cannot be a folder too"},
		{"folder, then file", "demo/x/y", "demo/x", "is the folder of other files"},
		{"file in the feed as folder", "", "demo/alpha/index.html/x", "cannot be a folder too"},
		{"folder in the feed as file", "", "demo/alpha", "is the folder of other files"},
		{"symbolic link in the feed", "", "demo/link/x", "neither a file nor a folder"},
		{"the ledger", "", "ledger/demo/x", "the feed's own"},
		{"the manifest", "", "Feed.JSON", "the feed's own"},
		{"the stage", "", ".feedctl/stage/x", "the feed's own"},
		{"outside", "", "../x", "segment"},
		{"device", "", "demo/con/x", "device"},
		{"different", "demo/x/a", "demo/x/b", ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := seed(t)
			if err := os.Symlink("alpha", filepath.Join(dir, "demo/link")); err != nil {
				t.Skip(err)
			}
			w := lockFeed(t, dir)
			if row.first != "" {
				if err := w.Document(document(row.first)); err != nil {
					t.Fatal(err)
				}
			}
			err := w.Document(document(row.second))
			if row.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("document %s: %v, want %q", row.second, err, row.want)
			}
			if _, err := w.Artifact(t.Context(), feed.File{Path: row.second}, nil, noContent(t)); err == nil {
				t.Errorf("artifact %s is taken", row.second)
			}
		})
	}
}

func TestOnlyLedgerPathsAreRefused(t *testing.T) {
	w := lockFeed(t, seed(t))
	for _, path := range []string{"index.html", "locks/demo/x.lock", "demo/ledger/x", "demo/feed.json", "ledgers/x"} {
		if err := w.Document(feed.Document{Path: path, Bytes: []byte("x")}); err != nil {
			t.Error(err)
		}
	}
}

func TestPutPackageRefuses(t *testing.T) {
	key := func(name string) feed.PackageKey { return feed.PackageKey{Ecosystem: eco, Name: name} }
	file := func(path string) []feed.Release {
		return []feed.Release{{Version: "1", Files: []feed.File{{Path: path}}}}
	}
	for _, row := range []struct {
		what string
		p    feed.Package
	}{
		{"no name", feed.Package{PackageKey: key("")}},
		{"name that escapes", feed.Package{PackageKey: key("../x")}},
		{"another ecosystem", feed.Package{PackageKey: feed.PackageKey{Ecosystem: "other", Name: "x"}}},
		{"no version", feed.Package{PackageKey: key("x"), Releases: []feed.Release{{}}}},
		{"version twice", feed.Package{PackageKey: key("x"), Releases: []feed.Release{{Version: "1"}, {Version: "1"}}}},
		{"file outside", feed.Package{PackageKey: key("x"), Releases: file("../x")}},
		{"file in the ledger", feed.Package{PackageKey: key("x"), Releases: file("ledger/x")}},
		{"metadata that is no JSON", feed.Package{PackageKey: key("x"), Metadata: []byte("{")}},
	} {
		t.Run(row.what, func(t *testing.T) {
			w := lockFeed(t, t.TempDir())
			if err := w.PutPackage(eco, row.p); err == nil {
				t.Error("the record is taken")
			}
		})
	}
	for _, ecosystem := range []string{"", "..", "a/b", "Demo", "ledger", "views", "locks", "con"} {
		w := lockFeed(t, t.TempDir())
		p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: ecosystem, Name: "x"}}
		if w.PutPackage(ecosystem, p) == nil || w.SetProfile(ecosystem, feed.Profile{}) == nil {
			t.Errorf("ecosystem %q is taken", ecosystem)
		}
	}
}

func TestTwinsInLargeFolders(t *testing.T) {
	for _, row := range []struct {
		what, held, name, path string
		refused                bool
	}{
		{"case of a folder", "Alpha", "alpha", "demo/alpha/2.0.0.bin", true},
		{"case of a file", "Alpha", "alpha", "demo/Alpha/1.0.0.BIN", true},
		{"paths that tell them apart", "Alpha", "alpha", "demo/!alpha/1.0.0.bin", false},
		{"another name", "Alpha", "alphb", "demo/alphb/1.0.0.bin", false},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "feed")
			w := lockFeed(t, dir)
			put(t, w, row.held, "1.0.0")
			for i := range maxEntries { // so that the lists are split
				other := feed.Package{PackageKey: feed.PackageKey{Ecosystem: eco, Name: fmt.Sprintf("other-%d", i)}}
				if err := w.PutPackage(eco, other); err != nil {
					t.Fatal(err)
				}
			}
			publish(t, w, dayOne)
			w = lockFeed(t, dir)
			w.paths.large = -1
			file := artifactFile(row.path, "x")
			if _, err := w.Artifact(t.Context(), file, nil, content("x")); err != nil {
				t.Fatal(err)
			}
			p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: eco, Name: row.name}}
			p.Releases = []feed.Release{{Version: "2.0.0", Kind: feed.Saved, Files: []feed.File{file}}}
			err := w.PutPackage(eco, p)
			if got := err != nil && strings.Contains(err.Error(), "differ only in the case"); got != row.refused {
				t.Errorf("got %v, want refused: %v", err, row.refused)
			}
		})
	}
}
