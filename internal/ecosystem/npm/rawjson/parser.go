// Package rawjson walks JSON text (RFC 8259) without decoding it: values are
// handed out as parts of the input, so that a large document costs one pass over
// its bytes and no more memory than what the caller keeps.
//
// It accepts exactly the texts that encoding/json accepts, as long as nothing in
// them is nested deeper than [MaxDepth].
package rawjson

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

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
	data  []byte // the text, or the part of it that is in memory
	pos   int
	depth int

	source io.Reader // of the rest of the text; nil when there is none
	before int       // bytes of the text before data
	held   int       // where data must be kept from; -1 when that is nowhere
	err    error     // why source ended early
}

// NewParser returns a Parser of data, which must not change while it is used.
func NewParser(data []byte) *Parser { return &Parser{data: data, held: -1} }

// window is how much of a text is in memory at least.
const window = 64 << 10

var windows = sync.Pool{New: func() any { return new([window]byte) }}

// Read calls do with a Parser of the text that source gives. Of the text no more is
// in memory than a little, or the value at hand: what the Parser returns is only
// valid until it is used again, and not after do has returned. An error of source
// is returned as it is.
func Read(source io.Reader, do func(p *Parser) error) error {
	buffer := windows.Get().(*[window]byte)
	defer windows.Put(buffer)
	return do(newReading(source, buffer[:0]))
}

func newReading(source io.Reader, buffer []byte) *Parser {
	return &Parser{data: buffer, source: source, held: -1}
}

// more reads on, so that more of the text stands behind pos. It keeps what stands
// at pos and is held, and returns where that place is now.
func (p *Parser) more(pos int) (int, bool) {
	if p.source == nil {
		return pos, false
	}
	from := pos
	if p.held >= 0 {
		from = min(p.held, pos)
		p.held -= from
	}
	if len(p.data)-from > cap(p.data)/2 {
		p.data = append(make([]byte, 0, 2*cap(p.data)), p.data[from:]...)
	} else {
		p.data = append(p.data[:0], p.data[from:]...)
	}
	p.before += from
	n, err := io.ReadFull(p.source, p.data[len(p.data):cap(p.data)])
	p.data = p.data[:len(p.data)+n]
	if err != nil {
		p.source = nil
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			p.err = err
		}
	}
	return pos - from, n > 0
}

// need reads on until n bytes stand at pos or the text ends.
func (p *Parser) need(pos, n int) int {
	for ok := true; ok && len(p.data)-pos < n; {
		pos, ok = p.more(pos)
	}
	return pos
}

func (p *Parser) fail(at int, format string, args ...any) error {
	if p.err != nil {
		return p.err
	}
	return &SyntaxError{Offset: p.before + at, Reason: fmt.Sprintf(format, args...)}
}

// Peek returns the first byte of the next value, which tells its type, or 0 at
// the end of the text.
func (p *Parser) Peek() byte {
	p.pos = p.space(p.pos)
	if p.pos == len(p.data) {
		return 0
	}
	return p.data[p.pos]
}

// Value returns the text of the next value, a part of the input.
func (p *Parser) Value() ([]byte, error) {
	p.held = p.space(p.pos)
	end, err := p.skipValue(p.held)
	if err != nil {
		return nil, err
	}
	value := p.data[p.held:end:end]
	p.pos, p.held = end, -1
	return value, nil
}

// Skip passes over the next value.
func (p *Parser) Skip() (err error) {
	p.pos, err = p.skipValue(p.space(p.pos))
	return err
}

// End checks that nothing follows the last value.
func (p *Parser) End() error {
	if p.Peek() != 0 || p.pos < len(p.data) || p.err != nil {
		return p.fail(p.pos, "text after the value")
	}
	return nil
}

// Object reads the next value and calls member with the decoded key of each of
// its members, in order; member may read the value, else it is passed over. A
// value that is no object is passed over without a call. Keys that occur twice
// are reported twice: the last one counts. The key is only valid until the Parser
// is used.
func (p *Parser) Object(member func(key []byte) error) error {
	if p.Peek() != '{' {
		return p.Skip()
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
		return p.Skip()
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
	start := p.before + p.pos
	if err := read(); err != nil || p.before+p.pos != start {
		return err
	}
	return p.Skip()
}

// key reads a member's key and the colon behind it.
func (p *Parser) key() ([]byte, error) {
	if p.Peek() != '"' {
		return nil, p.fail(p.pos, "want a key in quotes")
	}
	p.held = p.pos
	end, err := p.skipString(p.pos)
	if err != nil {
		return nil, err
	}
	size := end - p.held
	p.pos = end
	if p.Peek() != ':' {
		return nil, p.fail(p.pos, "want ':' behind a key")
	}
	p.pos++
	p.Peek() // so that the value is in memory beside the key
	raw := p.data[p.held : p.held+size]
	p.held = -1
	return unquote(raw), nil
}
