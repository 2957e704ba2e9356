package simple

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// document reads the JSON form of a project's page (PEP 691, 700, 740, 792).
type document struct {
	jsonScanner
	resolver
	yield  func(*link)
	page   page
	name   string
	listed bool // there is a list of files, which may be empty

	interned map[string]*string // values that many files share, by how they are written
}

// readJSON reads the JSON form of the page of a project, and calls yield for each
// file.
func readJSON(body []byte, base *url.URL, project string, yield func(*link)) (page, error) {
	d := &document{jsonScanner: jsonScanner{text: body}, resolver: resolver{base: base}, yield: yield, interned: map[string]*string{}}
	err := d.object(d.member)
	if err == nil && d.peek() != 0 {
		err = d.fail()
	}
	switch {
	case errors.Is(err, errMany):
		return d.page, err
	case err != nil:
		return d.page, fmt.Errorf("no JSON of the simple API: %w", err)
	}
	if err := checkVersion(d.page.version); err != nil {
		return d.page, err
	}
	if d.page.version == "" || !d.listed {
		return d.page, errors.New("JSON, but none of the simple API: no meta.api-version or no files")
	}
	if d.name != "" && wheel.NormalizeName(d.name) != project {
		return d.page, fmt.Errorf("the page of %s was asked for, and that of %s came", project, clip(d.name))
	}
	return d.page, nil
}

// member reads a member of the document.
func (d *document) member(key []byte) (err error) {
	switch string(key) {
	case "meta":
		if d.peek() == '{' {
			return d.object(d.meta)
		}
	case "name":
		d.name, _, err = d.str()
		return err
	case "files":
		if d.peek() == '[' {
			d.listed = true
			return d.list(d.file)
		}
	case "project-status":
		return d.status()
	}
	_, err = d.value()
	return err
}

func (d *document) meta(key []byte) (err error) {
	switch string(key) {
	case "api-version":
		d.page.version, _, err = d.str()
	case "project-status":
		err = d.status()
	case "project-status-reason":
		d.page.statusReason, _, err = d.str()
	default:
		_, err = d.value()
	}
	return err
}

// status reads the project's status, an object or a text.
func (d *document) status() error {
	raw, err := d.value()
	if err != nil {
		return err
	}
	var object struct{ Status, Reason string }
	if json.Unmarshal(raw, &object) == nil {
		d.page.status, d.page.statusReason = object.Status, object.Reason
		return nil
	}
	return json.Unmarshal(raw, &d.page.status)
}

// fileReader reads one element of "files".
type fileReader struct {
	*document
	one              link
	name             string
	metadata, before []byte // both spellings of core-metadata
}

func (d *document) file() error {
	if d.page.files++; d.page.files > maxFiles {
		return errMany
	}
	f := fileReader{document: d}
	if err := d.object(f.member); err != nil {
		return err
	}
	if f.name != "" {
		f.one.name = f.name // which the last segment of the address need not be
	}
	if f.metadata == nil {
		f.metadata = f.before
	}
	f.one.setCoreMetadataJSON(f.metadata)
	if f.one.url == "" && f.one.path == "" && f.one.bad == "" {
		f.one.bad = "it has no address"
	}
	d.yield(&f.one)
	return nil
}

func (f *fileReader) member(key []byte) (err error) {
	file := &f.one.file
	var text string
	var ok bool
	switch string(key) {
	case "filename":
		f.name, _, err = f.str()
	case "url":
		if text, ok, err = f.str(); ok {
			f.setAddress(text)
		}
	case "hashes":
		err = f.hashes()
	case "requires-python":
		var shared *string
		if shared, err = f.shared(); shared != nil {
			file.RequiresPython = *shared
		}
	case "yanked":
		file.Yanked, err = f.yanked()
	case "core-metadata":
		f.metadata, err = f.value()
	case "dist-info-metadata", "data-dist-info-metadata":
		f.before, err = f.value()
	case "size":
		file.Size, err = f.number()
		file.Size = max(file.Size, 0)
	case "upload-time":
		if text, ok, err = f.str(); ok {
			f.one.setUploaded(text)
		}
	case "provenance":
		file.Provenance, _, err = f.str()
	default:
		_, err = f.value()
	}
	return err
}

func (f *fileReader) setAddress(address string) {
	if len(address) > maxHref {
		f.one.bad = "its address is too long"
		return
	}
	found, fragment := f.link(address)
	f.one.name, f.one.url, f.one.path = found.name, found.url, found.path
	if found.bad != "" {
		f.one.bad = found.bad
	}
	if fragment != "" {
		f.one.setDigests(fragment)
	}
}

// hashes reads the digests of a file.
func (f *fileReader) hashes() error {
	if f.peek() != '{' {
		_, err := f.value()
		return err
	}
	return f.object(func(key []byte) error {
		value, ok, err := f.str()
		if ok {
			f.one.setDigest(string(key), value)
		}
		return err
	})
}

// shared reads a text that many files have; nil for another value.
func (f *fileReader) shared() (*string, error) {
	if f.peek() != '"' {
		_, err := f.value()
		return nil, err
	}
	raw, err := f.rawString()
	if err != nil {
		return nil, err
	}
	if known, ok := f.interned[string(raw)]; ok {
		return known, nil
	}
	text, err := unquote(raw)
	f.interned[string(raw)] = &text
	return &text, err
}

// yanked reads a bool or a reason.
func (f *fileReader) yanked() (*string, error) {
	if f.peek() == '"' {
		return f.shared()
	}
	raw, err := f.value()
	if err != nil || string(raw) != "true" {
		return nil, err
	}
	return new(string), nil
}

// setCoreMetadataJSON reads a bool or an object of digests.
func (f *link) setCoreMetadataJSON(raw []byte) {
	switch text := string(raw); {
	case text == "" || text == "false" || text == "null":
	case strings.HasPrefix(text, "{"):
		s := jsonScanner{text: raw}
		sum := ""
		err := s.object(func(key []byte) error {
			value, _, err := s.str()
			if string(key) == "sha256" {
				sum = value
			}
			return err
		})
		if err == nil {
			f.setCoreMetadata("sha256=" + sum)
		}
	default:
		f.setCoreMetadata("true")
	}
}
