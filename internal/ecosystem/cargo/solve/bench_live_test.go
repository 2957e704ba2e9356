//go:build live

package solve

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// BenchmarkLive resolves the manifests of testdata/live from an index that is
// in memory when the clock starts.
func BenchmarkLive(b *testing.B) {
	files, err := filepath.Glob("testdata/live/*.txtar")
	if err != nil {
		b.Fatal(err)
	}
	l, rustc := newLive(b), rustcVersion(b)
	for _, file := range files {
		b.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(b *testing.B) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				b.Fatal(err)
			}
			p := newProject(b, archive, rustc)
			if _, err := Resolve(b.Context(), p.input, l.releases); err != nil {
				b.Skip(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Resolve(b.Context(), p.input, l.releases); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
