package ecosystemtest

import (
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// remembering is an Index that implements ecosystem.Rememberer.
type remembering struct {
	ecosystem.Index
	near bool

	mu       sync.Mutex
	kept     map[any]any
	recalled int
}

func (r *remembering) Recall(key any) (any, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, ok := r.kept[key]
	if ok {
		r.recalled++
	}
	return value, ok
}

func (r *remembering) Remember(key, value any, bytes int) {
	if bytes <= 0 {
		panic("a value that takes no memory")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept[key] = value
}

func (r *remembering) Near() bool { return r.near }

// remembers resolves the same again and again with an index that remembers: each
// time the graph must be the one that an index without a memory gives.
func (f Fixture) remembers(t *testing.T) {
	plain := newMemory(f.source(t, f.Upstream(t)))
	want := f.resolve(t, plain, f.Roots...)
	lock := feed.Request{Ecosystem: f.Ecosystem.Name, Input: "lock", Options: map[string]string{ecosystem.LockedOnly: "true"}}
	lock.Lock = &feed.Graph{}
	for _, node := range want.Nodes {
		lock.Lock.Nodes = append(lock.Lock.Nodes, feed.Node{Name: node.Name, Version: node.Version})
	}
	wantLocked, err := f.Ecosystem.Resolve(testContext(t), copied(lock), plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, near := range []bool{false, true} {
		index := &remembering{Index: plain, near: near, kept: map[any]any{}}
		for range 3 {
			same(t, "the graph", f.resolve(t, index, f.Roots...), want)
			locked, err := f.Ecosystem.Resolve(testContext(t), copied(lock), index)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "the graph of a lock", locked, wantLocked)
			f.onlyWhether(t, index)
		}
		if index.recalled == 0 {
			t.Error("nothing was remembered")
		}
	}
}

// copied is a lock of its own: whoever resolves one may keep its nodes.
func copied(lock feed.Request) feed.Request {
	graph := feed.Graph{Nodes: append([]feed.Node{}, lock.Lock.Nodes...)}
	lock.Lock, lock.Options = &graph, maps.Clone(lock.Options)
	return lock
}

// onlyWhether asks whether what there is and what there is not can be resolved.
func (f Fixture) onlyWhether(t *testing.T, index ecosystem.Index) {
	t.Helper()
	whether := func(text string) error {
		requirement, err := f.Ecosystem.Requirement(text)
		if err != nil {
			t.Fatal(err)
		}
		request := feed.Request{Ecosystem: f.Ecosystem.Name, Input: "test", Requirements: []feed.Requirement{requirement}}
		request.Options = map[string]string{ecosystem.OnlyWhether: "true"}
		_, err = f.Ecosystem.Resolve(testContext(t), request, index)
		return err
	}
	if err := whether(f.Roots[0]); err != nil {
		t.Errorf("%s cannot be resolved: %v", f.Roots[0], err)
	}
	var unmet *feed.ResolveError
	if err := whether(f.Unknown); !errors.As(err, &unmet) {
		t.Errorf("%s: %v, want a *feed.ResolveError", f.Unknown, err)
	}
}

func same(t *testing.T, what string, got, want feed.Graph) {
	t.Helper()
	got.Chosen, want.Chosen = nil, nil
	texts := [2][]byte{}
	for i, graph := range []feed.Graph{got, want} {
		var err error
		if texts[i], err = json.Marshal(graph); err != nil {
			t.Fatal(err)
		}
	}
	if string(texts[0]) != string(texts[1]) {
		t.Errorf("%s with a memory:\n%s\nwithout:\n%s", what, texts[0], texts[1])
	}
}
