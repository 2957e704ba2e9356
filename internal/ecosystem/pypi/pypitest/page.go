package pypitest

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (c *content) projects() []string { return slices.Sorted(maps.Keys(c.byProject)) }

func (c *content) root() []byte {
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html>\n<html><head><title>Simple index</title></head><body>\n")
	for _, project := range c.projects() {
		fmt.Fprintf(&b, "<a href=\"%s/\">%s</a><br>\n", project, project)
	}
	b.WriteString("</body></html>\n")
	return b.Bytes()
}

// html is the page of a project.
func (c *content) html(project string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html><head><meta name=\"pypi:repository-version\" content=\"1.1\"><title>Links for %s</title></head><body>\n", project)
	for _, one := range c.byProject[project] {
		c.anchor(&b, one, "../../files/")
	}
	b.WriteString("</body></html>\n")
	return b.Bytes()
}

// flat is the page of all files.
func (c *content) flat() []byte {
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html>\n<html><head><title>Files</title></head><body>\n")
	for _, project := range c.projects() {
		for _, one := range c.byProject[project] {
			c.anchor(&b, one, "")
		}
	}
	b.WriteString("</body></html>\n")
	return b.Bytes()
}

func (c *content) anchor(b *bytes.Buffer, one *file, folder string) {
	fmt.Fprintf(b, "<a href=\"%s#sha256=%s\"", html.EscapeString(c.address(one, folder)), one.sha256())
	attribute := func(name, value string) { fmt.Fprintf(b, " %s=\"%s\"", name, html.EscapeString(value)) }
	if requires := one.requiresPython(); requires != "" {
		attribute("data-requires-python", requires)
	}
	if reason, yanked := one.options["yanked"]; yanked {
		attribute("data-yanked", reason)
	}
	if value := c.coreMetadata(one); value != "" {
		attribute("data-core-metadata", value)
	}
	if !c.withoutUploads {
		attribute("data-upload-time", one.uploaded.Format(time.RFC3339))
	}
	if c.sizes {
		attribute("data-size", fmt.Sprint(len(one.data)))
	}
	fmt.Fprintf(b, ">%s</a><br>\n", html.EscapeString(one.listed))
}

// json is the page of a project in its JSON form.
func (c *content) json(project string) []byte {
	type object = map[string]any
	var files []object
	var versions []string
	for _, one := range c.byProject[project] {
		entry := object{"filename": one.listed, "url": c.address(one, "../../files/"), "hashes": object{"sha256": one.sha256()}, "size": len(one.data)}
		if requires := one.requiresPython(); requires != "" {
			entry["requires-python"] = requires
		}
		if reason, yanked := one.options["yanked"]; yanked {
			entry["yanked"] = true
			if reason != "" {
				entry["yanked"] = reason
			}
		}
		if value := c.coreMetadata(one); value != "" {
			entry["core-metadata"] = true
			if algorithm, digest, ok := strings.Cut(value, "="); ok {
				entry["core-metadata"] = object{algorithm: digest}
			}
		}
		if !c.withoutUploads {
			entry["upload-time"] = one.uploaded.Format(time.RFC3339)
		}
		files = append(files, entry)
		if !slices.Contains(versions, one.release.version) {
			versions = append(versions, one.release.version)
		}
	}
	data, err := json.Marshal(object{"meta": object{"api-version": "1.1"}, "name": project, "versions": versions, "files": files})
	if err != nil {
		panic(err) // maps of texts
	}
	return data
}

func (c *content) address(one *file, folder string) string {
	name := strings.ReplaceAll(url.PathEscape(one.listed), "+", "%2B")
	if c.absolute != "" {
		folder = c.absolute
	}
	return folder + name
}

// coreMetadata is the value of the attribute, "" where none is offered.
func (c *content) coreMetadata(one *file) string {
	if value, ok := one.options["core-metadata"]; ok {
		return value
	}
	if !c.core || !strings.HasSuffix(one.name, ".whl") {
		return ""
	}
	return fmt.Sprintf("sha256=%x", sha256.Sum256(one.metadata))
}

func (f *file) sha256() string {
	if text, ok := f.options["digest"]; ok {
		return text
	}
	return fmt.Sprintf("%x", sha256.Sum256(f.data))
}

// requiresPython is what the options or METADATA say.
func (f *file) requiresPython() string {
	if text, ok := f.options["requires-python"]; ok {
		return text
	}
	for line := range strings.Lines(string(f.metadata)) {
		if value, ok := strings.CutPrefix(line, "Requires-Python:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
