package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// jsonEntry is one member of a JSON object.
type jsonEntry struct {
	key   string
	value json.RawMessage
}

// orderedObject returns the members of a JSON object in their own order. A key
// that comes twice keeps its first place and its last value.
func orderedObject(raw []byte) ([]jsonEntry, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	start, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if start != json.Delim('{') {
		return nil, fmt.Errorf("found %.20s, want an object", raw)
	}
	var entries []jsonEntry
	places := map[string]int{}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		name := key.(string)
		if place, twice := places[name]; twice {
			entries[place].value = value
			continue
		}
		places[name] = len(entries)
		entries = append(entries, jsonEntry{name, value})
	}
	_, err = decoder.Token()
	return entries, err
}
