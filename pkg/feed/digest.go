package feed

import (
	"crypto/sha1" //nolint:gosec // registries still publish SHA-1; it is checked beside stronger digests
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
)

// Digests maps an algorithm ("sha1", "sha256", "sha384", "sha512", or an
// ecosystem's own such as Go's "h1") to a digest: lower-case hex for the hashes
// of the file's bytes.
type Digests map[string]string

// strength orders the algorithms that hash a file's bytes, strongest first.
var strength = []string{"sha512", "sha384", "sha256", "sha1"}

func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "sha512":
		return sha512.New()
	case "sha384":
		return sha512.New384()
	case "sha256":
		return sha256.New()
	case "sha1":
		return sha1.New() //nolint:gosec // see the import
	}
	return nil
}

// ParseSRI reads a Subresource Integrity string ("sha512-BASE64 sha1-BASE64").
// Unknown algorithms and options are passed over, as the specification demands;
// a text with no usable digest is an error.
func ParseSRI(text string) (Digests, error) {
	digests := Digests{}
	for part := range strings.FieldsSeq(text) {
		algorithm, value, _ := strings.Cut(part, "-")
		value, _, _ = strings.Cut(value, "?")
		h := newHash(algorithm)
		if h == nil {
			continue
		}
		sum, err := base64.StdEncoding.DecodeString(value)
		if err != nil || len(sum) != h.Size() {
			return nil, fmt.Errorf("integrity %q: not a base64 %s digest", clip(part), algorithm)
		}
		if _, seen := digests[algorithm]; !seen {
			digests[algorithm] = hex.EncodeToString(sum)
		}
	}
	if len(digests) == 0 {
		return nil, fmt.Errorf("integrity %q: no digest of a known algorithm", clip(text))
	}
	return digests, nil
}

func clip(text string) string {
	if len(text) > 100 {
		return text[:100] + "…"
	}
	return text
}

// SRI returns the digest of one algorithm as Subresource Integrity text, or "".
func (d Digests) SRI(algorithm string) string {
	sum, err := hex.DecodeString(d[algorithm])
	if err != nil || len(sum) == 0 {
		return ""
	}
	return algorithm + "-" + base64.StdEncoding.EncodeToString(sum)
}

// Strongest returns the strongest algorithm of d that hashes a file's bytes, or "".
func (d Digests) Strongest() string {
	for _, algorithm := range strength {
		if d[algorithm] != "" {
			return algorithm
		}
	}
	return ""
}

// Conflict returns an algorithm on which d and other disagree, the strongest of
// those that hash a file's bytes before any other, or "".
func (d Digests) Conflict(other Digests) string {
	for _, algorithm := range slices.Concat(strength, d.derived()) {
		if a, b := d[algorithm], other[algorithm]; a != "" && b != "" && a != b {
			return algorithm
		}
	}
	return ""
}

// derived returns the algorithms of d that do not hash a file's bytes, sorted.
func (d Digests) derived() []string {
	var own []string
	for algorithm := range d {
		if !slices.Contains(strength, algorithm) {
			own = append(own, algorithm)
		}
	}
	slices.Sort(own)
	return own
}

// Merge returns the digests of both; where both have one, d's is kept.
func (d Digests) Merge(other Digests) Digests {
	merged := maps.Clone(other)
	if merged == nil {
		merged = Digests{}
	}
	maps.Copy(merged, d)
	return merged
}

func (d Digests) String() string {
	if algorithm := d.Strongest(); algorithm != "" {
		return algorithm + ":" + d[algorithm]
	}
	return "no digest"
}

// Hasher computes several digests of what is written to it.
type Hasher struct {
	hashes map[string]hash.Hash
	writer io.Writer
	size   int64
}

// NewHasher returns a Hasher for those of the given algorithms that hash a
// file's bytes.
func NewHasher(algorithms ...string) *Hasher {
	h := &Hasher{hashes: map[string]hash.Hash{}}
	var writers []io.Writer
	for _, algorithm := range algorithms {
		if one := newHash(algorithm); one != nil && h.hashes[algorithm] == nil {
			h.hashes[algorithm] = one
			writers = append(writers, one)
		}
	}
	h.writer = io.MultiWriter(writers...)
	return h
}

// Hasher returns one that computes what d can be checked by: its strongest
// algorithm, and each of the extra ones.
func (d Digests) Hasher(extra ...string) *Hasher {
	return NewHasher(append(slices.Clone(extra), d.Strongest())...)
}

func (h *Hasher) Write(p []byte) (int, error) {
	h.size += int64(len(p))
	return h.writer.Write(p)
}

// Size returns how many bytes were written.
func (h *Hasher) Size() int64 { return h.size }

// Digests returns the digests of what was written so far.
func (h *Hasher) Digests() Digests {
	digests := Digests{}
	for algorithm, one := range h.hashes {
		digests[algorithm] = hex.EncodeToString(one.Sum(nil))
	}
	return digests
}

// SHA256 returns "sha256:HEX" of data: the form in which ledger lists and the
// manifest name a document.
func SHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
