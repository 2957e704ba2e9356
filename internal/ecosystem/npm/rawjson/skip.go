package rawjson

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

func skipSpace(data []byte, pos int) int {
	for pos < len(data) && isSpace(data[pos]) {
		pos++
	}
	return pos
}

// space passes over space, and reads on where that is the end of what is in
// memory. Most often there is none, which is why that case is small enough to be
// inlined.
func (p *Parser) space(pos int) int {
	if pos < len(p.data) && p.data[pos] > ' ' {
		return pos
	}
	return p.spaces(pos)
}

func (p *Parser) spaces(pos int) int {
	for ok := true; ; {
		pos = skipSpace(p.data, pos)
		if pos < len(p.data) || !ok {
			return pos
		}
		pos, ok = p.more(pos)
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// skipValue returns where the value that starts at pos ends.
func (p *Parser) skipValue(pos int) (int, error) {
	if pos >= len(p.data) {
		return 0, p.fail(pos, "the text ends where a value is due")
	}
	switch c := p.data[pos]; c {
	case '"':
		return p.skipString(pos)
	case '{':
		return p.skipContainer(pos, '}')
	case '[':
		return p.skipContainer(pos, ']')
	case 't':
		return p.skipLiteral(pos, "true")
	case 'f':
		return p.skipLiteral(pos, "false")
	case 'n':
		return p.skipLiteral(pos, "null")
	default:
		if c == '-' || isDigit(c) {
			return p.skipNumber(pos)
		}
		return 0, p.fail(pos, "no value starts with %q", c)
	}
}

// skipContainer passes over the object or array that starts at pos.
func (p *Parser) skipContainer(pos int, closing byte) (end int, err error) {
	if p.depth++; p.depth > MaxDepth {
		return 0, p.fail(pos, "nested deeper than %d", MaxDepth)
	}
	pos = p.space(pos + 1)
	if pos < len(p.data) && p.data[pos] == closing {
		p.depth--
		return pos + 1, nil
	}
	for {
		if closing == '}' {
			if pos, err = p.skipKey(pos); err != nil {
				return 0, err
			}
		}
		if pos, err = p.skipValue(pos); err != nil {
			return 0, err
		}
		pos = p.space(pos)
		if pos >= len(p.data) {
			return 0, p.fail(pos, "the text ends inside %q", closing)
		}
		switch p.data[pos] {
		case closing:
			p.depth--
			return pos + 1, nil
		case ',':
			pos = p.space(pos + 1)
		default:
			return 0, p.fail(pos, "want ',' or %q", closing)
		}
	}
}

// skipKey passes over a key, its colon and the space around them.
func (p *Parser) skipKey(pos int) (int, error) {
	if pos >= len(p.data) || p.data[pos] != '"' {
		return 0, p.fail(pos, "want a key in quotes")
	}
	pos, err := p.skipString(pos)
	if err != nil {
		return 0, err
	}
	pos = p.space(pos)
	if pos >= len(p.data) || p.data[pos] != ':' {
		return 0, p.fail(pos, "want ':' behind a key")
	}
	return p.space(pos + 1), nil
}

func (p *Parser) skipLiteral(pos int, word string) (int, error) {
	pos = p.need(pos, len(word))
	if !bytes.HasPrefix(p.data[pos:], []byte(word)) {
		return 0, p.fail(pos, "want %s", word)
	}
	return pos + len(word), nil
}

// skipString passes over the string whose opening quote stands at pos.
func (p *Parser) skipString(pos int) (int, error) {
	start := p.before + pos
	pos++
	for ok := true; ; {
		pos = skipPlain(p.data, pos)
		if pos >= len(p.data) {
			if !ok {
				return 0, p.fail(start-p.before, "a string does not end")
			}
			pos, ok = p.more(pos)
			continue
		}
		switch p.data[pos] {
		case '"':
			return pos + 1, nil
		case '\\':
			pos = p.need(pos, longestEscape)
			n := escapeLen(p.data[pos:])
			if n == 0 {
				return 0, p.fail(pos, "unknown escape")
			}
			pos += n
		default:
			return 0, p.fail(pos, "control character in a string")
		}
	}
}

// skipPlain returns the position of the first quote, backslash or control
// character at or after pos.
func skipPlain(data []byte, pos int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; pos+8 <= len(data); pos += 8 {
		w := binary.LittleEndian.Uint64(data[pos:])
		quote, backslash := w^(ones*'"'), w^(ones*'\\')
		// Bytes that are zero after the exclusive or, or less than a space, leave
		// their top bit set; bytes above 127 leave none of it. A borrow can set the
		// bit of a later byte, but never that of an earlier one.
		if found := ((quote-ones)&^quote | (backslash-ones)&^backslash | (w-ones*' ')&^w) & tops; found != 0 {
			return pos + bits.TrailingZeros64(found)/8
		}
	}
	for pos < len(data) && data[pos] >= ' ' && data[pos] != '"' && data[pos] != '\\' {
		pos++
	}
	return pos
}

// longestEscape is the length of \u and its digits.
const longestEscape = 6

// escapeLen returns the length of the escape sequence that data starts with, or
// 0 when it is none.
func escapeLen(data []byte) int {
	if len(data) < 2 {
		return 0
	}
	switch data[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(data) < longestEscape {
			return 0
		}
		for _, c := range data[2:longestEscape] {
			if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return longestEscape
	}
	return 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func skipDigits(data []byte, pos int) int {
	for pos < len(data) && isDigit(data[pos]) {
		pos++
	}
	return pos
}

// numberEnd returns where the bytes that numbers are made of end.
func numberEnd(data []byte, pos int) int {
	for pos < len(data) && (isDigit(data[pos]) || bytes.IndexByte([]byte("+-.eE"), data[pos]) >= 0) {
		pos++
	}
	return pos
}

// skipNumber passes over the number that starts at pos.
func (p *Parser) skipNumber(pos int) (int, error) {
	for ok := true; ok && numberEnd(p.data, pos) == len(p.data); {
		pos, ok = p.more(pos)
	}
	start := pos
	if p.data[pos] == '-' {
		pos++
	}
	end := skipDigits(p.data, pos)
	if end == pos || (p.data[pos] == '0' && end > pos+1) {
		return 0, p.fail(start, "not a number")
	}
	pos = end
	if pos < len(p.data) && p.data[pos] == '.' {
		if end = skipDigits(p.data, pos+1); end == pos+1 {
			return 0, p.fail(start, "not a number")
		}
		pos = end
	}
	if pos < len(p.data) && p.data[pos]|0x20 == 'e' {
		pos++
		if pos < len(p.data) && (p.data[pos] == '+' || p.data[pos] == '-') {
			pos++
		}
		if end = skipDigits(p.data, pos); end == pos {
			return 0, p.fail(start, "not a number")
		}
		pos = end
	}
	return pos, nil
}
