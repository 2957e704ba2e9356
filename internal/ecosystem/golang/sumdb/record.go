package sumdb

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/pkg/feed"
)

// digest is the algorithm of go.sum: SHA-256 over the sorted list of the files'
// SHA-256 (golang.org/x/mod/sumdb/dirhash.Hash1), in base64.
const digest = "h1"

const maxLookup = 64 << 10 // bytes of the answer to a lookup

// sums are the two digests of a record.
type sums struct {
	zip, mod string
}

// Sums returns the "h1" digests that the record gives for the zip and the go.mod
// file of a module version, both in base64. A record of anything else is an error.
func (r Record) Sums(modulePath, version string) (zip, mod string, err error) {
	s, err := parseText(r.Text, modulePath, version)
	return s.zip, s.mod, err
}

// parseText reads the text of a record: go.sum lines of one module version, with
// one h1 digest of the zip and one of the go.mod file. Lines with digests of
// other algorithms are passed over.
func parseText(text, modulePath, version string) (sums, error) {
	var s sums
	body, ok := strings.CutSuffix(text, "\n")
	if !ok {
		return sums{}, errors.New("the record does not end in a newline")
	}
	for line := range strings.SplitSeq(body, "\n") {
		if err := s.add(line, modulePath, version); err != nil {
			return sums{}, err
		}
	}
	if s.zip == "" || s.mod == "" {
		return sums{}, fmt.Errorf("the record lacks the h1 digest of the zip or of the go.mod file of %s@%s", modulePath, version)
	}
	return s, nil
}

func (s *sums) add(line, modulePath, version string) error {
	fields := strings.Split(line, " ")
	if len(fields) != 3 {
		return fmt.Errorf("the record has the line %q, want MODULE VERSION DIGEST", clip(line))
	}
	bare, isMod := strings.CutSuffix(fields[1], "/go.mod")
	if fields[0] != modulePath || bare != version {
		return fmt.Errorf("the record is one of %s@%s, want %s@%s", clip(fields[0]), clip(fields[1]), modulePath, version)
	}
	algorithm, value, _ := strings.Cut(fields[2], ":")
	if algorithm != digest {
		return nil
	}
	if sum, err := base64.StdEncoding.DecodeString(value); err != nil || len(sum) != 32 {
		return fmt.Errorf("the record has the digest %q, want h1: and 32 bytes in base64", clip(fields[2]))
	}
	target := &s.zip
	if isMod {
		target = &s.mod
	}
	if *target != "" {
		return fmt.Errorf("the record has two h1 digests of %s@%s", modulePath, clip(fields[1]))
	}
	*target = value
	return nil
}

// of returns what the record says of a file of the release, or "" for a file
// that no record speaks of.
func (s sums) of(file feed.File) string {
	switch {
	case strings.HasSuffix(file.Path, ".zip"):
		return s.zip
	case strings.HasSuffix(file.Path, ".mod"):
		return s.mod
	}
	return ""
}

// answer is the answer to a lookup, read but not proven.
type answer struct {
	id   int64
	text string
	sums sums
	head string // signed tree head at the time the upstream answered
}

// parseAnswer reads the answer to the lookup of one module version.
func parseAnswer(data []byte, modulePath, version string) (answer, error) {
	if len(data) > maxLookup {
		return answer{}, fmt.Errorf("larger than %d bytes", maxLookup)
	}
	id, text, rest, err := tlog.ParseRecord(data)
	if err != nil {
		return answer{}, err
	}
	if id < 0 || id >= maxTree {
		return answer{}, fmt.Errorf("record number %d", id)
	}
	a := answer{id: id, text: string(text), head: string(rest)}
	a.sums, err = parseText(a.text, modulePath, version)
	return a, err
}
