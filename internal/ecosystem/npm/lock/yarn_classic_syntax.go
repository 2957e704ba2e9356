package lock

import (
	"encoding/json"
	"strings"
)

// classicLine is a line of yarn's first format: words, indented, with a colon at
// the end when a block follows.
type classicLine struct {
	number int
	indent int
	words  []string
	block  bool
}

// classicLines splits a file into lines that are neither empty nor comments.
func classicLines(s *source) ([]classicLine, error) {
	var lines []classicLine
	number := 0
	for raw := range strings.SplitSeq(string(s.data), "\n") {
		number++
		raw = strings.TrimRight(raw, "\r")
		body := strings.TrimLeft(raw, " ")
		if body == "" || body[0] == '#' {
			continue
		}
		line := classicLine{number: number, indent: len(raw) - len(body)}
		if err := line.split(s, body); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// split reads words, bare or in quotes, with blanks or commas between them.
func (l *classicLine) split(s *source, body string) error {
	for body != "" {
		switch body[0] {
		case ' ', ',':
			body = body[1:]
			continue
		case ':':
			if body != ":" {
				return s.fail(l.number, "", "there is text behind the colon")
			}
			l.block = true
			return nil
		}
		word, rest, err := l.word(s, body)
		if err != nil {
			return err
		}
		l.words, body = append(l.words, word), rest
	}
	return nil
}

func (l *classicLine) word(s *source, body string) (word, rest string, err error) {
	if body[0] != '"' {
		end := strings.IndexAny(body, " ,")
		if end < 0 {
			end = len(body)
		}
		word, rest = body[:end], body[end:]
		if rest == "" && strings.HasSuffix(word, ":") {
			word, rest = word[:len(word)-1], ":"
		}
		return word, rest, nil
	}
	end := quoteEnd([]byte(body))
	if end < 0 || json.Unmarshal([]byte(body[:end+1]), &word) != nil {
		return "", "", s.fail(l.number, "", "a text in quotes does not end in its line: the file is cut off or damaged")
	}
	return word, body[end+1:], nil
}

// quoteEnd returns the position of the quote that closes a text, or -1.
func quoteEnd(body []byte) int {
	for i := 1; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// classicEntry is one block of a classic lock.
type classicEntry struct {
	line        int
	descriptors []string
	version     string
	resolved    string
	integrity   string
	deps        []dependency
	node        int
}

// classicEntries groups lines into entries.
func classicEntries(s *source) ([]*classicEntry, error) {
	lines, err := classicLines(s)
	if err != nil {
		return nil, err
	}
	var entries []*classicEntry
	var block string
	for _, l := range lines {
		switch {
		case l.indent == 0:
			if !l.block || len(l.words) == 0 {
				return nil, s.fail(l.number, "", "an entry must begin with descriptors and a colon; this is no yarn.lock, or it is damaged")
			}
			entries = append(entries, &classicEntry{line: l.number, descriptors: l.words, node: notNode})
			block = ""
		case len(entries) == 0:
			return nil, s.fail(l.number, "", "an indented line stands before the first entry")
		case l.indent < 4:
			if block, err = entries[len(entries)-1].field(s, l); err != nil {
				return nil, err
			}
		default:
			entries[len(entries)-1].nested(l, block)
		}
	}
	return entries, checkClassic(s, entries)
}

// field reads "key value", or the name of a block, which it returns.
func (e *classicEntry) field(s *source, l classicLine) (block string, err error) {
	if l.block && len(l.words) == 1 {
		return l.words[0], nil
	}
	if len(l.words) != 2 || l.block {
		return "", s.fail(l.number, "", "want a key and a value: the file is cut off or damaged")
	}
	switch l.words[0] {
	case "version":
		e.version = l.words[1]
	case "resolved":
		e.resolved = l.words[1]
	case "integrity":
		e.integrity = l.words[1]
	}
	return "", nil
}

func (e *classicEntry) nested(l classicLine, block string) {
	if len(l.words) != 2 || l.indent > 4 {
		return
	}
	d := dependency{name: l.words[0], spec: l.words[1], line: l.number}
	switch block {
	case "dependencies":
		e.deps = append(e.deps, d)
	case "optionalDependencies":
		d.kind = KindOptional
		e.deps = append(e.deps, d)
	}
}

func checkClassic(s *source, entries []*classicEntry) error {
	lines := map[string]int{}
	for _, e := range entries {
		if e.version == "" {
			return s.fail(e.line, e.descriptors[0], "the entry has no version: the file is cut off or damaged")
		}
		for _, d := range e.descriptors {
			if first, twice := lines[d]; twice {
				return s.fail(e.line, d, "the descriptor occurs twice, first in line %d", first)
			}
			lines[d] = e.line
		}
	}
	return nil
}
