// Package anchor reads the start tags of an HTML page that a package index is made
// of: a, base, meta and title. It tokenizes as the HTML standard demands (quotes,
// character references, comments, raw text), keeps no tree and copies nothing
// that is not asked for: the pages of indexes reach 20 MB.
package anchor

import "bytes"

// maxAttributes is how many attributes of one tag are kept.
const maxAttributes = 32

// Scanner goes through a page tag by tag. The page must not change meanwhile.
type Scanner struct {
	page       []byte
	pos        int
	kind       Kind
	attributes []attribute
	text       []byte   // of an element of raw text
	lower      [12]byte // name of a tag, in lower case
}

type attribute struct{ name, value []byte }

// Kind is the kind of a tag.
type Kind uint8

// The kinds of tag that are reported.
const (
	None  Kind = iota
	A          // <a>
	Base       // <base>
	Meta       // <meta>
	Title      // <title>; Text is what it holds
	Form       // <form>, which no index has
)

var kinds = map[string]Kind{"a": A, "base": Base, "meta": Meta, "title": Title, "form": Form}

// rawText are the elements whose content is text up to their end tag.
var rawText = map[string]bool{
	"iframe": true, "noembed": true, "noframes": true, "noscript": true, "plaintext": true,
	"script": true, "style": true, "textarea": true, "title": true, "xmp": true,
}

// New returns a Scanner at the start of a page.
func New(page []byte) *Scanner {
	return &Scanner{page: page, attributes: make([]attribute, 0, maxAttributes)}
}

// Kind is that of the tag that Next found.
func (s *Scanner) Kind() Kind { return s.kind }

// Next goes to the next tag of a kind that is reported, and reports whether there
// is one.
func (s *Scanner) Next() bool {
	for {
		i := bytes.IndexByte(s.page[s.pos:], '<')
		if i < 0 || s.pos+i+1 >= len(s.page) {
			s.kind, s.pos = None, len(s.page)
			return false
		}
		s.pos += i + 1
		switch c := s.page[s.pos]; {
		case isLetter(c):
			if s.startTag() {
				return true
			}
		case c == '!' || c == '?' || c == '/':
			s.other(c)
		}
	}
}

// startTag reads a tag from its name on, and reports whether its kind is one to
// report.
func (s *Scanner) startTag() bool {
	start := s.pos
	for s.pos < len(s.page) && !endsName(s.page[s.pos]) {
		s.pos++
	}
	s.kind = None
	name := s.page[start:s.pos]
	raw := false
	if len(name) < len(s.lower) {
		lower := s.lower[:len(name)]
		for i, c := range name {
			lower[i] = toLower(c)
		}
		s.kind, raw = kinds[string(lower)], rawText[string(lower)]
	}
	if !s.readAttributes() {
		s.kind = None // the page ends within the tag, which is none then
		return false
	}
	if s.text = nil; raw {
		start := s.pos
		s.skipRaw(name)
		s.text = s.page[start:s.pos]
	}
	return s.kind != None
}

// other skips an end tag, a comment or what is taken for one.
func (s *Scanner) other(c byte) {
	rest := s.page[s.pos+1:]
	switch {
	case c == '!' && bytes.HasPrefix(rest, []byte("--")):
		s.pos += 3
		s.skipComment()
		return
	case c == '/' && len(rest) > 0 && isLetter(rest[0]):
		s.pos++
		for s.pos < len(s.page) && !endsName(s.page[s.pos]) {
			s.pos++
		}
		s.readAttributes()
		return
	}
	if i := bytes.IndexByte(rest, '>'); i >= 0 && !(c == '/' && len(rest) == 0) {
		s.pos += 1 + i + 1
		return
	}
	if c != '/' || len(rest) > 0 {
		s.pos = len(s.page)
	}
}

// skipComment goes behind a comment, from behind its "<!--".
func (s *Scanner) skipComment() {
	rest := s.page[s.pos:]
	for _, short := range []string{">", "->"} {
		if bytes.HasPrefix(rest, []byte(short)) {
			s.pos += len(short)
			return
		}
	}
	for i := 0; ; {
		next := bytes.Index(rest[i:], []byte("--"))
		if next < 0 {
			s.pos = len(s.page)
			return
		}
		i += next
		end := i + 2
		if end < len(rest) && rest[end] == '!' {
			end++
		}
		if end < len(rest) && rest[end] == '>' {
			s.pos += end + 1
			return
		}
		i++
	}
}

// skipRaw goes to the end tag of an element of raw text. Without one the rest of
// the page is text.
func (s *Scanner) skipRaw(name []byte) {
	for {
		i := bytes.Index(s.page[s.pos:], []byte("</"))
		if i < 0 || len(name) == len("plaintext") && bytes.EqualFold(name, []byte("plaintext")) {
			s.pos = len(s.page)
			return
		}
		s.pos += i
		end := s.pos + 2 + len(name)
		if end < len(s.page) && endsName(s.page[end]) && bytes.EqualFold(s.page[s.pos+2:end], name) {
			return
		}
		s.pos += 2
	}
}

// Text is what a <title> holds, with character references as they are.
func (s *Scanner) Text() []byte { return bytes.TrimSpace(s.text) }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

func endsName(c byte) bool { return isSpace(c) || c == '/' || c == '>' }

func toLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
