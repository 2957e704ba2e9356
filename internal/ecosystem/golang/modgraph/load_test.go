package modgraph

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected results in testdata/universes")

// TestUniverses compares each universe with the graph drawn below it. The live
// tests compare the same universes with the go command.
func TestUniverses(t *testing.T) {
	for name, u := range universes(t) {
		t.Run(name, func(t *testing.T) {
			got := result(t, u)
			if *update {
				rewrite(t, name, got)
				return
			}
			if diff := cmp.Diff(u.want, got); diff != "" {
				t.Errorf("the graph (-want +got):\n%s", diff)
			}
		})
	}
}

func result(t *testing.T, u universe) string {
	t.Helper()
	g, err := u.resolve(t)
	if err != nil {
		return "error: " + short(err.Error()) + "\n"
	}
	return draw(g)
}

func universes(t testing.TB) map[string]universe {
	t.Helper()
	files, err := filepath.Glob("testdata/universes/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no universes: %v", err)
	}
	all := map[string]universe{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(file), ".txt")] = parseUniverse(t, string(data))
	}
	return all
}

func rewrite(t *testing.T, name, result string) {
	t.Helper()
	file := filepath.Join("testdata/universes", name+".txt")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(data), "=>\n")
	if err := os.WriteFile(file, []byte(text+"=>\n"+result), 0o644); err != nil {
		t.Fatal(err)
	}
}
