package tree

import (
	"regexp"
	"strings"

	"deps.dev/util/semver"
)

// looseVersion is a version as npm's tolerant parser reads it: "v", "=" and
// space in front are skipped, the hyphen before a pre-release may be missing.
var looseVersion = regexp.MustCompile(`^[v=\s]*(\d+\.\d+\.\d+)(?:-?((?:[0-9A-Za-z-]+)(?:\.[0-9A-Za-z-]+)*))?(\+[0-9A-Za-z-.]+)?\s*$`)

// tightOperator joins an operator with the version after it.
var tightOperator = regexp.MustCompile(`([<>=^~])\s+`)

// cleanVersion returns the plain form of an exact version, without build
// metadata, or false for text that is not one complete version.
func cleanVersion(text string) (string, bool) {
	parts := looseVersion.FindStringSubmatch(text)
	if parts == nil {
		return "", false
	}
	version := parts[1]
	if parts[2] != "" {
		version += "-" + parts[2]
	}
	if _, err := semver.NPM.Parse(version); err != nil {
		return "", false
	}
	return version, true
}

// parseConstraint reads a version range. Like npm's tolerant reading it drops
// the comparators that make no sense as long as others remain.
func parseConstraint(text string) (*semver.Constraint, error) {
	constraint, err := semver.NPM.ParseConstraint(text)
	if err == nil {
		return constraint, nil
	}
	var alternatives []string
	for part := range strings.SplitSeq(text, "||") {
		if kept, ok := tolerate(part); ok {
			alternatives = append(alternatives, kept)
		}
	}
	if len(alternatives) == 0 {
		return nil, err
	}
	return semver.NPM.ParseConstraint(strings.Join(alternatives, " || "))
}

// parseStrict reads a range without dropping anything but empty alternatives,
// which mean any version.
func parseStrict(text string) (*semver.Constraint, error) {
	alternatives := strings.Split(text, "||")
	for i, part := range alternatives {
		if strings.TrimSpace(part) == "" {
			alternatives[i] = "*"
		}
	}
	return semver.NPM.ParseConstraint(strings.Join(alternatives, "||"))
}

// tolerate returns what is left of one alternative of a range without the
// comparators that cannot be read.
func tolerate(part string) (string, bool) {
	part = strings.TrimSpace(part)
	if part == "" {
		return "*", true
	}
	if _, err := semver.NPM.ParseConstraint(part); err == nil {
		return part, true
	}
	var kept []string
	for _, word := range strings.Fields(tightOperator.ReplaceAllString(part, "$1")) {
		if word, ok := tolerateWord(word); ok {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " "), len(kept) > 0
}

func tolerateWord(word string) (string, bool) {
	if _, err := semver.NPM.ParseConstraint(word); err == nil {
		return word, true
	}
	version := strings.TrimLeft(word, "<>=^~v")
	operator := strings.TrimRight(word[:len(word)-len(version)], "v")
	if strings.HasPrefix(operator, "==") {
		operator = "="
	}
	if clean, ok := cleanVersion(version); ok {
		version = clean
	}
	word = operator + version
	_, err := semver.NPM.ParseConstraint(word)
	return word, err == nil
}

// parseVersion reads the version of a release, tolerantly.
func parseVersion(text string) (*semver.Version, bool) {
	version, err := semver.NPM.Parse(text)
	if err == nil && !version.IsWildcard() {
		return version, true
	}
	clean, ok := cleanVersion(text)
	if !ok {
		return nil, false
	}
	version, err = semver.NPM.Parse(clean)
	return version, err == nil
}

// Satisfies reports whether a version lies in a range of the npm grammar.
// A range or a version that cannot be read satisfies nothing.
func Satisfies(version, rangeText string) bool {
	constraint, err := parseConstraint(rangeText)
	if err != nil {
		return false
	}
	parsed, ok := parseVersion(version)
	return ok && constraint.MatchVersion(parsed)
}

// CompareVersions orders two versions by precedence: -1, 0 or +1. Build
// metadata does not count; what is not a version comes before all versions.
func CompareVersions(a, b string) int {
	va, okA := parseVersion(a)
	vb, okB := parseVersion(b)
	switch {
	case okA && okB:
		return va.Compare(vb)
	case okA:
		return 1
	case okB:
		return -1
	}
	return strings.Compare(a, b)
}

// intersects reports whether some version can lie in both ranges.
func intersects(a, b string) bool {
	ca, errA := parseConstraint(a)
	cb, errB := parseConstraint(b)
	if errA != nil || errB != nil {
		return false
	}
	set := ca.Set()
	if err := set.Intersect(cb.Set()); err != nil {
		return false
	}
	return !set.Empty()
}
