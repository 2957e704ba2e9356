package marker

import (
	"fmt"
	"strings"
)

// scanner reads a text from left to right. Blanks between tokens have no meaning.
type scanner struct {
	text string
	at   int
}

func (s *scanner) blanks() {
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

func (s *scanner) atEnd() bool {
	s.blanks()
	return s.at == len(s.text)
}

// symbol passes over a text if it comes next.
func (s *scanner) symbol(text string) bool {
	s.blanks()
	if !strings.HasPrefix(s.text[s.at:], text) {
		return false
	}
	s.at += len(text)
	return true
}

// word passes over a word if it comes next and ends there.
func (s *scanner) word(text string) bool {
	s.blanks()
	start := s.at
	if s.name() == text {
		return true
	}
	s.at = start
	return false
}

// name reads letters, digits, "_" and ".".
func (s *scanner) name() string {
	start := s.at
	for s.at < len(s.text) && (isWordByte(s.text[s.at]) || s.text[s.at] == '.') {
		s.at++
	}
	return s.text[start:s.at]
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

func (s *scanner) unexpected(want string) error {
	s.blanks()
	if s.at == len(s.text) {
		return fmt.Errorf("want %s at the end", want)
	}
	return fmt.Errorf("want %s before %s", want, shorten(s.text[s.at:]))
}

// shorten quotes a text for an error.
func shorten(text string) string {
	if len(text) > 80 {
		text = text[:80] + "…"
	}
	return fmt.Sprintf("%q", text)
}
