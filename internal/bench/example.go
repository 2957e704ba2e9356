package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
)

// examples has a folder with a manifest for each ecosystem. What the clients make
// of them changes with time, but not by much: the direct dependencies are pinned
// where they are many.
//
//go:embed testdata/examples
var examples embed.FS

// allExamples stands for all of them.
const allExamples = "all"

func exampleNames() []string {
	var names []string
	for _, k := range kinds() {
		if k.name != "" {
			names = append(names, k.name)
		}
	}
	return names
}

// chosenExamples are those that a name stands for.
func chosenExamples(name string) ([]kind, error) {
	var chosen []kind
	for _, k := range kinds() {
		if k.name != "" && (k.name == name || name == allExamples) {
			chosen = append(chosen, k)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no example %q; there is: %s, %s", name, strings.Join(exampleNames(), ", "), allExamples)
	}
	return chosen, nil
}

// writeManifest writes the files of the example into a folder. A file must not be named
// go.mod in the source tree, where it would start a module.
func (k *kind) writeManifest(dir string) error {
	family, _, _ := strings.Cut(k.name, "-")
	folder, err := fs.Sub(examples, "testdata/examples/"+family)
	if err != nil {
		return err
	}
	return fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(folder, path)
		if err != nil {
			return err
		}
		return write(filepath.Join(dir, strings.TrimSuffix(path, ".txt")), data)
	})
}

// lockExample writes the example, lets the clients lock it, and returns the lock.
func (k *kind) lockExample(ctx context.Context, dir string) (string, error) {
	from := filepath.Join(dir, "manifest")
	if err := k.writeManifest(from); err != nil {
		return "", err
	}
	project := filepath.Join(dir, "project")
	if err := k.project(from, project, true); err != nil {
		return "", err
	}
	for _, words := range k.prepare {
		if !installed(words) && words[0] != k.prepare[0][0] {
			continue // an additional client
		}
		j, err := k.client(from, dir, words, false, place{}, nil)
		if err != nil {
			return "", err
		}
		if _, err := measure(ctx, j); err != nil {
			return "", fmt.Errorf("lock the example: %w", err)
		}
	}
	return filepath.Join(project, k.lock), nil
}

func installed(words []string) bool {
	_, err := exec.LookPath(program(words))
	return err == nil
}
