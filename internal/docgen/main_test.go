package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func command() *cobra.Command {
	root := &cobra.Command{Use: "tool", Short: "A tool"}
	root.AddCommand(&cobra.Command{Use: "work INPUT", Short: "Do the work", Run: func(*cobra.Command, []string) {}})
	return root
}

func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestGenerate(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	dir := t.TempDir()
	if err := generate(command(), "1.2.3", dir); err != nil {
		t.Fatal(err)
	}
	files := read(t, dir)
	for path, want := range map[string]string{
		"man/tool.1":            "tool 1.2.3",
		"man/tool-work.1":       "Do the work",
		"completions/tool.bash": "__start_tool",
		"completions/_tool":     "#compdef tool",
		"completions/tool.fish": "complete -c tool",
		"completions/tool.ps1":  "Register-ArgumentCompleter",
	} {
		if !strings.Contains(files[path], want) {
			t.Errorf("%s: %q not in it (%d bytes)", path, want, len(files[path]))
		}
	}
	if !strings.Contains(files["man/tool.1"], "Nov 2023") {
		t.Errorf("man/tool.1: date is not SOURCE_DATE_EPOCH:\n%s", files["man/tool.1"])
	}
}

func TestGenerateTwiceGivesTheSameBytes(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		if err := generate(command(), "1.2.3", dir); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, first), read(t, second)); diff != "" {
		t.Error(diff)
	}
}

func TestGenerateReportsWhereItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := generate(command(), "1.2.3", file)
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v, want an error that names %s", err, file)
	}
}
