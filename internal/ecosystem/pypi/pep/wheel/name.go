package wheel

import "strings"

// NormalizeName returns the normal form of the name of a project or an extra
// (PEP 503, 685): lower case, with one "-" for every run of "-", "_" and ".".
func NormalizeName(name string) string {
	if isNormal(name) {
		return name
	}
	normal := make([]byte, 0, len(name))
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '-' || c == '_' || c == '.':
			if i > 0 && isSeparator(name[i-1]) {
				continue
			}
			c = '-'
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		normal = append(normal, c)
	}
	return string(normal)
}

func isNormal(name string) bool {
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' || c == '_' || c == '.' || c == '-' && i > 0 && name[i-1] == '-' {
			return false
		}
	}
	return true
}

func isSeparator(c byte) bool { return c == '-' || c == '_' || c == '.' }

// ValidName reports whether name can be the name of a project or an extra: ASCII
// letters, digits, ".", "-" and "_", with a letter or digit at both ends (PEP 508).
func ValidName(name string) bool {
	if name == "" || len(name) > maxFilename || isSeparator(name[0]) || isSeparator(name[len(name)-1]) {
		return false
	}
	return strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789._-") == "" && isASCII(name)
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
