package modgraph

import (
	"fmt"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// Work is a go.work file.
type Work struct {
	Go        string    // "" without a go line, which means 1.18
	Toolchain string    // may be empty
	Use       []string  // folders of the main modules as written: relative to go.work's, or absolute
	Replace   []Replace // folders are relative to go.work's
}

// ParseWork reads a go.work file. file names it in errors, which begin with the
// file and line.
func ParseWork(file string, data []byte) (Work, error) {
	if err := checkSize(file, data); err != nil {
		return Work{}, err
	}
	f, err := modfile.ParseWork(file, data, nil)
	if err != nil {
		return Work{}, err // says file and line itself
	}
	var w Work
	if f.Go != nil {
		w.Go = f.Go.Version
	}
	if f.Toolchain != nil {
		w.Toolchain = f.Toolchain.Name
	}
	seen := map[string]bool{}
	for _, use := range f.Use {
		folder := path.Clean(filepath.ToSlash(use.Path))
		if seen[folder] {
			return Work{}, fmt.Errorf("%s:%d: use %s is there twice; remove one of the lines", file, use.Syntax.Start.Line, use.Path)
		}
		seen[folder] = true
		w.Use = append(w.Use, use.Path)
	}
	w.Replace, err = readReplace(file, f.Replace)
	return w, err
}

// Input returns the input of [Load] for the workspace. mains are the modules of
// w.Use, with their Dir set.
func (w Work) Input(mains []Module) Input {
	return Input{Mains: mains, Work: true, Go: w.Go, Toolchain: w.Toolchain, Replace: w.Replace}
}
