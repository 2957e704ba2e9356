package pypi

import (
	"bytes"
	"encoding/json"
	"strings"
)

// factWriter writes facts by the thousand, into few pieces of memory. What it
// writes decodeFacts reads fast; in the ledger they stand as facts.encode has them.
type factWriter struct{ piece []byte }

// factPiece is the size of a piece of memory, in bytes.
const factPiece = 16 << 10

func (w *factWriter) write(f *facts) json.RawMessage {
	if cap(w.piece)-len(w.piece) < factPiece/4 {
		w.piece = make([]byte, 0, factPiece)
	}
	start := len(w.piece)
	w.piece = append(w.piece, '{')
	if f.Python != "" {
		w.member("python", f.Python)
		w.piece = append(w.piece, ',')
	}
	w.piece = append(w.piece, `"files":[`...)
	for i := range f.Files {
		if i > 0 {
			w.piece = append(w.piece, ',')
		}
		w.file(&f.Files[i])
	}
	w.piece = append(w.piece, "]}"...)
	return json.RawMessage(w.piece[start:len(w.piece):len(w.piece)])
}

func (w *factWriter) file(f *fileFacts) {
	w.piece = append(w.piece, '{')
	w.member("name", f.Name)
	if f.Python != nil {
		w.next("python", *f.Python)
	}
	if f.Uploaded != "" {
		w.next("uploaded", f.Uploaded)
	}
	if f.Yanked != nil {
		w.next("yanked", *f.Yanked)
	}
	if f.Provenance != "" {
		w.next("provenance", f.Provenance)
	}
	w.piece = append(w.piece, '}')
}

func (w *factWriter) next(key, text string) {
	w.piece = append(w.piece, ',')
	w.member(key, text)
}

func (w *factWriter) member(key, text string) {
	w.piece = append(append(append(w.piece, '"'), key...), '"', ':')
	if isPlainText(text) {
		w.piece = append(append(append(w.piece, '"'), text...), '"')
		return
	}
	quoted, err := json.Marshal(text)
	if err != nil { // no text has one
		quoted = []byte(`""`)
	}
	w.piece = append(w.piece, quoted...)
}

// isPlainText reports whether a text stands in JSON as it is.
func isPlainText(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7F || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// scanFacts reads facts in the form in which this package writes them: members in
// their order, without blanks. It reports whether they have it.
func scanFacts(raw []byte) (facts, bool) {
	s := factScanner{rest: raw, good: true}
	var f facts
	s.take(`{`)
	if s.has(`"python":`) {
		f.Python = s.text()
		s.take(`,`)
	}
	s.take(`"files":[`)
	f.Files = make([]fileFacts, 0, bytes.Count(raw, []byte(`"name":`)))
	for s.good && !s.has(`]`) {
		if len(f.Files) > 0 {
			s.take(`,`)
		}
		f.Files = append(f.Files, s.file())
	}
	s.take(`}`)
	return f, s.good && len(s.rest) == 0
}

// factScanner goes through facts once, forwards.
type factScanner struct {
	rest []byte
	good bool
}

func (s *factScanner) has(text string) bool {
	if len(s.rest) < len(text) || string(s.rest[:len(text)]) != text {
		return false
	}
	s.rest = s.rest[len(text):]
	return true
}

func (s *factScanner) take(text string) { s.good = s.good && s.has(text) }

// text reads a string.
func (s *factScanner) text() string {
	s.take(`"`)
	for i, c := range s.rest {
		switch {
		case c == '\\':
			return s.escaped(i)
		case c == '"':
			text := string(s.rest[:i])
			s.rest = s.rest[i+1:]
			return text
		case c < ' ' || c >= 0x7F:
			s.good = false
		}
	}
	s.good = false
	return ""
}

// escapes are those that encoding/json writes for characters that are frequent in
// specifiers.
var escapes = strings.NewReplacer(`\u003e`, ">", `\u003c`, "<", `\u0026`, "&")

// escaped reads a string with an escape at an offset.
func (s *factScanner) escaped(at int) string {
	for ; at < len(s.rest) && s.rest[at] != '"'; at++ {
		if s.rest[at] == '\\' {
			at++
		}
	}
	if at >= len(s.rest) {
		s.good = false
		return ""
	}
	raw := string(s.rest[:at])
	s.rest = s.rest[at+1:]
	if text := escapes.Replace(raw); strings.IndexByte(text, '\\') < 0 && isPlainText(text) {
		return text
	}
	text := ""
	s.good = s.good && json.Unmarshal([]byte(`"`+raw+`"`), &text) == nil
	return text
}

func (s *factScanner) file() fileFacts {
	var f fileFacts
	s.take(`{"name":`)
	f.Name = s.text()
	if s.has(`,"python":`) {
		text := s.text()
		f.Python = &text
	}
	if s.has(`,"uploaded":`) {
		f.Uploaded = s.text()
	}
	if s.has(`,"yanked":`) {
		text := s.text()
		f.Yanked = &text
	}
	if s.has(`,"provenance":`) {
		f.Provenance = s.text()
	}
	s.take(`}`)
	return f
}
