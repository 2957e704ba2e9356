package simple

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// link is one file as a page or a folder lists it.
type link struct {
	name, url, path string // url or path is empty
	file            File   // what the page says besides
	bad             string // why the link cannot be followed, or ""
}

// resolver turns the hrefs of one page into addresses.
type resolver struct {
	base          *url.URL
	dir, resolved string // the folder of the last relative href, and where it is
}

// link resolves an href. Only http and https are followed, and file for a page
// that is a file itself. fragment is what follows "#".
func (r *resolver) link(href string) (found link, fragment string) {
	href, fragment, _ = strings.Cut(strings.TrimSpace(href), "#")
	address, query := href, ""
	if i := strings.IndexByte(address, '?'); i >= 0 {
		address, query = address[:i], address[i:]
	}
	last := strings.LastIndexByte(address, '/') + 1
	found.name = address[last:]
	if strings.IndexByte(found.name, '%') >= 0 {
		name, err := url.PathUnescape(found.name)
		if err != nil {
			found.bad = "its address is not properly escaped"
		}
		found.name = name
	}
	switch {
	case isPlainAddress(href):
		found.url = href
	case r.dir != "" && address[:last] == r.dir && isPlain(href[last:]):
		found.url = r.resolved + href[last:]
	default:
		r.resolve(&found, address[:last], address[last:]+query)
	}
	if escaped, ok := strings.CutPrefix(found.url, "file://"); ok {
		found.url = ""
		if path, err := url.PathUnescape(escaped); err == nil {
			found.path = localPath(path)
		}
	}
	return found, fragment
}

// resolve resolves an href, split behind its last slash.
func (r *resolver) resolve(found *link, dir, rest string) {
	parsed, err := url.Parse(dir + rest)
	if err != nil {
		found.bad = "its address is none"
		return
	}
	parsed.User = nil
	target := r.base.ResolveReference(parsed)
	switch {
	case target.Scheme == "file" && r.base.Scheme == "file" && target.Host == "":
		found.url = "file://" + target.EscapedPath()
	case target.Scheme != "http" && target.Scheme != "https":
		found.bad = fmt.Sprintf("%q is no scheme that is followed", clip(target.Scheme))
		return
	case target.Hostname() == "":
		found.bad = "its address has no host"
		return
	default:
		found.url = target.String()
	}
	if dir != "" && !parsed.IsAbs() && isPlain(rest) && strings.HasSuffix(found.url, rest) {
		r.dir, r.resolved = dir, strings.TrimSuffix(found.url, rest)
	}
}

// isPlainAddress reports whether an href is an absolute address that needs no
// work: no user, nothing to be escaped, no dot segments.
func isPlainAddress(href string) bool {
	rest, ok := strings.CutPrefix(href, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(href, "http://"); !ok {
			return false
		}
	}
	slash := strings.IndexByte(rest, '/')
	return slash > 0 && strings.IndexByte(rest[:slash], '@') < 0 && !strings.Contains(rest[slash:], "/.") && isPlain(rest)
}

// plain are the characters that an address holds as they are.
var plain = func() (table [256]bool) {
	for c := '!'; c < 0x7F; c++ {
		table[c] = !strings.ContainsRune("\\\"<>^`{|}", c)
	}
	return table
}()

// isPlain reports whether a text holds only characters that an address holds as
// they are.
func isPlain(text string) bool {
	for i := range len(text) {
		if !plain[text[i]] {
			return false
		}
	}
	return true
}

// setDigests reads the digests of a fragment, "sha256=HEX&…". What is no digest,
// such as egg=NAME, is passed over.
func (f *link) setDigests(fragment string) {
	for fragment != "" {
		var one string
		one, fragment, _ = strings.Cut(fragment, "&")
		algorithm, value, _ := strings.Cut(one, "=")
		f.setDigest(algorithm, value)
	}
}

// digestSizes are the algorithms that files are checked by, with the length of a
// digest in hex.
var digestSizes = map[string]int{"sha256": 64, "sha512": 128, "sha384": 96, "sha1": 40}

func (f *link) setDigest(algorithm, value string) {
	if algorithm == "sha256" && len(value) == 64 && isLowerHex(value) {
		f.file.SHA256 = value
		return
	}
	size, known := digestSizes[strings.ToLower(algorithm)]
	if !known {
		return
	}
	value = strings.ToLower(value)
	if _, err := hex.DecodeString(value); err != nil || len(value) != size {
		f.bad = fmt.Sprintf("its %s digest %q is none", strings.ToLower(algorithm), clip(value))
		return
	}
	if algorithm = strings.ToLower(algorithm); algorithm == "sha256" {
		f.file.SHA256 = value
		return
	}
	if f.file.Others == nil {
		f.file.Others = feed.Digests{}
	}
	f.file.Others[algorithm] = value
}

func isLowerHex(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// setCoreMetadata reads the value of the attribute: "true", "false", or a digest.
func (f *link) setCoreMetadata(value string) {
	algorithm, digest, isDigest := strings.Cut(value, "=")
	if isDigest && algorithm == "sha256" && len(digest) == 64 {
		if !isLowerHex(digest) {
			digest = strings.ToLower(digest)
		}
		if isLowerHex(digest) {
			f.file.CoreMetadata = &digest
			return
		}
	}
	switch {
	case isDigest || strings.EqualFold(value, "true"):
		f.file.CoreMetadata = new(string)
	}
}

func (f *link) setSize(text string) {
	if size, err := strconv.ParseInt(text, 10, 64); err == nil && size > 0 {
		f.file.Size = size
	}
}

// setUploaded reads a time of RFC 3339; what is none counts as not told.
func (f *link) setUploaded(text string) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		f.file.Uploaded = at.UTC()
	}
}

// oldEndings are files that nobody installs any more, and endings are those of
// files that a project's page may list at all.
var (
	oldEndings = []string{".egg", ".exe", ".msi", ".rpm", ".deb", ".dmg"}
	beside     = []string{".metadata", ".asc", ".sig", ".provenance", ".html", ".htm", ".txt", ".json"}
)

// isDistribution reports whether a file name ends like something that Python
// installs or once installed.
func isDistribution(name string) bool {
	return wheel.IsWheel(name) || wheel.IsSdist(name) || hasEnding(name, oldEndings)
}

func hasEnding(name string, endings []string) bool {
	extension := strings.ToLower(path.Ext(name))
	for _, ending := range endings {
		if extension == ending {
			return true
		}
	}
	return false
}

func clip(text string) string {
	if len(text) > 100 {
		return text[:100] + "…"
	}
	return text
}
