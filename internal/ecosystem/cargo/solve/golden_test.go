package solve

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what was found to testdata")

// TestUniverses solves the universes of testdata. Each file is an archive with
// a comment that names the rule, a universe, and the lock or the error.
func TestUniverses(t *testing.T) {
	files, err := filepath.Glob("testdata/universe/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no universes", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			universe(t, file)
		})
	}
}

func universe(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Files) == 1 && *update {
		archive.Files = append(archive.Files, txtar.File{Name: "lock"})
	}
	w, err := parseWorld(string(archive.Files[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	result, err := Resolve(t.Context(), w.input, w.ask)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	name, got := "lock", draw(result)
	if err != nil {
		name, got = "error", err.Error()+"\n"
	}
	if *update {
		archive.Files[1] = txtar.File{Name: name, Data: []byte(got)}
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if archive.Files[1].Name != name {
		t.Errorf("wanted a file %s, got %s", archive.Files[1].Name, name)
	}
	if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
		t.Error(diff)
	}
	if err == nil {
		if problem := w.check(result); problem != "" {
			t.Error(problem)
		}
	}
}
