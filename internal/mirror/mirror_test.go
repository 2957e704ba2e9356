package mirror

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// tree reads every file below dir, by slash-separated path, without .feedctl.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".feedctl" {
				return fs.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(name)
		relative, _ := filepath.Rel(dir, name)
		files[filepath.ToSlash(relative)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestMirrorWritesTheWholeGraph(t *testing.T) {
	u, dir := newToy(), filepath.Join(t.TempDir(), "feed")
	report, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{"toy:car"}})
	if err != nil {
		t.Fatal(err)
	}
	if report.New != 3 || report.Files != 9 || !report.Changed {
		t.Errorf("got %d new releases, %d files, changed %v; want 3, 9, true", report.New, report.Files, report.Changed)
	}
	files := tree(t, dir)
	for name, want := range map[string]string{"toy/all": "car 2\nengine 2\nwheel 1\n", "toy/car/list": "2\n", "toy/car/2.zip": "car 2 zip "} {
		if files[name] != want {
			t.Errorf("%s: got %q, want %q", name, files[name], want)
		}
	}
}

func TestSecondRunAsksNobodyAndTouchesNothing(t *testing.T) {
	u, dir := newToy(), filepath.Join(t.TempDir(), "feed")
	o := Options{To: dir, Inputs: []string{"toy:car"}}
	if _, err := mirrorToy(t, u, o); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	u.down, u.asked = true, 0
	report, err := mirrorToy(t, u, o)
	if err != nil {
		t.Fatal(err)
	}
	if u.asked != 0 || report.Changed || report.Kept != 3 {
		t.Errorf("asked %d times, changed %v, kept %d; want 0, false, 3", u.asked, report.Changed, report.Kept)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
}

// TestLockMayNeedOnlySomeFiles mirrors two files of a release, then the third.
func TestLockMayNeedOnlySomeFiles(t *testing.T) {
	u, dir := newToy(), filepath.Join(t.TempDir(), "feed")
	lock := writeFile(t, filepath.Join(t.TempDir(), "toy.lock"), "wheel 1 info mod\nengine 1\n")
	if _, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{lock}}); err != nil {
		t.Fatal(err)
	}
	files := tree(t, dir)
	if _, there := files["toy/wheel/1.zip"]; there || files["toy/wheel/1.mod"] == "" || files["toy/engine/1.zip"] == "" {
		t.Errorf("got %v", sortedKeys(files))
	}
	writeFile(t, lock, "wheel 1\n")
	report, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{lock}})
	if err != nil {
		t.Fatal(err)
	}
	if report.Files != 1 || tree(t, dir)["toy/wheel/1.zip"] == "" {
		t.Errorf("the second lock fetched %d files, want only the missing one", report.Files)
	}
}

// TestReleasesGainFiles has a release that the upstream offers more of than it did
// when the feed took it.
func TestReleasesGainFiles(t *testing.T) {
	for _, row := range []struct {
		what, before, after string
		upgrade             bool
		want                int  // files fetched
		gained              bool // the new one among them
	}{
		{"a lock that names the new file", "wheel 1 info mod\n", "wheel 1 info doc\n", false, 1, true},
		{"a lock that needs all there is to know", "wheel 1 info mod\n", "wheel 1\n", false, 2, true},
		{"the same lock", "wheel 1\n", "wheel 1\n", false, 0, false},
		{"the same lock, upgraded", "wheel 1\n", "wheel 1\n", true, 1, true},
		{"a lock that needs less, upgraded", "wheel 1 info\n", "wheel 1 info\n", true, 0, false},
	} {
		t.Run(row.what, func(t *testing.T) {
			u, dir := newToy(), filepath.Join(t.TempDir(), "feed")
			lock := writeFile(t, filepath.Join(t.TempDir(), "toy.lock"), row.before)
			if _, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{lock}}); err != nil {
				t.Fatal(err)
			}
			u.more = []string{"doc"}
			writeFile(t, lock, row.after)
			report, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{lock}, Upgrade: row.upgrade})
			if err != nil || report.Files != row.want || report.New != 0 {
				t.Errorf("got %+v, %v; want %d files", report, err, row.want)
			}
			if _, there := tree(t, dir)["toy/wheel/1.doc"]; there != row.gained {
				t.Errorf("the new file is there: %v", there)
			}
		})
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	report, err := mirrorToy(t, newToy(), Options{To: dir, Inputs: []string{"toy:car"}, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if report.Files != 9 || len(report.Fetches) != 9 {
		t.Errorf("got %d files, want 9", report.Files)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dry run made the feed: %v", err)
	}
}

func TestChangedBytesUpstreamAreRefused(t *testing.T) {
	u, dir := newToy(), filepath.Join(t.TempDir(), "feed")
	if _, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{"toy:engine@1"}}); err != nil {
		t.Fatal(err)
	}
	u.salt = "other bytes"
	report, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{"toy:engine@2"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "engine@1: the upstream now offers other bytes") {
		t.Errorf("notes: %q", report.Notes)
	}
	files := tree(t, dir)
	if files["toy/engine/1.zip"] != "engine 1 zip " || files["toy/engine/2.zip"] != "engine 2 zip other bytes" {
		t.Errorf("got %q and %q", files["toy/engine/1.zip"], files["toy/engine/2.zip"])
	}
}

