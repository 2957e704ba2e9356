// Package rawjson walks JSON text (RFC 8259) without decoding it: values are
// handed out as parts of the input, so that a large document costs one pass over
// its bytes and no more memory than what the caller keeps.
//
// It accepts exactly the texts that encoding/json accepts, as long as nothing in
// them is nested deeper than [MaxDepth].
package rawjson

import "fmt"

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 512

// SyntaxError says where a text stops being JSON.
type SyntaxError struct {
	Offset int // bytes before the place
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at byte %d: %s", e.Offset, e.Reason)
}

// Parser reads one JSON text from front to back. After an error it must not be
// used again.
type Parser struct {
	data  []byte
	pos   int
	depth int
}

// NewParser returns a Parser of data, which must not change while it is used.
func NewParser(data []byte) *Parser { return &Parser{data: data} }

func (p *Parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{Offset: at, Reason: fmt.Sprintf(format, args...)}
}

// Peek returns the first byte of the next value, which tells its type, or 0 at
// the end of the text.
func (p *Parser) Peek() byte {
	p.pos = skipSpace(p.data, p.pos)
	if p.pos == len(p.data) {
		return 0
	}
	return p.data[p.pos]
}

// Value returns the text of the next value, a part of the input.
func (p *Parser) Value() ([]byte, error) {
	start := skipSpace(p.data, p.pos)
	end, err := p.skipValue(start)
	if err != nil {
		return nil, err
	}
	p.pos = end
	return p.data[start:end:end], nil
}

// End checks that nothing follows the last value.
func (p *Parser) End() error {
	if p.Peek() != 0 || p.pos < len(p.data) {
		return p.fail(p.pos, "text after the value")
	}
	return nil
}

// Object reads the next value and calls member with the decoded key of each of
// its members, in order; member may read the value, else it is passed over. A
// value that is no object is passed over without a call. Keys that occur twice
// are reported twice: the last one counts. The key is only valid during the call.
func (p *Parser) Object(member func(key []byte) error) error {
	if p.Peek() != '{' {
		_, err := p.Value()
		return err
	}
	return p.sequence('}', func() error {
		key, err := p.key()
		if err != nil {
			return err
		}
		return p.element(func() error { return member(key) })
	})
}

// Array reads the next value and calls element for each of its elements, which
// it may read. A value that is no array is passed over without a call.
func (p *Parser) Array(element func() error) error {
	if p.Peek() != '[' {
		_, err := p.Value()
		return err
	}
	return p.sequence(']', func() error { return p.element(element) })
}

// sequence reads what stands between the bracket at the current position and
// its closing one, an item at a time.
func (p *Parser) sequence(closing byte, item func() error) error {
	if p.depth++; p.depth > MaxDepth {
		return p.fail(p.pos, "nested deeper than %d", MaxDepth)
	}
	p.pos++
	if p.Peek() == closing {
		p.pos++
		p.depth--
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		switch c := p.Peek(); c {
		case ',':
			p.pos++
		case closing:
			p.pos++
			p.depth--
			return nil
		default:
			return p.fail(p.pos, "want ',' or %q", closing)
		}
	}
}

// element calls read and passes over the value if read did not take it.
func (p *Parser) element(read func() error) error {
	p.Peek() // to the value itself
	before := p.pos
	if err := read(); err != nil || p.pos != before {
		return err
	}
	_, err := p.Value()
	return err
}

// key reads a member's key and the colon behind it.
func (p *Parser) key() ([]byte, error) {
	if p.Peek() != '"' {
		return nil, p.fail(p.pos, "want a key in quotes")
	}
	raw, err := p.Value()
	if err != nil {
		return nil, err
	}
	if p.Peek() != ':' {
		return nil, p.fail(p.pos, "want ':' behind a key")
	}
	p.pos = skipSpace(p.data, p.pos+1)
	return unquote(raw), nil
}
