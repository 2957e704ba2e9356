package sumdb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

func TestGather(t *testing.T) {
	l, f := newLog(t), newFeed()
	l.add(10, 299, 400)
	mustMirror(t, f, l, 300, 299, 10)
	want := []string{
		"sumdb/sum.test",
		"sumdb/sum.test/tile/8/0: 000 001.p/44",
		"sumdb/sum.test/tile/8/1: 000.p/1",
	}
	if diff := cmp.Diff(want, f.list()); diff != "" {
		t.Errorf("packages, -want +got:\n%s", diff)
	}
	release := f.release[299]
	wantRelease := []feed.Digests{nil, {"h1": sum("example.com/Mod299v1.0.0mod")}, {"h1": sum("example.com/Mod299v1.0.0"), "sha256": "00"}}
	for i, file := range release.Files {
		if diff := cmp.Diff(wantRelease[i], file.Digests); diff != "" {
			t.Errorf("%s, -want +got:\n%s", file.Path, diff)
		}
	}
	r := f.records[299]
	if r.ID != 299 || r.Text != recordText(moduleAt(299)) || r.Head != l.head(300) || r.Key != l.verifier {
		t.Errorf("record %+v", r)
	}
	file := f.ledger["sumdb/sum.test/tile/8/1"].Releases[0].Files[0]
	if file.Path != "go/"+file.URL || file.URL != base+"tile/8/1/000.p/1" || file.Size != 32 {
		t.Errorf("file %+v", file)
	}
	mustMirror(t, f, l, 500, 400)
	want = []string{
		"sumdb/sum.test",
		"sumdb/sum.test/tile/8/0: 000 001.p/244 001.p/44",
		"sumdb/sum.test/tile/8/1: 000.p/1",
	}
	if diff := cmp.Diff(want, f.list()); diff != "" {
		t.Errorf("packages after an update, -want +got:\n%s", diff)
	}
	if heads := f.ledger["sumdb/sum.test"].Releases; len(heads) != 2 || heads[0].Version != "300" || heads[1].Version != "500" {
		t.Errorf("heads %v", heads)
	}
}

// list shows the packages of evidence with their tiles.
func (f *fakeFeed) list() []string {
	var all []string
	for _, name := range sortedKeys(f.ledger) {
		p := f.ledger[name]
		if !p.Evidence || p.Ecosystem != "go" {
			name += " is no evidence"
		}
		for _, release := range p.Releases {
			if release.Kind != feed.Saved || release.Origin.Upstream != "main" {
				name += " from nowhere"
			}
			for i, file := range release.Files {
				if i == 0 {
					name += ":"
				}
				name += " " + strings.TrimPrefix(file.Path, "go/"+p.Name+"/")
			}
		}
		all = append(all, name)
	}
	return all
}

// TestHeadIsReused adds records that the feed's head covers: "latest" is not
// asked for, and no head is new.
func TestHeadIsReused(t *testing.T) {
	l, f := newLog(t), newFeed()
	l.add(10, 20, 70000, 99999)
	mustMirror(t, f, l, 100000, 99999)
	l.reads = map[string]int{}
	mustMirror(t, f, l, 200000, 20, 10, 70000)
	if n := l.reads[base+"latest"]; n != 0 {
		t.Errorf("latest is read %d times", n)
	}
	if heads := f.ledger["sumdb/sum.test"].Releases; len(heads) != 1 {
		t.Errorf("%d heads", len(heads))
	}
	for id, r := range f.records {
		if r.Head != l.head(100000) {
			t.Errorf("record %d has another head", id)
		}
	}
	l.reads = map[string]int{}
	evidence, err := Gather(t.Context(), f.request(l, 10), func(ecosystem.Added, Record) error { return nil })
	if err != nil || len(evidence.Packages) > 0 {
		t.Errorf("a record whose tiles the feed has gives %v, %v", evidence.Packages, err)
	}
}

// TestLatestHeldBack adds a record that the cached "latest" does not hold.
func TestLatestHeldBack(t *testing.T) {
	for _, size := range []int64{0, 200, 300, 400} {
		l, f := newLog(t), newFeed()
		l.add(10, 299, 400)
		mustMirror(t, f, l, 300, 10, 299)
		l.replace[base+"latest"] = nil
		if size > 0 {
			l.replace[base+"latest"] = []byte(l.head(size))
		}
		l.headSize = func(int64) int64 { return 450 }
		mustMirror(t, f, l, 500, 400)
		if f.records[400].Head != l.head(450) {
			t.Errorf("latest of size %d: the head is not that of the lookup", size)
		}
	}
}

