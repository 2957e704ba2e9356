package npm

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
)

// packument is what is kept of a registry's document about one package. Fields
// of an unexpected form count as absent; only a document that is no packument at
// all is an error.
type packument struct {
	name     string
	tags     map[string]string // tag → version
	times    map[string]string // version, "created" or "modified" → date as the registry writes it
	versions map[string][]byte // version → what the pick made of its manifest

	only   []string // the versions to keep; nil for all
	object bool     // it is a JSON object
	listed bool     // there was a versions member
}

// pick reads one manifest of a packument and returns what to keep of it, or nil
// to leave it out. What it does not read is passed over. What it returns must be a
// copy, because the packument is not in memory as a whole.
type pick func(p *rawjson.Parser, version string) ([]byte, error)

// readPackument reads the packument of the package of that name: of all versions,
// or only of those named.
func readPackument(name string, body io.Reader, only []string, pick pick) (doc *packument, err error) {
	doc = &packument{only: only}
	err = rawjson.Read(body, func(p *rawjson.Parser) error {
		if p.Peek() != '{' {
			return p.End()
		}
		doc.object = true
		err := p.Object(func(key []byte) error { return doc.readMember(p, string(key), pick) })
		if err != nil {
			return err
		}
		return p.End()
	})
	switch {
	case !doc.object:
		return nil, errors.New("not a packument, which is a JSON object; captive portal or login page?")
	case err != nil:
		return nil, fmt.Errorf("not a packument: %w; captive portal or login page?", err)
	case doc.name == "" && !doc.listed:
		return nil, errors.New("not a packument: it has neither name nor versions; captive portal or login page?")
	case doc.name != "" && doc.name != name:
		return nil, fmt.Errorf("not the packument of %s: it says name %.100q", name, doc.name)
	}
	return doc, nil
}

func (doc *packument) readMember(p *rawjson.Parser, key string, pick pick) error {
	switch key {
	case "name":
		value, err := p.Value()
		doc.name, _ = rawjson.String(value)
		return err
	case "dist-tags":
		doc.tags = map[string]string{}
		return readStrings(p, func(tag, version string) {
			if delete(doc.tags, tag); version != "" {
				doc.tags[tag] = version
			}
		})
	case "time":
		doc.times = map[string]string{}
		return p.Object(func(key []byte) error { return doc.readTime(p, string(key)) })
	case "versions":
		doc.listed, doc.versions = p.Peek() == '{', map[string][]byte{}
		return p.Object(func(key []byte) error { return doc.readVersion(p, string(key), pick) })
	}
	return nil
}

func (doc *packument) readTime(p *rawjson.Parser, key string) error {
	delete(doc.times, key)
	if key != "created" && key != "modified" && !doc.keeps(key) {
		return nil
	}
	value, err := p.Value()
	if text, ok := rawjson.String(value); ok {
		doc.times[key] = text
	}
	return err
}

func (doc *packument) keeps(version string) bool {
	return doc.only == nil || slices.Contains(doc.only, version)
}

func (doc *packument) readVersion(p *rawjson.Parser, version string, pick pick) error {
	delete(doc.versions, version) // of a key that occurs twice the last one counts
	if !doc.keeps(version) || !validVersion(version) || p.Peek() != '{' {
		return nil
	}
	value, err := pick(p, version)
	if value != nil {
		doc.versions[version] = value
	}
	return err
}

// readStrings calls each for every member, with "" for those that are no text.
func readStrings(p *rawjson.Parser, each func(key, value string)) error {
	return p.Object(func(key []byte) error {
		name := string(key)
		value, err := p.Value()
		text, _ := rawjson.String(value)
		each(name, text)
		return err
	})
}

// published returns the date of a version, zero when there is none.
func (doc *packument) published(version string) time.Time {
	t, err := time.Parse(time.RFC3339, doc.times[version])
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// packageMetadata is what the ledger keeps of a package as a whole.
type packageMetadata struct {
	Time packageTimes `json:"time"`
}

// packageTimes are the dates of a package as its registry writes them.
type packageTimes struct {
	Created  string `json:"created,omitempty"`
	Modified string `json:"modified,omitempty"`
}

// metadata returns what the ledger keeps, nil when that is nothing.
func (doc *packument) metadata() (json.RawMessage, error) {
	times := packageTimes{Created: doc.times["created"], Modified: doc.times["modified"]}
	if times == (packageTimes{}) {
		return nil, nil
	}
	return json.Marshal(packageMetadata{Time: times})
}

// deprecation reads a "deprecated" member: a text, where "" means that it is
// not, or true.
func deprecation(value []byte) string {
	if text, ok := rawjson.String(value); ok {
		return text
	}
	if string(value) == "true" {
		return "this version is deprecated"
	}
	return ""
}
