package tree

import (
	"cmp"
	"strings"
)

// collation is the order of printable ASCII in the Unicode root collation,
// which "en" uses: the order npm puts names and paths in. A letter stands for
// both of its cases.
const collation = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"

// weights maps a byte to its place in collation. Control characters have
// weight 0 and are ignored; bytes beyond ASCII follow the letters.
var weights = makeWeights()

func makeWeights() (table [256]byte) {
	for i := range len(collation) {
		c := collation[i]
		table[c] = byte(i + 1)
		if 'a' <= c && c <= 'z' {
			table[c-'a'+'A'] = byte(i + 1)
		}
	}
	for c := 128; c < 256; c++ {
		table[c] = byte(c)
	}
	return table
}

// collationKey returns a text whose byte order is the collation order of s:
// letters first regardless of case, and lower case before upper case only
// between texts that are otherwise equal.
func collationKey(s string) string {
	var b strings.Builder
	b.Grow(2*len(s) + 1)
	for i := range len(s) {
		if w := weights[s[i]]; w != 0 {
			b.WriteByte(w)
		}
	}
	b.WriteByte(0)
	for i := range len(s) {
		if weights[s[i]] != 0 {
			b.WriteByte(1 + isUpper(s[i]))
		}
	}
	return b.String()
}

func isUpper(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return 1
	}
	return 0
}

// collate compares two names or paths as npm does.
func collate(a, b string) int {
	if a == b {
		return 0
	}
	return cmp.Compare(collationKey(a), collationKey(b))
}

// fold returns the form under which two folder names are the same folder on a
// file system that ignores case.
func fold(name string) string { return strings.ToLower(name) }
