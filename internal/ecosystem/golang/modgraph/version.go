package modgraph

import (
	"fmt"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

const incompatible = "+incompatible"

// IsPseudo reports whether a version is a pseudo-version: one that the go command
// makes of a commit without a tag (v0.0.0-20240101000000-0123456789ab).
func IsPseudo(version string) bool { return module.IsPseudoVersion(version) }

// Canonical returns the form of a complete version (v1.2.3, v2.0.0-rc.1) in which
// the go command asks for it: without build metadata, and with +incompatible when
// the major version is 2 or higher and the path does not end in it. Such a
// version exists only when it has no go.mod. A version that cannot belong to the
// path, because their major versions differ, is an error.
func Canonical(path, version string) (string, error) {
	canonical := module.CanonicalVersion(version)
	_, major, ok := module.SplitPathVersion(path)
	if canonical == "" || !isComplete(version) || !ok {
		return "", fmt.Errorf("%s@%s is not a module version such as example.com/name@v1.2.3", path, shorten(version))
	}
	legacy := major == "" && semver.Compare(semver.Major(canonical), "v2") >= 0
	switch marked := strings.HasSuffix(canonical, incompatible); {
	case marked && !legacy:
		return "", fmt.Errorf("%s@%s cannot be +incompatible, for its path fits its major version; leave the suffix out", path, version)
	case legacy && !marked:
		canonical += incompatible
	}
	if err := module.CheckPathMajor(canonical, major); err != nil {
		return "", fmt.Errorf("%s@%s: %w; from v2 on the path ends in the major version", path, version, err)
	}
	return canonical, nil
}

// isComplete reports whether a semantic version has all three numbers.
func isComplete(version string) bool {
	return semver.IsValid(version) && strings.HasPrefix(version, semver.Canonical(version))
}
