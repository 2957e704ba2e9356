package modgraph

import (
	"context"
	"fmt"
	"strings"
)

// Input is what versions are selected for.
type Input struct {
	Mains []Module // one, or the modules of a workspace
	Limit int      // how many modules are loaded at a time; 0 means 16
	Near  bool     // load answers without waiting, and is called for one after the other

	NoEdges bool // Graph.Edges is not wanted

	// Work says that the mains form a workspace. The other fields are then
	// go.work's own lines.
	Work      bool
	Go        string
	Toolchain string
	Replace   []Replace // before those of the mains
}

// LoadError is a module that could not be loaded.
type LoadError struct {
	Chain []Version // from a main module to the module that is missing
	Err   error
}

func (e *LoadError) Error() string {
	const most = 8 // that a message names
	var names []string
	for i, m := range e.Chain {
		switch fromEnd := len(e.Chain) - i; {
		case len(e.Chain) <= most, i < most/2, fromEnd < most/2:
			names = append(names, m.String())
		case fromEnd == most/2:
			names = append(names, "…")
		}
	}
	return fmt.Sprintf("%s: %v", strings.Join(names, " requires "), e.Err)
}

func (e *LoadError) Unwrap() error { return e.Err }

// Load reads the module graph and selects one version of each module, as
// "go mod graph" and "go list -m all" show them. When the requirements of a
// main module are not up to date with those of its dependencies, they are
// brought up to date first, as the go command does.
//
// load returns the go.mod of a module version, or of a folder (a Version without
// version: relative to the main module, in a workspace to go.work). It is called
// concurrently, once for each version, as soon as the version is known to be
// needed, and must return when its context ends. After an error the rest of the
// graph is still read; all errors are joined, each a *LoadError, and the graph is
// empty.
func Load(ctx context.Context, input Input, load func(ctx context.Context, m Version) (Module, error)) (Graph, error) {
	s, err := newSession(input)
	if err != nil {
		return Graph{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s.fetch = newFetcher(ctx, input.Limit, load)
	s.fetch.near = input.Near
	defer s.fetch.wait()
	defer cancel()
	g, err := s.resolve()
	if err != nil {
		return Graph{}, err
	}
	return s.result(g), nil
}
