package lock

import (
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// ParseRequirement reads a requirement as npm's command line takes it:
// "express", "express@^4", "@scope/name@tag", "alias@npm:real@range". Texts that
// no registry can meet (paths, URLs, git) are errors.
func ParseRequirement(text string) (feed.Requirement, error) {
	trimmed := strings.TrimSpace(text)
	name, rest, _ := splitAt(trimmed)
	if err := CheckName(name); err != nil {
		return feed.Requirement{}, fmt.Errorf("requirement %q: %w; write NAME, NAME@RANGE or ALIAS@npm:NAME@RANGE", clip(redact(text)), err)
	}
	parsed := parseSpec(name, rest)
	if err := parsed.check(); err != nil {
		return feed.Requirement{}, fmt.Errorf("requirement %q: %w; write NAME, NAME@RANGE or ALIAS@npm:NAME@RANGE", clip(redact(text)), err)
	}
	r := feed.Requirement{Name: parsed.name, Range: parsed.text}
	if parsed.name != name {
		r.Alias = name
	}
	return r, nil
}

// ParsePURL returns the requirement that a package URL of type npm names: its
// namespace (the scope, with or without "@"), name and version, all unescaped.
// The version may be a range or a tag; empty asks for any.
func ParsePURL(namespace, name, version string) (feed.Requirement, error) {
	full := name
	if namespace != "" {
		full = "@" + strings.TrimPrefix(namespace, "@") + "/" + name
	}
	if err := CheckName(full); err != nil {
		return feed.Requirement{}, fmt.Errorf("package URL: %w; write pkg:npm/NAME@VERSION or pkg:npm/%%40SCOPE/NAME@VERSION", err)
	}
	parsed := parseSpec(full, version)
	if err := parsed.check(); err != nil || parsed.name != full {
		return feed.Requirement{}, fmt.Errorf("package URL of %s: %q is not a version", full, clip(redact(version)))
	}
	return feed.Requirement{Name: full, Range: parsed.text}, nil
}

// check reports why a spec is nothing that a registry can meet.
func (s spec) check() error {
	if s.kind != specRegistry {
		return fmt.Errorf("it names a %s, which no registry serves", s.kind)
	}
	if err := CheckName(s.name); err != nil {
		return err
	}
	if len(s.text) > maxRange {
		return fmt.Errorf("the range has %d characters, at most %d are allowed", len(s.text), maxRange)
	}
	for _, c := range s.text {
		if c < ' ' || c > '~' || strings.ContainsRune(`\"'`+"`%", c) {
			return fmt.Errorf("%q is neither a version, a range nor a tag: it holds %q", clip(s.text), c)
		}
	}
	return nil
}
