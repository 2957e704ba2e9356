package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// snapshot is the files of a feed.
type files map[string]file

type file struct {
	size    int64
	changed time.Time
}

// snapshot reads the files of a feed; none of one that does not exist.
func snapshot(dir string) (files, error) {
	all := files{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && path == dir && errors.Is(err, fs.ErrNotExist):
			return fs.SkipAll
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".feedctl":
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		all[path] = file{info.Size(), info.ModTime()}
		return nil
	})
	return all, err
}

// written is what a run wrote.
type written struct {
	files int
	bytes int64
}

// since counts the files that are new or other than before.
func (now files) since(before files) written {
	var w written
	for path, file := range now {
		if before[path] != file {
			w.files++
			w.bytes += file.size
		}
	}
	return w
}

// sizes are those of documents that are about the whole feed, in bytes.
type sizes struct{ manifest, root int64 }

// roots are the documents of an ecosystem as a whole.
var roots = map[string][]string{
	"npm":   {"npm/-/ping"},
	"cargo": {"cargo/index/config.json"},
	"pypi":  {"pypi/simple/index.html"},
}

func (t *trial) sizes() sizes {
	of := func(path string) int64 {
		info, err := os.Stat(filepath.Join(t.feed(), filepath.FromSlash(path)))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	s := sizes{manifest: of("feed.json")}
	for _, path := range append(roots[t.ecosystem], "ledger/"+t.ecosystem+"/lists/root.json", "ledger/"+t.ecosystem+"/roots/list.json") {
		s.root += of(path)
	}
	return s
}
