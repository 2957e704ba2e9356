package pypi_test

import (
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/pkg/feed"
)

const apart = `
-- lib@1.0/METADATA --
-- lib@2.0/METADATA --
Requires-Dist: newer-on-old; python_version < "3.10"
Requires-Dist: winonly; sys_platform == "win32"
-- user@1.0/METADATA --
Requires-Dist: lib
-- winonly@0.1/METADATA --
-- sourced@1.0/METADATA --
-- sourced@1.0/pyproject.toml --
[build-system]
requires = ["backend"]
-- sourced@1.0/sourced-1.0.tar.gz --
-- backend@1.0/METADATA --
`

// What a request came to is resolved again among its releases: each target must
// come to what it used, and nothing may be missing.
func TestKept(t *testing.T) {
	for _, row := range []struct {
		what, pythons, platforms string
		texts                    []string
		nodes                    int
	}{
		{"one version of each project", "3.11", linux, []string{"user", "lib<2"}, 2},
		{"for targets that need more and less", "3.11", linux + " " + windows, []string{"user"}, 3},
		{
			"two versions, for targets that must not have the other's", "3.9,3.11", linux,
			[]string{"user", "lib<2;python_version<'3.10'", "lib==2.0;python_version>='3.10'"},
			3,
		},
		{"with something to build", "3.11", linux, []string{"sourced", "user"}, 4},
	} {
		t.Run(row.what, func(t *testing.T) {
			m := newMiniature(t, upstream(pypitest.New(t, txtar.Parse([]byte(apart)))))
			graph, kept := m.mirror(t, request(t, row.pythons, row.platforms, row.texts...))
			if len(graph.Nodes) != row.nodes {
				t.Fatalf("%d releases, want %d: %v", len(graph.Nodes), row.nodes, graph.Nodes)
			}
			again := m.verify(t, kept)
			for _, edge := range again.Edges {
				if edge.To == feed.Open {
					t.Errorf("the edge %s from %d is open: %s", edge.Requirement, edge.From, edge.Why)
				}
			}
			if !slices.Equal(graph.Edges, again.Edges) {
				t.Errorf("edges\n%v\nwere\n%v", again.Edges, graph.Edges)
			}
		})
	}
}
