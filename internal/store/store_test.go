package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eco is the ecosystem of the tests.
const eco = "demo"

var (
	dayOne = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	dayTwo = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

func lockFeed(t testing.TB, dir string) *Writer {
	t.Helper()
	w, err := Lock(t.Context(), dir, "feedctl mirror", dayOne)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeWriter(w) })
	return w
}

// closeWriter may be called twice: the second time does nothing.
func closeWriter(w *Writer) {
	if w.lock.flock.Locked() {
		if err := w.Close(); err != nil {
			panic(err)
		}
	}
}

// publish publishes, fails the test on an error, and gives the lock back.
func publish(t testing.TB, w *Writer, now time.Time) bool {
	t.Helper()
	changed, err := w.Publish(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	closeWriter(w)
	return changed
}

func openFeed(t testing.TB, dir string) *Feed {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// content returns an open function for Artifact.
func content(text string) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewBufferString(text)), nil }
}

// noContent fails the test when Artifact asks for bytes.
func noContent(t testing.TB) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) {
		t.Error("the artifact was fetched")
		return nil, errors.New("not to be fetched")
	}
}

func artifactFile(path, text string) feed.File {
	h := feed.NewHasher("sha256")
	h.Write([]byte(text))
	return feed.File{Path: path, Size: int64(len(text)), Digests: h.Digests()}
}

// put adds a package with the given versions: an artifact for each, a document
// for the package and an entry document that lists its versions.
func put(t testing.TB, w *Writer, name string, versions ...string) {
	t.Helper()
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: eco, Name: name}, Metadata: []byte(`{"description": "<b> &"}`)}
	for _, version := range versions {
		path := fmt.Sprintf("%s/%s/%s.bin", eco, name, version)
		text := "bytes of " + name + " " + version
		file, err := w.Artifact(t.Context(), artifactFile(path, text), nil, content(text))
		if err != nil {
			t.Fatal(err)
		}
		p.Releases = append(p.Releases, feed.Release{
			Version: version, Kind: feed.Saved, Published: dayOne, Files: []feed.File{file},
			Origin: feed.Origin{Upstream: "main", URL: "https://registry.example/" + name, Time: dayOne},
		})
	}
	documents := []feed.Document{
		{Path: eco + "/" + name + "/info.json", Bytes: []byte("about " + name)},
		{Path: eco + "/" + name + "/index.html", Bytes: fmt.Append(nil, versions), Entry: true},
	}
	for _, doc := range documents {
		if err := w.Document(doc); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.PutPackage(eco, p); err != nil {
		t.Fatal(err)
	}
}

func putRoot(t testing.TB, w *Writer, name string) {
	t.Helper()
	root := feed.RootRecord{
		Request: feed.Request{
			Ecosystem: eco, Input: "list.txt", Requirements: []feed.Requirement{{Name: name, Range: "^1"}},
			Settings: []byte(`{"strict": true}`), Targets: []feed.Target{{OS: "linux", Arch: "amd64"}},
		},
		Releases: []string{name + "@1.0.0"},
	}
	if err := w.PutRoot(eco, root); err != nil {
		t.Fatal(err)
	}
}

// seed makes a feed with the packages alpha 1.0.0 and @s/Beta 1.0.0.
func seed(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "feed")
	w := lockFeed(t, dir)
	put(t, w, "alpha", "1.0.0")
	put(t, w, "@s/Beta", "1.0.0")
	putRoot(t, w, "alpha")
	if err := w.SetProfile(eco, feed.Profile{Layout: feed.Layout{Base: "https://feed.example"}}); err != nil {
		t.Fatal(err)
	}
	if !publish(t, w, dayOne) {
		t.Fatal("a new feed is no change")
	}
	return dir
}

// tree is what a feed's directory holds, .feedctl aside: the bytes of files, and
// folders with a slash at the end.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		relative := filepath.ToSlash(path[len(dir)+1:])
		switch {
		case relative == controlDir:
			return filepath.SkipDir
		case entry.IsDir():
			files[relative+"/"] = ""
			return nil
		}
		data, err := os.ReadFile(path)
		files[relative] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

func times(t testing.TB, dir string) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	for path := range tree(t, dir) {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		all[path] = info.ModTime()
	}
	return all
}

func wantTree(t testing.TB, dir string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("tree of the feed, -want +got:\n%s", diff)
	}
}

// wantWhole fails the test unless the hash tree of the feed is whole.
func wantWhole(t testing.TB, dir string) {
	t.Helper()
	if got := problems(t, dir); len(got) > 0 {
		t.Errorf("the hash tree is not whole: %+v", got)
	}
}

func problems(t testing.TB, dir string) []Problem {
	t.Helper()
	var all []Problem
	if err := openFeed(t, dir).CheckTree(t.Context(), eco, func(p Problem) { all = append(all, p) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// write changes a file behind the store's back.
func write(t testing.TB, dir, path, text string) {
	t.Helper()
	name := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func summaries(t testing.TB, f *Feed) map[string]string {
	t.Helper()
	all := map[string]string{}
	for summary, err := range f.Packages(t.Context(), eco) {
		if err != nil {
			t.Fatal(err)
		}
		all[summary.Name] = summary.Latest
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
