package feedrun

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// control is the folder of a feed that is no part of it.
const control = ".feedctl"

// Tree is the digest of every file of a feed, by path.
type Tree map[string]string

// Read reads a feed; one that does not exist is empty.
func Read(t testing.TB, dir string) Tree {
	t.Helper()
	tree := Tree{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.Name() == control {
			return fs.SkipDir
		}
		if entry.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path) //nolint:gosec // a feed that the test itself has made
		name, _ := filepath.Rel(dir, path)
		tree[filepath.ToSlash(name)] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return tree
}

// Equal reports whether two feeds have the same bytes.
func (t Tree) Equal(other Tree) bool { return maps.Equal(t, other) }

// Difference says what other has more, less and otherwise than t, "" when
// nothing.
func (t Tree) Difference(other Tree) string {
	var lines []string
	for path, digest := range t {
		if got, ok := other[path]; !ok {
			lines = append(lines, "- "+path)
		} else if got != digest {
			lines = append(lines, "! "+path)
		}
	}
	for path := range other {
		if _, ok := t[path]; !ok {
			lines = append(lines, "+ "+path)
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[2:], b[2:]) })
	if len(lines) > 20 {
		lines = append(lines[:20], fmt.Sprintf("… and %d more", len(lines)-20))
	}
	return strings.Join(lines, "\n")
}

// Copy makes a copy of a feed in the place of what is at to.
func Copy(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(from); os.IsNotExist(err) {
		return
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// Decided reports whether a feed has a journal: a publish that is to be finished.
func Decided(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, control, "journal"))
	return err == nil
}

// Leftovers returns what is in .feedctl beside the file that is locked.
func Leftovers(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, control))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.Name() != "lock" {
			names = append(names, entry.Name())
		}
	}
	return names
}
