package ecosystem

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Rememberer is an Index that many requests share and that never gives another
// answer, whatever Versions is told would suit: that of a feed which is only read.
// It remembers what resolvers make of its answers, as far as memory allows. Its
// methods are safe for concurrent use.
type Rememberer interface {
	Index
	// Recall returns what was remembered under a key.
	Recall(key any) (value any, ok bool)
	// Remember keeps a value that takes about so many bytes. Keys are comparable, and
	// of a type of their own.
	Remember(key, value any, bytes int)
	// Near reports whether answers come from a disk of this machine.
	Near() bool
}

// Remembers reports whether an index remembers what is made of its answers.
func Remembers(index Index) bool {
	_, ok := index.(Rememberer)
	return ok
}

// Remember returns what produce makes of the answers of an index, and about how many
// bytes that takes. An index that remembers is asked first, and told afterwards;
// with any other produce is called each time. The value is shared: nobody may
// change it. Errors are not remembered.
func Remember[V any](index Index, key any, produce func() (value V, bytes int, err error)) (V, error) {
	memory, ok := index.(Rememberer)
	if !ok {
		value, _, err := produce()
		return value, err
	}
	if known, ok := memory.Recall(key); ok {
		if value, ok := known.(V); ok {
			return value, nil
		}
	}
	value, bytes, err := produce()
	if err == nil {
		memory.Remember(key, value, bytes)
	}
	return value, err
}

// Near reports whether an index answers from nearby, so that asking it ahead, or
// for many things at once, gains nothing.
func Near(index Index) bool {
	memory, ok := index.(Rememberer)
	return ok && memory.Near()
}

// Each calls do for 0 to n-1 until one fails: at most parallel of them at once, and
// one after the other where all that do asks is an index nearby.
func Each(ctx context.Context, index Index, n, parallel int, do func(ctx context.Context, i int) error) error {
	if Near(index) {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := do(ctx, i); err != nil {
				return err
			}
		}
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range n {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, i)
		})
	}
	return group.Wait()
}
