package pypi

import (
	"fmt"
	"path"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// The folders of the feed.
const (
	folder      = "pypi/"
	pagesFolder = folder + "simple/"
	filesFolder = folder + "files/"
	indexFile   = "index.html"
)

// suffixMetadata ends the name of a file with the core metadata of a wheel.
const suffixMetadata = ".metadata"

func pagePath(name string) string { return pagesFolder + name + "/" + indexFile }

func filePath(filename string) string { return filesFolder + filename }

// Owner returns the project that a path belongs to, "" for the root page.
func Owner(name string) string {
	if page, ok := strings.CutPrefix(name, pagesFolder); ok {
		project, rest, _ := strings.Cut(page, "/")
		if rest == indexFile && isNormal(project) {
			return project
		}
		return ""
	}
	if file, ok := strings.CutPrefix(name, filesFolder); ok {
		return projectOf(file)
	}
	return ""
}

// projectOf returns the project that a file name belongs to, or "".
func projectOf(filename string) string {
	filename = strings.TrimSuffix(filename, suffixMetadata)
	if wheel.IsWheel(filename) {
		w, _ := wheel.ParseWheel(filename) // of what is none, the name is ""
		return w.Name
	}
	// A name of a project may hold dashes, and so may a version: the name ends at
	// the first dash behind which there is a version.
	for i := range len(filename) {
		if filename[i] != '-' {
			continue
		}
		if sdist, err := wheel.ParseSdist(filename, filename[:i]); err == nil {
			return sdist.Name
		}
	}
	return ""
}

// isNormal reports whether a name is one of a project in normal form.
func isNormal(name string) bool {
	return wheel.ValidName(name) && wheel.NormalizeName(name) == name
}

// checkKey refuses what cannot be a release in the ledger.
func checkKey(name, text string) error {
	if !isNormal(name) {
		return fmt.Errorf("pypi: %.100q is no name of a project in normal form", name)
	}
	if v, err := version.Parse(text); err != nil || v.String() != text {
		return fmt.Errorf("pypi: %s: %.100q is no version in normal form", name, text)
	}
	return nil
}

// belongs reports whether a file may be kept for a project: its path can be one of
// the feed, and tells the project.
func belongs(filename, project string) bool {
	return feed.CheckPath(filePath(filename)) == nil && path.Base(filename) == filename && projectOf(filename) == project
}
