package upstream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoSharesOneAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memo[string, int]
		var asked atomic.Int32
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				got, err := m.get(t.Context(), "k", func(context.Context) (int, error) {
					time.Sleep(time.Second)
					return int(asked.Add(1)), nil
				})
				if got != 1 || err != nil {
					t.Errorf("got %d, %v", got, err)
				}
			})
		}
		group.Wait()
	})
}

func TestMemoRemembersErrors(t *testing.T) {
	var m memo[string, int]
	broken := errors.New("broken")
	for i := range 3 {
		_, err := m.get(t.Context(), "k", func(context.Context) (int, error) {
			if i > 0 {
				t.Error("asked again")
			}
			return 0, broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

// TestMemoCancelledAsker: those who wait for an asker that gives up ask again,
// and one of them alone.
func TestMemoCancelledAsker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memo[string, string]
		first, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() {
			_, err := m.get(first, "k", func(ctx context.Context) (string, error) {
				<-ctx.Done()
				return "", ctx.Err()
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the cancelled asker got %v", err)
			}
		})
		synctest.Wait()
		var asked atomic.Int32
		for range 5 {
			group.Go(func() {
				got, err := m.get(t.Context(), "k", func(context.Context) (string, error) {
					asked.Add(1)
					return "answer", nil
				})
				if got != "answer" || err != nil {
					t.Errorf("a waiting one got %q, %v", got, err)
				}
			})
		}
		synctest.Wait()
		cancel()
		group.Wait()
		if asked.Load() != 1 {
			t.Errorf("asked %d times", asked.Load())
		}
	})
}

func TestMemoCancelledWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memo[string, int]
		release := make(chan struct{})
		var group sync.WaitGroup
		group.Go(func() {
			if got, err := m.get(t.Context(), "k", func(context.Context) (int, error) { <-release; return 7, nil }); got != 7 || err != nil {
				t.Errorf("got %d, %v", got, err)
			}
		})
		synctest.Wait()
		waiting, cancel := context.WithCancel(t.Context())
		group.Go(func() {
			if _, err := m.get(waiting, "k", nil); !errors.Is(err, context.Canceled) {
				t.Errorf("the waiter got %v", err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(release)
		group.Wait()
	})
}

func TestMemoPanicLeavesNobodyWaiting(t *testing.T) {
	var m memo[string, int]
	func() {
		defer func() { _ = recover() }()
		_, _ = m.get(t.Context(), "k", func(context.Context) (int, error) { panic("boom") })
	}()
	if got, err := m.get(t.Context(), "k", func(context.Context) (int, error) { return 1, nil }); got != 1 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
}
