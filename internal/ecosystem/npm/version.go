package npm

import (
	"strings"

	"deps.dev/util/semver"
)

// maxVersion is the longest version that npm's own parser reads, in bytes.
const maxVersion = 256

// Compare orders two versions by the precedence of Semantic Versioning, as npm
// reads them; what npm cannot read comes first. Versions that precedence does
// not tell apart, such as those that differ in build metadata only, are ordered
// as texts.
func Compare(a, b string) int { return compareParsed(parseVersion(a), parseVersion(b), a, b) }

func compareParsed(va, vb *semver.Version, a, b string) int {
	switch {
	case va == nil && vb != nil:
		return -1
	case va != nil && vb == nil:
		return 1
	case va != nil:
		if order := va.Compare(vb); order != 0 {
			return order
		}
	}
	return strings.Compare(a, b)
}

// parseVersion reads a version as tolerantly as npm does: with "v" or "=" in
// front, and without the hyphen before a pre-release. It returns nil for what is
// no version.
func parseVersion(text string) *semver.Version {
	text = strings.TrimLeft(text, "v= \t")
	if version, err := semver.NPM.Parse(text); err == nil && !version.IsWildcard() {
		return version
	}
	end := len(text) - len(strings.TrimLeft(text, "0123456789."))
	if end == 0 || end == len(text) {
		return nil
	}
	version, err := semver.NPM.Parse(text[:end] + "-" + text[end:])
	if err != nil || version.IsWildcard() {
		return nil
	}
	return version
}

// validVersion reports whether text can be the version of a release: plain
// enough for a path, and more than a tag. Old releases that Semantic Versioning
// does not allow (v1.0.0, 1.0.0beta) are valid.
func validVersion(text string) bool {
	number := strings.TrimPrefix(text, "v")
	if number == "" || !isDigit(number[0]) || len(text) > maxVersion {
		return false
	}
	for i := range len(number) {
		if c := number[i]; !isAlphanumeric(c) && strings.IndexByte("-.+_~", c) < 0 {
			return false
		}
	}
	return true
}

// isPrerelease reports whether a version is more than digits and dots, build
// metadata aside.
func isPrerelease(version string) bool {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "+")
	return strings.Trim(version, "0123456789.") != ""
}
