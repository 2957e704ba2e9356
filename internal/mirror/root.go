package mirror

import (
	"cmp"
	"fmt"
	"path"
	"slices"

	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// putRoot writes down what was asked for and what it came to, with the lock that
// was chosen when the input was none.
func (r *run) putRoot(j *job, request feed.Request, graph feed.Graph) error {
	if graph.Recalled != nil {
		return nil
	}
	root := rootRecord(request, graph)
	id := store.RootID(request)
	documents, err := r.chosen(j, graph)
	if err != nil {
		return err
	}
	for _, document := range documents {
		document.Path = path.Join("locks", j.Name, id[:12], document.Path)
		if err := r.writer.Document(document); err != nil {
			return err
		}
		hasher := feed.NewHasher("sha256")
		hasher.Write(document.Bytes) //nolint:errcheck // a hash never fails
		root.Chosen = append(root.Chosen, feed.File{Path: document.Path, Size: hasher.Size(), Digests: hasher.Digests()})
		r.report.Chosen = append(r.report.Chosen, document.Path)
	}
	return r.writer.PutRoot(j.Name, root)
}

// chosen renders the lock of a graph that feedctl chose.
func (r *run) chosen(j *job, graph feed.Graph) ([]feed.Document, error) {
	if graph.Chosen == nil {
		return nil, nil
	}
	at := map[string]*planned{}
	for _, p := range j.packages {
		at[p.new.Name] = p
	}
	return graph.Chosen(func(name, version string) (feed.Release, error) {
		if p := at[name]; p != nil {
			if release := p.new.Release(version); release != nil {
				return *release, nil
			}
		}
		return feed.Release{}, fmt.Errorf("%s@%s: %w", name, version, feed.ErrNotFound)
	})
}

// rootRecord is what the feed remembers of a request: the releases it came to
// and the edges that it leaves open.
func rootRecord(request feed.Request, graph feed.Graph) feed.RootRecord {
	root := feed.RootRecord{Request: request, Open: openEdges(graph)}
	for _, node := range graph.Nodes {
		id := node.Name + "@" + node.Version
		root.Releases = append(root.Releases, id)
		if node.Bare {
			root.Bare = append(root.Bare, id)
		}
		if node.Files != nil {
			if root.Files == nil {
				root.Files = map[string][]string{}
			}
			root.Files[id] = node.Files
		}
	}
	slices.Sort(root.Releases)
	root.Releases = slices.Compact(root.Releases)
	slices.Sort(root.Bare)
	return root
}

func openEdges(graph feed.Graph) []feed.OpenEdge {
	var open []feed.OpenEdge
	for _, edge := range graph.Edges {
		if edge.To != feed.Open {
			continue
		}
		one := feed.OpenEdge{Requirement: edge.Requirement, Why: edge.Why}
		if edge.From != feed.Root {
			node := graph.Nodes[edge.From]
			one.From = node.Name + "@" + node.Version
		}
		open = append(open, one)
	}
	slices.SortFunc(open, func(a, b feed.OpenEdge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Requirement.String(), b.Requirement.String()),
			cmp.Compare(a.Requirement.Kind, b.Requirement.Kind))
	})
	return slices.Compact(open)
}
