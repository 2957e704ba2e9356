package pypi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"iter"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// RenderPackage returns the page of a project in the simple API's HTML form (PEP
// 503, 592, 658, 714), with links that are relative, so that it serves under any
// address and from a disk. It lists the files that the feed holds; without any
// there is no page. Core metadata that are not those inside their wheel are a
// *feed.IntegrityError.
func RenderPackage(_ feed.Layout, p feed.Package) ([]feed.Document, error) {
	anchors, err := anchorsOf(p)
	if err != nil || len(anchors) == 0 {
		return nil, err
	}
	slices.SortFunc(anchors, func(a, b anchor) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.file.Path, b.file.Path))
	})
	status, err := statusOf(p)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"pypi:repository-version\" content=\"" + repositoryVersion + "\">" + status +
		"<title>Links for " + p.Name + "</title></head><body>\n")
	for i := range anchors {
		anchors[i].write(&b)
	}
	b.WriteString("</body></html>\n")
	return []feed.Document{{Path: pagePath(p.Name), Bytes: []byte(b.String()), Entry: true}}, nil
}

// repositoryVersion is that of the simple API whose HTML form the pages have.
const repositoryVersion = "1.1"

// statusOf returns the elements that tell the status of a project (PEP 792).
func statusOf(p feed.Package) (string, error) {
	if len(p.Metadata) == 0 {
		return "", nil
	}
	var f projectFacts
	if err := json.Unmarshal(p.Metadata, &f); err != nil {
		return "", fmt.Errorf("pypi: %s: metadata in the ledger: %w", p.Name, err)
	}
	var text string
	if f.Status != "" {
		text = `<meta name="pypi:project-status"` + attribute("content", f.Status) + ">"
	}
	if f.Reason != "" {
		text += `<meta name="pypi:project-status-reason"` + attribute("content", f.Reason) + ">"
	}
	return text, nil
}

// anchor is one file on the page of a project.
type anchor struct {
	key      string // of the version
	file     feed.File
	python   string
	uploaded string
	yanked   *string
	metadata string // SHA-256 of the core metadata, or ""
}

// anchorsOf collects the files of a project that the feed holds.
func anchorsOf(p feed.Package) ([]anchor, error) {
	var anchors []anchor
	seen := map[string]string{}
	for i := range p.Releases {
		release := &p.Releases[i]
		if err := checkKey(p.Name, release.Version); err != nil {
			return nil, err
		}
		known, err := decodeFacts(p.Name, release.Version, release.Metadata)
		if err != nil {
			return nil, err
		}
		for _, file := range release.Files {
			if file.Absent || strings.HasSuffix(file.Path, suffixMetadata) {
				continue
			}
			if other, twice := seen[file.Path]; twice {
				return nil, fmt.Errorf("pypi: %s: the ledger has %s for %s and for %s", p.Name, file.Path, other, release.Version)
			}
			seen[file.Path] = release.Version
			a, err := newAnchor(release, &known, file)
			if err != nil {
				return nil, err
			}
			anchors = append(anchors, a)
		}
	}
	return anchors, nil
}

func newAnchor(release *feed.Release, known *facts, file feed.File) (anchor, error) {
	v, err := version.Parse(release.Version)
	if err != nil {
		return anchor{}, err
	}
	a := anchor{key: v.Key(), file: file}
	if one := known.file(path.Base(file.Path)); one != nil {
		a.python, a.uploaded, a.yanked = known.python(one), one.Uploaded, one.Yanked
	}
	if release.Yanked != nil && a.yanked == nil {
		a.yanked = &release.Yanked.Reason
	}
	for _, other := range release.Files {
		if other.Path != file.Path+suffixMetadata || other.Absent {
			continue
		}
		a.metadata = other.Digests["sha256"]
		if inside := file.Digests[digestMetadata]; inside != "" && a.metadata != "" && inside != a.metadata {
			return anchor{}, &feed.IntegrityError{
				Path: file.Path, Got: "a wheel with METADATA of sha256:" + inside,
				Want: "what the index gave as " + path.Base(other.Path) + ", sha256:" + a.metadata,
			}
		}
	}
	return a, nil
}

func (a *anchor) write(b *strings.Builder) {
	name := path.Base(a.file.Path)
	href := "../../files/" + escapeSegment(name)
	if sum := a.file.Digests["sha256"]; sum != "" {
		href += "#sha256=" + sum
	}
	b.WriteString("<a" + attribute("href", href))
	if a.python != "" {
		b.WriteString(attribute("data-requires-python", a.python))
	}
	if a.metadata != "" && wheel.IsWheel(name) {
		b.WriteString(attribute("data-core-metadata", "sha256="+a.metadata))
	}
	if a.yanked != nil {
		b.WriteString(attribute("data-yanked", *a.yanked))
	}
	if a.uploaded != "" {
		b.WriteString(attribute("data-upload-time", a.uploaded))
	}
	if a.file.Size > 0 {
		b.WriteString(attribute("data-size", strconv.FormatInt(a.file.Size, 10)))
	}
	b.WriteString(">" + html.EscapeString(name) + "</a><br>\n")
}

func attribute(name, value string) string { return " " + name + `="` + html.EscapeString(value) + `"` }

// escapeSegment escapes a file name for an address. A plus sign is escaped too:
// some servers take it for a blank.
func escapeSegment(name string) string {
	return strings.ReplaceAll(url.PathEscape(name), "+", "%2B")
}

// RenderRoot returns the page that lists the projects.
func RenderRoot(_ feed.Layout, packages iter.Seq2[feed.Summary, error]) ([]feed.Document, error) {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"pypi:repository-version\" content=\"" + repositoryVersion + "\"><title>Simple index</title></head><body>\n")
	for one, err := range packages {
		if err != nil {
			return nil, err
		}
		if !isNormal(one.Name) {
			return nil, fmt.Errorf("pypi: %.100q in the ledger is no name of a project", one.Name)
		}
		b.WriteString(`<a href="` + one.Name + `/">` + one.Name + "</a><br>\n")
	}
	b.WriteString("</body></html>\n")
	return []feed.Document{{Path: pagesFolder + indexFile, Bytes: []byte(b.String()), Entry: true}}, nil
}

// RootKey is what RenderRoot looks at: the names.
func RootKey(_ feed.Layout, one feed.Summary) string { return one.Name }
