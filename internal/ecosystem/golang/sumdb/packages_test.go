package sumdb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// manyTiles mirrors a record of each of so many tiles of the lowest level, in two
// runs; the log has another one in each.
func manyTiles(t *testing.T, tiles int64) (*fakeLog, *fakeFeed) {
	t.Helper()
	l, f := newLog(t), newFeed()
	var ids []int64
	for n := range tiles {
		ids = append(ids, n<<height+3)
		l.add(n<<height + 9)
	}
	l.add(ids...)
	l.add(tiles<<height + 3)
	mustMirror(t, f, l, tiles<<height, ids[:60]...)
	mustMirror(t, f, l, tiles<<height, ids[60:]...)
	return l, f
}

func tilesOf(p feed.Package) int {
	if len(p.Releases) == 0 {
		return 0
	}
	return len(p.Releases[0].Files)
}

func TestManyTilesAreSplit(t *testing.T) {
	l, f := manyTiles(t, 250)
	for name, want := range map[string]int{"tile/8/0": most, "tile/8/0/0": 0, "tile/8/0/1": 100, "tile/8/0/2": 50, "tile/8/1": 1} {
		if got := tilesOf(f.ledger[base+name]); got != want {
			t.Errorf("%s has %d tiles, want %d", name, got, want)
		}
	}
	l.size = 251 << height
	evidence, err := Gather(t.Context(), f.request(l, 250<<height+3), func(ecosystem.Added, Record) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range evidence.Packages {
		names = append(names, fmt.Sprintf("%s %d", strings.TrimPrefix(p.Name, base), tilesOf(p)))
	}
	if want := []string{"sumdb/sum.test 0", "tile/8/0/2 51", "tile/8/1 2"}; !slices.Equal(names, want) {
		t.Errorf("one more record writes %q, want %q", names, want)
	}
	mustMirror(t, f, l, 251<<height, 250<<height+3)
	mustMirror(t, f, l, 251<<height, 9, 240<<height+9)
	checkTiles(t, l, f)
}

// checkTiles proves the feed, finds all its records, and looks for tiles that two
// packages list.
func checkTiles(t *testing.T, l *fakeLog, f *fakeFeed) {
	t.Helper()
	if err := f.proveAll(t.Context()); err != nil {
		t.Error(err)
	}
	if err := newClient(f, l, "").lookUp(f.ids); err != nil {
		t.Error(err)
	}
	seen := map[string]string{}
	for name, p := range f.ledger {
		for _, release := range p.Releases {
			for _, file := range release.Files {
				if seen[file.Path] != "" {
					t.Errorf("%s is in %s and in %s", file.Path, name, seen[file.Path])
				}
				seen[file.Path] = name
			}
		}
	}
}

// TestFeedsWithAllTilesOfAFolderInOneRecord grows a feed that was written when a
// folder had one record, however many tiles it had.
func TestFeedsWithAllTilesOfAFolderInOneRecord(t *testing.T) {
	l, f := manyTiles(t, 250)
	whole := f.ledger[base+"tile/8/0"]
	for name, p := range f.ledger {
		if strings.HasPrefix(name, base+"tile/8/0/") {
			whole.Releases[0].Files = append(whole.Releases[0].Files, p.Releases[0].Files...)
			delete(f.ledger, name)
		}
	}
	f.ledger[base+"tile/8/0"] = whole
	mustMirror(t, f, l, 251<<height, 250<<height+3)
	if got := tilesOf(f.ledger[base+"tile/8/0"]); got != 250 {
		t.Errorf("the folder's record has %d tiles, want 250", got)
	}
	if got := tilesOf(f.ledger[base+"tile/8/0/2"]); got != 1 {
		t.Errorf("the record of a hundred has %d tiles, want 1", got)
	}
	checkTiles(t, l, f)
}

func TestAnotherTileInARecordOfAHundred(t *testing.T) {
	l, f := manyTiles(t, 120)
	hundred := f.ledger[base+"tile/8/0/1"]
	hundred.Releases[0].Files[14].Digests = feed.Digests{"sha256": "00"}
	_, err := Gather(t.Context(), f.request(l, 114<<height+3), func(ecosystem.Added, Record) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "tile/8/0/114: ") || !strings.Contains(err.Error(), "sha256:00") {
		t.Errorf("%v", err)
	}
}
