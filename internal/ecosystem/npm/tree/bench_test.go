package tree

import (
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkResolve resolves each golden universe from warm memory.
func BenchmarkResolve(b *testing.B) {
	for _, file := range goldenFiles(b) {
		b.Run(strings.TrimSuffix(filepath.Base(file), ".json.gz"), func(b *testing.B) {
			g := readGolden(b, file)
			if g.Error != "" {
				b.Skip("npm refuses this one")
			}
			u, project, options := g.universe(b), g.project(b), Options{Node: g.Node, NPM: g.NPM}
			for b.Loop() {
				if _, err := Resolve(b.Context(), project, options, u); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
