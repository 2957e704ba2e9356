package lock

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// dependency is one requirement of PEP 508.
type dependency struct{ marker.Requirement }

// parseDependency reads a requirement of PEP 508. Errors hold no secret that an
// address in the text may have.
func parseDependency(text string) (dependency, error) {
	if len(text) > maxText {
		return dependency{}, fmt.Errorf("the requirement has %d bytes, at most %d are read", len(text), maxText)
	}
	r, err := marker.ParseRequirement(text)
	if err != nil && strings.Contains(text, "://") {
		return dependency{}, fmt.Errorf("the requirement %q is not one of PEP 508", redact(text))
	}
	return dependency{r}, err
}

// newDependency puts a requirement together from its parts, each of which is
// nothing but that part.
func newDependency(name string, extras []string, specifiers, condition string) (dependency, error) {
	if !wheel.ValidName(name) {
		return dependency{}, fmt.Errorf("%q is no name of a package", clip(name))
	}
	for _, extra := range extras {
		if !wheel.ValidName(extra) {
			return dependency{}, fmt.Errorf("%q is no name of an extra", clip(extra))
		}
	}
	text := name
	if len(extras) > 0 {
		text += "[" + strings.Join(extras, ",") + "]"
	}
	if _, err := version.ParseSpecifiers(specifiers); err != nil {
		return dependency{}, fmt.Errorf("requirement of %s: %w", clip(name), err)
	}
	text += strings.TrimSpace(specifiers)
	if strings.TrimSpace(condition) != "" {
		text += " ; " + condition
	}
	return parseDependency(text)
}

// pinned returns a requirement of exactly one version.
func pinned(name string, v version.Version, extras []string, condition string) (dependency, error) {
	return newDependency(name, extras, "=="+v.String(), condition)
}

// requirement returns what the dependency asks for, with the tail of its text as
// range.
func (d dependency) requirement(kind string) feed.Requirement {
	return feed.Requirement{Name: d.Name, Range: strings.TrimPrefix(d.String(), d.Name), Kind: kind}
}

// normalMarker returns the normal form of a marker; "" is always true.
func normalMarker(text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	m, err := marker.Parse(text)
	return m.String(), err
}

// normalSpecifiers returns the normal form of a set of specifiers.
func normalSpecifiers(text string) (string, error) {
	set, err := version.ParseSpecifiers(text)
	return set.String(), err
}

// ParseRequirement reads a requirement as pip's command line takes it: "requests",
// "requests==2.32.3", "requests[socks]>=2 ; python_version < '3.9'". What no index
// serves (paths, addresses) is an error.
func ParseRequirement(text string) (feed.Requirement, error) {
	const advice = "write NAME, NAME==VERSION or NAME[EXTRA]>=VERSION"
	trimmed := strings.TrimSpace(text)
	if reason := directReason(trimmed); reason != "" {
		return feed.Requirement{}, fmt.Errorf("requirement %q: a %s, which no index serves; %s", redact(text), reason, advice)
	}
	d, err := parseDependency(trimmed)
	if err != nil {
		return feed.Requirement{}, fmt.Errorf("%w; %s", err, advice)
	}
	if d.URL != "" {
		return feed.Requirement{}, fmt.Errorf("requirement %q: %s is to come from an address, which no index serves; %s", redact(d.URL), d.Name, advice)
	}
	return d.requirement(""), nil
}

// ParsePURL returns the requirement that a package URL of type pypi names: its
// name and version, both unescaped. The version is a version or a set of
// specifiers; empty asks for any.
func ParsePURL(namespace, name, wanted string) (feed.Requirement, error) {
	if namespace != "" {
		return feed.Requirement{}, errors.New("package URL: packages of Python have no namespace; write pkg:pypi/NAME@VERSION")
	}
	specifiers := strings.TrimSpace(wanted)
	if v, err := version.Parse(specifiers); err == nil {
		specifiers = "==" + v.String()
	}
	if strings.ContainsAny(specifiers, "[;@()") {
		return feed.Requirement{}, fmt.Errorf("package URL of %s: %q is no version", clip(name), clip(redact(wanted)))
	}
	d, err := newDependency(name, nil, specifiers, "")
	if err != nil {
		return feed.Requirement{}, fmt.Errorf("package URL: %w; write pkg:pypi/NAME@VERSION", err)
	}
	return d.requirement(""), nil
}

// directReason says why a text that stands for a package is nothing an index
// serves: an address, a version control system, a path. "" is none of these.
func directReason(text string) string {
	lower := strings.ToLower(text)
	if scheme, _, ok := strings.Cut(lower, "+"); ok && vcs[scheme] && strings.Contains(lower, ":") {
		return scheme + " dependency"
	}
	if before, _, ok := strings.Cut(lower, "://"); ok && !strings.ContainsAny(before, " @[;") {
		if before == "file" {
			return "path dependency"
		}
		return "URL dependency"
	}
	head, _, _ := strings.Cut(lower, "[")
	head, _, _ = strings.Cut(head, ";")
	head = strings.TrimSpace(head)
	if strings.HasPrefix(lower, "file:") || strings.HasPrefix(head, ".") || strings.ContainsAny(head, `/\`) && !strings.Contains(head, "@") ||
		(wheel.IsWheel(head) || wheel.IsSdist(head)) && !strings.ContainsAny(head, "=<>!~@ ") {
		return "path dependency"
	}
	return ""
}

// vcs are the version control systems that pip knows.
var vcs = map[string]bool{"git": true, "hg": true, "svn": true, "bzr": true}

// urlReason says what kind of address "name @ ADDRESS" names.
func urlReason(address string) string {
	if reason := directReason(address); reason != "" {
		return reason
	}
	return "URL dependency"
}

// eggName returns the name that an address gives with "#egg=", or what its last
// element begins with.
func eggName(address string) string {
	base, fragment, _ := strings.Cut(address, "#")
	if values, err := url.ParseQuery(fragment); err == nil {
		name, _, _ := strings.Cut(values.Get("egg"), "[")
		if wheel.ValidName(name) {
			return wheel.NormalizeName(name)
		}
	}
	base, _, _ = strings.Cut(base, "?")
	base = strings.TrimRight(strings.ReplaceAll(base, `\`, "/"), "/")
	base = base[strings.LastIndexByte(base, '/')+1:]
	if w, err := wheel.ParseWheel(base); err == nil {
		return w.Name
	}
	if s, err := wheel.ParseSdist(base, ""); err == nil {
		return s.Name
	}
	base, _, _ = strings.Cut(base, "@")
	return strings.TrimSuffix(base, ".git")
}
