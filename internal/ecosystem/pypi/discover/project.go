package discover

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
)

// maxDepth is how many folders are looked at on the way up.
const maxDepth = 32

// project is what the files of the project say.
type project struct {
	entries []entry
	noIndex bool
	isUV    bool
	uv      projectUV
}

// projectUV is what the project says to uv.
type projectUV struct {
	tables   []uvTable
	includes map[string][]string // packages by the name of the index that they are bound to
}

// pyproject is a pyproject.toml, as far as it matters.
type pyproject struct {
	Tool struct {
		UV     *uvTable `toml:"uv"`
		Poetry struct {
			Source []struct {
				Name, URL, Priority string
				Default, Secondary  bool
			} `toml:"source"`
		} `toml:"poetry"`
		PDM struct {
			Source []struct{ Name, URL, Type string } `toml:"source"`
		} `toml:"pdm"`
	} `toml:"tool"`
}

// project reads the files in the input's folder. A pyproject.toml or uv.toml
// counts for the folders below it too.
func (s *settings) project() (project, error) {
	var p project
	if s.env.Dir == "" {
		return p, nil
	}
	p.isUV = exists(filepath.Join(s.env.Dir, "uv.lock"))
	if err := s.requirements(&p); err != nil {
		return p, err
	}
	if err := s.pipfile(&p); err != nil {
		return p, err
	}
	if err := s.folders(&p); err != nil {
		return p, err
	}
	return p, s.scripts(&p)
}

// folders reads the settings of the nearest folder, from the input's upwards, that
// has any.
func (s *settings) folders(p *project) error {
	noConfig := isTrue(s.env.Getenv("UV_NO_CONFIG"))
	dir := s.env.Dir
	for range maxDepth {
		found, err := s.projectFolder(p, dir, noConfig)
		if err != nil || found || filepath.Dir(dir) == dir {
			return err
		}
		dir = filepath.Dir(dir)
	}
	return nil
}

// projectFolder reads uv.toml and pyproject.toml of a folder. Of both, uv takes
// its settings from the first.
func (s *settings) projectFolder(p *project, dir string, noConfig bool) (found bool, err error) {
	uvFile, file := filepath.Join(dir, "uv.toml"), filepath.Join(dir, "pyproject.toml")
	table := uvTable{at: s.shown(uvFile), base: dir, near: true}
	isUV, err := s.decode(uvFile, &table)
	if err != nil {
		return false, err
	}
	var read pyproject
	isProject, err := s.decode(file, &read)
	if err != nil {
		return false, err
	}
	includes := map[string][]string{}
	if isProject {
		includes = s.bindings(dir, "pyproject.toml", lock.ReadPyproject)
		s.sources(p, &read, s.shown(file), dir, includes)
	}
	if !isUV && read.Tool.UV != nil {
		isUV, table = true, *read.Tool.UV
		table.at, table.base, table.near = s.shown(file), dir, true
	}
	if isUV && !noConfig {
		p.isUV, p.uv = true, projectUV{tables: []uvTable{table}, includes: includes}
	}
	return isUV || isProject, nil
}

// sources reads the sources of poetry and pdm.
func (s *settings) sources(p *project, read *pyproject, at, base string, includes map[string][]string) {
	add := func(one entry) {
		if one.at, one.base = at, base; one.address == "" {
			return // the built-in index
		}
		if one.include = includes[one.name]; len(one.include) > 0 {
			only := one
			only.rank = bound
			p.entries = append(p.entries, only)
			one.include = nil
		}
		if one.rank != bound {
			p.entries = append(p.entries, one)
		}
	}
	for _, source := range read.Tool.Poetry.Source {
		one := entry{address: source.URL, name: source.Name, rank: general}
		switch {
		case source.Priority == "explicit":
			one.rank = bound
		case source.Secondary || source.Priority == "secondary" || source.Priority == "supplemental":
			one.rank = extra
		}
		add(one)
	}
	for _, source := range read.Tool.PDM.Source {
		one := entry{address: source.URL, name: source.Name, rank: extra}
		switch {
		case source.Name == "pypi":
			one.rank = general
		case source.Type == "find_links":
			one.rank, one.flat = near, true
		}
		add(one)
	}
}

// pipfile reads [[source]] of a Pipfile: the first is the default, the others are
// for the packages that name them.
func (s *settings) pipfile(p *project) error {
	file := filepath.Join(s.env.Dir, "Pipfile")
	var read struct {
		Source []struct{ Name, URL string } `toml:"source"`
	}
	found, err := s.decode(file, &read)
	if err != nil || !found {
		return err
	}
	includes := s.bindings(s.env.Dir, "Pipfile", lock.ReadPipfile)
	for i, source := range read.Source {
		one := entry{address: s.expandShell(source.URL), name: source.Name, at: s.shown(file), base: s.env.Dir, rank: general}
		if i > 0 {
			if one.rank, one.include = bound, includes[source.Name]; len(one.include) == 0 {
				continue
			}
		}
		p.entries = append(p.entries, one)
	}
	return nil
}

// expandShell puts "$NAME", which pipenv knows besides "${NAME}", into a text.
func (s *settings) expandShell(text string) string {
	return os.Expand(text, func(key string) string {
		if value, ok := s.getenv(key); ok {
			return value
		}
		return "${" + key + "}"
	})
}

// bindings returns the packages that a manifest binds to indexes, by the name of
// the index. A manifest that cannot be read binds none; whoever gives it as an
// input is told why.
func (s *settings) bindings(dir, file string, reader lock.Reader) map[string][]string {
	request, err := reader(files{s.env, dir}, file)
	if err != nil {
		return nil
	}
	read, err := lock.ParseSettings(request.Settings)
	if err != nil {
		return nil
	}
	return boundBy(&read)
}

func boundBy(read *lock.Settings) map[string][]string {
	bound := map[string][]string{}
	for name, sources := range read.Sources {
		for _, source := range sources {
			if !slices.Contains(bound[source.Index], name) {
				bound[source.Index] = append(bound[source.Index], name)
			}
		}
	}
	for _, names := range bound {
		slices.Sort(names)
	}
	return bound
}

// exists reports whether there is a file or folder. It does not read it: a lock
// may be large.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
