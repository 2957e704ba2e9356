package golang

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/module"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// maxQuery is the longest version query, in bytes.
const maxQuery = 200

// ParseRequirement reads "module", "module@query", or the path of a package in a
// module in its place. The query is one of the go command's: a version, a prefix
// (v1), a comparison (<v2), latest, or the name of a branch, tag or commit.
// Range is empty for latest.
func ParseRequirement(text string) (feed.Requirement, error) {
	path, query, given := strings.Cut(text, "@")
	if err := checkPackagePath(path); err != nil {
		return feed.Requirement{}, fmt.Errorf("go: %.200q: %w", text, err)
	}
	if given && query == "" {
		return feed.Requirement{}, fmt.Errorf("go: %.200q: no version after @; write @latest or leave it out", text)
	}
	if query == "latest" {
		query = ""
	}
	if err := checkQuery(path, query); err != nil {
		return feed.Requirement{}, fmt.Errorf("go: %.200q: %w", text, err)
	}
	return feed.Requirement{Name: path, Range: query}, nil
}

// checkPackagePath refuses what is no path of a module or of a package in one.
func checkPackagePath(path string) error {
	if err := module.CheckImportPath(path); err != nil {
		return err
	}
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") {
		return fmt.Errorf("the first element of a module path, %q, is a host name and has a dot; packages of the standard library come with Go", first)
	}
	return feed.CheckPath(path)
}

func checkQuery(path, query string) error {
	switch {
	case query == "":
		return nil
	case query == "none":
		return errors.New("@none asks for nothing")
	case len(query) > maxQuery:
		return fmt.Errorf("the version is longer than %d bytes", maxQuery)
	case isMoving(query):
		return nil
	case !isRevision(path, query):
		_, err := modgraph.Choose(query, nil, nil, nil)
		if errors.Is(err, modgraph.ErrNoVersion) {
			return nil
		}
		return err
	}
	base, err := baseName(query, suffixInfo)
	if err != nil {
		return err
	}
	return feed.CheckPath(base)
}

// ParsePURL returns the requirement that a package URL names. Versions without
// the leading v, which some tools write, are read too.
func ParsePURL(namespace, base, version string) (feed.Requirement, error) {
	path := base
	if namespace != "" {
		path = namespace + "/" + base
	}
	if version == "" {
		return ParseRequirement(path)
	}
	if isCanonical(path, "v"+version) {
		version = "v" + version
	}
	return ParseRequirement(path + "@" + version)
}
