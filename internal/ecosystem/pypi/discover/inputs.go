package discover

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
)

// maxRequirements is how many requirements files of a folder are looked into.
const maxRequirements = 20

// requirements reads the index lines of the requirements files in the folder.
func (s *settings) requirements(p *project) error {
	reader := lock.Requirements(s.getenv)
	for _, base := range s.requirementsFiles() {
		request, err := reader(files{s.env, s.env.Dir}, base)
		if err != nil {
			continue // whoever gives it as an input is told why
		}
		read, err := lock.ParseSettings(request.Settings)
		if err != nil {
			return err
		}
		p.noIndex = p.noIndex || read.NoIndex
		for _, index := range read.Indexes {
			one := entry{address: s.withUser(index), at: index.Where, base: s.env.Dir, rank: extra, flat: index.Flat}
			switch {
			case index.Default:
				one.rank = general
			case index.Flat:
				one.rank = near
			}
			p.entries = append(p.entries, one)
		}
	}
	return nil
}

func (s *settings) requirementsFiles() []string {
	entries, err := os.ReadDir(s.env.Dir)
	if err != nil {
		return nil
	}
	var found []string
	for _, one := range entries {
		for _, pattern := range []string{"requirements*.txt", "requirements*.in", "*requirements.txt", "*requirements.in"} {
			if ok, _ := path.Match(pattern, one.Name()); ok && len(found) < maxRequirements && one.Type().IsRegular() {
				found = append(found, one.Name())
				break
			}
		}
	}
	return found
}

// withUser returns the address of an index with the user and password that its
// file has, which package lock leaves out.
func (s *settings) withUser(index lock.Index) string {
	file, _, _ := strings.Cut(index.Where, ":")
	scheme, rest, ok := strings.Cut(index.URL, "://")
	if !index.User || !ok || !filepath.IsLocal(file) {
		return index.URL
	}
	data, err := s.readFile(filepath.Join(s.env.Dir, filepath.FromSlash(file)))
	if err != nil {
		return index.URL
	}
	for line := range strings.Lines(string(data)) {
		at := strings.Index(line, "@"+rest)
		start := strings.Index(line, scheme+"://")
		if start >= 0 && at > start {
			return line[start:at] + "@" + rest
		}
	}
	return index.URL
}

// recorded returns the indexes that the locks in the folder record. The one that
// most releases came from is the default, the others are for what came from them.
func (s *settings) recorded() []entry {
	if len(s.env.Recorded) == 0 || s.env.Dir == "" {
		return nil
	}
	readers := lock.Locks()
	for _, base := range []string{"uv.lock", "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock"} {
		reader := readers[base]
		if reader == nil || !exists(filepath.Join(s.env.Dir, base)) {
			continue
		}
		request, err := reader(files{s.env, s.env.Dir}, base)
		if err != nil {
			continue
		}
		if read, err := lock.ParseSettings(request.Settings); err == nil && len(read.Indexes) > 0 {
			return s.fromLock(base, read)
		}
	}
	return s.ofInputs()
}

func (s *settings) fromLock(base string, read lock.Settings) []entry {
	names := map[string][]string{}
	for key, release := range read.Releases {
		if name, _, ok := strings.Cut(key, "@"); ok && release.Index != "" {
			names[release.Index] = append(names[release.Index], name)
		}
	}
	most := read.Indexes[0].URL
	for _, index := range read.Indexes {
		if len(names[index.URL]) > len(names[most]) || index.Default {
			most = index.URL
		}
	}
	var found []entry
	for _, index := range read.Indexes {
		one := entry{address: index.URL, name: index.Name, base: s.env.Dir, at: base, rank: general, flat: index.Flat}
		if index.URL != most {
			if len(names[index.URL]) == 0 {
				continue
			}
			slices.Sort(names[index.URL])
			one.rank, one.include = bound, slices.Compact(names[index.URL])
		}
		found = append(found, one)
	}
	return found
}

// files is a folder of which only files are read, by the environment's own means.
type files struct {
	env ecosystem.Environment
	dir string
}

// Open implements fs.FS.
func (f files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) || f.env.ReadFile == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	data, err := f.env.ReadFile(filepath.Join(f.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	return &memoryFile{Reader: bytes.NewReader(data), name: name}, nil
}

// memoryFile is a file that was read.
type memoryFile struct {
	*bytes.Reader
	name string
}

func (f *memoryFile) Close() error               { return nil }
func (f *memoryFile) Stat() (fs.FileInfo, error) { return fileInfo{f.name, f.Size()}, nil }

var _ io.Reader = (*memoryFile)(nil)

type fileInfo struct {
	name string
	size int64
}

func (i fileInfo) Name() string     { return path.Base(i.name) }
func (i fileInfo) Size() int64      { return i.size }
func (fileInfo) Mode() fs.FileMode  { return 0o444 }
func (fileInfo) ModTime() time.Time { return time.Time{} }
func (fileInfo) IsDir() bool        { return false }
func (fileInfo) Sys() any           { return nil }
