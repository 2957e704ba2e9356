package crate

import (
	"strings"

	"deps.dev/util/semver"
)

// maxVersion is the longest version that is read, in bytes.
const maxVersion = 200

// ValidVersion reports whether text is a version of Semantic Versioning 2, the
// only ones that a registry has.
func ValidVersion(text string) bool {
	if len(text) > maxVersion {
		return false
	}
	rest, build, hasBuild := strings.Cut(text, "+")
	numbers, pre, hasPre := strings.Cut(rest, "-")
	parts := strings.Split(numbers, ".")
	if len(parts) != 3 {
		return false
	}
	for _, part := range parts {
		if !isNumber(part) || len(part) > 20 || len(part) > 1 && part[0] == '0' {
			return false
		}
	}
	return (!hasPre || validIdentifiers(pre)) && (!hasBuild || validIdentifiers(build))
}

func validIdentifiers(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if part == "" || strings.Trim(part, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") != "" {
			return false
		}
	}
	return true
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// Compare orders two versions as Cargo tries them: by precedence, then by build
// metadata, where a version without any is the smallest. What is no version
// comes first.
func Compare(a, b string) int {
	va, errA := semver.Cargo.Parse(a)
	vb, errB := semver.Cargo.Parse(b)
	switch {
	case errA != nil && errB == nil:
		return -1
	case errA == nil && errB != nil:
		return 1
	case errA == nil:
		if order := va.Compare(vb); order != 0 {
			return order
		}
		if order := compareBuild(buildOf(a), buildOf(b)); order != 0 {
			return order
		}
	}
	return strings.Compare(a, b)
}

func buildOf(version string) string {
	_, build, _ := strings.Cut(version, "+")
	return build
}

// compareBuild orders build metadata part by part: numbers by value and before
// words, and what has more parts after its beginning.
func compareBuild(a, b string) int {
	for a != "" && b != "" {
		var partA, partB string
		partA, a, _ = strings.Cut(a, ".")
		partB, b, _ = strings.Cut(b, ".")
		if order := compareIdentifier(partA, partB); order != 0 {
			return order
		}
	}
	return len(a) - len(b)
}

func compareIdentifier(a, b string) int {
	switch numberA, numberB := isNumber(a), isNumber(b); {
	case numberA && numberB:
		shortA, shortB := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		if len(shortA) != len(shortB) {
			return len(shortA) - len(shortB)
		}
		if order := strings.Compare(shortA, shortB); order != 0 {
			return order
		}
		return len(a) - len(b)
	case numberA:
		return -1
	case numberB:
		return 1
	}
	return strings.Compare(a, b)
}

// Range is a version requirement of Cargo's grammar.
type Range struct {
	constraint *semver.Constraint
}

// ParseRange reads a requirement such as "1.2", ">=1, <3" or "*"; "" is any
// version but pre-releases.
func ParseRange(text string) (Range, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		text = "*"
	}
	constraint, err := semver.Cargo.ParseConstraint(text)
	return Range{constraint}, err
}

// Matches reports whether a version meets the requirement. Build metadata does
// not count; a pre-release only when the requirement names one of the same
// numbers.
func (r Range) Matches(version string) bool {
	return r.constraint != nil && r.constraint.Match(version)
}
