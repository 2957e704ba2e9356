package tree

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// flat is a project that names so many packages, which require nothing.
func flat(size int) (universe, Project) {
	u, fields := universe{}, Fields{}
	for i := range size {
		name := fmt.Sprintf("p%d", i)
		u[name] = &Packument{Name: name, Tags: map[string]string{"latest": "1.0.0"}, Versions: []*Manifest{NewManifest(name, "1.0.0", Fields{})}}
		fields.Dependencies = append(fields.Dependencies, Dep{name, "1.0.0"})
	}
	return u, Project{Root: NewManifest("project", "1.0.0", fields)}
}

func TestWorkGrowsWithThePackages(t *testing.T) {
	allocations := func(size int) float64 {
		u, project := flat(size)
		return testing.AllocsPerRun(2, func() {
			if _, err := Resolve(t.Context(), project, Options{}, u); err != nil {
				t.Error(err)
			}
		})
	}
	few, many := allocations(100), allocations(800)
	if many > 12*few {
		t.Errorf("%.0f allocations for 100 packages, %.0f for 800", few, many)
	}
}

func TestMemoryChangesNothing(t *testing.T) {
	for _, file := range goldenFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json.gz"), func(t *testing.T) {
			g := readGolden(t, file)
			u, project := g.universe(t), g.project(t)
			options := Options{Node: g.Node, NPM: g.NPM}
			want := outcome(t, project, options, u)
			options.Memory = NewMemory(1 << 20)
			for range 3 {
				if diff := cmp.Diff(want, outcome(t, project, options, u)); diff != "" {
					t.Fatalf("without a memory - with one +:\n%s", diff)
				}
			}
		})
	}
}

// outcome is a tree, or why there is none, as text.
func outcome(t *testing.T, project Project, options Options, u universe) []string {
	tree, err := Resolve(t.Context(), project, options, u)
	if err != nil {
		return []string{err.Error()}
	}
	var lines []string
	for _, n := range tree.Nodes {
		lines = append(lines, n.Path+" "+n.Manifest.Name+"@"+n.Manifest.Version)
		for _, e := range n.Edges {
			line := "  " + e.Spec.String()
			if e.To != nil {
				line += " → " + e.To.Path
			}
			lines = append(lines, line)
		}
	}
	return lines
}
