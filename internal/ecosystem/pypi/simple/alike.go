package simple

import (
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
)

// alike remembers the parts of the names of wheels of one project that were found
// to be good: most names differ from others by their version alone.
type alike struct {
	name string          // as the names begin
	ends map[string]bool // what follows the version
	last string          // version, as it was written
	read version.Version // the same
}

// maxEnds is how many ends of names are remembered.
const maxEnds = 1 << 10

// maxName is the longest file name of common file systems.
const maxName = 255

// version returns the version of a wheel of which all else is known to be good.
func (a *alike) version(filename string) (version.Version, bool) {
	name, rest, _ := strings.Cut(filename, "-")
	text, end, _ := strings.Cut(rest, "-")
	if name != a.name || text == "" || text[0] <= ' ' || text[len(text)-1] <= ' ' || len(filename) > maxName || !a.ends[end] {
		return version.Version{}, false
	}
	if text == a.last {
		return a.read, true
	}
	v, err := version.Parse(text)
	if err != nil {
		return v, false
	}
	a.last, a.read = text, v
	return v, true
}

// learn remembers a name of a wheel of the project that was read.
func (a *alike) learn(filename string) {
	name, rest, _ := strings.Cut(filename, "-")
	_, end, _ := strings.Cut(rest, "-")
	if a.ends == nil || len(a.ends) > maxEnds {
		a.ends = map[string]bool{}
	}
	a.name, a.ends[end] = name, true
}
