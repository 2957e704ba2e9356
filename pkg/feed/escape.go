package feed

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of an escaped name, in bytes.
const (
	maxEscapedSegment = 200
	maxEscapedName    = 1000
)

const hexDigits = "0123456789abcdef"

// EscapeName returns the path, without ".json", under which the ledger keeps the
// record of a package. Paths are safe on case-insensitive disks and on Windows,
// reversible by [UnescapeName], and no name's record is a folder of another's.
//
// Each segment between slashes is written so: a-z, 0-9 and "._@+~-" stand for
// themselves, an upper-case letter is "!" and its lower case, "!" is "!!", any
// other byte is "=" and two lower-case hex digits. A dot that starts a segment, or
// a final ".json", is "!.", one that ends a segment is "=2e"; a segment that
// Windows takes for a device ("con", "nul.x") starts with "!=".
//
// An error is returned for an empty name or segment, for ".", "..", text that is
// not UTF-8, control characters, a segment of more than 200 bytes or a path of
// more than 1,000, both as escaped.
func EscapeName(name string) (string, error) {
	if err := checkText(name); err != nil {
		return "", fmt.Errorf("package name %q: %w", clip(name), err)
	}
	var b strings.Builder
	for i, segment := range strings.Split(name, "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		start := b.Len()
		escapeSegment(&b, segment)
		if b.Len()-start > maxEscapedSegment {
			return "", fmt.Errorf("package name %q: longer than %d bytes between slashes", clip(name), maxEscapedSegment)
		}
	}
	if b.Len() > maxEscapedName {
		return "", fmt.Errorf("package name %q: longer than %d bytes", clip(name), maxEscapedName)
	}
	return b.String(), nil
}

// checkText refuses what no path of a feed holds in any form.
func checkText(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("not valid UTF-8")
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return errors.New("holds a control character")
	}
	for segment := range strings.SplitSeq(text, "/") {
		switch segment {
		case "":
			return errors.New("empty, or empty between slashes")
		case ".", "..":
			return fmt.Errorf("holds the segment %q", segment)
		}
	}
	return nil
}

func escapeSegment(b *strings.Builder, segment string) {
	if isDevice(segment) {
		b.WriteString("!=")
	}
	suffix := -1
	if strings.HasSuffix(segment, ".json") {
		suffix = len(segment) - len(".json")
	}
	for i := range len(segment) {
		switch c := segment[i]; {
		case c == '.' && i == len(segment)-1:
			b.WriteString("=2e")
		case c == '.' && (i == 0 || i == suffix):
			b.WriteString("!.")
		case isPlain(c):
			b.WriteByte(c)
		case 'A' <= c && c <= 'Z':
			b.WriteByte('!')
			b.WriteByte(c + 'a' - 'A')
		case c == '!':
			b.WriteString("!!")
		default:
			b.WriteByte('=')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
}

func isPlain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("._@+~-", c) >= 0
}

// isDevice reports whether Windows takes a lower-case file name for a device,
// whatever follows its first dot.
func isDevice(segment string) bool {
	stem, _, _ := strings.Cut(segment, ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (stem[:3] == "com" || stem[:3] == "lpt") && '0' <= stem[3] && stem[3] <= '9'
}

// UnescapeName returns the name whose escaped form is path. A path that
// [EscapeName] does not produce is an error.
func UnescapeName(path string) (string, error) {
	name, ok := unescape(path)
	if ok {
		if again, err := EscapeName(name); err == nil && again == path {
			return name, nil
		}
	}
	return "", fmt.Errorf("path %q is not the escaped form of a package name", clip(path))
}

// unescape reads the escapes and leaves it to the caller to check that they
// were needed.
func unescape(path string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c != '!' && c != '=' {
			b.WriteByte(c)
			continue
		}
		var ok bool
		if c, i, ok = unescapeOne(path, i); !ok {
			return "", false
		}
		if c != 0 {
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// unescapeOne reads the escape at i and returns its byte, 0 for the mark of a
// device name, and the index of its last byte.
func unescapeOne(path string, i int) (byte, int, bool) {
	if i+1 >= len(path) {
		return 0, i, false
	}
	next := path[i+1]
	if path[i] == '=' {
		if i+2 >= len(path) {
			return 0, i, false
		}
		high, low := strings.IndexByte(hexDigits, next), strings.IndexByte(hexDigits, path[i+2])
		return byte(high<<4 | low&15), i + 2, high >= 0 && low >= 0 && high|low != 0
	}
	switch {
	case next == '=':
		return 0, i + 1, i == 0 || path[i-1] == '/'
	case next == '!' || next == '.':
		return next, i + 1, true
	}
	return next - 'a' + 'A', i + 1, 'a' <= next && next <= 'z'
}
