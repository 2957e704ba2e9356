// Package version reads Python versions and version specifiers (PEP 440), and
// turns a set of specifiers into intervals that a solver can calculate with.
//
// Every version has a key, a text whose byte order is the order of PEP 440. All
// comparison and all set algebra work on keys alone.
package version

import (
	"fmt"
	"strings"
)

// MaxLength is the longest version that is read, in bytes.
const MaxLength = 256

// Version is one version of PEP 440 in its normal form. The zero Version is no
// version and comes before all others.
type Version struct {
	text   string
	key    string
	public uint16 // where the local part of text begins, its "+" included
	kind   kind
}

type kind uint8

const (
	isPre kind = 1 << iota
	isPost
	isDev
)

// Parse reads a version as PEP 440 defines it, with blanks around it and in any
// of the spellings that have a normal form (v1.0-RC1).
func Parse(text string) (Version, error) {
	p, err := parse(text)
	if err != nil {
		return Version{}, err
	}
	return p.version(), nil
}

// MustParse is Parse for versions that are written in a program; it panics on
// what is no version.
func MustParse(text string) Version {
	v, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return v
}

// Compare orders two versions as PEP 440 does: 1.0 and 1.0.0 are equal, and a
// local version comes after its public one.
func Compare(v, w Version) int { return strings.Compare(v.key, w.key) }

// Compare orders v and w as the function Compare does.
func (v Version) Compare(w Version) int { return strings.Compare(v.key, w.key) }

// Equal reports whether Compare tells no difference.
func (v Version) Equal(w Version) bool { return v.key == w.key }

// Less reports whether v comes before w.
func (v Version) Less(w Version) bool { return v.key < w.key }

// String returns the normal form. Equal versions can differ in it by trailing
// zeros of the release: 1.0 and 1.0.0.
func (v Version) String() string { return v.text }

// Key returns a text that is the same for equal versions, and sorts as they do.
// It is made for maps and indexes, not for people.
func (v Version) Key() string { return v.key }

// IsZero reports whether v is the zero Version.
func (v Version) IsZero() bool { return v.key == "" }

// IsPrerelease reports whether v is an alpha, beta, candidate or development
// release.
func (v Version) IsPrerelease() bool { return v.kind&(isPre|isDev) != 0 }

// IsPost reports whether v is a post-release.
func (v Version) IsPost() bool { return v.kind&isPost != 0 }

// IsDev reports whether v is a development release.
func (v Version) IsDev() bool { return v.kind&isDev != 0 }

// Local returns the local part without its "+", or "".
func (v Version) Local() string { return strings.TrimPrefix(v.text[v.public:], "+") }

// Public returns v without its local part.
func (v Version) Public() Version {
	if int(v.public) == len(v.text) {
		return v
	}
	p := v.parts()
	p.local = ""
	return p.version()
}

// Base returns the epoch and release of v alone: 1!2.0 for 1!2.0rc1.post2+cpu.
func (v Version) Base() Version {
	p := v.parts()
	return parts{epoch: p.epoch, release: p.release}.version()
}

// Release returns the numbers of the release as they are written, such as "3"
// and "11".
func (v Version) Release() []string { return v.parts().release }

// Epoch returns the epoch, "0" where none is written.
func (v Version) Epoch() string { return v.parts().epoch }

// parts takes v apart again. A normal form is always readable.
func (v Version) parts() parts {
	p, err := parse(v.text)
	if err != nil {
		return parts{epoch: "0", release: []string{"0"}}
	}
	return p
}

func invalid(text, why string) error {
	if len(text) > MaxLength {
		text = text[:MaxLength] + "…"
	}
	return fmt.Errorf("version %q: %s (PEP 440)", text, why)
}
