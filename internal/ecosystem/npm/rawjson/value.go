package rawjson

import (
	"encoding/json"
	"unicode/utf8"
)

// Member is one member of an object.
type Member struct {
	Key   string
	Value []byte // text of the value, a part of the input
}

// Members returns the members of the object in text, each key once: at the
// place where it first occurs, with the value it has last, as JavaScript reads
// it. A text that is JSON but no object has none.
func Members(text []byte) ([]Member, error) {
	var members []Member
	places := map[string]int{}
	p := NewParser(text)
	err := p.Object(func(key []byte) error {
		name := string(key)
		value, err := p.Value()
		if at, seen := places[name]; seen {
			members[at].Value = value
			return err
		}
		places[name] = len(members)
		members = append(members, Member{Key: name, Value: value})
		return err
	})
	if err != nil {
		return nil, err
	}
	return members, p.End()
}

// String decodes a value that is a string.
func String(value []byte) (text string, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	return string(unquote(value)), true
}

// unquote decodes the string in raw, which is valid. What is neither escaped nor
// beyond ASCII is returned as part of raw.
func unquote(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	for _, c := range inner {
		if c == '\\' || c >= utf8.RuneSelf {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				return nil
			}
			return []byte(text)
		}
	}
	return inner
}