// TestRepair heals a file of the right size with wrong bytes, and one that is
// gone.
func TestRepair(t *testing.T) {
	u, dir := newToy(), filepath.Join(t.TempDir(), "feed")
	if _, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{"toy:car"}}); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	writeFile(t, filepath.Join(dir, "toy", "car", "2.zip"), "car 2 zap ")
	writeFile(t, filepath.Join(dir, "toy", "all"), "")
	if err := os.Remove(filepath.Join(dir, "toy", "wheel", "1.mod")); err != nil {
		t.Fatal(err)
	}
	report, err := mirrorToy(t, u, Options{To: dir, Repair: true})
	if err != nil {
		t.Fatal(err)
	}
	after := tree(t, dir)
	delete(before, "feed.json")
	delete(after, "feed.json")
	if diff := cmp.Diff(before, after); diff != "" || report.Files != 2 {
		t.Errorf("%d files fetched, want 2; %s", report.Files, diff)
	}
}

func TestOrderAndParallelismDoNotShow(t *testing.T) {
	var trees []map[string]string
	for _, o := range []Options{
		{Inputs: []string{"toy:car", "toy:engine@1"}, Jobs: 1},
		{Inputs: []string{"toy:engine@1", "toy:car"}, Jobs: 32},
	} {
		o.To = filepath.Join(t.TempDir(), "feed")
		if _, err := mirrorToy(t, newToy(), o); err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree(t, o.To))
	}
	if diff := cmp.Diff(trees[0], trees[1]); diff != "" {
		t.Error(diff)
	}
}

func TestFailureNamesTheUpstream(t *testing.T) {
	u, dir := newToy(), filepath.Join(t.TempDir(), "feed")
	u.down = true
	_, err := mirrorToy(t, u, Options{To: dir, Inputs: []string{"toy:car"}})
	var failure *feed.UpstreamError
	if !errors.As(err, &failure) || failure.Upstream != "toys" {
		t.Errorf("got %v, want an error of upstream toys", err)
	}
	if files := tree(t, dir); len(files) > 0 {
		t.Errorf("the run left %v", sortedKeys(files))
	}
}

