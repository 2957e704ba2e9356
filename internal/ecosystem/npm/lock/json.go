package lock

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
)

// parseJSON reads the one JSON value of a lockfile, an object. No key may occur
// twice in it: which of the two counts depends on the reader.
func parseJSON(s *source) (*value, error) {
	r := &jsonReader{src: s, line: 1}
	v, err := r.document()
	if err != nil {
		return nil, err
	}
	if r.repeat != nil {
		return nil, s.fail(r.repeat.line, r.repeat.key, "the key occurs twice in one object")
	}
	return v, nil
}

// jsonReader splits JSON text into values that know their line. Whether the text is
// JSON is known beforehand, so that splitting it can take every bracket, quote and
// comma at its word.
type jsonReader struct {
	src    *source
	at     int // next byte
	line   int // of that byte
	values int
	repeat *repeat // first key of the document that occurs twice in its object
}

// document reads the text, which must be one object.
func (r *jsonReader) document() (*value, error) {
	if p := rawjson.NewParser(r.src.data); p.Skip() != nil || p.End() != nil {
		if err := json.Unmarshal(r.src.data, new(json.RawMessage)); err != nil {
			return nil, r.explain(err)
		}
	}
	v, err := r.value(0)
	if err == nil && v.kind != object {
		return nil, r.src.fail(v.line, "", "the file is JSON, but not an object")
	}
	return v, err
}

// explain gives a decoder's error a line.
func (r *jsonReader) explain(err error) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return r.src.fail(0, "", "the file is not valid JSON: %v", err)
	}
	line := r.src.lineAt(int(syntax.Offset) - 1)
	if strings.Contains(syntax.Error(), "unexpected end") {
		return r.src.fail(line, "", "the file is cut off: the JSON ends in the middle")
	}
	return r.src.fail(line, "", "the file is not valid JSON: %v", syntax)
}

// peek returns the next byte that is no white space.
func (r *jsonReader) peek() byte {
	for ; r.at < len(r.src.data); r.at++ {
		switch c := r.src.data[r.at]; c {
		case '\n':
			r.line++
		case ' ', '\t', '\r':
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) value(depth int) (*value, error) {
	c := r.peek()
	v := &value{line: r.line}
	if r.values++; r.values > maxValues {
		return nil, r.src.fail(r.line, "", "the file holds more than %d values", maxValues)
	}
	switch c {
	case '{':
		v.kind = object
		return v, r.items(v, '}', depth)
	case '[':
		v.kind = array
		return v, r.items(v, ']', depth)
	case '"':
		v.kind, v.scalar = text, r.string()
	default:
		v.scalar = r.word()
		v.kind = wordKind(c)
	}
	return v, nil
}

func wordKind(first byte) valueKind {
	switch first {
	case 'n':
		return null
	case 't', 'f':
		return boolean
	}
	return number
}

// items reads what an object or an array holds, up to its closing bracket.
func (r *jsonReader) items(v *value, closing byte, depth int) error {
	if depth++; depth > maxDepth {
		return r.src.fail(r.line, "", "values are nested deeper than %d levels", maxDepth)
	}
	r.at++
	var places map[string]int
	for {
		switch r.peek() {
		case closing, 0:
			r.at++
			return nil
		case ',':
			r.at++
			continue
		}
		key, line := "", 0
		if v.kind == object {
			key, line = r.key()
		}
		item, err := r.value(depth)
		if err != nil {
			return err
		}
		if v.kind == object {
			item.line = line
			places = r.member(v, places, key, item)
		} else {
			v.items = append(v.items, item)
		}
	}
}

// key reads a member's key and the colon behind it.
func (r *jsonReader) key() (key string, line int) {
	line = r.line
	key = r.string()
	r.peek()
	r.at++
	return key, line
}

// member adds a member; a key that comes twice keeps its first place and its
// last value, as in JavaScript.
func (r *jsonReader) member(v *value, places map[string]int, key string, item *value) map[string]int {
	if places == nil && len(v.keys) >= 8 {
		places = make(map[string]int, 2*len(v.keys))
		for i, known := range v.keys {
			places[known] = i
		}
	}
	at, twice := v.place(places, key)
	if !twice {
		if places != nil {
			places[key] = len(v.keys)
		}
		v.keys, v.items = append(v.keys, key), append(v.items, item)
		return places
	}
	v.items[at] = item
	v.repeats = &repeat{key: key, line: item.line}
	if r.repeat == nil {
		r.repeat = v.repeats
	}
	return places
}

// place finds a key by the index of a large object, or in a small one by looking.
func (v *value) place(places map[string]int, key string) (int, bool) {
	if places != nil {
		at, ok := places[key]
		return at, ok
	}
	for i, known := range v.keys {
		if known == key {
			return i, true
		}
	}
	return 0, false
}

// string reads a text in quotes.
func (r *jsonReader) string() string {
	rest := r.src.data[r.at:]
	end := quoteEnd(rest)
	r.at += end + 1
	if raw := rest[1:end]; bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	var plain string
	if json.Unmarshal(rest[:end+1], &plain) != nil {
		return ""
	}
	return plain
}

// word reads a number, true, false or null.
func (r *jsonReader) word() string {
	start := r.at
	for r.at < len(r.src.data) && bytes.IndexByte([]byte(" \t\r\n,]}"), r.src.data[r.at]) < 0 {
		r.at++
	}
	return string(r.src.data[start:r.at])
}
