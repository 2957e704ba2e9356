package tree

import (
	"fmt"
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

// BenchmarkResolveFlat resolves projects that name many packages which require
// nothing: twice the packages should take about twice the time.
func BenchmarkResolveFlat(b *testing.B) {
	for _, size := range []int{100, 200, 400, 800} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			u, project := flat(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Resolve(b.Context(), project, Options{}, u); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
