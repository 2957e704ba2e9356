package golang

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// The files that feedctl writes hold the hashes of what is mirrored, in the go
// command's order.
func TestChosen(t *testing.T) {
	node := func(path, version string) modgraph.Node {
		return modgraph.Node{Version: modgraph.Version{Path: path, Version: version}}
	}
	one := selection{
		asked: modgraph.Version{Path: "example.com/Tool", Version: "v1.10.0"},
		main: modgraph.Module{Path: chosenModule, Go: "1.17", Require: []modgraph.Require{
			{Path: "example.com/Tool", Version: "v1.10.0"}, {Path: "example.com/b", Version: "v1.0.0", Indirect: true}, {Path: "example.com/b", Version: "v1.1.0", Indirect: true},
		}},
		graph: modgraph.Graph{
			Go: "1.24.0", Visited: []modgraph.Node{node("example.com/Tool", "v1.10.0"), node("example.com/b", "v1.1.0"), node("example.com/b", "v1.2.0")},
			Selected: []modgraph.Node{node(chosenModule, ""), node("example.com/Tool", "v1.10.0"), node("example.com/b", "v1.2.0")},
		},
	}
	release := func(name, version string) (feed.Release, error) {
		files := []feed.File{
			{Path: "x.info", Digests: feed.Digests{"sha256": "aa"}},
			{Path: "x.mod", Digests: feed.Digests{h1: "mod-" + name + version}},
			{Path: "x.zip", Digests: feed.Digests{h1: "zip"}, Absent: version == "v1.1.0"},
		}
		return feed.Release{Version: version, Files: files}, nil
	}
	f := &free{choice: []selection{one}}
	documents, err := f.chosen(release)
	if err != nil || len(documents) != 2 {
		t.Fatal(documents, err)
	}
	mod := "module feed\n\ngo 1.24.0\n\nrequire example.com/Tool v1.10.0\n\nrequire example.com/b v1.2.0 // indirect\n"
	sum := "example.com/Tool v1.10.0 h1:zip\nexample.com/Tool v1.10.0/go.mod h1:mod-example.com/Toolv1.10.0\n" +
		"example.com/b v1.1.0/go.mod h1:mod-example.com/bv1.1.0\nexample.com/b v1.2.0 h1:zip\nexample.com/b v1.2.0/go.mod h1:mod-example.com/bv1.2.0\n"
	if diff := cmp.Diff([]string{"go.mod", mod, "go.sum", sum}, []string{documents[0].Path, string(documents[0].Bytes), documents[1].Path, string(documents[1].Bytes)}); diff != "" {
		t.Error(diff)
	}
	f.choice = append(f.choice, one)
	if documents, err = f.chosen(release); err != nil || len(documents) != 4 || documents[1].Path != "example.com/!tool@v1.10.0/go.sum" {
		t.Error(documents, err)
	}
	failing := func(string, string) (feed.Release, error) { return feed.Release{}, feed.ErrNotFound }
	if _, err := f.chosen(failing); !errors.Is(err, feed.ErrNotFound) {
		t.Error(err)
	}
}
