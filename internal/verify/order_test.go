package verify

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

// asking returns a root that asks for packages by number.
func asking(id string, from, to int) sketched {
	record := feed.RootRecord{}
	for i := from; i < to; i++ {
		record.Requirements = append(record.Requirements, feed.Requirement{Name: fmt.Sprintf("p%d", i)})
	}
	return sketched{id, sketch(record)}
}

func TestRootsThatAskForTheSameAreNeighbours(t *testing.T) {
	all := []sketched{
		asking("a1", 0, 100), asking("b1", 100, 200), asking("c1", 200, 300), asking("nothing", 0, 0),
		asking("b2", 110, 210), asking("a2", 5, 95), asking("b3", 100, 190), asking("a3", 0, 100),
	}
	want := []string{"a1", "a3", "a2", "b1", "b3", "b2", "c1", "nothing"}
	if diff := cmp.Diff(want, chain(all)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEveryRootComesOnce(t *testing.T) {
	var all []sketched
	var want []string
	for i := range 3 * mostAlike {
		id := fmt.Sprintf("%03d", i)
		want = append(want, id)
		all = append(all, asking(id, 0, 1+i%7))
	}
	got := chain(all)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSketchOfALock(t *testing.T) {
	lock := sketch(feed.RootRecord{Releases: []string{"a@1", "@s/b@2", "a@3"}})
	list := sketch(feed.RootRecord{Request: feed.Request{Requirements: []feed.Requirement{{Name: "@s/b"}, {Name: "a"}}}})
	if len(lock) != 2 || !slices.Equal(lock, list) {
		t.Errorf("sketches %v and %v", lock, list)
	}
}
