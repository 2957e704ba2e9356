package crate

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// Protocol is how the index of a registry is read.
type Protocol string

// The protocols of a source in Cargo's files.
const (
	Sparse Protocol = "sparse" // one file for each crate, over HTTP
	Git    Protocol = "registry"
	Path   Protocol = "" // a workspace member or path dependency
	GitDep Protocol = "git"
	Other  Protocol = "?"
)

// defaultIndexes are the SHA-256 of the addresses that stand for Cargo's default
// registry in every Cargo.lock and index, whatever it was fetched from: the id
// of its git index, and the sparse one. Digests, because feedctl names no
// registry's host.
var defaultIndexes = []string{
	"d2a97a7c0ce0ab3aa045f18ee7e877a76ef25606a002f8dcfe95e952db4186b8",
	"e723a12577fbf232f61fa2f369c25bdd066942ff48480fd9d0e89d9c31200f75",
}

// IsDefault reports whether the address of an index, without "registry+" or
// "sparse+", is that of the default registry.
func IsDefault(address string) bool {
	sum := sha256.Sum256([]byte(strings.TrimRight(address, "/")))
	return slices.Contains(defaultIndexes, hex.EncodeToString(sum[:]))
}

// ParseSource takes a source as Cargo.lock writes it apart: "sparse+URL",
// "registry+URL", "git+URL?…#…". An index's own files leave "registry+" out.
func ParseSource(text string) (Protocol, string) {
	if text == "" {
		return Path, ""
	}
	before, after, found := strings.Cut(text, "+")
	if !found || strings.Contains(before, ":") {
		return Git, text
	}
	switch protocol := Protocol(before); protocol {
	case Sparse, Git, GitDep:
		return protocol, after
	case "path":
		return Path, after
	}
	return Other, text
}

// RegistryOf returns the name of the registry whose index has an address: ""
// for the default one, else the host and the path in lower case, joined by "_"
// ("registry.example_team_index"). An address with other characters than
// letters, digits, dots and hyphens gets a digest at the end. The protocol does
// not count. It is ok only for an address with a host.
func RegistryOf(address string) (name string, ok bool) {
	if IsDefault(address) {
		return "", true
	}
	u, err := url.Parse(address)
	if err != nil || u.Opaque != "" || u.Host == "" && u.Scheme != "file" {
		return "", false
	}
	text := strings.ToLower(u.Host) + "/" + strings.Trim(u.Path, "/")
	text = strings.Trim(text, "/")
	plain := u.RawQuery == "" && u.Fragment == ""
	mapped := strings.Map(func(r rune) rune {
		switch {
		case r == '/':
			return '_'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '.':
			return r
		}
		plain = false
		return '-'
	}, text)
	name = strings.Trim(mapped, ".-_")
	if !plain || name != mapped || len(name) > maxName-10 {
		sum := sha256.Sum256([]byte(strings.TrimRight(address, "/")))
		name = strings.TrimLeft(name[:min(len(name), maxName-10)]+"-"+hex.EncodeToString(sum[:4]), "-")
	}
	return name, validRegistry(name)
}

// validRegistry reports whether text can be the name of a registry in a package
// name.
func validRegistry(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && strings.IndexByte("-_.", c) < 0 {
			return false
		}
	}
	return text != "" && isAlphanumeric(text[0]) && isAlphanumeric(text[len(text)-1]) && len(text) <= maxName && text == strings.ToLower(text)
}

// SettingsName is the name of a registry that is known only by its name in
// Cargo's settings, as part of a package name.
func SettingsName(name string) (string, bool) {
	name = strings.ToLower(name)
	return name, validRegistry(name)
}
