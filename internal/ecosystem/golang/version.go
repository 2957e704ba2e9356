package golang

import (
	"cmp"
	"errors"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
)

// Compare orders two versions by the precedence of Semantic Versioning; what is
// no version comes first, numbers (the heads of a checksum database) by size.
// Versions that precedence does not tell apart are ordered as texts.
func Compare(a, b string) int {
	order := semver.Compare(a, b)
	if order == 0 && isNumber(a) && isNumber(b) {
		order = cmp.Compare(len(a), len(b))
	}
	return cmp.Or(order, strings.Compare(a, b))
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// isCanonical reports whether text is one exact version of the module.
func isCanonical(path, text string) bool { return checkKey(path, text) == nil }

// rank says how much a version is preferred as the latest one: a release before
// a pre-release before a pseudo-version.
func rank(version string) int {
	switch {
	case module.IsPseudoVersion(version):
		return 0
	case semver.Prerelease(version) != "":
		return 1
	}
	return 2
}

// compareLatest orders versions by how much they are preferred as the latest.
func compareLatest(a, b string) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), Compare(a, b))
}

// isMoving reports whether a query asks for the latest version there is. Without
// a version in use, upgrade and patch do too.
func isMoving(query string) bool {
	return query == "" || query == "latest" || query == "upgrade" || query == "patch"
}

// isRevision reports whether a query is the name of a branch, a tag or a commit,
// which only the upstream can read.
func isRevision(path, query string) bool {
	if isMoving(query) || isCanonical(path, query) {
		return false
	}
	_, err := modgraph.Choose(query, nil, nil, nil)
	return err == nil || errors.Is(err, modgraph.ErrRevision)
}
