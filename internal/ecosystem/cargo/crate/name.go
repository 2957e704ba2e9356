// Package crate holds the words of the Cargo ecosystem that its parts share: the
// names of crates and registries, versions, and requirements.
//
// A crate of the default registry is named as Cargo names it, "serde". One of
// another registry is "REGISTRY/serde", where REGISTRY is derived from the address
// of that registry's index (see [RegistryOf]).
//
// The rules are those of the Cargo book: registry index, specifying
// dependencies, and source replacement.
package crate

import (
	"fmt"
	"strings"
)

// Ecosystem is the name of the ecosystem, and of its folder in the feed.
const Ecosystem = "cargo"

// maxName is the longest name of a crate or a registry, in bytes.
const maxName = 96

// Split takes a package name apart. registry is "" for the default registry. It
// is ok only for a valid crate and registry name.
func Split(name string) (registry, crate string, ok bool) {
	crate = name
	if before, after, found := strings.Cut(name, "/"); found {
		registry, crate = before, after
		if !validRegistry(registry) {
			return "", "", false
		}
	}
	return registry, crate, Valid(crate)
}

// Join is the package name of a crate in a registry.
func Join(registry, crate string) string {
	if registry == "" {
		return crate
	}
	return registry + "/" + crate
}

// Valid reports whether text can be the name of a crate: letters, digits, "-"
// and "_", the first one no hyphen.
func Valid(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return text != "" && text[0] != '-' && len(text) <= maxName
}

func isAlphanumeric(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// ValidFeature reports whether text can be the name of a feature on a command line.
func ValidFeature(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && strings.IndexByte("-_+.", c) < 0 {
			return false
		}
	}
	return text != "" && len(text) <= maxName
}

// IndexPath is where a registry's index has the file of a crate: by the lower
// case of its name, in folders by the first letters.
func IndexPath(crate string) string {
	lower := strings.ToLower(crate)
	switch len(lower) {
	case 0:
		return ""
	case 1, 2:
		return fmt.Sprintf("%d/%s", len(lower), lower)
	case 3:
		return "3/" + lower[:1] + "/" + lower
	}
	return lower[:2] + "/" + lower[2:4] + "/" + lower
}

// Prefix is the folder part of IndexPath, in the name's own case: what {prefix}
// stands for in the download template of a registry.
func Prefix(crate string) string {
	switch len(crate) {
	case 0:
		return ""
	case 1, 2:
		return fmt.Sprint(len(crate))
	case 3:
		return "3/" + crate[:1]
	}
	return crate[:2] + "/" + crate[2:4]
}
