package lock

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxName    = 214
	maxVersion = 256
	maxRange   = 4096
)

// CheckName reports why a text cannot be the name of a package in a feed: the
// rules of the npm registry, which still has names with capital letters and a
// leading underscore from before them, and what a feed needs to live on any disk.
//
// A name is "name" or "@scope/name", at most 214 characters, of characters that
// need no escaping in a URL. Refused as well: a leading dot, "..", a trailing
// dot, "*", node_modules, favicon.ico, and device names of Windows such as CON
// or nul.js.
func CheckName(name string) error {
	bare := name
	switch {
	case name == "":
		return fmt.Errorf("the package name is empty")
	case len(name) > maxName:
		return fmt.Errorf("%q is not a package name: %d characters, at most %d are allowed", clip(name), len(name), maxName)
	case strings.HasPrefix(name, "@"):
		scope, rest, ok := strings.Cut(name[1:], "/")
		if !ok || scope == "" || rest == "" {
			return fmt.Errorf("%q is not a package name: a scoped name looks like @scope/name", clip(name))
		}
		if err := checkPart(name, scope); err != nil {
			return err
		}
		bare = rest
	}
	if err := checkPart(name, bare); err != nil {
		return err
	}
	if lower := strings.ToLower(bare); lower == "node_modules" || lower == "favicon.ico" {
		return fmt.Errorf("%q is not a package name: npm reserves it", clip(name))
	}
	if device(bare) {
		return fmt.Errorf("%q cannot be kept in a feed: Windows reserves it for a device", clip(name))
	}
	return nil
}

// checkPart checks a scope or a bare name.
func checkPart(name, part string) error {
	for _, c := range part {
		if !nameCharacter(c) {
			return fmt.Errorf("%q is not a package name: it holds %q", clip(name), c)
		}
	}
	switch {
	case strings.HasPrefix(part, "."):
		return fmt.Errorf("%q is not a package name: it begins with a dot", clip(name))
	case strings.HasSuffix(part, "."):
		return fmt.Errorf("%q cannot be kept in a feed: Windows drops the dot at its end", clip(name))
	case strings.Contains(part, ".."):
		return fmt.Errorf("%q is not a package name: it holds \"..\"", clip(name))
	}
	return nil
}

func nameCharacter(c rune) bool {
	return c < utf8.RuneSelf && alphanumeric(byte(c)) || strings.ContainsRune("-_.!~'()", c)
}

// device reports whether Windows takes a file of this name for a device,
// whatever its extension.
func device(name string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	numbered := len(stem) == 4 && stem[3] >= '0' && stem[3] <= '9'
	return numbered && (stem[:3] == "com" || stem[:3] == "lpt")
}

// CheckVersion reports why a text cannot be a version in a feed: it begins with
// three numbers, as SemVer 2 demands, and goes on with letters, digits, "-", "+"
// and "." only. Old releases that SemVer would refuse ("1.0.0beta") pass.
func CheckVersion(version string) error {
	if !versionForm(version) {
		return fmt.Errorf("%q is not a version of an npm package, which looks like 1.2.3 or 1.2.3-beta.1", clip(version))
	}
	return nil
}

func versionForm(version string) bool {
	if len(version) > maxVersion || strings.Contains(version, "..") || strings.HasSuffix(version, ".") {
		return false
	}
	rest := strings.TrimLeft(version, "v=")
	if len(version)-len(rest) > 1 {
		return false
	}
	for _, end := range []string{".", ".", ""} {
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		if digits == 0 || !strings.HasPrefix(rest[digits:], end) {
			return false
		}
		rest = rest[digits+len(end):]
	}
	for i := range len(rest) {
		if c := rest[i]; !alphanumeric(c) && c != '-' && c != '+' && c != '.' {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// splitAt splits "name@rest" at the "@" that does not begin a scope. Without one,
// rest is empty.
func splitAt(text string) (name, rest string, ok bool) {
	if len(text) == 0 {
		return "", "", false
	}
	at := strings.IndexByte(text[1:], '@') + 1
	if at == 0 {
		return text, "", false
	}
	return text[:at], text[at+1:], true
}
