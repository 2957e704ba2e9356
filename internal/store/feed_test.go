package store

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

func TestManifestThatCannotBeRead(t *testing.T) {
	for _, row := range []struct{ what, text, want string }{
		{"newer format", `{"format":2,"ecosystems":[]}`, "feed format 2 is unknown: this feedctl reads format 1; use a newer feedctl"},
		{"older format", `{"format":0}`, "feed format 0 is unknown"},
		{"no format", `{"name":"x","version":"1"}`, "is not the manifest of a feed"},
		{"no JSON", `<html>`, "is not the manifest of a feed"},
		{"nothing", ``, "is not the manifest of a feed"},
		{"odd field", `{"format":1,"sequence":"x"}`, "is damaged"},
		{"ecosystem that escapes", `{"format":1,"ecosystems":{"../x":{}}}`, "is damaged"},
		{"endless", `{"format":1}` + strings.Repeat(" ", maxManifest), "more than the 1048576 that are read"},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, ManifestPath, row.text)
			before := tree(t, dir)
			if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("Open: %v, want %q", err, row.want)
			}
			if _, err := Lock(t.Context(), dir, "test", dayOne); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("Lock: %v, want %q", err, row.want)
			}
			wantTree(t, dir, before)
		})
	}
}

func TestFeedOverHTTP(t *testing.T) {
	dir := seed(t)
	server := httptest.NewServer(http.StripPrefix("/some/feed", http.FileServer(http.Dir(dir))))
	defer server.Close()
	client, err := web.New(web.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	local := openFeed(t, dir)
	for _, base := range []string{"/some/feed", "/some/feed/", "/some/feed/feed.json"} {
		tree, err := NewHTTP(client, server.URL+base, web.Access{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := OpenTree(t.Context(), tree)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := local.Package(t.Context(), eco, "@s/Beta")
		got, err := f.Package(t.Context(), eco, "@s/Beta")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("record: %v, -disk +HTTP:\n%s", err, diff)
		}
		if diff := cmp.Diff(summaries(t, local), summaries(t, f)); diff != "" {
			t.Errorf("packages, -disk +HTTP:\n%s", diff)
		}
		checkHTTP(t, f)
	}
	tree, err := NewHTTP(client, server.URL+"/nowhere", web.Access{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenTree(t.Context(), tree); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("no feed: %v", err)
	}
	if _, err := NewHTTP(client, server.URL+"/?token=secret", web.Access{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("address with a query: %v", err)
	}
}

func checkHTTP(t *testing.T, f *Feed) {
	t.Helper()
	body, err := f.Open(t.Context(), "demo/@s/Beta/1.0.0.bin")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if string(text) != "bytes of @s/Beta 1.0.0" || err != nil || body.Close() != nil {
		t.Errorf("artifact is %q, %v", text, err)
	}
	if _, err := f.Open(t.Context(), "demo/none"); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("unknown file: %v", err)
	}
	if _, err := f.Stat("demo/alpha/index.html"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Stat: %v", err)
	}
	for _, err := range f.Walk(t.Context()) {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("Walk: %v", err)
		}
	}
	if f.Dir() != nil {
		t.Error("a feed over HTTP has a directory")
	}
	if err := f.CheckTree(t.Context(), eco, func(p Problem) { t.Errorf("problem %+v", p) }); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestHTTPEscapesPaths(t *testing.T) {
	if got := escapeURL("npm/@s/a+b c%/#1?.tgz"); got != "npm/@s/a%2Bb%20c%25/%231%3F.tgz" {
		t.Errorf("path is %s", got)
	}
}

func TestReadingIsChecked(t *testing.T) {
	dir := seed(t)
	record := "ledger/demo/packages/alpha.json"
	changed := strings.Replace(tree(t, dir)[record], `"1.0.0"`, `"6.6.6"`, 1)
	write(t, dir, record, changed)
	var integrity *feed.IntegrityError
	_, err := openFeed(t, dir).Package(t.Context(), eco, "alpha")
	if !errors.As(err, &integrity) || integrity.Path != record || integrity.Got != feed.SHA256([]byte(changed)) {
		t.Errorf("changed record: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, record)); err != nil {
		t.Fatal(err)
	}
	_, err = openFeed(t, dir).Package(t.Context(), eco, "alpha")
	if !errors.As(err, &integrity) || errors.Is(err, feed.ErrNotFound) {
		t.Errorf("missing record: %v", err)
	}
}

func TestFeedThatIsPublishedWhileItIsRead(t *testing.T) {
	dir := seed(t)
	f := openFeed(t, dir)
	w := lockFeed(t, dir)
	put(t, w, "alpha", "1.0.0", "2.0.0")
	publish(t, w, dayTwo)
	if _, err := f.Package(t.Context(), eco, "alpha"); err == nil || !strings.Contains(err.Error(), "published anew") {
		t.Errorf("error is %v", err)
	}
}

func TestWalkAndStat(t *testing.T) {
	dir := seed(t)
	if err := os.Symlink("index.html", filepath.Join(dir, "demo/alpha/link")); err != nil {
		t.Skip(err)
	}
	write(t, dir, controlDir+"/stage/x", "x")
	f := openFeed(t, dir)
	var got []string
	for entry, err := range f.Walk(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if entry.Path == "demo/alpha/1.0.0.bin" && entry.Size != 20 {
			t.Errorf("size of %s is %d", entry.Path, entry.Size)
		}
		if isLink := entry.Mode == fs.ModeSymlink; isLink != strings.HasSuffix(entry.Path, "link") {
			t.Errorf("mode of %s is %v", entry.Path, entry.Mode)
		}
		got = append(got, entry.Path)
	}
	var want []string
	for _, path := range sortedKeys(tree(t, dir)) {
		if !strings.HasSuffix(path, "/") {
			want = append(want, path)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths, -want +got:\n%s", diff)
	}
	if size, err := f.Stat("demo/alpha/1.0.0.bin"); size != 20 || err != nil {
		t.Errorf("Stat of a file: %d, %v", size, err)
	}
	for _, path := range []string{"demo/alpha", "demo/alpha/link", "demo/none", "demo/alpha/index.html/x"} {
		if _, err := f.Stat(path); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("Stat of %s: %v", path, err)
		}
	}
	for _, path := range []string{"demo/alpha", "demo/alpha/index.html/x", "demo/none"} {
		if _, err := f.Open(t.Context(), path); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("Open of %s: %v", path, err)
		}
	}
	if _, err := f.Open(t.Context(), "../x"); err == nil {
		t.Error("a path outside is opened")
	}
	if _, err := f.ReadFile(t.Context(), "demo/alpha/1.0.0.bin", 19); err == nil {
		t.Error("more than the limit is read")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range f.Walk(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("walk after a cancel: %v", err)
		}
	}
}

func TestMatches(t *testing.T) {
	f := openFeed(t, seed(t))
	right := artifactFile("demo/alpha/1.0.0.bin", "bytes of alpha 1.0.0")
	for what, row := range map[string]struct {
		file feed.File
		want bool
	}{
		"right":   {right, true},
		"size":    {feed.File{Path: right.Path, Size: 21, Digests: right.Digests}, false},
		"digest":  {artifactFile(right.Path, "bytes of ALPHA 1.0.0"), false},
		"no file": {feed.File{Path: "demo/none"}, false},
	} {
		if got, err := f.Matches(t.Context(), row.file); got != row.want || err != nil {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}

func TestRecordsComeBack(t *testing.T) {
	p := feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: eco, Name: "a"},
		Tags:       map[string]string{"next": "2", "latest": "1"},
		Metadata:   json.RawMessage(`{"html":"<&>","unicode":"é\u2028"}`),
		Releases: []feed.Release{
			{Version: "1", Kind: feed.Pushed, Deprecated: "old <b>", Yanked: &feed.Yank{Reason: "broken"}, Published: dayOne},
			{Version: "2", Kind: feed.Saved, Yanked: &feed.Yank{}, Files: []feed.File{{Path: "demo/x", Absent: true, Digests: feed.Digests{"b": "2", "a": "1"}}}},
		},
	}
	data, err := encodePackage(p)
	if err != nil {
		t.Fatal(err)
	}
	back, err := decodePackage(data, p.PackageKey)
	if diff := cmp.Diff(p, back); diff != "" || err != nil {
		t.Errorf("%v, -written +read:\n%s", err, diff)
	}
	again, err := encodePackage(back)
	if diff := cmp.Diff(string(data), string(again)); diff != "" || err != nil {
		t.Errorf("%v, -once +twice:\n%s", err, diff)
	}
	if lines := strings.Count(string(data), "\n"); lines != 4 {
		t.Errorf("the record has %d lines, want 4:\n%s", lines, data)
	}
	if got, want := count(p), (tally{packages: 1, releases: 2}); got != want {
		t.Errorf("the record counts as %v, want %v", got, want)
	}
	if got := latest(p); got != "2" {
		t.Errorf("newest of all yanked is %q", got)
	}
	p.Releases[0].Yanked = nil
	if got := latest(p); got != "1" {
		t.Errorf("newest that is not yanked is %q", got)
	}
	if _, err := decodePackage(data, feed.PackageKey{Ecosystem: eco, Name: "b"}); err == nil {
		t.Error("the record of another package is taken")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"format":1,"sequence":1,"ecosystems":{"npm":{"packages":1}}}`))
	f.Add([]byte(`{"roots":[{"id":"00000000000000000000000000000000","digest":"sha256:0"}]}`))
	f.Add([]byte(`{"ecosystem":"demo","name":"a","releases":[{"version":"1"}]}`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = decodeManifest(data)
		_, _ = rootsOf(eco).decode(data, "")
		_, _ = decodeRoot(data, eco, "x")
		if p, err := decodePackage(data, feed.PackageKey{Ecosystem: eco, Name: "a"}); err == nil {
			_, _ = latest(p), count(p)
		}
	})
}
