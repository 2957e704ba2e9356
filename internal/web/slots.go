package web

import (
	"context"
	"sync"
)

// slots limit the requests in flight for each origin. A slot is held until the
// body has been read or closed.
type slots struct {
	size int

	mu      sync.Mutex
	origins map[string]chan struct{}
}

// take waits for a slot and returns the function that gives it back, which may
// be called more than once.
func (s *slots) take(ctx context.Context, origin string) (func(), error) {
	slot := s.of(origin)
	select {
	case slot <- struct{}{}:
		return sync.OnceFunc(func() { <-slot }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *slots) of(origin string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.origins == nil {
		s.origins = map[string]chan struct{}{}
	}
	if s.origins[origin] == nil {
		s.origins[origin] = make(chan struct{}, s.size)
	}
	return s.origins[origin]
}
