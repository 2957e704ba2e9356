package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestPublish(t *testing.T) {
	dir := seed(t)
	wantWhole(t, dir)
	f := openFeed(t, dir)
	manifest, _ := f.Manifest(t.Context())
	got := manifest.Ecosystems[eco]
	got.Ledger, got.Roots = "", ""
	want := feed.EcosystemSummary{Packages: 2, Releases: 2, Files: 2, Bytes: int64(len("bytes of alpha 1.0.0bytes of @s/Beta 1.0.0"))}
	want.Base = "https://feed.example"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("manifest, -want +got:\n%s", diff)
	}
	if manifest.Sequence != 1 || manifest.Previous != "" || !manifest.Time.Equal(dayOne) {
		t.Errorf("manifest is %+v", manifest)
	}
	p, err := f.Package(t.Context(), eco, "@s/Beta")
	if err != nil || len(p.Releases) != 1 || p.Releases[0].Files[0].Path != "demo/@s/Beta/1.0.0.bin" {
		t.Errorf("record of @s/Beta is %+v, %v", p, err)
	}
	if diff := cmp.Diff(map[string]string{"alpha": "1.0.0", "@s/Beta": "1.0.0"}, summaries(t, f)); diff != "" {
		t.Errorf("packages, -want +got:\n%s", diff)
	}
	roots, err := rootsIn(t, f)
	if err != nil || len(roots) != 1 || roots[0].Requirements[0].Name != "alpha" {
		t.Errorf("roots are %+v, %v", roots, err)
	}
}

func TestPublishAgainChangesNothing(t *testing.T) {
	dir := seed(t)
	before, timesBefore := tree(t, dir), times(t, dir)
	w := lockFeed(t, dir)
	put(t, w, "alpha", "1.0.0")
	put(t, w, "@s/Beta", "1.0.0")
	putRoot(t, w, "alpha")
	if err := w.SetProfile(eco, feed.Profile{Layout: feed.Layout{Base: "https://feed.example"}}); err != nil {
		t.Fatal(err)
	}
	w.Remove("demo/alpha/unknown.html")
	if publish(t, w, dayTwo) {
		t.Error("the same again is a change")
	}
	wantTree(t, dir, before)
	if diff := cmp.Diff(timesBefore, times(t, dir)); diff != "" {
		t.Errorf("times, -before +after:\n%s", diff)
	}
	if names, err := os.ReadDir(filepath.Join(dir, controlDir)); err != nil || len(names) != 1 {
		t.Errorf(".feedctl holds %v, %v; want the lock alone", names, err)
	}
}

func TestPublishTouchesOnlyWhatChanges(t *testing.T) {
	dir := seed(t)
	before, timesBefore := tree(t, dir), times(t, dir)
	w := lockFeed(t, dir)
	put(t, w, "alpha", "1.0.0", "1.1.0")
	if !publish(t, w, dayTwo) {
		t.Error("a new release is no change")
	}
	wantWhole(t, dir)
	after := tree(t, dir)
	var changed []string
	for path := range after {
		if after[path] != before[path] {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed)
	want := []string{"demo/alpha/1.1.0.bin", "demo/alpha/index.html", "feed.json", "ledger/demo/lists/root.json", "ledger/demo/packages/alpha.json"}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Errorf("changed files, -want +got:\n%s", diff)
	}
	for path, time := range times(t, dir) {
		old, existed := timesBefore[path]
		switch isChanged := slices.Contains(changed, path); {
		case strings.HasSuffix(path, "/") || !existed:
		case !isChanged && !time.Equal(old):
			t.Errorf("%s: not changed, but touched", path)
		case isChanged && time.Unix() <= old.Unix():
			t.Errorf("%s: changed, but its time %v is not a second later than %v", path, time, old)
		}
	}
	f := openFeed(t, dir)
	manifest, _ := f.Manifest(t.Context())
	if manifest.Sequence != 2 || manifest.Previous != feed.SHA256([]byte(before[ManifestPath])) || !manifest.Time.Equal(dayTwo) {
		t.Errorf("manifest is %+v", manifest)
	}
	if latest := summaries(t, f)["alpha"]; latest != "1.1.0" {
		t.Errorf("newest version of alpha is %q", latest)
	}
}

func TestPublishIsDeterministic(t *testing.T) {
	names := []string{"alpha", "beta", "@s/Gamma"}
	var trees []map[string]string
	for _, reverse := range []bool{false, true} {
		dir := t.TempDir()
		w := lockFeed(t, dir)
		zone := time.UTC
		if reverse {
			zone = time.FixedZone("far", 13*3600)
			slices.Reverse(names)
		}
		for _, name := range names {
			put(t, w, name, "1.0.0", "2.0.0")
			putRoot(t, w, name)
		}
		publish(t, w, dayOne.In(zone))
		trees = append(trees, tree(t, dir))
	}
	if diff := cmp.Diff(trees[0], trees[1]); diff != "" {
		t.Errorf("order matters:\n%s", diff)
	}
}

