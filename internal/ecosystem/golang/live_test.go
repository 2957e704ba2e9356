//go:build live

package golang_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/discover"
)

// project is the folder of feedctl's own go.mod.
const project = "../../.."

func liveSource(t *testing.T) ecosystem.Source {
	t.Helper()
	home, _ := os.UserHomeDir()
	configs, err := discover.Discover(t.Context(), ecosystem.Environment{
		Home: home, Environ: os.Environ(), ReadFile: os.ReadFile,
		Run: func(ctx context.Context, name string, args ...string) ([]byte, error) {
			return exec.CommandContext(ctx, name, args...).Output()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(configs[0].FoundIn)
	return openSource(t, configs[0])
}

// The versions that are selected for feedctl itself are those of "go list -m all".
func TestLiveProject(t *testing.T) {
	source := liveSource(t)
	request, err := golang.ReadMod(os.DirFS(project), "go.mod")
	if err != nil {
		t.Fatal(err)
	}
	graph, err := golang.Ecosystem().Resolve(t.Context(), request, index{source})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, node := range graph.Nodes {
		if slices.ContainsFunc(node.Files, func(f string) bool { return strings.HasSuffix(f, ".zip") }) {
			got = append(got, node.Name+" "+node.Version)
		}
	}
	command := exec.CommandContext(t.Context(), "go", "list", "-m", "all")
	command.Dir = project
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(out)), "\n")[1:]
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %d modules %v\nwant %d %v", len(got), got, len(want), want)
	}
	t.Logf("%d nodes, %d with zips, %d edges, notes %v", len(graph.Nodes), len(got), len(graph.Edges), graph.Notes)
}

// A program's module, mirrored, is all that the go command needs, with the real
// checksum database on.
func TestLiveTool(t *testing.T) {
	dir := t.TempDir()
	m := &miniature{source: liveSource(t), dir: dir, environ: []string{"GOSUMDB="}}
	m.mirror(t, requestFor(t, "golang.org/x/tools/cmd/stringer@v0.45.0"))
	g := newGopher(t, dir)
	g.env = append(g.env, "GOSUMDB=sum.golang.org")
	g.run(t, "install", "golang.org/x/tools/cmd/stringer@v0.45.0")
	g.write(t, "go.mod", "module example.com/main\n\ngo 1.25.0\n")
	g.write(t, "main.go", "package main\n\nimport _ \"golang.org/x/tools/go/packages\"\n\nfunc main() {}\n")
	g.run(t, "get", "golang.org/x/tools@v0.45.0")
	g.run(t, "mod", "tidy")
	g.run(t, "build", "./...")
	g.run(t, "mod", "download", "all")
	g.run(t, "list", "-m", "all")
	if _, err := os.Stat(filepath.Join(dir, "go", "sumdb", "sum.golang.org", "latest")); err != nil {
		t.Error(err)
	}
}
