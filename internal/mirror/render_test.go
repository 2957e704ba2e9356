package mirror

import (
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestDocumentsOfTheWholeAreRenderedWhenTheirKeysChange(t *testing.T) {
	for name, row := range map[string]struct {
		key  func(feed.Layout, feed.Summary) string
		want [3]int // renderings for a new feed, a new package and a new release
	}{
		"no key":              {nil, [3]int{1, 1, 1}},
		"names":               {func(_ feed.Layout, one feed.Summary) string { return one.Name }, [3]int{1, 1, 0}},
		"names and versions":  {func(_ feed.Layout, one feed.Summary) string { return one.Name + "@" + one.Latest }, [3]int{1, 1, 1}},
		"the same everywhere": {func(feed.Layout, feed.Summary) string { return "" }, [3]int{1, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			u := newToy()
			e := u.ecosystem()
			e.RootKey = row.key
			rendered := 0
			render := e.RenderRoot
			e.RenderRoot = func(layout feed.Layout, packages iter.Seq2[feed.Summary, error]) ([]feed.Document, error) {
				rendered++
				return render(layout, packages)
			}
			to := filepath.Join(t.TempDir(), "feed")
			for i, input := range []string{"toy:engine@1", "toy:wheel", "toy:engine@2"} {
				rendered = 0
				if _, err := Run(t.Context(), Options{To: to, Inputs: []string{input}, Time: epoch}, surroundings(e)); err != nil {
					t.Fatal(err)
				}
				if rendered != row.want[i] {
					t.Errorf("%s: rendered %d times, want %d", input, rendered, row.want[i])
				}
			}
		})
	}
}

func TestDocumentsOfTheWholeComeBack(t *testing.T) {
	u := newToy()
	e := u.ecosystem()
	e.RootKey = func(_ feed.Layout, one feed.Summary) string { return one.Name }
	to := filepath.Join(t.TempDir(), "feed")
	o := Options{To: to, Inputs: []string{"toy:car"}, Time: epoch}
	if _, err := Run(t.Context(), o, surroundings(e)); err != nil {
		t.Fatal(err)
	}
	whole := filepath.Join(to, "toy", "all")
	if err := os.Remove(whole); err != nil {
		t.Fatal(err)
	}
	o.Inputs, o.Repair = nil, true
	if _, err := Run(t.Context(), o, surroundings(e)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(whole); err != nil {
		t.Error(err)
	}
}