// TestPartialTilesDropped reads from a log that keeps partial tiles only as long
// as they are partial.
func TestPartialTilesDropped(t *testing.T) {
	l, f := newLog(t), newFeed()
	l.add(10, 299, 300)
	mustMirror(t, f, l, 301, 10, 299)
	l.whole = true
	mustMirror(t, f, l, 1000, 300)
	if err := f.proveAll(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestReadsOnce(t *testing.T) {
	l, f := newLog(t), newFeed()
	var ids []int64
	for i := range int64(300) {
		ids = append(ids, i*i)
	}
	l.add(ids...)
	mustMirror(t, f, l, 90000, ids[:200]...)
	l.reads = map[string]int{}
	request := f.request(l, ids[200:]...)
	l.size = 100000
	if _, err := Gather(t.Context(), request, func(ecosystem.Added, Record) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for path, n := range l.reads {
		if n > 1 {
			t.Errorf("%s is read %d times", path, n)
		}
	}
}

// TestOrderDoesNotMatter gathers the same releases in another order.
func TestOrderDoesNotMatter(t *testing.T) {
	l, one, other := newLog(t), newFeed(), newFeed()
	l.add(1, 2, 500, 70000, 80000)
	mustMirror(t, one, l, 90000, 1, 2, 500, 70000, 80000)
	mustMirror(t, other, l, 90000, 80000, 2, 70000, 500, 1)
	if diff := cmp.Diff(one.ledger, other.ledger); diff != "" {
		t.Error(diff)
	}
}

func TestCancel(t *testing.T) {
	l, f := newLog(t), newFeed()
	l.add(1)
	l.size = 5
	ctx, cancel := context.WithCancel(t.Context())
	request := f.request(l, 1)
	read := request.Read
	request.Read = func(ctx context.Context, upstream, path string) ([]byte, error) {
		if strings.Contains(path, "lookup") {
			cancel()
			<-ctx.Done()
		}
		return read(ctx, upstream, path)
	}
	if err := f.mirror(ctx, request); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAttachFails(t *testing.T) {
	l, f := newLog(t), newFeed()
	l.add(1)
	l.size = 5
	_, err := Gather(t.Context(), f.request(l, 1), func(ecosystem.Added, Record) error { return errors.New("full") })
	if err == nil || err.Error() != "example.com/Mod1@v1.0.0: full" {
		t.Errorf("got %v", err)
	}
}

// TestUnlogged leaves out what GONOSUMDB names, without asking the database.
func TestUnlogged(t *testing.T) {
	l, f := newLog(t), newFeed()
	l.add(1, 2, 3)
	l.size = 5
	request := f.request(l, 1, 2, 3)
	request.Environment.Environ = append(request.Environment.Environ, "GONOSUMDB=other.example, example.com/Mod[23],*.corp.example")
	if err := f.mirror(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if len(f.records) != 1 || l.reads[lookupOf(2)]+l.reads[lookupOf(3)] > 0 {
		t.Errorf("records %v, reads %v", f.records, l.reads)
	}
	want := []string{"checksum database: 2 releases left without a record, as GONOSUMDB or GOPRIVATE says here; clients of the feed set GONOSUMDB='example.com/Mod[23]'"}
	if diff := cmp.Diff(want, f.notes); diff != "" {
		t.Error(diff)
	}
	l.reads = map[string]int{}
	request = f.request(l, 2)
	request.Environment.Environ = append(request.Environment.Environ, "GOPRIVATE=example.com")
	if err := f.mirror(t.Context(), request); err != nil || len(l.reads) > 0 {
		t.Errorf("only private modules: %v, reads %v", err, l.reads)
	}
	if want := "clients of the feed set GONOSUMDB=example.com"; len(f.notes) != 1 || !strings.HasSuffix(f.notes[0], want) {
		t.Errorf("notes %q", f.notes)
	}
}

func TestOff(t *testing.T) {
	for _, row := range []struct{ what, variable, option, why string }{
		{"by the option", "", "true", "the option no-sumdb"},
		{"by the variable", "GOSUMDB=off", "", "GOSUMDB=off"},
	} {
		l, f := newLog(t), newFeed()
		l.add(1)
		request := f.request(l, 1)
		request.Environment.Environ = append(request.Environment.Environ, row.variable)
		request.Options = map[string]string{"no-sumdb": row.option}
		if err := f.mirror(t.Context(), request); err != nil || len(l.reads) > 0 || len(f.ledger) > 0 {
			t.Errorf("%s: %v, reads %v", row.what, err, l.reads)
		}
		want := fmt.Sprintf("checksum database: the feed keeps nothing of it (%s); its clients set GONOSUMDB='*', or GOSUMDB=off", row.why)
		if len(f.notes) != 1 || f.notes[0] != want {
			t.Errorf("%s: notes %q", row.what, f.notes)
		}
	}
}

func TestNothingAdded(t *testing.T) {
	l, f := newLog(t), newFeed()
	if err := f.mirror(t.Context(), f.request(l)); err != nil || len(f.notes)+len(l.reads) > 0 {
		t.Errorf("%v, notes %v, reads %v", err, f.notes, l.reads)
	}
}
