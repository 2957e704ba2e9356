package golang

import (
	"fmt"
	"strings"

	"golang.org/x/mod/module"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/sumdb"
)

// name is the ecosystem's name, folder its folder in the feed; every path starts
// with it.
const (
	name   = "go"
	folder = "go/"
)

// evidence begins the names of packages that are none: what the feed keeps of a
// checksum database.
const evidence = "sumdb/"

// The files of a module version, by suffix.
const (
	suffixInfo = ".info"
	suffixMod  = ".mod"
	suffixZip  = ".zip"
)

// checkKey refuses a module path or version that no proxy serves and that cannot
// be part of a path.
func checkKey(path, version string) error {
	if err := module.Check(path, version); err != nil {
		return fmt.Errorf("go: %.200s@%.200s: %w", path, version, err)
	}
	if module.CanonicalVersion(version) != version {
		return fmt.Errorf("go: %.200s@%.200s: not a canonical version such as v1.2.3", path, version)
	}
	return nil
}

// versionsFolder is where the files of a module lie, below the root of a proxy.
func versionsFolder(path string) (string, error) {
	escaped, err := module.EscapePath(path)
	if err != nil {
		return "", fmt.Errorf("go: %.200q is no module path: %w", path, err)
	}
	return escaped + "/@v/", nil
}

// baseName is the name of a version's file. version may also be the name of a
// branch or a commit.
func baseName(version, suffix string) (string, error) {
	escaped, err := module.EscapeVersion(version)
	if err != nil {
		return "", fmt.Errorf("go: %.200q can be no version: %w", version, err)
	}
	return escaped + suffix, nil
}

// filePath is where a version's file lies below the root of a proxy.
func filePath(path, version, suffix string) (string, error) {
	dir, err := versionsFolder(path)
	if err != nil {
		return "", err
	}
	base, err := baseName(version, suffix)
	return dir + base, err
}

// fileNames returns the base names of a version's files with the given suffixes.
// The version must have passed checkKey.
func fileNames(version string, suffixes ...string) []string {
	names := make([]string, len(suffixes))
	for i, suffix := range suffixes {
		names[i], _ = baseName(version, suffix)
	}
	return names
}

// Owner returns the name of the package that a path in the feed belongs to.
func Owner(path string) string {
	rest, ok := strings.CutPrefix(path, folder)
	if !ok {
		return ""
	}
	if strings.HasPrefix(rest, evidence) {
		return sumdb.Owner(path)
	}
	escaped, isLatest := strings.CutSuffix(rest, "/@latest")
	if !isLatest {
		var base string
		if escaped, base, ok = strings.Cut(rest, "/@v/"); !ok || base == "" || strings.Contains(base, "/") {
			return ""
		}
	}
	return unescaped(escaped)
}

func unescaped(escaped string) string {
	path, err := module.UnescapePath(escaped)
	if err != nil {
		return ""
	}
	return path
}
