package dist

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// Limits on the header of METADATA.
const (
	maxHeader   = 4 << 20 // bytes
	maxRequires = 20_000  // requirements, and extras
)

// Metadata is what a distribution says of itself.
type Metadata struct {
	MetadataVersion string // "2.1"
	Name            string // as it is written
	Version         version.Version
	Requires        []marker.Requirement // Requires-Dist, in the order of the file
	RequiresPython  version.Set          // empty means any
	Extras          []string             // Provides-Extra, in normal form, sorted, each once
	Dynamic         []string             // fields that only a build tells (metadata 2.2), in lower case, sorted
	Notes           []string             // what was passed over, one line each
}

// ReadMetadata reads METADATA or PKG-INFO. A requirement or version that cannot be
// read is an error, and makes the release one that nobody can choose; a
// Requires-Python that cannot is passed over, as pip does, and noted.
func ReadMetadata(data []byte) (Metadata, error) {
	r := metadataReader{}
	if err := fields(data, r.field); err != nil {
		return Metadata{}, fmt.Errorf("metadata: %w", err)
	}
	m := r.m
	switch {
	case m.Name == "":
		return Metadata{}, errors.New("metadata: no Name")
	case m.Version.IsZero():
		return Metadata{}, fmt.Errorf("metadata of %s: no Version", m.Name)
	}
	slices.Sort(m.Extras)
	m.Extras = slices.Compact(m.Extras)
	slices.Sort(m.Dynamic)
	m.Dynamic = slices.Compact(m.Dynamic)
	return m, nil
}

// IsStatic reports whether the requirements of a source distribution can be
// believed without building it: metadata 2.2 or later, with no such field among
// the dynamic ones.
func (m *Metadata) IsStatic() bool {
	v, err := version.Parse(m.MetadataVersion)
	if err != nil || v.Less(version.MustParse("2.2")) {
		return false
	}
	for _, field := range []string{"requires-dist", "requires-python", "provides-extra", "version", "name"} {
		if slices.Contains(m.Dynamic, field) {
			return false
		}
	}
	return true
}

// metadataReader collects the fields that matter.
type metadataReader struct{ m Metadata }

// field takes one field; its name is in lower case.
func (r *metadataReader) field(name, value string) (err error) {
	m := &r.m
	switch name {
	case "metadata-version":
		m.MetadataVersion = clip(value)
		if major, _, _ := strings.Cut(value, "."); major != "1" && major != "2" {
			return fmt.Errorf("Metadata-Version %q; known are 1 and 2", clip(value))
		}
	case "name":
		if m.Name != "" && wheel.NormalizeName(m.Name) != wheel.NormalizeName(value) {
			return fmt.Errorf("two names, %q and %q", m.Name, clip(value))
		}
		if !wheel.ValidName(value) {
			return fmt.Errorf("the Name %q is no name of a project", clip(value))
		}
		m.Name = value
	case "version":
		err = r.version(value)
	case "requires-dist":
		var requirement marker.Requirement
		if requirement, err = marker.ParseLenient(value); err != nil {
			return fmt.Errorf("Requires-Dist %q: %w", clip(value), err)
		}
		m.Requires = append(m.Requires, requirement)
	case "requires-python":
		if m.RequiresPython, err = version.ParseLenient(value); err != nil {
			m.Notes = append(m.Notes, fmt.Sprintf("Requires-Python %q is passed over: %v", clip(value), err))
			m.RequiresPython, err = version.Set{}, nil
		}
	case "provides-extra":
		if !wheel.ValidName(value) {
			m.Notes = append(m.Notes, fmt.Sprintf("Provides-Extra %q is passed over: no name", clip(value)))
			return nil
		}
		m.Extras = append(m.Extras, wheel.NormalizeName(value))
	case "dynamic":
		m.Dynamic = append(m.Dynamic, strings.ToLower(clip(value)))
	}
	if len(m.Requires)+len(m.Extras)+len(m.Dynamic)+len(m.Notes) > maxRequires {
		return fmt.Errorf("more than %d requirements", maxRequires)
	}
	return err
}

func (r *metadataReader) version(value string) error {
	parsed, err := version.Parse(value)
	if err != nil {
		return err
	}
	if !r.m.Version.IsZero() && !parsed.Equal(r.m.Version) {
		return fmt.Errorf("two versions, %s and %s", r.m.Version, parsed)
	}
	r.m.Version = parsed
	return nil
}

// fields calls yield for each field of a header in the form of RFC 822, up to the
// first empty line: the name in lower case, the value in one line.
func fields(data []byte, yield func(name, value string) error) error {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	name, value := "", ""
	for read := 0; ; {
		line, rest, more := bytes.Cut(data, []byte("\n"))
		if read += len(line) + 1; read > maxHeader {
			return fmt.Errorf("a header of more than %d MB", maxHeader>>20)
		}
		line = bytes.TrimSuffix(line, []byte("\r"))
		folded := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		if folded {
			if isWanted(name) {
				value += " " + string(bytes.TrimSpace(line))
			}
		} else {
			if isWanted(name) {
				if err := yield(name, strings.TrimSpace(value)); err != nil {
					return err
				}
			}
			key, text, ok := bytes.Cut(line, []byte(":"))
			if len(line) == 0 || !ok {
				return headerEnd(line)
			}
			name, value = strings.ToLower(string(key)), string(text)
		}
		if !more {
			return last(name, value, yield)
		}
		data = rest
	}
}

// wanted are the fields that are read. The others, a description of megabytes
// among them, are gone over.
var wanted = []string{"metadata-version", "name", "version", "requires-dist", "requires-python", "provides-extra", "dynamic"}

func isWanted(name string) bool { return slices.Contains(wanted, name) }

func last(name, value string, yield func(name, value string) error) error {
	if !isWanted(name) {
		return nil
	}
	return yield(name, strings.TrimSpace(value))
}

// headerEnd says whether a line without a field ends the header.
func headerEnd(line []byte) error {
	if len(line) > 0 {
		return fmt.Errorf("the line %q is no field", clip(string(line)))
	}
	return nil
}
