package npm

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
)

// packument is what is kept of a registry's document about one package. Fields
// of an unexpected form count as absent; only a document that is no packument at
// all is an error.
type packument struct {
	name     string
	tags     map[string]string // tag → version
	times    map[string][]byte // version, "created" or "modified" → JSON value
	versions map[string][]byte // version → what the pick made of its manifest

	listed bool // there was a versions member
}

// pick reads one manifest of a packument and returns what to keep of it, or nil
// to leave it out. What it does not read is passed over.
type pick func(p *rawjson.Parser, version string) ([]byte, error)

// readPackument reads the packument of the package of that name. What pick
// returns may be part of body.
func readPackument(name string, body []byte, pick pick) (*packument, error) {
	doc := &packument{}
	p := rawjson.NewParser(body)
	if p.Peek() != '{' {
		return nil, errors.New("not a packument, which is a JSON object; captive portal or login page?")
	}
	err := p.Object(func(key []byte) error { return doc.readMember(p, string(key), pick) })
	if err == nil {
		err = p.End()
	}
	switch {
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
		doc.times = map[string][]byte{}
		return p.Object(func(key []byte) (err error) {
			doc.times[string(key)], err = p.Value()
			return err
		})
	case "versions":
		doc.listed, doc.versions = p.Peek() == '{', map[string][]byte{}
		return p.Object(func(key []byte) error { return doc.readVersion(p, string(key), pick) })
	}
	return nil
}

func (doc *packument) readVersion(p *rawjson.Parser, version string, pick pick) error {
	delete(doc.versions, version) // of a key that occurs twice the last one counts
	if !validVersion(version) || p.Peek() != '{' {
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
		value, err := p.Value()
		text, _ := rawjson.String(value)
		each(string(key), text)
		return err
	})
}

// published returns the date of a version, zero when there is none.
func (doc *packument) published(version string) time.Time {
	text, _ := rawjson.String(doc.times[version])
	t, err := time.Parse(time.RFC3339, text)
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
	var times packageTimes
	times.Created, _ = rawjson.String(doc.times["created"])
	times.Modified, _ = rawjson.String(doc.times["modified"])
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
