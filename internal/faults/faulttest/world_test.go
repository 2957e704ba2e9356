package faulttest

import (
	"path/filepath"
	"testing"

	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/web"
)

// TestWorld mirrors everything of a world, from names and from locks.
func TestWorld(t *testing.T) {
	w, err := NewWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	client, err := web.New(web.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	for _, row := range []struct {
		ecosystem, kind string
		releases        int
	}{
		{"npm", "free", 5},
		{"npm", "lock", 5},
		{"npm", "base", 1},
		{"cargo", "free", 3},
		{"cargo", "lock", 3},
		{"cargo", "base", 1},
		{"go", "free", 4},
		{"go", "lock", 3},
		{"go", "base", 1},
		{"pypi", "free", 4},
		{"pypi", "lock", 3},
		{"pypi", "base", 1},
	} {
		t.Run(row.ecosystem+" "+row.kind, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "feed")
			report, err := mirror.Run(t.Context(), w.Options(to, w.Inputs(row.ecosystem, row.kind)...), w.Surroundings(client))
			if err != nil || report.New != row.releases {
				t.Fatalf("%d new, want %d; %v", report.New, row.releases, err)
			}
			findings, err := Verify(t.Context(), to)
			if err != nil || len(findings) > 0 {
				t.Errorf("%+v, %v", findings, err)
			}
		})
	}
}
