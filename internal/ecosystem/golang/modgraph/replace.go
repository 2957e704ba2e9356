package modgraph

import (
	"fmt"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// replacements are the replace lines of one file, by what they replace.
type replacements map[Version]Version

// of returns what stands in the place of m, and which line says so: the one for
// this version goes before the one for all.
func (r replacements) of(m Version) (line, replacement Version, found bool) {
	for _, line := range []Version{m, {Path: m.Path}} {
		if replacement, found := r[line]; found {
			return line, replacement, true
		}
	}
	return Version{}, Version{}, false
}

// indexReplace reads the replace lines of go.work and of the main modules, in
// that order, with folders relative to go.work.
func (s *session) indexReplace() error {
	work := replacements{}
	settled := map[string]bool{} // by go.work
	for _, r := range s.input.Replace {
		if s.mains[r.Old.Path] && r.Old.Version == "" {
			return fmt.Errorf("go.work replaces every version of its own module %s; remove the line or name the version it replaces", r.Old.Path)
		}
		work[r.Old] = r.New
		settled[r.Old.Path] = true
	}
	s.replace = append(s.replace, work)
	all := map[Version]Version{}
	for _, main := range s.input.Mains {
		own := replacements{}
		for _, r := range main.Replace {
			target := s.relocate(main.Dir, r.New)
			first, again := all[r.Old]
			if again && first != target && !settled[r.Old.Path] {
				return conflict(r.Old, first, target)
			}
			all[r.Old], own[r.Old] = target, target
		}
		s.replace = append(s.replace, own)
	}
	return nil
}

func conflict(old, first, second Version) error {
	return fmt.Errorf("the main modules of the workspace replace %v by %v and by %v; settle it with a replace line for %s in go.work", old, first, second, old.Path)
}

// relocate makes the folder of a replacement in a workspace relative to go.work.
func (s *session) relocate(dir string, v Version) Version {
	if !s.input.Work || v.Version != "" || path.IsAbs(v.Path) || filepath.IsAbs(v.Path) {
		return v
	}
	folder := path.Join(filepath.ToSlash(dir), filepath.ToSlash(v.Path))
	if !modfile.IsDirectoryPath(folder) {
		folder = "./" + folder
	}
	return Version{Path: folder}
}

// replaced returns what stands in the place of m, the zero Version for nothing.
// Two main modules that replace one version differently, one by its number and
// one with every other, are an error.
func (s *session) replaced(m Version) (Version, error) {
	if m.Version == "" || isToolchain(m.Path) {
		return Version{}, nil
	}
	if _, replacement, found := s.replace[0].of(m); found {
		return replacement, nil
	}
	var line, found Version
	for _, own := range s.replace[1:] {
		by, replacement, ok := own.of(m)
		if ok && found.Path != "" && by != line && replacement != found {
			return Version{}, conflict(m, found, replacement)
		}
		if ok {
			line, found = by, replacement
		}
	}
	return found, nil
}
