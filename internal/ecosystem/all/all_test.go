package all

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// core are the packages that must work for an ecosystem they have never heard of.
var core = []string{"cli", "config", "mirror", "serve", "store", "upstream", "verify", "web"}

// TestCoreNamesNoEcosystem greps the core for the ecosystems' names.
func TestCoreNamesNoEcosystem(t *testing.T) {
	for _, e := range Ecosystems() {
		word := regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(e.Name) + `(?:[^\w-]|$)`) // "pypi-" begins a token
		if e.Name == "go" {                                                              // also a word of the language, in which the core is written
			word = regexp.MustCompile(`"go[/:]|/golang\b`)
		}
		for _, folder := range core {
			for name, data := range sources(t, filepath.Join("..", "..", folder)) {
				for i, line := range bytes.Split(data, []byte("\n")) {
					if word.Match(line) {
						t.Errorf("%s:%d names the ecosystem %s: %s", name, i+1, e.Name, bytes.TrimSpace(line))
					}
				}
			}
		}
	}
}

// sources reads the Go files of a folder that are no tests.
func sources(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(files), err)
	}
	return files
}

// TestEcosystemsAreSorted checks that runs meet the ecosystems in one order, and
// that no two share a name.
func TestEcosystemsAreSorted(t *testing.T) {
	var names []string
	for _, e := range Ecosystems() {
		names = append(names, e.Name)
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("got %v, want each name once, in order", names)
	}
}
