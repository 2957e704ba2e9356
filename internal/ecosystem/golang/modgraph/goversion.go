package modgraph

import (
	"go/version"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// Language versions at which the meaning of a go line changes.
const (
	withoutLine     = "1.16" // what a go.mod without a go line means
	workWithoutLine = "1.18" // what a go.work without a go line means
	prunesSince     = "1.17"
	strictSince     = "1.21" // a go line is a requirement
)

// isToolchain reports whether a path is one of the two modules that stand for Go
// itself; they are in every graph and are not downloaded as modules.
func isToolchain(path string) bool { return path == "go" || path == "toolchain" }

// compareGo orders what go lines say; "" comes first.
func compareGo(x, y string) int { return version.Compare("go"+x, "go"+y) }

// compare orders two versions of a module. A main module's, "", is the highest.
func compare(path, x, y string) int {
	switch {
	case x == y:
		return 0
	case x == "":
		return 1
	case y == "":
		return -1
	case path == "go":
		return compareGo(x, y)
	case path == "toolchain":
		return version.Compare(x, y)
	default:
		return semver.Compare(x, y)
	}
}

// sorted sorts in place, by path and version.
func sorted(list []Version) []Version {
	slices.SortFunc(list, func(a, b Version) int {
		if order := strings.Compare(a.Path, b.Path); order != 0 {
			return order
		}
		return compare(a.Path, a.Version, b.Version)
	})
	return list
}

// or returns text, or instead when there is none.
func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
