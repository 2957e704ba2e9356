package sumdb

import (
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/feedctl/feedctl/pkg/feed"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// grown is a feed after three publications.
func grown(t *testing.T) (*fakeLog, *fakeFeed) {
	l, f := newLog(t), newFeed()
	l.add(10, 250, 300, 65535, 66000, 131000)
	mustMirror(t, f, l, 251, 10, 250)
	mustMirror(t, f, l, 65536, 300, 65535)
	mustMirror(t, f, l, 131001, 66000, 131000)
	if err := f.proveAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l, f
}

// TestEveryTileCounts takes away and damages every tile of a feed in turn; each
// time the feed is found wrong.
func TestEveryTileCounts(t *testing.T) {
	_, f := grown(t)
	tiles := 0
	for _, path := range sortedKeys(f.tree) {
		if !strings.Contains(path, "/tile/") {
			continue
		}
		tiles++
		data := f.tree[path]
		delete(f.tree, path)
		if err := f.proveAll(t.Context()); !errors.Is(err, feed.ErrNotFound) || !strings.Contains(err.Error(), path) {
			t.Errorf("without %s: %v", path, err)
		}
		f.tree[path] = flip(slices.Clone(data))
		if err := f.proveAll(t.Context()); !errors.As(err, new(*feed.IntegrityError)) {
			t.Errorf("with other bytes in %s: %v", path, err)
		}
		f.tree[path] = data
	}
	if tiles < 9 {
		t.Errorf("only %d tiles", tiles)
	}
}

func TestProveRefuses(t *testing.T) {
	l, f := grown(t)
	const latest = "go/" + base + "latest"
	for _, row := range []struct {
		what   string
		damage func(r *Record, release *feed.Release)
		want   string
	}{
		{"text of another module", func(r *Record, _ *feed.Release) { r.Text = recordText(moduleAt(10)) }, "the record is one of example.com/Mod10"},
		{"text changed", func(r *Record, _ *feed.Release) { r.Text = strings.Replace(r.Text, "h1:", "h2:", 1) }, "lacks the h1 digest"},
		{"digest changed", func(r *Record, release *feed.Release) {
			r.Text = strings.Replace(r.Text, sum("example.com/Mod300v1.0.0"), sum("evil"), 1)
			release.Files[2].Digests = feed.Digests{"h1": sum("evil")}
		}, "forged"},
		{"text with the head in it", func(r *Record, _ *feed.Release) { r.Text += "\n" + r.Head }, "record"},
		{"text without an end", func(r *Record, _ *feed.Release) { r.Text = strings.TrimSuffix(r.Text, "\n") }, "the record is one of go.sum@database"},
		{"another number", func(r *Record, _ *feed.Release) { r.ID++ }, "record 301"},
		{"number beyond the tree", func(r *Record, _ *feed.Release) { r.ID = 1 << 40 }, "not in the tree"},
		{"negative number", func(r *Record, _ *feed.Release) { r.ID = -1 }, "record number -1"},
		{"absurd number", func(r *Record, _ *feed.Release) { r.ID = 1<<63 - 1 }, "record number"},
		{"bad signature", func(r *Record, _ *feed.Release) { r.Head = strings.Replace(r.Head, "65536", "65537", 1) }, "signature"},
		{"no head", func(r *Record, _ *feed.Release) { r.Head = "" }, "signature"},
		{"forked head", func(r *Record, _ *feed.Release) { r.Head = forked(l, 65536) }, "tree of size 65536"},
		{"head that the newest does not reach", func(r *Record, _ *feed.Release) { r.Head = l.head(200000) }, "older than that of the record"},
		{"key of another database", func(r *Record, _ *feed.Release) { r.Key = "" }, "signature"},
		{"no key", func(r *Record, _ *feed.Release) { r.Key = "x" }, "malformed verifier"},
		{"zip with another digest", func(_ *Record, release *feed.Release) { release.Files[2].Digests["h1"] = sum("x") }, ".zip"},
		{"go.mod without a digest", func(_ *Record, release *feed.Release) { release.Files[1].Digests = nil }, ".mod"},
		{"another version", func(_ *Record, release *feed.Release) { release.Version = "v1.0.1" }, "want example.com/Mod300@v1.0.1"},
		{"no version", func(_ *Record, release *feed.Release) { release.Version = "/" }, "go:example.com/Mod300"},
	} {
		t.Run(row.what, func(t *testing.T) {
			r, release := f.records[300], f.release[300]
			release.Files = slices.Clone(release.Files)
			for i := range release.Files {
				release.Files[i].Digests = maps.Clone(release.Files[i].Digests)
			}
			row.damage(&r, &release)
			err := Prove(t.Context(), r, "example.com/Mod300", release, f.read)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
	for what, data := range map[string][]byte{"missing": nil, "damaged": []byte("x"), "older": []byte(l.head(251)), "forked": []byte(forked(l, 131001))} {
		whole := f.tree[latest]
		f.tree[latest] = data
		if err := Prove(t.Context(), f.records[300], "example.com/Mod300", f.release[300], f.read); err == nil {
			t.Errorf("latest %s: accepted", what)
		}
		f.tree[latest] = whole
	}
}

func TestProveHeadsRefuses(t *testing.T) {
	l, f := grown(t)
	for _, row := range []struct {
		what   string
		damage func(p *feed.Package)
		want   string
	}{
		{"bad signature", func(p *feed.Package) {
			p.Releases[1].Metadata = []byte(strings.Replace(string(p.Releases[1].Metadata), "65536", "65535", 1))
		}, "signature"},
		{"no metadata", func(p *feed.Package) { p.Releases[1].Metadata = nil }, "sumdb/sum.test@65536"},
		{"version is not the size", func(p *feed.Package) { p.Releases[1].Version = "065536" }, "not the size"},
		{"a head twice", func(p *feed.Package) { p.Releases[2] = p.Releases[1] }, "two heads of size 65536"},
		{"fork", func(p *feed.Package) { p.Releases[1].Metadata = headJSON(forked(l, 65536)) }, "tree of size 65536"},
		{"head whose tiles are not there", func(p *feed.Package) {
			p.Releases = append(p.Releases, feed.Release{Version: "200000", Metadata: headJSON(l.head(200000))})
		}, "not found"},
		{"key of another database", func(p *feed.Package) { p.Metadata = nil }, "has the key of the checksum database sum.golang.org"},
		{"key of that name", func(p *feed.Package) {
			_, public, err := note.GenerateKey(rand.Reader, testName)
			if err != nil {
				t.Fatal(err)
			}
			p.Metadata = []byte(`{"key":"` + public + `"}`)
		}, "signature"},
		{"metadata that is none", func(p *feed.Package) { p.Metadata = []byte("[]") }, "in the ledger"},
	} {
		t.Run(row.what, func(t *testing.T) {
			p := f.ledger["sumdb/"+testName]
			p.Releases = slices.Clone(p.Releases)
			row.damage(&p)
			err := ProveHeads(t.Context(), p, f.read)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

// TestProveHeadsOfTwoFeeds joins two feeds of one log, each of them right, and
// two of logs with different histories.
func TestProveHeadsOfTwoFeeds(t *testing.T) {
	for _, row := range []struct {
		what  string
		other []int64 // records that only the second log has
		ids   []int64 // that the second feed mirrors
		want  string
	}{
		{"no consistency", nil, []int64{65535}, "tile/8/0/000: test feed: not found"},
		{"consistent by chance", nil, []int64{65535, 3}, ""},
		{"two histories", []int64{4}, []int64{65535, 3}, "two histories"},
	} {
		t.Run(row.what, func(t *testing.T) {
			l, other, f, second := newLog(t), newLog(t), newFeed(), newFeed()
			l.add(3, 250, 65535)
			other.add(append([]int64{3, 250, 65535}, row.other...)...)
			mustMirror(t, f, l, 251, 250)
			mustMirror(t, second, other, 65536, row.ids...)
			p, more := f.ledger["sumdb/"+testName], second.ledger["sumdb/"+testName]
			p.Releases = append(slices.Clone(p.Releases), more.Releases...)
			maps.Copy(f.tree, second.tree)
			err := ProveHeads(t.Context(), p, f.read)
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func headJSON(text string) []byte {
	return []byte(`{"head":"` + strings.ReplaceAll(text, "\n", `\n`) + `"}`)
}

func TestDocuments(t *testing.T) {
	l, f := grown(t)
	documents, err := Documents(f.ledger["sumdb/"+testName])
	if err != nil || len(documents) != 2 {
		t.Fatalf("%d documents, %v", len(documents), err)
	}
	supported, latest := documents[0], documents[1]
	if supported.Path != "go/sumdb/sum.test/supported" || supported.Bytes == nil || len(supported.Bytes) > 0 || !supported.Entry {
		t.Errorf("supported: %+v", supported)
	}
	if latest.Path != "go/sumdb/sum.test/latest" || string(latest.Bytes) != l.head(131001) || !latest.Entry {
		t.Errorf("latest: %+v", latest)
	}
	if documents, err := Documents(f.ledger["sumdb/sum.test/tile/8/0"]); err != nil || len(documents) > 0 {
		t.Errorf("tiles: %v, %v", documents, err)
	}
	if documents, err := Documents(feed.Package{PackageKey: feed.PackageKey{Ecosystem: "go", Name: "sumdb/sum.golang.org"}}); err != nil || len(documents) > 0 {
		t.Errorf("no head: %v, %v", documents, err)
	}
	for path := range f.tree {
		owner := Owner(path)
		if p, ok := f.ledger[owner]; !ok && !strings.HasPrefix(owner, "example.com/Mod") {
			t.Errorf("Owner(%q) = %q %v", path, owner, p.PackageKey)
		}
		if err := feed.CheckPath(path); err != nil {
			t.Error(err)
		}
	}
	for name := range f.ledger {
		if _, err := feed.EscapeName(name); err != nil {
			t.Error(err)
		}
	}
}

func TestOwner(t *testing.T) {
	for path, want := range map[string]string{
		"go/sumdb/sum.golang.org/supported":                                  "sumdb/sum.golang.org",
		"go/sumdb/sum.golang.org/latest":                                     "sumdb/sum.golang.org",
		"go/sumdb/sum.golang.org/other":                                      "",
		"go/sumdb/a/b/latest":                                                "sumdb/a/b",
		"go/sumdb/latest":                                                    "",
		"go/sumdb/sum.golang.org/tile/8/0/x105/749":                          "sumdb/sum.golang.org/tile/8/0/x105",
		"go/sumdb/sum.golang.org/tile/8/1/x001/013.p/19":                     "sumdb/sum.golang.org/tile/8/1/x001",
		"go/sumdb/sum.golang.org/tile/8/2/004.p/70":                          "sumdb/sum.golang.org/tile/8/2",
		"go/sumdb/sum.golang.org/tile/8/0/x259/x105/749":                     "sumdb/sum.golang.org/tile/8/0/x259/x105",
		"go/sumdb/sum.golang.org/tile/8/data/004":                            "",
		"go/sumdb/sum.golang.org/tile/9/2/004":                               "",
		"go/sumdb/sum.golang.org/tile/8/2/4":                                 "",
		"go/sumdb/sum.golang.org/lookup/github.com/!burnt!sushi/toml@v1.0.0": "github.com/BurntSushi/toml",
		"go/sumdb/sum.golang.org/lookup/github.com/a/tile/8@v1.0.0":          "github.com/a/tile/8",
		"go/sumdb/sum.golang.org/lookup/Github.com@v1.0.0":                   "",
		"go/example.com/m/@v/list":                                           "",
		"":                                                                   "",
	} {
		if got := Owner(path); got != want {
			t.Errorf("Owner(%q) = %q, want %q", path, got, want)
		}
	}
}
