package dist

import (
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// ReadRequires reads requires.txt of an .egg-info folder, which setuptools puts
// into source distributions: a requirement a line, below "[EXTRA]",
// "[:MARKER]" or "[EXTRA:MARKER]" those that an extra or an environment asks for.
// It was written when the sdist was made, so that it proves nothing of a build
// somewhere else.
func ReadRequires(data []byte) ([]marker.Requirement, error) {
	var all []marker.Requirement
	var condition marker.Marker
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var err error
		if strings.HasPrefix(line, "[") {
			if condition, err = section(line); err != nil {
				return nil, fmt.Errorf("requires.txt, line %d: %w", number, err)
			}
			continue
		}
		requirement, err := marker.ParseLenient(line)
		if err != nil {
			return nil, fmt.Errorf("requires.txt, line %d: %w", number, err)
		}
		requirement.Marker = requirement.Marker.And(condition)
		if all = append(all, requirement); len(all) > maxRequires {
			return nil, fmt.Errorf("requires.txt: more than %d requirements", maxRequires)
		}
	}
	return all, nil
}

// section reads the head of a section as the condition of what follows.
func section(line string) (marker.Marker, error) {
	head, ok := strings.CutSuffix(line[1:], "]")
	extra, environment, _ := strings.Cut(head, ":")
	if !ok || extra != "" && !wheel.ValidName(extra) {
		return marker.Marker{}, fmt.Errorf("%q begins no section", clip(line))
	}
	var parts []string
	if extra != "" {
		parts = append(parts, `extra == "`+wheel.NormalizeName(extra)+`"`)
	}
	if strings.TrimSpace(environment) != "" {
		parts = append(parts, "("+environment+")")
	}
	if len(parts) == 0 {
		return marker.Marker{}, nil
	}
	return marker.Parse(strings.Join(parts, " and "))
}

// isRequires reports whether a path below a source distribution's folder is the
// requires.txt of its own project, and not of one inside it.
func isRequires(filename, inner string) bool {
	folder, ok := strings.CutSuffix(inner, ".egg-info/requires.txt")
	if !ok || strings.Count(folder, "/") > 1 {
		return false
	}
	_, err := wheel.ParseSdist(filename, folder[strings.LastIndexByte(folder, '/')+1:])
	return err == nil
}
