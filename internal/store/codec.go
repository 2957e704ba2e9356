package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	fastjson "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/feedctl/feedctl/pkg/feed"
)

// decodeJSON reads what is read often, in a third of the time that encoding/json
// takes, which goes over every value twice. It asks for the exact names of members;
// what an upstream wrote, and a record holds, may have members that occur twice.
func decodeJSON(data []byte, to any) error {
	return fastjson.Unmarshal(data, to, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// compactJSON is the canonical form of a value: fields in the order of the
// struct, map keys sorted, no blanks, no escapes for HTML, no final newline.
func compactJSON(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// indentedJSON is compactJSON with two blanks for each level and a newline.
func indentedJSON(value any) ([]byte, error) {
	data, err := compactJSON(value)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// appendLines writes a JSON array with one element a line.
func appendLines[T any](b *bytes.Buffer, elements []T) error {
	b.WriteByte('[')
	for i := range elements {
		if i > 0 {
			b.WriteByte(',')
		}
		data, err := compactJSON(&elements[i])
		if err != nil {
			return err
		}
		b.WriteByte('\n')
		b.Write(data)
	}
	if len(elements) > 0 {
		b.WriteByte('\n')
	}
	b.WriteByte(']')
	return nil
}

// encodeLines writes an object with a single member, an array with one element a
// line.
func encodeLines[T any](member string, elements []T) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{%q:", member)
	if err := appendLines(&b, elements); err != nil {
		return nil, err
	}
	b.WriteString("}\n")
	return b.Bytes(), nil
}

// encodePackage returns the bytes of a ledger record: what concerns the package
// as a whole on the first line, then a line for each release. Times are written
// in UTC.
func encodePackage(p feed.Package) ([]byte, error) {
	releases := make([]feed.Release, len(p.Releases))
	for i, release := range p.Releases {
		release.Published = inUTC(release.Published)
		release.Origin.Time = inUTC(release.Origin.Time)
		releases[i] = release
	}
	p.Releases = []feed.Release{}
	head, err := compactJSON(&p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(head, []byte("[]}")))
	if err := appendLines(&b, releases); err != nil {
		return nil, err
	}
	b.WriteString("}\n")
	return b.Bytes(), nil
}

// decodePackage reads a ledger record.
func decodePackage(data []byte, key feed.PackageKey) (feed.Package, error) {
	var p feed.Package
	if err := decodeJSON(data, &p); err != nil {
		return feed.Package{}, err
	}
	if p.PackageKey != key {
		return feed.Package{}, fmt.Errorf("is the record of %.80q, want %q", p.PackageKey.String(), key)
	}
	return p, nil
}

func inUTC(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

// decodeManifest reads feed.json. The format is looked at before anything else,
// so that a newer feed is told from a broken one.
func decodeManifest(data []byte) (feed.Manifest, error) {
	var version struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return feed.Manifest{}, fmt.Errorf("is not the manifest of a feed: %w", err)
	}
	switch {
	case version.Format == nil:
		return feed.Manifest{}, fmt.Errorf("is not the manifest of a feed: it says no format")
	case *version.Format != feed.Format:
		return feed.Manifest{}, &FormatError{Got: *version.Format}
	}
	var manifest feed.Manifest
	if err := json.Unmarshal(data, &manifest); err != nil {
		return feed.Manifest{}, fmt.Errorf("is damaged: %w", err)
	}
	for ecosystem := range manifest.Ecosystems {
		if err := checkEcosystem(ecosystem); err != nil {
			return feed.Manifest{}, fmt.Errorf("is damaged: %w", err)
		}
	}
	return manifest, nil
}

// FormatError says that a feed has a format that this program does not read.
type FormatError struct {
	Got int
}

func (e *FormatError) Error() string {
	hint := "it is no feed that any feedctl wrote"
	if e.Got > feed.Format {
		hint = "use a newer feedctl"
	}
	return fmt.Sprintf("feed format %d is unknown: this feedctl reads format %d; %s", e.Got, feed.Format, hint)
}
