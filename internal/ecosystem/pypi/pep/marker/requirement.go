package marker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// NormalizeName returns the normal form of the name of a project, an extra or a
// dependency group (PEP 503, 685, 735).
func NormalizeName(name string) string { return wheel.NormalizeName(name) }

// ValidName reports whether name can be the name of a project or an extra.
func ValidName(name string) bool { return wheel.ValidName(name) }

// Requirement is a dependency specifier: a project, and what is wanted of it.
type Requirement struct {
	Name       string   // normalised
	Written    string   // the name as it was written
	Extras     []string // normalised, sorted, each once
	Specifiers version.Set
	URL        string // of "name @ URL"; then there are no specifiers
	Marker     Marker
}

// ParseRequirement reads one dependency specifier without comments and environment
// variables: "name", "name[extra] >=1,<2; marker", "name (>=1)", "name @ URL ;
// marker".
func ParseRequirement(text string) (Requirement, error) {
	return read(text, version.ParseSpecifiers)
}

// ParseLenient is ParseRequirement with the repairs of version.ParseLenient, for
// the metadata of releases.
func ParseLenient(text string) (Requirement, error) {
	return read(text, version.ParseLenient)
}

// readSpecifiers turns the text of specifiers into a set.
type readSpecifiers func(string) (version.Set, error)

func read(text string, parse readSpecifiers) (Requirement, error) {
	r, err := parseRequirement(text, parse)
	if err != nil {
		return Requirement{}, fmt.Errorf("requirement %s: %w (PEP 508)", shorten(text), err)
	}
	return r, nil
}

func parseRequirement(text string, parse readSpecifiers) (Requirement, error) {
	if len(text) > maxMarker {
		return Requirement{}, fmt.Errorf("longer than %d bytes", maxMarker)
	}
	s := &scanner{text: text}
	r := Requirement{Written: s.project()}
	if r.Written == "" {
		return r, s.unexpected("the name of a project")
	}
	r.Name = NormalizeName(r.Written)
	var err error
	if r.Extras, err = s.extras(); err != nil {
		return r, err
	}
	condition := ""
	if s.symbol("@") {
		r.URL, condition, err = s.url()
	} else {
		r.Specifiers, condition, err = s.specifiers(parse)
	}
	if err != nil || condition == "" {
		return r, err
	}
	r.Marker, err = Parse(condition)
	return r, err
}

// project reads a name of a project or an extra, or returns "".
func (s *scanner) project() string {
	s.blanks()
	start := s.at
	for s.at < len(s.text) && (isWordByte(s.text[s.at]) || s.text[s.at] == '.' || s.text[s.at] == '-') {
		s.at++
	}
	name := s.text[start:s.at]
	if !ValidName(name) {
		s.at = start
		return ""
	}
	return name
}

func (s *scanner) extras() ([]string, error) {
	var extras []string
	if !s.symbol("[") {
		return nil, nil
	}
	for !s.symbol("]") {
		if len(extras) > 0 && !s.symbol(",") {
			return nil, s.unexpected(`"," or "]"`)
		}
		name := s.project()
		if name == "" {
			return nil, s.unexpected("the name of an extra")
		}
		extras = append(extras, NormalizeName(name))
	}
	slices.Sort(extras)
	return slices.Compact(extras), nil
}

// url reads an address, which ends at a blank, and returns the text of the marker
// after it.
func (s *scanner) url() (address, condition string, err error) {
	s.blanks()
	address = s.text[s.at:]
	if end := strings.IndexAny(address, " \t\r\n"); end >= 0 {
		address = address[:end]
	}
	if address == "" {
		return "", "", s.unexpected("an address")
	}
	s.at += len(address)
	condition, err = s.condition()
	return address, condition, err
}

func (s *scanner) specifiers(parse readSpecifiers) (set version.Set, condition string, err error) {
	parenthesis := s.symbol("(")
	s.blanks()
	rest := s.text[s.at:]
	end := strings.IndexAny(rest, ";)")
	if end < 0 {
		end = len(rest)
	}
	s.at += end
	if parenthesis && !s.symbol(")") {
		return set, "", s.unexpected(`")"`)
	}
	if condition, err = s.condition(); err == nil {
		set, err = parse(rest[:end])
	}
	return set, condition, err
}

// condition returns the text of the marker, which follows a semicolon and can be
// missing.
func (s *scanner) condition() (string, error) {
	if s.atEnd() {
		return "", nil
	}
	if !s.symbol(";") {
		return "", s.unexpected(`";"`)
	}
	if s.atEnd() {
		return "", fmt.Errorf(`no marker after ";"`)
	}
	return s.text[s.at:], nil
}

// String returns the requirement in normal form, which ParseRequirement reads.
func (r Requirement) String() string {
	var b strings.Builder
	b.WriteString(r.Name)
	if len(r.Extras) > 0 {
		b.WriteString("[" + strings.Join(r.Extras, ",") + "]")
	}
	if r.URL != "" {
		b.WriteString(" @ " + r.URL)
	} else {
		b.WriteString(r.Specifiers.String())
	}
	if condition := r.Marker.String(); condition != "" {
		if r.URL != "" {
			b.WriteString(" ")
		}
		b.WriteString("; " + condition)
	}
	return b.String()
}
