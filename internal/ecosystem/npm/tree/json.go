package tree

import (
	"encoding/json"
	"fmt"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
)

// jsonEntry is one member of a JSON object.
type jsonEntry struct {
	key   string
	value json.RawMessage // a part of the object's text
}

// orderedObject returns the members of a JSON object in their own order. A key
// that comes twice keeps its first place and its last value.
func orderedObject(raw []byte) ([]jsonEntry, error) {
	parser := rawjson.NewParser(raw)
	if parser.Peek() != '{' {
		return nil, fmt.Errorf("found %.20s, want an object", raw)
	}
	var entries []jsonEntry
	var places map[string]int // only for many members
	err := parser.Object(func(key []byte) error {
		place := placeOf(entries, places, key)
		if place < 0 {
			place = len(entries)
			entries = append(entries, jsonEntry{key: string(key)})
			if places != nil {
				places[entries[place].key] = place
			} else if len(entries) > indexFrom {
				places = map[string]int{}
				for i := range entries {
					places[entries[i].key] = i
				}
			}
		}
		var err error
		entries[place].value, err = parser.Value()
		return err
	})
	return entries, err
}

// placeOf returns the place of a key, or -1.
func placeOf(entries []jsonEntry, places map[string]int, key []byte) int {
	if places != nil {
		if place, ok := places[string(key)]; ok {
			return place
		}
		return -1
	}
	for i := range entries {
		if entries[i].key == string(key) {
			return i
		}
	}
	return -1
}

// membersOf returns the members of a JSON text that is one object, nil for any other.
func membersOf(raw []byte) map[string]json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	parser := rawjson.NewParser(raw)
	if parser.Peek() != '{' {
		return nil
	}
	members := map[string]json.RawMessage{}
	err := parser.Object(func(key []byte) error {
		name := string(key)
		value, err := parser.Value()
		members[name] = value
		return err
	})
	if err != nil || parser.End() != nil {
		return nil
	}
	return members
}
