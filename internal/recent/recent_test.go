package recent

import (
	"fmt"
	"sync"
	"testing"
)

func TestWhatIsUsedStays(t *testing.T) {
	c := New[int, string](100)
	for i := range 1000 {
		c.Put(i, fmt.Sprint(i), 10)
		if got, ok := c.Get(0); !ok || got != "0" {
			t.Fatalf("after %d: 0 is %q, %v", i, got, ok)
		}
		if got, ok := c.Get(i); !ok || got != fmt.Sprint(i) {
			t.Fatalf("%d is %q, %v", i, got, ok)
		}
		if c.Bytes() > 100 || c.Bytes() != 10*c.Len() {
			t.Fatalf("%d values of %d bytes", c.Len(), c.Bytes())
		}
	}
	if _, ok := c.Get(500); ok {
		t.Error("what nobody used for long is kept")
	}
	if c.Len() < 5 {
		t.Errorf("only %d of 10 values are kept", c.Len())
	}
}

func TestPut(t *testing.T) {
	c := New[string, int](100)
	for _, step := range []struct {
		name       string
		value      int
		bytes      int
		want, held int
	}{
		{"a value", 1, 10, 1, 10},
		{"the one that is there stays", 2, 10, 1, 10},
	} {
		c.Put("key", step.value, step.bytes)
		if got, ok := c.Get("key"); !ok || got != step.want || c.Bytes() != step.held {
			t.Errorf("%s: %d, %v, %d bytes", step.name, got, ok, c.Bytes())
		}
	}
	if c.Put("large", 3, 26); c.Len() != 1 {
		t.Error("a value of more than a quarter of the limit is kept")
	}
}

func TestConcurrentUse(t *testing.T) {
	c := New[int, int](1000)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 2000 {
				if got, ok := c.Get(i % 50); ok && got != i%50 {
					t.Errorf("%d is %d", i%50, got)
				}
				c.Put(i%50, i%50, 30)
			}
		})
	}
	group.Wait()
	if c.Bytes() > 1000 {
		t.Errorf("%d bytes are kept", c.Bytes())
	}
}
