package lock

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// artifact is what a lock says of one file of a release.
type artifact struct {
	Name   string            `toml:"name"` // pylock
	File   string            `toml:"file"` // poetry, pdm
	Base   string            `toml:"filename"`
	URL    string            `toml:"url"`
	Path   string            `toml:"path"`
	Hash   string            `toml:"hash"`   // "sha256:…"
	Hashes map[string]string `toml:"hashes"` // pylock
}

// base returns the name of the file, or "" when the lock does not tell it. uv writes
// a name in normal form where the index has another spelling, which the address
// keeps.
func (a *artifact) base() string {
	at := a.segment()
	for _, name := range []string{a.Name, a.File, a.Base} {
		if name != "" && at != "" && wheel.NormalizeName(name) == wheel.NormalizeName(at) {
			return at
		}
		if name != "" {
			return name
		}
	}
	return at
}

// segment returns the last part of the address or the path.
func (a *artifact) segment() string {
	if a.Path != "" && a.URL == "" {
		return path.Base(strings.ReplaceAll(a.Path, `\`, "/"))
	}
	address, _, _ := strings.Cut(a.URL, "#")
	address, _, _ = strings.Cut(address, "?")
	name := address[strings.LastIndexByte(address, '/')+1:]
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// pin returns what the lock says of the file. Digests that no tool trusts any more
// (MD5) are left out; weak reports that there was no other.
func (a *artifact) pin(project string) (pin feed.Pin, weak bool, err error) {
	pin = feed.Pin{File: a.base(), URL: pinURL(a.URL)}
	if pin.File != "" {
		if err := checkFile(pin.File, project); err != nil {
			return pin, false, err
		}
	}
	hashes := maps.Clone(a.Hashes)
	if a.Hash != "" {
		algorithm, sum, ok := strings.Cut(a.Hash, ":")
		if !ok { // the oldest locks of poetry have SHA-256 alone
			algorithm, sum = "sha256", a.Hash
		}
		hashes = map[string]string{algorithm: sum}
	}
	pin.Digests, weak, err = readDigests(hashes)
	return pin, weak, err
}

// checkFile refuses a file name that does not belong to a project.
func checkFile(name, project string) error {
	if strings.Contains(name, "/") || feed.CheckPath(name) != nil {
		return fmt.Errorf("%q cannot be the name of a file", clip(name))
	}
	if !wheel.IsWheel(name) {
		return nil
	}
	w, err := wheel.ParseWheel(name)
	if err != nil {
		return err
	}
	if w.Name != project {
		return fmt.Errorf("the wheel %q belongs to %s, not to %s", clip(name), w.Name, project)
	}
	return nil
}

// digestSizes holds the algorithms that a file is checked by, with the length of
// their digests in bytes.
var digestSizes = map[string]int{"sha512": 64, "sha384": 48, "sha256": 32, "sha1": 20}

// trusted are the algorithms that pip takes in a requirements file.
var trusted = []string{"sha256", "sha384", "sha512"}

func readDigests(hashes map[string]string) (digests feed.Digests, weak bool, err error) {
	for _, algorithm := range slices.Sorted(maps.Keys(hashes)) {
		size, known := digestSizes[strings.ToLower(algorithm)]
		if !known {
			continue
		}
		sum := strings.ToLower(hashes[algorithm])
		if raw, err := hex.DecodeString(sum); err != nil || len(raw) != size {
			return nil, false, fmt.Errorf("%q is no %s digest", clip(hashes[algorithm]), clip(algorithm))
		}
		if digests == nil {
			digests = feed.Digests{}
		}
		digests[strings.ToLower(algorithm)] = sum
	}
	return digests, len(hashes) > 0 && len(digests) == 0, nil
}

// readHash reads "sha256:HEX" as pip does: only algorithms that are still safe.
func readHash(text string) (feed.Digests, error) {
	algorithm, sum, ok := strings.Cut(strings.TrimSpace(text), ":")
	if !ok {
		return nil, fmt.Errorf("%q is no hash; want sha256:HEX", clip(text))
	}
	if !slices.Contains(trusted, algorithm) {
		return nil, errors.New("hashes of " + clip(algorithm) + " are not safe; pip takes " + strings.Join(trusted, ", "))
	}
	digests, _, err := readDigests(map[string]string{algorithm: sum})
	return digests, err
}
