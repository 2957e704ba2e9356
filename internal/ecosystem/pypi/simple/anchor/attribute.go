package anchor

import (
	"bytes"
	"html"
	"strings"
)

// readAttributes reads the attributes of a tag and goes behind its ">". It is not
// ok when the page ends before.
func (s *Scanner) readAttributes() bool {
	s.attributes = s.attributes[:0]
	for {
		for s.pos < len(s.page) && (isSpace(s.page[s.pos]) || s.page[s.pos] == '/') {
			s.pos++
		}
		if s.pos >= len(s.page) {
			return false
		}
		if s.page[s.pos] == '>' {
			s.pos++
			return true
		}
		one := attribute{name: s.attributeName()}
		var ok bool
		if one.value, ok = s.attributeValue(); !ok {
			return false
		}
		if len(s.attributes) < maxAttributes {
			s.attributes = append(s.attributes, one)
		}
	}
}

func (s *Scanner) attributeName() []byte {
	start := s.pos
	s.pos++ // a "=" that comes first belongs to the name
	for s.pos < len(s.page) && !endsName(s.page[s.pos]) && s.page[s.pos] != '=' {
		s.pos++
	}
	return s.page[start:s.pos]
}

// attributeValue reads "= value" if it follows.
func (s *Scanner) attributeValue() (value []byte, ok bool) {
	s.skipSpace()
	if s.pos >= len(s.page) || s.page[s.pos] != '=' {
		return nil, s.pos < len(s.page)
	}
	s.pos++
	s.skipSpace()
	if s.pos >= len(s.page) {
		return nil, false
	}
	switch quote := s.page[s.pos]; quote {
	case '"', '\'':
		s.pos++
		end := bytes.IndexByte(s.page[s.pos:], quote)
		if end < 0 {
			s.pos = len(s.page)
			return nil, false
		}
		value = s.page[s.pos : s.pos+end]
		s.pos += end + 1
		return value, true
	case '>':
		return nil, true
	}
	start := s.pos
	for s.pos < len(s.page) && !isSpace(s.page[s.pos]) && s.page[s.pos] != '>' {
		s.pos++
	}
	return s.page[start:s.pos], s.pos < len(s.page)
}

func (s *Scanner) skipSpace() {
	for s.pos < len(s.page) && isSpace(s.page[s.pos]) {
		s.pos++
	}
}

// Raw returns the value of an attribute as the page has it, with its character
// references; the first counts of several. The name is in lower case.
func (s *Scanner) Raw(name string) (value []byte, ok bool) {
	for _, one := range s.attributes {
		if len(one.name) == len(name) && equalLower(one.name, name) {
			return one.value, true
		}
	}
	return nil, false
}

// Value returns the value of an attribute.
func (s *Scanner) Value(name string) (value string, ok bool) {
	raw, ok := s.Raw(name)
	return Unescape(raw), ok
}

func equalLower(text []byte, lower string) bool {
	for i, c := range text {
		if toLower(c) != lower[i] {
			return false
		}
	}
	return true
}

// Unescape returns the text of an attribute's value: character references are
// resolved as the HTML standard has it within attributes, where "&copy=1" is part
// of an address, and line ends are "\n".
func Unescape(value []byte) string {
	if bytes.IndexByte(value, '&') < 0 && bytes.IndexByte(value, '\r') < 0 {
		return string(value)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(value), "\r\n", "\n"), "\r", "\n")
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '&')
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i])
		text = text[i:]
		end := referenceEnd(text)
		b.WriteString(resolve(text[:end], text[end:]))
		text = text[end:]
	}
}

// referenceEnd returns where the character reference that text begins with ends.
func referenceEnd(text string) int {
	end, isDigit := 1, isNameByte
	if rest, numeric := strings.CutPrefix(text, "&#"); numeric {
		end, isDigit = 2, isDecimal
		if strings.HasPrefix(rest, "x") || strings.HasPrefix(rest, "X") {
			end, isDigit = 3, isHex
		}
	}
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	if end < len(text) && text[end] == ';' {
		end++
	}
	return end
}

func isDecimal(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool      { return isDecimal(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isNameByte(c byte) bool { return isDecimal(c) || isLetter(c) }

// resolve returns what a reference stands for, itself if it is none. rest is the
// text behind it.
func resolve(reference, rest string) string {
	name, closed := strings.CutSuffix(reference, ";")
	whole := html.UnescapeString(name + ";")
	switch {
	case strings.HasPrefix(reference, "&#"):
		if last := name[len(name)-1]; last == '#' || last == 'x' || last == 'X' {
			return reference
		}
		return whole
	case closed && strings.HasSuffix(whole, ";") && whole != ";":
		return reference // at most its beginning is a name, as in "&notit;"
	case closed:
		return whole
	case strings.HasPrefix(rest, "=") || html.UnescapeString(name) != whole:
		return reference
	}
	return whole
}
