package lock

import (
	"encoding/json"
	"slices"
)

type valueKind uint8

const (
	null valueKind = iota
	boolean
	number
	text
	array
	object
)

// maxValues bounds the memory that a document may take; 200 times what the
// largest known projects need. maxDepth bounds nesting.
const (
	maxValues = 8_000_000
	maxDepth  = 400
)

// value is a JSON or YAML value with its place. The methods accept nil, which is
// an absent value.
type value struct {
	kind    valueKind
	line    int
	scalar  string   // content of a text, literal of a number or boolean
	keys    []string // of an object, in the file's order, each once
	items   []*value // of an array; of an object, in the order of keys
	repeats *repeat  // first key of this object that occurs twice
}

// repeat is a key that occurs twice in an object.
type repeat struct {
	key  string
	line int // of the second
}

// get returns a member of an object, or nil.
func (v *value) get(key string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	if i := slices.Index(v.keys, key); i >= 0 {
		return v.items[i]
	}
	return nil
}

// str returns a text or the literal of a number, else "".
func (v *value) str() string {
	if v == nil || (v.kind != text && v.kind != number) {
		return ""
	}
	return v.scalar
}

// is reports whether the value is the boolean true.
func (v *value) is() bool { return v != nil && v.kind == boolean && v.scalar == "true" }

// members calls f for each member of an object.
func (v *value) members(f func(key string, member *value) error) error {
	if v == nil || v.kind != object {
		return nil
	}
	for i, key := range v.keys {
		if err := f(key, v.items[i]); err != nil {
			return err
		}
	}
	return nil
}

// elements returns the elements of an array.
func (v *value) elements() []*value {
	if v == nil || v.kind != array {
		return nil
	}
	return v.items
}

// texts returns the members of an object that are texts, as dependencies of one kind.
func (v *value) texts(kind string) []dependency {
	if v == nil || v.kind != object {
		return nil
	}
	deps := make([]dependency, 0, len(v.keys))
	for i, key := range v.keys {
		if member := v.items[i]; member.kind == text || member.kind == number {
			deps = append(deps, dependency{name: key, spec: member.scalar, kind: kind, line: member.line})
		}
	}
	return deps
}

// strings returns the elements of an array that are texts.
func (v *value) strings() []string {
	var list []string
	for _, element := range v.elements() {
		if element.kind == text {
			list = append(list, element.scalar)
		}
	}
	return list
}

// set gives a member of an object a value, at its old place or at the end.
func (v *value) set(key string, member *value) {
	if i := slices.Index(v.keys, key); i >= 0 {
		v.items[i] = member
		return
	}
	v.keys, v.items = append(v.keys, key), append(v.items, member)
}

func textValue(s string) *value { return &value{kind: text, scalar: s} }

// appendJSON writes the value as compact JSON, members in their order.
func (v *value) appendJSON(b []byte) []byte {
	switch v.kind {
	case object:
		b = append(b, '{')
		for i, key := range v.keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, key), ':')
			b = v.items[i].appendJSON(b)
		}
		return append(b, '}')
	case array:
		b = append(b, '[')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item.appendJSON(b)
		}
		return append(b, ']')
	case text:
		return appendString(b, v.scalar)
	case null:
		return append(b, "null"...)
	}
	return append(b, v.scalar...)
}

func appendString(b []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string always has a JSON form
	return append(b, quoted...)
}
