package wheel

import (
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
)

// Sdist is what the name of a source distribution says.
type Sdist struct {
	Filename string // as it was given
	Name     string // normalised (PEP 503)
	Version  version.Version
	Archive  string // ".tar.gz", ".zip" …
}

// archives are the endings of source distributions. PEP 625 allows .tar.gz alone;
// the others are old.
var archives = []string{".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz", ".tbz", ".txz", ".tar.lz", ".tar.lzma", ".tlz", ".tar"}

// ParseSdist reads the file name of a source distribution (PEP 625, and names from
// before it). The project tells where an old name ends that has dashes of its own;
// with "" the last dash is taken.
func ParseSdist(filename, project string) (Sdist, error) {
	if why := hostile(filename); why != "" {
		return Sdist{}, badName(filename, why)
	}
	stem, archive := cutArchive(filename)
	if archive == "" {
		return Sdist{}, badName(filename, "it ends like no source distribution, such as .tar.gz")
	}
	dash := strings.LastIndexByte(stem, '-')
	if project != "" {
		dash = dashAfter(stem, NormalizeName(project))
	}
	if dash <= 0 {
		return Sdist{}, badName(filename, "want name-version"+archive+nameHint(project))
	}
	v, err := version.Parse(stem[dash+1:])
	if err != nil {
		return Sdist{}, badName(filename, err.Error())
	}
	s := Sdist{Filename: filename, Name: NormalizeName(stem[:dash]), Version: v, Archive: archive}
	if !ValidName(stem[:dash]) {
		return Sdist{}, badName(filename, "it begins with no name of a project")
	}
	return s, nil
}

func nameHint(project string) string {
	if project == "" {
		return ""
	}
	return " with the name " + project
}

func cutArchive(filename string) (stem, archive string) {
	lower := strings.ToLower(filename)
	for _, ending := range archives {
		if strings.HasSuffix(lower, ending) {
			return filename[:len(filename)-len(ending)], ending
		}
	}
	return filename, ""
}

// dashAfter returns the place of the first dash after a text whose normal form is
// the project, or -1.
func dashAfter(stem, project string) int {
	for i := range len(stem) {
		if stem[i] == '-' && NormalizeName(stem[:i]) == project {
			return i
		}
	}
	return -1
}

// IsSdist reports whether a file name ends like a source distribution.
func IsSdist(filename string) bool {
	_, archive := cutArchive(filename)
	return archive != ""
}

// IsWheel reports whether a file name ends like a wheel.
func IsWheel(filename string) bool { return strings.HasSuffix(filename, ".whl") }
