package version

import "strings"

// parts are the parts of a version in normal form. Numbers are kept as decimal
// digits without leading zeros, because PEP 440 sets no limit to them.
type parts struct {
	epoch   string
	release []string
	pre     string // "a", "b", "rc" or ""
	preN    string
	postN   string // "" when there is no such part
	devN    string
	local   string // lower case, divided by dots
}

type scanner struct {
	text string // lower case
	at   int
}

func parse(text string) (parts, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || len(trimmed) > MaxLength {
		return parts{}, invalid(text, "a version has 1 to 256 characters")
	}
	s := scanner{text: lower(trimmed)}
	s.skip("v")
	var p parts
	if !s.release(&p) {
		return parts{}, invalid(text, "a version begins with a number, such as 1.0")
	}
	if s.at < len(s.text) && s.text[s.at] != '+' {
		p.pre, p.preN = s.pre()
		p.postN = s.post()
		p.devN = s.labelled("dev")
	}
	if !s.local(&p) || s.at != len(s.text) {
		return parts{}, invalid(text, "unexpected "+quote(s.text[s.at:]))
	}
	return p, nil
}

// lower returns text in lower case, ASCII only: other letters are no part of a
// version and must not become one.
func lower(text string) string {
	for i := range len(text) {
		if c := text[i]; 'A' <= c && c <= 'Z' {
			return strings.Map(func(r rune) rune {
				if 'A' <= r && r <= 'Z' {
					r += 'a' - 'A'
				}
				return r
			}, text)
		}
	}
	return text
}

func quote(rest string) string {
	if len(rest) > 20 {
		rest = rest[:20] + "…"
	}
	return `"` + rest + `"`
}

// skip passes over prefix if it comes next.
func (s *scanner) skip(prefix string) bool {
	if !strings.HasPrefix(s.text[s.at:], prefix) {
		return false
	}
	s.at += len(prefix)
	return true
}

// separator passes over one of the characters that may stand before and after a
// label.
func (s *scanner) separator() {
	if s.at < len(s.text) && isSeparator(s.text[s.at]) {
		s.at++
	}
}

// number reads digits and returns them without leading zeros, or "".
func (s *scanner) number() string {
	start := s.at
	for s.at < len(s.text) && isDigit(s.text[s.at]) {
		s.at++
	}
	return trimZeros(s.text[start:s.at])
}

func trimZeros(digits string) string {
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:]
	}
	return digits
}

func (s *scanner) release(p *parts) bool {
	p.epoch = "0"
	first := s.number()
	if first != "" && s.skip("!") {
		p.epoch, first = first, s.number()
	}
	if first == "" {
		return false
	}
	p.release = append(make([]string, 0, 4), first)
	for s.at+1 < len(s.text) && s.text[s.at] == '.' && isDigit(s.text[s.at+1]) {
		s.at++
		p.release = append(p.release, s.number())
	}
	return true
}

// preLabels are the spellings of pre-releases; of two with the same beginning
// the longer one comes first.
var preLabels = []struct{ spelling, label string }{
	{"alpha", "a"}, {"a", "a"}, {"beta", "b"}, {"b", "b"}, {"preview", "rc"}, {"pre", "rc"}, {"c", "rc"}, {"rc", "rc"},
}

func (s *scanner) pre() (label, number string) {
	for _, l := range preLabels {
		if number := s.labelled(l.spelling); number != "" {
			return l.label, number
		}
	}
	return "", ""
}

func (s *scanner) post() string {
	start := s.at
	if s.skip("-") {
		if number := s.number(); number != "" {
			return number
		}
		s.at = start
	}
	for _, label := range []string{"post", "rev", "r"} {
		if number := s.labelled(label); number != "" {
			return number
		}
	}
	return ""
}

// labelled reads a label with its number, which is 0 where none is written. It
// returns "" where another text comes.
func (s *scanner) labelled(label string) string {
	start := s.at
	s.separator()
	if !s.skip(label) {
		s.at = start
		return ""
	}
	s.separator()
	if number := s.number(); number != "" {
		return number
	}
	return "0"
}

func (s *scanner) local(p *parts) bool {
	if !s.skip("+") {
		return true
	}
	rest := s.text[s.at:]
	if rest == "" || isSeparator(rest[0]) || isSeparator(rest[len(rest)-1]) {
		return false
	}
	segments := strings.FieldsFunc(rest, func(r rune) bool { return r < 0x80 && isSeparator(byte(r)) })
	length := len(segments) - 1
	for i, segment := range segments {
		if !isAlphanumeric(segment) {
			return false
		}
		length += len(segment)
		if isNumber(segment) {
			segments[i] = trimZeros(segment)
		}
	}
	p.local = strings.Join(segments, ".")
	s.at = len(s.text)
	return length == len(rest) // two separators in a row are none
}

func isDigit(c byte) bool     { return '0' <= c && c <= '9' }
func isSeparator(c byte) bool { return c == '.' || c == '-' || c == '_' }

func isNumber(segment string) bool {
	for i := range len(segment) {
		if !isDigit(segment[i]) {
			return false
		}
	}
	return segment != ""
}

func isAlphanumeric(segment string) bool {
	for i := range len(segment) {
		if c := segment[i]; !isDigit(c) && (c < 'a' || c > 'z') {
			return false
		}
	}
	return segment != ""
}
