package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/feedctl/feedctl/pkg/feed"
)

// decodePackage reads a ledger record. Metadata is taken as it stands: it is most
// of a record, and encoding/json would go through it twice only to copy it.
// Whoever looks into it finds out whether it is JSON.
func decodePackage(data []byte, key feed.PackageKey) (feed.Package, error) {
	rest, values := cutMetadata(data)
	var p feed.Package
	if err := json.Unmarshal(rest, &p); err != nil {
		return feed.Package{}, err
	}
	if p.PackageKey != key {
		return feed.Package{}, fmt.Errorf("is the record of %.80q, want %q", p.PackageKey.String(), key)
	}
	p.Metadata = putBack(p.Metadata, values)
	for i := range p.Releases {
		p.Releases[i].Metadata = putBack(p.Releases[i].Metadata, values)
	}
	return p, nil
}

// cutMetadata replaces the values of the members "metadata" of a record and of
// its releases by their numbers. Of text that is no JSON it may return anything
// that is no JSON either.
func cutMetadata(data []byte) (rest []byte, values []json.RawMessage) {
	depth, done := 0, 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := stringEnd(data, i)
			if end < 0 {
				return data, nil
			}
			if depth != 1 && depth != 3 || string(data[i:end]) != `"metadata"` {
				i = end - 1
				continue
			}
			start := skipBlanks(data, end)
			if start == len(data) || data[start] != ':' {
				i = end - 1
				continue
			}
			start = skipBlanks(data, start+1)
			if end = valueEnd(data, start); end < 0 {
				return data, nil
			}
			rest = append(rest, data[done:start]...)
			rest = append(strconv.AppendInt(append(rest, `"#`...), int64(len(values)), 10), '"')
			values = append(values, data[start:end:end])
			done, i = end, end-1
		}
	}
	if values == nil {
		return data, nil
	}
	return append(rest, data[done:]...), values
}

// putBack returns the value that a number of cutMetadata stands for.
func putBack(number json.RawMessage, values []json.RawMessage) json.RawMessage {
	text, ok := bytes.CutPrefix(bytes.TrimSuffix(number, []byte(`"`)), []byte(`"#`))
	if !ok {
		return number
	}
	i, err := strconv.Atoi(string(text))
	if err != nil || i < 0 || i >= len(values) {
		return number
	}
	return values[i]
}

func skipBlanks(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns the index after the string that starts at i, or -1.
func stringEnd(data []byte, i int) int {
	for i++; ; i++ {
		quote := bytes.IndexByte(data[i:], '"')
		if quote < 0 {
			return -1
		}
		i += quote
		slashes := 0
		for data[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
}

// valueEnd returns the index after the value that starts at i, or -1.
func valueEnd(data []byte, i int) int {
	for depth := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			end := stringEnd(data, i)
			if end < 0 {
				return -1
			}
			if i = end - 1; depth == 0 {
				return end
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}