// TestPublishOrder looks at what becomes visible after what: the page of a package
// that is new before that of one which may need it from now on.
func TestPublishOrder(t *testing.T) {
	names, err := killAt(t, seed(t), 1000, bigChange)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, name := range names {
		if !strings.Contains(name, "ledger/demo/roots/") {
			got = append(got, name)
		}
	}
	want := []string{
		"barrier before the journal", "write the journal", "rename the journal", "barrier after the journal",
		"rename demo/alpha/2.0.0.bin", "rename demo/delta/1.0.0.bin",
		"rename demo/delta/info.json", "rename demo/second/name.bin",
		"rename demo/delta/index.html", "rename demo/alpha/index.html",
		"rename ledger/demo/packages/delta.json", "rename ledger/demo/lists/root.json", "rename ledger/demo/packages/alpha.json",
		"rename feed.json",
		"remove demo/@s/Beta/1.0.0.bin", "remove demo/@s/Beta/index.html", "remove demo/@s/Beta/info.json", "remove ledger/demo/packages/@s/!beta.json",
		"barrier after the renames", "remove the journal", "remove .feedctl/stage", "remove .feedctl/journal.new",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps, -want +got:\n%s", diff)
	}
}

func TestTimesAreWrittenInUTC(t *testing.T) {
	zone := time.FixedZone("east", 3600)
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: eco, Name: "a"}, Releases: []feed.Release{{
		Version: "1", Kind: feed.Saved, Published: dayOne.In(zone), Origin: feed.Origin{Time: dayOne.In(zone)},
	}}}
	data, err := encodePackage(p)
	if err != nil || strings.Count(string(data), "2026-03-01T12:00:00Z") != 2 {
		t.Errorf("record is %s, %v", data, err)
	}
	if !p.Releases[0].Published.Equal(dayOne) || p.Releases[0].Published.Location() != zone {
		t.Error("encoding changes its argument")
	}
}

func TestFailedRunLeavesNoManifest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	w := lockFeed(t, dir)
	put(t, w, "alpha", "1.0.0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Publish(ctx, dayOne); !errors.Is(err, context.Canceled) {
		t.Errorf("publish after a cancel: %v", err)
	}
	closeWriter(w)
	wantTree(t, dir, map[string]string{})

	w = lockFeed(t, dir)
	file := artifactFile("demo/alpha/1.0.0.bin", "bytes of alpha 1.0.0")
	if _, err := w.Artifact(t.Context(), file, nil, noContent(t)); err != nil {
		t.Errorf("what was fetched before: %v", err)
	}
}

func TestWriterEnds(t *testing.T) {
	w := lockFeed(t, seed(t))
	if _, err := w.Publish(t.Context(), dayOne); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(t.Context(), dayOne); err == nil {
		t.Error("a second publish of one writer succeeds")
	}
	if err := w.Document(feed.Document{Path: "demo/x", Bytes: []byte("x")}); err == nil {
		t.Error("a document after the publish is taken")
	}
	if err := w.SetProfile(eco, feed.Profile{}); err == nil {
		t.Error("a profile after the publish is taken")
	}
}

func TestRemovePackage(t *testing.T) {
	dir := seed(t)
	w := lockFeed(t, dir)
	if err := w.RemovePackage(eco, "@s/Beta"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"1.0.0.bin", "info.json", "index.html"} {
		w.Remove("demo/@s/Beta/" + file)
	}
	roots, _ := rootsIn(t, w.Feed())
	if err := w.RemoveRoot(eco, RootID(roots[0].Request)); err != nil {
		t.Fatal(err)
	}
	if !publish(t, w, dayTwo) {
		t.Error("a removal is no change")
	}
	wantWhole(t, dir)
	for path := range tree(t, dir) {
		if strings.Contains(path, "@s") || strings.Contains(path, "eta") {
			t.Errorf("%s is left", path)
		}
	}
	f := openFeed(t, dir)
	if _, err := f.Package(t.Context(), eco, "@s/Beta"); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("removed package: %v", err)
	}
	if roots, err := rootsIn(t, f); err != nil || len(roots) != 0 {
		t.Errorf("roots are %+v, %v", roots, err)
	}
	manifest, _ := f.Manifest(t.Context())
	if got := manifest.Ecosystems[eco]; got.Packages != 1 || got.Files != 1 || got.Bytes != int64(len("bytes of alpha 1.0.0")) {
		t.Errorf("manifest says %+v", got)
	}
}

func TestRemoveIsTakenBack(t *testing.T) {
	dir := seed(t)
	before := tree(t, dir)
	w := lockFeed(t, dir)
	w.Remove("demo/alpha/info.json")
	w.Remove("demo/alpha/1.0.0.bin")
	if err := w.RemovePackage(eco, "alpha"); err != nil {
		t.Fatal(err)
	}
	put(t, w, "alpha", "1.0.0")
	w.Remove("demo/alpha/info.json")
	w.Remove("demo/alpha/1.0.0.bin")
	if publish(t, w, dayTwo) {
		t.Error("what is removed and put again is a change")
	}
	wantTree(t, dir, before)
}

func TestRemoveRefusesOtherPaths(t *testing.T) {
	for _, path := range []string{"feed.json", "ledger/demo/lists/root.json", ".feedctl/lock", "../x", "/etc/passwd", "Ledger/x"} {
		dir := seed(t)
		before := tree(t, dir)
		w := lockFeed(t, dir)
		w.Remove(path)
		if _, err := w.Publish(t.Context(), dayTwo); err == nil {
			t.Errorf("%s is removed", path)
		}
		closeWriter(w)
		wantTree(t, dir, before)
	}
}

// rootsIn reads all that was asked for.
func rootsIn(t *testing.T, f *Feed) ([]feed.RootRecord, error) {
	t.Helper()
	var roots []feed.RootRecord
	for root, err := range f.Roots(t.Context(), eco) {
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	return roots, nil
}
