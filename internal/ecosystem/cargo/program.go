package cargo

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/lock"
	"github.com/feedctl/feedctl/pkg/feed"
)

// programs is a request for programs, as "cargo install" sees them: each with
// the versions in the Cargo.lock that was packaged with it.
type programs struct {
	request feed.Request
	index   ecosystem.Index
	links   links
	at      map[string]int // nodes by name@version
}

// resolvePrograms resolves a request for programs. One without a packaged lock
// is resolved as a dependency would be.
func resolvePrograms(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	p := &programs{request: request, index: index, links: links{leads: map[lead]int{}, whole: true}, at: map[string]int{}}
	for _, requirement := range request.Requirements {
		if err := p.add(ctx, requirement); err != nil {
			return feed.Graph{}, err
		}
	}
	if err := p.links.read(ctx, index); err != nil {
		return feed.Graph{}, err
	}
	p.links.edges(request.Requirements)
	return p.links.graph, nil
}

func (p *programs) add(ctx context.Context, requirement feed.Requirement) error {
	version, err := p.pick(ctx, requirement)
	if err != nil {
		return err
	}
	graph, err := p.packaged(ctx, requirement.Name, version)
	if err != nil {
		return err
	}
	if graph == nil {
		return p.without(ctx, requirement, version)
	}
	own := p.node(feed.Node{Name: requirement.Name, Version: version, Reason: "asked for"})
	p.links.lead(feed.Root, requirement.Name, own)
	p.take(*graph, own)
	return nil
}

// take adds a graph; what begins at its root begins at a node of ours.
func (p *programs) take(graph feed.Graph, root int) {
	at := make([]int, len(graph.Nodes))
	for i, node := range graph.Nodes {
		at[i] = p.node(node)
	}
	place := func(end int) int {
		if end < 0 {
			return root
		}
		return at[end]
	}
	for _, edge := range graph.Edges {
		to := feed.Open
		if edge.To != feed.Open {
			to = at[edge.To]
		}
		p.links.lead(place(edge.From), edge.Requirement.Name, to)
	}
	p.links.graph.Skipped = append(p.links.graph.Skipped, graph.Skipped...)
	p.links.graph.Notes = append(p.links.graph.Notes, graph.Notes...)
}

func (p *programs) node(node feed.Node) int {
	id := node.Name + "@" + node.Version
	i, known := p.at[id]
	if !known {
		i = len(p.links.graph.Nodes)
		p.at[id] = i
		p.links.graph.Nodes = append(p.links.graph.Nodes, node)
	}
	return i
}

// without adds a program that has no packaged lock.
func (p *programs) without(ctx context.Context, requirement feed.Requirement, version string) error {
	_, features, defaults := cutFeatures(requirement.Range)
	request := p.request
	request.Requirements = []feed.Requirement{{Name: requirement.Name, Range: "=" + version + featureText(features, defaults)}}
	graph, err := resolveFree(ctx, request, p.index)
	if err != nil {
		return err
	}
	p.take(graph, feed.Root)
	p.links.graph.Notes = append(p.links.graph.Notes,
		fmt.Sprintf("%s@%s has no Cargo.lock in its crate, so that \"cargo install --locked\" chooses anew", requirement.Name, version))
	return nil
}

// pick returns the newest version that a requirement allows.
func (p *programs) pick(ctx context.Context, requirement feed.Requirement) (string, error) {
	text, _, _ := cutFeatures(requirement.Range)
	wanted, err := crate.ParseRange(text)
	if err != nil {
		return "", err
	}
	pinned := exact(text)
	suits := func(v feed.Version) bool {
		return v.Version == pinned || wanted.Matches(v.Version) && !v.Yanked
	}
	versions, err := p.index.Versions(ctx, requirement.Name, suits)
	if err != nil && !errors.Is(err, feed.ErrNotFound) {
		return "", err
	}
	best := ""
	for _, v := range versions {
		if suits(v) && (best == "" || v.Version == pinned || best != pinned && crate.Compare(v.Version, best) > 0) {
			best = v.Version
		}
	}
	if best != "" {
		return best, nil
	}
	reason := "no version of it matches"
	if err != nil {
		reason = err.Error()
	}
	return "", &feed.ResolveError{Unmet: []feed.Unmet{{Requirement: requirement, Reasons: []string{reason}}}}
}

// packaged reads the Cargo.lock inside a crate file; nil when there is none.
func (p *programs) packaged(ctx context.Context, name, version string) (*feed.Graph, error) {
	release, err := p.index.Release(ctx, name, version)
	if err != nil {
		return nil, err
	}
	_, base, err := checkKey(name, version)
	if err != nil || len(release.Files) == 0 {
		return nil, errors.Join(err, fmt.Errorf("cargo: %s@%s has no crate file", name, version))
	}
	body, err := p.index.Open(ctx, name, version, release.Files[0])
	if err != nil {
		return nil, err
	}
	defer body.Close()
	hasher := release.Files[0].Digests.Hasher()
	reader := io.TeeReader(body, hasher)
	var text []byte
	err = crateLimits.walk(reader, base+"-"+version, func(path string, size int64, content io.Reader) (err error) {
		if path == lock.FileName {
			text, err = crateLimits.readText(path, size, content)
		}
		return err
	})
	if err == nil {
		_, err = io.Copy(io.Discard, reader)
	}
	if err != nil {
		return nil, fmt.Errorf("cargo: the crate file of %s@%s: %w", name, version, err)
	}
	if algorithm := hasher.Digests().Conflict(release.Files[0].Digests); algorithm != "" {
		return nil, &feed.IntegrityError{
			Path: release.Files[0].Path,
			Got:  algorithm + ":" + hasher.Digests()[algorithm], Want: algorithm + ":" + release.Files[0].Digests[algorithm],
		}
	}
	if text == nil {
		return nil, nil
	}
	graph, err := lock.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("cargo: %s@%s: Cargo.lock inside the crate: %w", name, version, err)
	}
	return &graph, nil
}
