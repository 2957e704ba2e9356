package web

import (
	"context"
	"sync"
)

// turns let those who work on one key go one after the other. The zero value is
// ready.
type turns struct {
	mu   sync.Mutex
	busy map[string]chan struct{} // closed when the turn ends
}

// take waits for a turn and returns the function that ends it.
func (t *turns) take(ctx context.Context, key string) (func(), error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		done, other := t.try(key)
		if other == nil {
			return done, nil
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try returns what a turn waits for, unless it can be taken.
func (t *turns) try(key string) (done func(), other <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if other := t.busy[key]; other != nil {
		return nil, other
	}
	if t.busy == nil {
		t.busy = map[string]chan struct{}{}
	}
	mine := make(chan struct{})
	t.busy[key] = mine
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.busy, key)
		close(mine)
	}, nil
}
