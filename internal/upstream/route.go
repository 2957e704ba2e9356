package upstream

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// maxPattern is the longest pattern, in bytes; no package name is as long.
const maxPattern = 512

// Pattern tells package names apart. It is written as for path.Match, with one
// difference: a star also matches slashes.
//
//   - any text, the empty one included: "@acme/*", "*"
//     ?        one character
//     [a-z]    one character of a class; [^a-z] one that is not of it
//     \c       the character c itself
//
// The whole name must match, letter case included.
type Pattern struct {
	text string
	expr *regexp.Regexp
}

// ParsePattern reads a pattern. The error says what is wrong with it.
func ParsePattern(text string) (Pattern, error) {
	if text == "" {
		return Pattern{}, errors.New("the pattern is empty")
	}
	if len(text) > maxPattern {
		return Pattern{}, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	if !utf8.ValidString(text) {
		return Pattern{}, errors.New("the pattern is not UTF-8 text")
	}
	expr, err := translate(text)
	if err != nil {
		return Pattern{}, fmt.Errorf("pattern %q: %w", text, err)
	}
	return Pattern{text: text, expr: expr}, nil
}

// Match reports whether the pattern matches the whole name.
func (p Pattern) Match(name string) bool { return p.expr.MatchString(name) }

func (p Pattern) String() string { return p.text }

// translate writes a pattern as a regular expression, whose matching takes
// linear time whatever the pattern.
func translate(text string) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for rest := text; rest != ""; {
		var part string
		var err error
		if part, rest, err = translateOne(rest); err != nil {
			return nil, err
		}
		b.WriteString(part)
	}
	b.WriteString(`\z`)
	expr, err := regexp.Compile(b.String())
	if err != nil {
		return nil, errors.New("not a pattern; a class must be written as [abc] or [a-z]")
	}
	return expr, nil
}

func translateOne(text string) (expr, rest string, err error) {
	switch text[0] {
	case '*':
		return `.*`, text[1:], nil
	case '?':
		return `.`, text[1:], nil
	case '[':
		return translateClass(text)
	case '\\':
		if len(text) == 1 {
			return "", "", errors.New(`nothing follows the last \`)
		}
		text = text[1:]
	}
	for i := range text {
		if i > 0 {
			return regexp.QuoteMeta(text[:i]), text[i:], nil
		}
	}
	return regexp.QuoteMeta(text), "", nil
}

func translateClass(text string) (expr, rest string, err error) {
	end := strings.IndexByte(text, ']')
	if end < 0 {
		return "", "", errors.New(`no ] closes the [; write \[ for the character itself`)
	}
	inside, negated := strings.CutPrefix(text[1:end], "^")
	if inside == "" {
		return "", "", errors.New("the class [] is empty")
	}
	inside = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`, `&`, `\&`).Replace(inside)
	if negated {
		inside = "^" + inside
	}
	return "[" + inside + "]", text[end+1:], nil
}

// route is one upstream with its patterns read.
type route struct {
	Named
	include, exclude []Pattern
}

func newRoute(n Named) (*route, error) {
	r := &route{Named: n}
	var err error
	if r.include, err = parsePatterns(n.Config, "include", n.Config.Include); err != nil {
		return nil, err
	}
	r.exclude, err = parsePatterns(n.Config, "exclude", n.Config.Exclude)
	return r, err
}

func parsePatterns(config ecosystem.UpstreamConfig, key string, texts []string) ([]Pattern, error) {
	patterns := make([]Pattern, len(texts))
	for i, text := range texts {
		var err error
		if patterns[i], err = ParsePattern(text); err != nil {
			return nil, fmt.Errorf("upstream %q (%s): %s: %w", config.Name, config.FoundIn, key, err)
		}
	}
	return patterns, nil
}

func matchAny(patterns []Pattern, name string) bool {
	for _, p := range patterns {
		if p.Match(name) {
			return true
		}
	}
	return false
}

// candidates returns the upstreams to ask for a name, in order: those whose
// include matches, if there are any, else those without an include. Who
// excludes the name is never among them.
func candidates(routes []*route, name string) []*route {
	var own, general []*route
	for _, r := range routes {
		switch {
		case r.Config.Disabled || matchAny(r.exclude, name):
		case len(r.include) == 0:
			general = append(general, r)
		case matchAny(r.include, name):
			own = append(own, r)
		}
	}
	if len(own) > 0 {
		return own
	}
	return general
}
