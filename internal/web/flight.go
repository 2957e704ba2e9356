package web

import (
	"context"
	"sync"
)

// flights let equal requests share one answer. Unlike x/sync/singleflight, a
// caller that gives up leaves the others alone, and the request ends when the
// last caller has given up. The zero value is ready.
type flights struct {
	mu     sync.Mutex
	flying map[string]*flight
}

type flight struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{} // closed when answer and err are set
	answer  Answer
	err     error
}

func (f *flights) do(ctx context.Context, key string, fn func(context.Context) (Answer, error)) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	one := f.join(ctx, key, fn)
	select {
	case <-one.done:
		return one.answer, one.err
	case <-ctx.Done():
		f.leave(key, one)
		return Answer{}, ctx.Err()
	}
}

func (f *flights) join(ctx context.Context, key string, fn func(context.Context) (Answer, error)) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.flying[key]; one != nil {
		one.waiting++
		return one
	}
	if f.flying == nil {
		f.flying = map[string]*flight{}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	one := &flight{waiting: 1, cancel: cancel, done: make(chan struct{})}
	f.flying[key] = one
	go func() {
		defer cancel()
		one.answer, one.err = fn(ctx)
		f.end(key, one)
		close(one.done)
	}()
	return one
}

func (f *flights) leave(key string, one *flight) {
	f.mu.Lock()
	one.waiting--
	last := one.waiting == 0
	f.mu.Unlock()
	if last {
		f.end(key, one)
		one.cancel()
	}
}

// end makes the next caller start a flight of its own.
func (f *flights) end(key string, one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.flying[key] == one {
		delete(f.flying, key)
	}
}
