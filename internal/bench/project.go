package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// write puts a file where it belongs, with the folders above it.
func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// copyFiles copies the files of a folder that are there.
func copyFiles(from, to string, names ...string) error {
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := write(filepath.Join(to, name), data); err != nil {
			return err
		}
	}
	return nil
}

// project copies what a client reads to a folder of its own.
func (k *kind) project(from, to string, withLock bool) error {
	names := append([]string{k.manifest}, k.others...)
	if withLock {
		names = append(names, k.lock)
	}
	for _, source := range k.sources {
		if err := write(filepath.Join(to, source), nil); err != nil {
			return err
		}
	}
	return copyFiles(from, to, names...)
}

// client is a command of the native client, in a project of its own and with
// caches of its own, both below scratch.
func (k *kind) client(from, scratch string, words []string, withLock bool, packages []string) (job, error) {
	fresh := filepath.Join(scratch, "home")
	j := job{dir: filepath.Join(scratch, "project")}
	for _, word := range words {
		if word == packageWords {
			j.args = append(j.args, packages...)
		} else {
			j.args = append(j.args, word)
		}
	}
	for _, setting := range k.environment {
		j.env = append(j.env, strings.ReplaceAll(setting, "{fresh}", fresh))
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return job{}, err
	}
	if err := k.settings.copyTo(fresh); err != nil {
		return job{}, err
	}
	return j, k.project(from, j.dir, withLock)
}

func (s settings) copyTo(fresh string) error {
	if s.variable == "" {
		return nil
	}
	folder := os.Getenv(s.variable)
	if folder == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		folder = filepath.Join(home, s.home)
	}
	return copyFiles(folder, fresh, s.files...)
}

// exampleNames are the clients that have an example.
func exampleNames() string {
	var names []string
	for _, k := range kinds {
		if k.example != "" {
			names = append(names, k.resolve[0])
		}
	}
	return strings.Join(names, ", ")
}

// writeExample writes the example of a client, lets the client lock it, and
// returns the folder.
func writeExample(ctx context.Context, name, dir string) (string, error) {
	at := slices.IndexFunc(kinds, func(k kind) bool { return k.example != "" && k.resolve[0] == name })
	if at < 0 {
		return "", fmt.Errorf("no example %q; there is: %s", name, exampleNames())
	}
	k := &kinds[at]
	from := filepath.Join(dir, "manifest")
	if err := write(filepath.Join(from, k.manifest), []byte(k.example)); err != nil {
		return "", err
	}
	j, err := k.client(from, dir, k.resolve, false, nil)
	if err != nil {
		return "", err
	}
	_, err = measure(ctx, j)
	return j.dir, err
}
