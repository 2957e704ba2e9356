package ecosystem

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

// shelf is an Index that remembers up to a number of values.
type shelf struct {
	Index
	near bool
	kept map[any]any
}

func (s *shelf) Recall(key any) (any, bool)     { value, ok := s.kept[key]; return value, ok }
func (s *shelf) Remember(key, value any, _ int) { s.kept[key] = value }
func (s *shelf) Near() bool                     { return s.near }

type plain struct{ Index }

func TestRemember(t *testing.T) {
	type key string
	failure := errors.New("not yet")
	for _, row := range []struct {
		name  string
		index Index
		want  int // calls for three questions, of which the first fails
	}{
		{"an index without a memory is asked each time", plain{}, 3},
		{"an index with one until it answered", &shelf{kept: map[any]any{}}, 2},
	} {
		calls := 0
		for range 3 {
			got, err := Remember(row.index, key("a"), func() (int, int, error) {
				if calls++; calls == 1 {
					return 0, 0, failure
				}
				return 7, 1, nil
			})
			if first := calls == 1; first != errors.Is(err, failure) || !first && got != 7 {
				t.Errorf("%s: call %d: %d, %v", row.name, calls, got, err)
			}
		}
		if calls != row.want {
			t.Errorf("%s: %d calls, want %d", row.name, calls, row.want)
		}
	}
}

func TestRememberKeepsTypesApart(t *testing.T) {
	index := &shelf{kept: map[any]any{"key": "text"}}
	got, err := Remember(index, "key", func() (int, int, error) { return 1, 1, nil })
	if err != nil || got != 1 {
		t.Errorf("got %d, %v", got, err)
	}
}

func TestEach(t *testing.T) {
	failure := errors.New("five")
	for _, row := range []struct {
		name  string
		index Index
	}{
		{"far", plain{}}, {"far with a memory", &shelf{}}, {"near", &shelf{near: true}},
	} {
		var mu sync.Mutex
		var seen []int
		do := func(_ context.Context, i int) error {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, i)
			return nil
		}
		if err := Each(t.Context(), row.index, 20, 4, do); err != nil || len(seen) != 20 {
			t.Errorf("%s: %v, %v", row.name, seen, err)
		}
		if Near(row.index) && !slices.IsSorted(seen) {
			t.Errorf("%s: %v", row.name, seen)
		}
		err := Each(t.Context(), row.index, 20, 4, func(_ context.Context, i int) error {
			if i == 5 {
				return failure
			}
			return nil
		})
		if !errors.Is(err, failure) {
			t.Errorf("%s: %v", row.name, err)
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := Each(canceled, row.index, 20, 4, do); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, canceled: %v", row.name, err)
		}
	}
}
