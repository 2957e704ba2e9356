package golang

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// resolve implements the contract. The nodes of a lock stay as they are;
// everything else is resolved as the go command does.
func resolve(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	if request.Lock != nil {
		return resolveLocked(ctx, request, index)
	}
	return resolveFree(ctx, request, index)
}

// resolveLocked keeps the nodes of a lock and gives them the edges that their
// go.mod files declare. Nothing is ever added: what a go.sum lists is complete.
func resolveLocked(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	graph := *request.Lock
	modules := make([]modgraph.Module, len(graph.Nodes))
	err := ecosystem.Each(ctx, index, len(modules), parallel, func(ctx context.Context, i int) (err error) {
		modules[i], _, err = readModule(ctx, index, graph.Nodes[i].Name, graph.Nodes[i].Version)
		return err
	})
	if err != nil {
		return feed.Graph{}, err
	}
	l := newLinker(graph.Nodes)
	if len(request.Settings) > 0 {
		s, err := readSettings(request)
		if err != nil {
			return feed.Graph{}, err
		}
		l.replace(s)
	}
	if graph.Edges == nil {
		l.roots(request.Requirements)
	} else {
		l.edges = append(l.edges, graph.Edges...)
	}
	for i, m := range modules {
		l.follow(i, m)
	}
	graph.Edges = l.finish()
	return graph, nil
}

// roots adds the edges of the request itself.
func (l *linker) roots(requirements []feed.Requirement) {
	for _, r := range requirements {
		if target := l.target(modgraph.Version{Path: r.Name, Version: r.Range}); target.Version == "" && target.Path != r.Name || l.own[r.Name] {
			continue // replaced by a folder
		}
		l.edges = append(l.edges, l.root(r))
	}
}

// read is what the go.mod of a version says, and the version that a branch, tag or
// commit stands for.
type read struct {
	module  modgraph.Module
	version string
}

// moduleKey is the key of a go.mod that an index remembers.
type moduleKey struct{ path, version string }

// readModule returns what the go.mod of a version says, and the version that a
// branch, tag or commit stands for.
func readModule(ctx context.Context, index ecosystem.Index, path, version string) (modgraph.Module, string, error) {
	found, err := ecosystem.Remember(index, moduleKey{path, version}, func() (read, int, error) {
		release, err := index.Release(ctx, path, version)
		if err != nil {
			return read{}, 0, err
		}
		meta, err := readMetadata(path, release.Version, release.Metadata)
		const each = 220
		return read{meta.Module, release.Version}, each * (4 + len(meta.Module.Require) + len(meta.Module.Retract)), err
	})
	return found.module, found.version, err
}

// readSettings reads what ReadMod and ReadWork put into a request.
func readSettings(request feed.Request) (settings, error) {
	var s settings
	if err := json.Unmarshal(request.Settings, &s); err != nil {
		return settings{}, fmt.Errorf("%s: settings: %w", request.Input, err)
	}
	return s, nil
}
