package sumdb

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// publication is one run against the log at a size.
type publication struct {
	size int64
	ids  []int64
}

func TestClientsOfEveryPublication(t *testing.T) {
	for _, row := range []struct {
		what         string
		publications []publication
	}{
		{"below one tile", []publication{{1, []int64{0}}, {3, []int64{2, 1}}, {200, []int64{150}}}},
		{"across the first tile", []publication{{255, []int64{3, 254}}, {256, []int64{255}}, {257, []int64{256, 17}}, {300, []int64{299, 20}}}},
		{"across the second level", []publication{{65535, []int64{65534}}, {65536, []int64{65535, 0}}, {65537, []int64{65536}}, {66000, []int64{65537, 300}}, {131073, []int64{131072}}}},
		{"across the third level", []publication{{1<<24 - 1, []int64{5, 1<<24 - 2}}, {1 << 24, []int64{1<<24 - 1}}, {1<<24 + 1, []int64{1 << 24, 70000}}, {71769961, []int64{27071777, 71769960}}}},
		{"old records while no head is new", []publication{{71769961, []int64{71769960}}, {71790000, []int64{1, 2}}, {71800000, []int64{71769959, 71000000}}}},
	} {
		t.Run(row.what, func(t *testing.T) { checkClients(t, row.publications) })
	}
}

// checkClients publishes step by step; after each, a client with any state that
// an earlier publication can have left behind finds every record, in several
// orders and alone.
func checkClients(t *testing.T, publications []publication) {
	l, f := newLog(t), newFeed()
	for _, p := range publications {
		l.add(p.ids...)
	}
	states := []string{""}
	caches := []map[string][]byte{{}}
	for _, p := range publications {
		mustMirror(t, f, l, p.size, p.ids...)
		if err := f.proveAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(states, f.latest()) {
			states = append(states, f.latest())
		}
		for i, latest := range states {
			for k, order := range orders(f.ids) {
				for c, cache := range caches {
					one := newClient(f, l, latest)
					one.cache = cloneCache(cache)
					if err := one.lookUp(order); err != nil {
						t.Fatalf("size %d, client with head %d and cache %d, order %d: %v", p.size, i, c, k, err)
					}
				}
			}
		}
		used := newClient(f, l, "")
		if err := used.lookUp(f.ids); err != nil {
			t.Fatal(err)
		}
		caches = append(caches, used.cache)
	}
}

func cloneCache(cache map[string][]byte) map[string][]byte {
	clone := make(map[string][]byte, len(cache))
	for file, data := range cache {
		clone[file] = data
	}
	return clone
}

// orders returns the records as they came, backwards, and each alone.
func orders(ids []int64) [][]int64 {
	back := slices.Clone(ids)
	slices.Reverse(back)
	all := [][]int64{ids, back}
	for _, id := range ids {
		all = append(all, []int64{id})
	}
	return all
}

// TestClientsAnyGrowth checks what is argued at chooseHead for logs, runs and
// clients of any shape.
func TestClientsAnyGrowth(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, f := newLog(t), newFeed()
		taken := map[int64]bool{}
		var publications []publication
		size := int64(0)
		for range rapid.IntRange(1, 5).Draw(rt, "publications") {
			size += rapid.OneOf(rapid.Int64Range(1, 600), rapid.Int64Range(1, 200000), rapid.Int64Range(1, 1<<27)).Draw(rt, "growth")
			p := publication{size: size}
			for range rapid.IntRange(1, 4).Draw(rt, "records") {
				id := rapid.OneOf(rapid.Int64Range(0, size-1), rapid.Int64Range(max(0, size-300), size-1)).Draw(rt, "id")
				if !taken[id] {
					taken[id] = true
					p.ids = append(p.ids, id)
				}
			}
			l.add(p.ids...)
			publications = append(publications, p)
		}
		states := []string{""}
		for _, p := range publications {
			mustMirror(t, f, l, p.size, p.ids...)
			states = append(states, f.latest())
		}
		if err := f.proveAll(t.Context()); err != nil {
			rt.Fatal(err)
		}
		for _, latest := range states {
			order := rapid.Permutation(f.ids).Draw(rt, "order")
			if err := newClient(f, l, latest).lookUp(order); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// TestEveryPairFromTheFeed proves every record under every head of the feed that
// is not older than its own, and every head under every later one, from the
// feed's tiles alone.
func TestEveryPairFromTheFeed(t *testing.T) {
	l, f := newLog(t), newFeed()
	l.add(10, 250, 255, 300, 65535, 66000, 131000, 200000)
	for _, p := range []publication{
		{251, []int64{10, 250}}, {256, []int64{255}}, {65536, []int64{300, 65535}}, {66001, []int64{66000}}, {200001, []int64{131000, 200000}},
	} {
		mustMirror(t, f, l, p.size, p.ids...)
	}
	heads, db, err := readHeads(f.ledger["sumdb/"+testName])
	if err != nil || len(heads) != 5 {
		t.Fatalf("%d heads, %v", len(heads), err)
	}
	proofs := 0
	for i, newer := range heads {
		for _, older := range heads[:i+1] {
			proofs++
			if err := feedTiles(db, f.read).extends(t.Context(), newer.Tree, older.Tree, "head"); err != nil {
				t.Errorf("%d under %d: %v", older.N, newer.N, err)
			}
		}
		for id, r := range f.records {
			own, err := db.open(r.Head)
			if err != nil {
				t.Fatal(err)
			}
			if own.N > newer.N {
				continue
			}
			proofs++
			if err := feedTiles(db, f.read).includes(t.Context(), newer.Tree, "record", []Record{r}); err != nil {
				t.Errorf("record %d under %d: %v", id, newer.N, err)
			}
		}
	}
	if proofs < 35 {
		t.Errorf("only %d proofs", proofs)
	}
}

// TestChainOfFeeds mirrors a feed that another feed is the upstream of.
func TestChainOfFeeds(t *testing.T) {
	l, first, second := newLog(t), newFeed(), newFeed()
	l.add(1, 299, 300, 70000, 90000, 99999)
	through := func(ids ...int64) error {
		request := second.request(l, ids...)
		request.Read = func(ctx context.Context, upstream, path string) ([]byte, error) { return first.read(ctx, "go/"+path) }
		return second.mirror(t.Context(), request)
	}
	mustMirror(t, first, l, 300, 1, 299)
	if err := through(1); err != nil {
		t.Fatal(err)
	}
	mustMirror(t, first, l, 100000, 300, 99999)
	mustMirror(t, first, l, 100100, 70000, 90000)
	for _, id := range []int64{299, 300, 90000, 99999, 70000} {
		if err := through(id); err != nil {
			t.Fatalf("record %d: %v", id, err)
		}
	}
	if err := second.proveAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, order := range orders(second.ids) {
		if err := newClient(second, l, first.latest()).lookUp(order); err != nil {
			t.Fatal(fmt.Errorf("%v: %w", order, err))
		}
	}
}
