package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// workFolder is where feedctl keeps its lock while it runs, in the feed's folder but
// no part of the feed. That something was in it for a while is no touch.
const workFolder = ".feedctl"

// snapshot is what the files and folders of a tree are, by path.
type snapshot map[string]fs.FileInfo

func snap(dir string) (snapshot, error) {
	s := snapshot{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == filepath.Join(dir, workFolder) {
			return nil
		}
		info, err := entry.Info()
		s[path] = info
		return err
	})
	return s, err
}

// touched returns the paths that are new, gone, replaced or written since: another
// inode, time, size or mode.
func (s snapshot) touched(dir string) ([]string, error) {
	now, err := snap(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for path, was := range s {
		is, ok := now[path]
		if !ok || !os.SameFile(was, is) || !was.ModTime().Equal(is.ModTime()) || was.Size() != is.Size() || was.Mode() != is.Mode() {
			paths = append(paths, path)
		}
	}
	for path := range now {
		if _, ok := s[path]; !ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// idle checks that a run has made no request and touched nothing.
func (s snapshot) idle(dir string, used usage) error {
	paths, err := s.touched(dir)
	if err != nil {
		return err
	}
	var failures []error
	if used.requests != 0 {
		failures = append(failures, fmt.Errorf("%d requests, want none", used.requests))
	}
	if len(paths) > 0 {
		failures = append(failures, fmt.Errorf("%d files touched, want none: %s", len(paths), strings.Join(paths[:min(len(paths), 5)], ", ")))
	}
	return errors.Join(failures...)
}
