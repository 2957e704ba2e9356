package upstream

import (
	"context"
	"sync"
)

// memo remembers the answer to each question, errors included. Equal questions
// asked at the same time share one answer. What failed because the asker's
// context ended is not remembered, and those who waited for it ask again. The
// zero value is ready.
type memo[K comparable, V any] struct {
	mu      sync.Mutex
	answers map[K]*answer[V]
}

type answer[V any] struct {
	done      chan struct{} // closed when the rest is set
	value     V
	err       error
	abandoned bool // the asker's context ended before there was an answer
}

func (m *memo[K, V]) get(ctx context.Context, key K, ask func(context.Context) (V, error)) (V, error) {
	for {
		if err := ctx.Err(); err != nil {
			var zero V
			return zero, err
		}
		a, first := m.join(key)
		if first {
			m.fill(ctx, key, a, ask)
			return a.value, a.err
		}
		select {
		case <-a.done:
			if !a.abandoned {
				return a.value, a.err
			}
		case <-ctx.Done():
		}
	}
}

func (m *memo[K, V]) join(key K) (a *answer[V], first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, ok := m.answers[key]; ok {
		return a, false
	}
	if m.answers == nil {
		m.answers = map[K]*answer[V]{}
	}
	a = &answer[V]{done: make(chan struct{})}
	m.answers[key] = a
	return a, true
}

// fill asks. An answer that never came, because ask panicked, counts as
// abandoned, so that nobody waits for it.
func (m *memo[K, V]) fill(ctx context.Context, key K, a *answer[V], ask func(context.Context) (V, error)) {
	a.abandoned = true
	defer func() {
		if a.abandoned {
			m.mu.Lock()
			delete(m.answers, key)
			m.mu.Unlock()
		}
		close(a.done)
	}()
	a.value, a.err = ask(ctx)
	a.abandoned = a.err != nil && ctx.Err() != nil
}
