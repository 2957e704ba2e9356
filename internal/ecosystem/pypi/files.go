package pypi

import (
	"strings"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// fileRules say which files may be used.
type fileRules struct {
	sdist        string
	onlyBinary   map[string]bool // by name, ":all:" for every project
	noBinary     map[string]bool
	excludeNewer time.Time
	newerFor     map[string]time.Time // by name
}

// candidateFile is a file of a version.
type candidateFile struct {
	name    string
	python  version.Set
	yanked  bool
	refused string // why there is none
}

// versionFiles are the files of a version that the rules allow.
type versionFiles struct {
	wheels   []candidateFile
	sdist    *candidateFile
	excluded string // what the rules left out, for explanations
}

// collect takes the files of a version that the rules allow, in the place of those
// of another version. python reads a Requires-Python.
func (f *versionFiles) collect(name string, known *facts, rules *fileRules, python func(string) version.Set) {
	*f = versionFiles{wheels: f.wheels[:0]}
	for i := range known.Files {
		one := &known.Files[i]
		if rules.tooNew(name, one) {
			f.excluded = "was uploaded later than the input allows"
			continue
		}
		file := candidateFile{name: one.Name, yanked: one.Yanked != nil, python: python(known.python(one))}
		if !wheel.IsWheel(one.Name) {
			if rules.noSdist(name) {
				f.excluded = "has no wheel for the target, and source distributions are not wanted"
			} else if f.sdist == nil || betterSdist(one.Name, f.sdist.name) {
				f.sdist = &file
			}
			continue
		}
		if rules.noWheel(name) {
			f.excluded = "has only wheels, which the input does not want"
			continue
		}
		f.wheels = append(f.wheels, file)
	}
}

// betterSdist prefers the archive of PEP 625, then the order of names.
func betterSdist(a, b string) bool {
	const archive = ".tar.gz"
	if x, y := strings.HasSuffix(a, archive), strings.HasSuffix(b, archive); x != y {
		return x
	}
	return a < b
}

// best returns the file that a target uses: of those that are not yanked and that
// its Python can have, where there are any, the wheel that it prefers, else the
// source distribution.
func (f *versionFiles) best(t *target) candidateFile {
	best, rank := -1, 0
	var tags wheelRank
	for i := range f.wheels {
		w := &f.wheels[i]
		mine := t.ranks.of(w.name)
		if !mine.supported {
			continue
		}
		own := 0
		if !w.yanked {
			own += 2
		}
		if w.python.Contains(t.env.PythonVersion(), true) {
			own++
		}
		if best < 0 || own > rank || own == rank && mine.better(w.name, tags, f.wheels[best].name) {
			best, rank, tags = i, own, mine
		}
	}
	switch {
	case best >= 0 && (rank&1 == 1 || f.sdist == nil):
		return f.wheels[best]
	case f.sdist != nil:
		return *f.sdist
	case len(f.wheels) > 0 && f.excluded == "":
		return candidateFile{refused: "has no wheel for the target"}
	case f.excluded != "":
		return candidateFile{refused: f.excluded}
	}
	return candidateFile{refused: "has no file"}
}

// tooNew reports whether a file was uploaded after what the input allows. One of
// which that is not known does not count, as uv has it.
func (r *fileRules) tooNew(name string, file *fileFacts) bool {
	limit := r.excludeNewer
	if own, ok := r.newerFor[name]; ok {
		limit = own
	}
	if limit.IsZero() {
		return false
	}
	uploaded := file.uploaded()
	return uploaded.IsZero() || !uploaded.Before(limit)
}

func (r *fileRules) noSdist(name string) bool {
	return r.sdist == sdistNone || r.onlyBinary[name] || r.onlyBinary[all] && !r.noBinary[name]
}

func (r *fileRules) noWheel(name string) bool {
	return r.noBinary[name] || r.noBinary[all] && !r.onlyBinary[name]
}

// all stands for every project in the lists of pip's options.
const all = ":all:"

// narrow reports whether only saved versions of some project were looked at.
func (c *catalog) narrow() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.projects {
		if p.saved {
			return true
		}
	}
	return false
}
