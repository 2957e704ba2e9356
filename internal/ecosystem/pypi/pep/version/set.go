package version

import (
	"fmt"
	"strings"
)

// MaxSet is the longest set of specifiers that is read, in bytes, and
// maxClauses the most clauses.
const (
	MaxSet     = 16 << 10
	maxClauses = 1000
)

// Set is a set of specifiers: a version must satisfy every one. The zero Set
// allows everything.
type Set struct {
	clauses []Specifier
	ranges  Ranges
	exact   bool // a clause compares texts: ranges alone do not decide
	names   bool // a clause names a pre-release
}

// ParseSpecifiers reads clauses divided by commas; a comma too many does no harm,
// and no clause at all allows every version.
func ParseSpecifiers(text string) (Set, error) {
	if len(text) > MaxSet || strings.Count(text, ",") >= maxClauses {
		return Set{}, fmt.Errorf("specifiers %s: longer than %d bytes or %d clauses", quote(text), MaxSet, maxClauses)
	}
	set := Set{}
	for clause := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(clause) == "" {
			continue
		}
		s, err := parseSpecifier(clause)
		if err != nil {
			return Set{}, err
		}
		set.add(s)
	}
	return set, nil
}

func (s *Set) add(clause Specifier) {
	if len(s.clauses) > 0 {
		s.ranges = s.ranges.Intersect(clause.ranges)
	} else {
		s.ranges = clause.ranges
	}
	s.clauses = append(s.clauses, clause)
	s.exact = s.exact || clause.Operator == "==="
	s.names = s.names || clause.Operator != "!=" && clause.Version.IsPrerelease()
}

// And returns the set of the clauses of both.
func (s Set) And(other Set) Set {
	if s.IsAny() || other.IsAny() {
		if s.IsAny() {
			return other
		}
		return s
	}
	sum := Set{clauses: s.clauses[:len(s.clauses):len(s.clauses)], ranges: s.ranges, exact: s.exact, names: s.names}
	for _, clause := range other.clauses {
		sum.add(clause)
	}
	return sum
}

// Contains reports whether v satisfies every clause. Pre-releases satisfy none
// unless prereleases is set: which of them are candidates is the caller's rule
// (PEP 440: those asked for, those of a set that names one, and all if nothing
// else is left).
func (s Set) Contains(v Version, prereleases bool) bool {
	if v.IsPrerelease() && !prereleases {
		return false
	}
	if len(s.clauses) == 0 {
		return true
	}
	return s.ranges.Contains(v) && (!s.exact || s.sameTexts(v.text))
}

// ContainsText reports whether a text that is no version of PEP 440 satisfies
// every clause: only "===" with that text does.
func (s Set) ContainsText(text string) bool {
	for _, clause := range s.clauses {
		if clause.Operator != "===" {
			return false
		}
	}
	return s.sameTexts(strings.ToLower(text))
}

func (s Set) sameTexts(text string) bool {
	for _, clause := range s.clauses {
		if clause.Operator == "===" && clause.text != text {
			return false
		}
	}
	return true
}

// Ranges returns the versions that Contains allows when pre-releases are, as
// intervals. They are the same set, but for one case: with "===1.0" the ranges
// hold 1.0.0 too, which is equal to 1.0 and differs in its text.
func (s Set) Ranges() Ranges {
	if len(s.clauses) == 0 {
		return All()
	}
	return s.ranges
}

// IsAny reports whether the set has no clause.
func (s Set) IsAny() bool { return len(s.clauses) == 0 }

// NamesPrerelease reports whether a clause other than != names a pre-release,
// which makes pre-releases candidates.
func (s Set) NamesPrerelease() bool { return s.names }

// IsPinned reports whether a clause allows one version only, == without ".*" or
// ===, which makes yanked releases candidates (PEP 592).
func (s Set) IsPinned() bool {
	for _, clause := range s.clauses {
		if clause.Operator == "===" || clause.Operator == "==" && !clause.Prefix {
			return true
		}
	}
	return false
}

// Clauses returns the clauses in the order they were written.
func (s Set) Clauses() []Specifier { return append([]Specifier(nil), s.clauses...) }

// String returns the clauses in the order they were written, with versions in
// normal form and without blanks.
func (s Set) String() string {
	texts := make([]string, len(s.clauses))
	for i, clause := range s.clauses {
		texts[i] = clause.String()
	}
	return strings.Join(texts, ",")
}
