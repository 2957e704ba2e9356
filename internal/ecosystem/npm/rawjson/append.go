package rawjson

import (
	"unicode/utf16"
	"unicode/utf8"
)

// AppendCompact appends the valid JSON text value to dst without the space
// between its tokens; strings stay as they are.
func AppendCompact(dst, value []byte) []byte {
	for pos := 0; pos < len(value); {
		c := value[pos]
		switch {
		case c == '"':
			end := stringEnd(value, pos)
			dst = append(dst, value[pos:end]...)
			pos = end
		case isSpace(c):
			pos++
		default:
			dst = append(dst, c)
			pos++
		}
	}
	return dst
}

// stringEnd returns where the valid string at pos ends.
func stringEnd(value []byte, pos int) int {
	for pos++; pos < len(value); {
		pos = skipPlain(value, pos)
		if pos >= len(value) {
			break
		}
		if value[pos] == '"' {
			return pos + 1
		}
		pos++ // past a backslash, and what it escapes
		if value[pos-1] == '\\' {
			pos++
		}
	}
	return len(value)
}

// AppendSafe appends the valid JSON text value to dst in the form in which it is
// published: compact, ASCII only, and with '<', '>' and '&' escaped, so that it
// means the same under any charset and is harmless when served as HTML. Bytes
// that are no UTF-8 become U+FFFD.
func AppendSafe(dst, value []byte) []byte {
	start, inString := 0, false
	for pos := 0; pos < len(value); {
		c := value[pos]
		if safe[c] && (inString || !isSpace(c)) {
			pos++
			continue
		}
		switch {
		case c == '"':
			inString = !inString
			pos++
			continue
		case c == '\\':
			pos += 2
			continue
		}
		dst = append(dst, value[start:pos]...)
		if c < utf8.RuneSelf {
			if c > ' ' {
				dst = appendEscape(dst, uint16(c))
			}
			pos++
		} else {
			r, size := utf8.DecodeRune(value[pos:])
			dst = appendRune(dst, r)
			pos += size
		}
		start = pos
	}
	return append(dst, value[min(start, len(value)):]...)
}

// safe says which bytes AppendSafe may leave as they are inside a string.
var safe = func() (table [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		table[c] = true
	}
	for _, c := range `"\<>&` {
		table[c] = false
	}
	return table
}()

func appendRune(dst []byte, r rune) []byte {
	if r >= 0x10000 {
		high, low := utf16.EncodeRune(r)
		return appendEscape(appendEscape(dst, uint16(high)), uint16(low))
	}
	return appendEscape(dst, uint16(r))
}

func appendEscape(dst []byte, unit uint16) []byte {
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[unit>>12], hex[unit>>8&15], hex[unit>>4&15], hex[unit&15])
}

// AppendString appends text to dst as a JSON string in the form of AppendSafe.
func AppendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	start := 0
	for pos := 0; pos < len(text); {
		c := text[pos]
		if safe[c] {
			pos++
			continue
		}
		dst = append(dst, text[start:pos]...)
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
			pos++
		case c < utf8.RuneSelf:
			dst = appendEscape(dst, uint16(c))
			pos++
		default:
			r, size := utf8.DecodeRuneInString(text[pos:])
			dst = appendRune(dst, r)
			pos += size
		}
		start = pos
	}
	return append(append(dst, text[start:]...), '"')
}