func TestReadLists(t *testing.T) {
	rows := []struct {
		name, text string
		want       []string // requirements of each request, joined
		problem    string
	}{
		{name: "comments and blank lines", text: "# cars\n\ntoy:car@1 # old\n  toy:wheel\n", want: []string{"car@1 wheel"}},
		{name: "a name twice makes two requests", text: "toy:car@1\ntoy:car@2\ntoy:wheel\n", want: []string{"car@1 wheel", "car@2"}},
		{name: "the same line twice counts once", text: "toy:car@1\ntoy:car@1\n", want: []string{"car@1"}},
		{name: "no ecosystem", text: "toy:car\nwheel\n", problem: `line 2: "wheel" names no ecosystem`},
		{name: "nothing", text: "# nothing\n", problem: "no package in the list"},
		{name: "a bad package URL", text: "pkg:\n", problem: "line 1: pkg:: not a package URL"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r := &reader{ecosystems: Surroundings{}.Ecosystems, stdin: strings.NewReader(row.text)}
			r.ecosystems = append(r.ecosystems, newToy().ecosystem())
			sources, err := r.read([]string{"-"})
			if row.problem != "" {
				if err == nil || !strings.Contains(err.Error(), row.problem) {
					t.Fatalf("got %v, want %q", err, row.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range sources {
				var texts []string
				for _, requirement := range s.request.Requirements {
					texts = append(texts, requirement.String())
				}
				got = append(got, strings.Join(texts, " "))
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestFoldersAreSearched(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"a", "node_modules/b", "feed", ".hidden"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o750); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, folder, "toy.lock"), "wheel 1\n")
	}
	writeFile(t, filepath.Join(dir, "feed", "feed.json"), "{}")
	r := &reader{ecosystems: append(Surroundings{}.Ecosystems, newToy().ecosystem())}
	sources, err := r.read([]string{dir})
	if err != nil || len(sources) != 1 || filepath.Base(sources[0].dir) != "a" {
		t.Errorf("got %v, %v; want only the lock in a", sources, err)
	}
	if _, err := (&reader{ecosystems: r.ecosystems}).read([]string{filepath.Join(dir, "none")}); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a missing input: %v", err)
	}
}

// TestNamedFiles has files that count only when they are named: a folder is read
// without them.
func TestNamedFiles(t *testing.T) {
	dir := t.TempDir()
	e := newToy().ecosystem()
	e.Named = map[string]func(fs.FS, string) (feed.Request, error){"*.toy": readToyLock}
	script := writeFile(t, filepath.Join(dir, "play.toy"), "wheel 1\n")
	r := &reader{ecosystems: []ecosystem.Ecosystem{e}}
	if sources, err := r.read([]string{script}); err != nil || len(sources) != 1 || len(sources[0].request.Lock.Nodes) != 1 {
		t.Errorf("the file itself: got %v, %v", sources, err)
	}
	if _, err := (&reader{ecosystems: r.ecosystems}).read([]string{dir}); err == nil || !strings.Contains(err.Error(), "no lockfile in this folder") {
		t.Errorf("its folder: got %v, want that it has no lockfile", err)
	}
}

func TestLockDigestCoversDigestsAndNotOrder(t *testing.T) {
	pin := func(digest string) []feed.Pin { return []feed.Pin{{Digests: feed.Digests{"sha256": digest}}} }
	a := feed.Node{Name: "a", Version: "1", Pins: pin("00")}
	b := feed.Node{Name: "b", Version: "1"}
	one := lockDigest(&feed.Graph{Nodes: []feed.Node{a, b}})
	if other := lockDigest(&feed.Graph{Nodes: []feed.Node{b, a}}); other != one {
		t.Error("the order of the entries shows")
	}
	a.Pins = pin("01")
	if other := lockDigest(&feed.Graph{Nodes: []feed.Node{a, b}}); other == one {
		t.Error("another digest does not show")
	}
}

func TestWantWidens(t *testing.T) {
	info := feed.File{Path: "toy/x/1.info"}
	zip := feed.File{Path: "toy/x/1.zip"}
	rows := []struct {
		name      string
		nodes     []feed.Node
		info, zip bool
	}{
		{"bare only", []feed.Node{{Bare: true}}, false, false},
		{"some files", []feed.Node{{Files: []string{"1.info"}}}, true, false},
		{"bare and some", []feed.Node{{Bare: true}, {Files: []string{"1.info"}}}, true, false},
		{"some and bare", []feed.Node{{Files: []string{"1.info"}}, {Bare: true}}, true, false},
		{"some and others", []feed.Node{{Files: []string{"1.info"}}, {Files: []string{"1.zip"}}}, true, true},
		{"some and all", []feed.Node{{Files: []string{"1.info"}}, {}}, true, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for i := range row.nodes {
				row.nodes[i].Name, row.nodes[i].Version = "x", "1"
			}
			w := wants([]feed.Graph{{Nodes: row.nodes}})["x"][0]
			if w.covers(info) != row.info || w.covers(zip) != row.zip {
				t.Errorf("covers info %v, zip %v; want %v, %v", w.covers(info), w.covers(zip), row.info, row.zip)
			}
		})
	}
}

func TestPinsThatDisagree(t *testing.T) {
	nodes := []feed.Node{
		{Name: "x", Version: "1", Pins: []feed.Pin{{Digests: feed.Digests{"sha256": "00"}}}},
		{Name: "x", Version: "1", Pins: []feed.Pin{{Digests: feed.Digests{"sha256": "01"}}}},
	}
	_, err := wants([]feed.Graph{{Nodes: nodes}})["x"][0].pinned(&feed.Release{Files: make([]feed.File, 1)}, feed.File{Path: "toy/x/1.zip"})
	var integrity *feed.IntegrityError
	if !errors.As(err, &integrity) {
		t.Errorf("got %v, want an integrity error", err)
	}
}

func TestEach(t *testing.T) {
	var done [100]atomic.Bool
	if err := each(t.Context(), len(done), 7, func(_ context.Context, i int) error { done[i].Store(true); return nil }); err != nil {
		t.Fatal(err)
	}
	for i := range done {
		if !done[i].Load() {
			t.Errorf("%d was left out", i)
		}
	}
	broken := errors.New("broken")
	var calls atomic.Int64
	err := each(t.Context(), 1000, 2, func(context.Context, int) error { calls.Add(1); return broken })
	if !errors.Is(err, broken) || calls.Load() > 2 {
		t.Errorf("got %v after %d calls, want the failure after at most 2", err, calls.Load())
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := each(ended, 1, 1, func(context.Context, int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}
