package simple

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// errJSON says that a text is no JSON, or nested deeper than any index nests.
var errJSON = errors.New("no JSON")

const maxNesting = 64

// jsonScanner goes through a JSON text once, forwards, and decodes only what it is
// asked for. It finds the structure of every valid text; not every invalid one is
// refused.
type jsonScanner struct {
	text  []byte
	pos   int
	depth int
}

// peek returns the first character of the next value, 0 at the end.
func (s *jsonScanner) peek() byte {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; c {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

func (s *jsonScanner) fail() error { return fmt.Errorf("%w at byte %d", errJSON, s.pos) }

// take goes over a character that must be next.
func (s *jsonScanner) take(c byte) error {
	if s.peek() != c {
		return s.fail()
	}
	s.pos++
	return nil
}

// members goes through an object or a list. one reads a member, and its key first
// where there are keys.
func (s *jsonScanner) members(open, shut byte, one func() error) error {
	if s.depth++; s.depth > maxNesting {
		return s.fail()
	}
	defer func() { s.depth-- }()
	if err := s.take(open); err != nil {
		return err
	}
	if s.peek() == shut {
		s.pos++
		return nil
	}
	for {
		if err := one(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case shut:
			s.pos++
			return nil
		default:
			return s.fail()
		}
	}
}

// object calls member for each key; member reads the value.
func (s *jsonScanner) object(member func(key []byte) error) error {
	return s.members('{', '}', func() error {
		raw, err := s.rawString()
		if err != nil {
			return err
		}
		if err := s.take(':'); err != nil {
			return err
		}
		key := raw[1 : len(raw)-1]
		if bytes.IndexByte(key, '\\') >= 0 {
			text, err := unquote(raw)
			if err != nil {
				return err
			}
			key = []byte(text)
		}
		return member(key)
	})
}

// list calls one for each element, which it reads.
func (s *jsonScanner) list(one func() error) error { return s.members('[', ']', one) }

// rawString returns a string with its quotes and escapes.
func (s *jsonScanner) rawString() ([]byte, error) {
	if s.peek() != '"' {
		return nil, s.fail()
	}
	start := s.pos
	for at := start + 1; ; {
		end := bytes.IndexByte(s.text[at:], '"')
		if end < 0 {
			return nil, s.fail()
		}
		at += end
		slashes := 0
		for s.text[at-1-slashes] == '\\' {
			slashes++
		}
		at++
		if slashes%2 == 0 {
			s.pos = at
			return s.text[start:at], nil
		}
	}
}

// unquote returns the text of a string.
func unquote(raw []byte) (string, error) {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return "", fmt.Errorf("%w: %w", errJSON, err)
	}
	return text, nil
}

// str reads a string; ok is false for a value of another kind, which is gone over.
func (s *jsonScanner) str() (text string, ok bool, err error) {
	if s.peek() != '"' {
		_, err := s.value()
		return "", false, err
	}
	raw, err := s.rawString()
	if err != nil {
		return "", false, err
	}
	text, err = unquote(raw)
	return text, err == nil, err
}

// number reads a whole number; 0 for every other value.
func (s *jsonScanner) number() (int64, error) {
	raw, err := s.value()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0, nil //nolint:nilerr // of another kind
	}
	return n, nil
}

// value goes over a value and returns it as it is written.
func (s *jsonScanner) value() ([]byte, error) {
	c := s.peek()
	start := s.pos
	var err error
	switch c {
	case '"':
		_, err = s.rawString()
	case '{':
		err = s.object(func([]byte) error { _, err := s.value(); return err })
	case '[':
		err = s.list(func() error { _, err := s.value(); return err })
	default:
		for s.pos < len(s.text) && isLiteral(s.text[s.pos]) {
			s.pos++
		}
		if s.pos == start {
			err = s.fail()
		}
	}
	return s.text[start:s.pos], err
}

func isLiteral(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}
