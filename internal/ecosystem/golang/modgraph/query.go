package modgraph

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// ErrNoVersion says that no version suits a query.
var ErrNoVersion = errors.New("no version suits")

// ErrRevision says that a query is no version query: it may name a branch, a tag
// or a commit, which only the upstream can resolve.
var ErrRevision = errors.New("not a version query")

// Choose returns the version that a version query stands for, by the rules of the
// Go modules reference, section "Version queries":
//
//   - latest: the highest version
//   - v1, v1.2: the highest version that begins so
//   - <v1.2.3, <=v1.2.3: the highest version below
//   - >v1.2.3, >=v1.2.3: the lowest version above
//   - v1.2.3: this version, even when it is not among the candidates or to be
//     skipped; with +incompatible when only that one is there
//
// Releases go before pre-releases. When nothing suits the error is ErrNoVersion,
// and for a branch or commit ErrRevision; "upgrade" and "patch", which depend on
// a current version, are errors.
//
// versions are the tagged versions in any order; pseudo-versions and what is no
// version are passed over. skip reports those not to choose, which are retracted
// or excluded; it may be nil. hasGoMod reports whether a version has a go.mod of
// its own (see [Module].Synthetic): when the highest suitable version has one,
// +incompatible versions do not count unless their major version is asked for. It
// is called at most once, and only when there are such; nil means yes.
func Choose(query string, versions []string, skip func(version string) bool, hasGoMod func(version string) (bool, error)) (string, error) {
	if isComplete(query) {
		return exact(query, versions), nil
	}
	c := candidates{versions: versions, skip: skip, hasGoMod: hasGoMod}
	q, err := parseQuery(query)
	if err != nil {
		return "", err
	}
	releases, prereleases, err := c.suiting(q)
	if err != nil {
		return "", err
	}
	for _, list := range [][]string{releases, prereleases} {
		switch {
		case len(list) > 0 && q.lowest:
			return list[0], nil
		case len(list) > 0:
			return list[len(list)-1], nil
		}
	}
	return "", fmt.Errorf("%s among %d versions: %w", query, len(versions), ErrNoVersion)
}

func exact(version string, versions []string) string {
	canonical := semver.Canonical(version)
	if strings.HasSuffix(version, incompatible) {
		return canonical + incompatible
	}
	for _, v := range versions {
		if v == canonical+incompatible {
			return v
		}
	}
	return canonical
}

// query is a parsed version query that chooses from a list.
type query struct {
	suits        func(version string) bool
	lowest       bool // of those that suit
	incompatible bool // +incompatible versions are asked for
}

func parseQuery(text string) (query, error) {
	operator := text[:len(text)-len(strings.TrimLeft(text, "<>="))]
	bound := text[len(operator):]
	switch {
	case text == "latest":
		return query{suits: func(string) bool { return true }}, nil
	case text == "upgrade", text == "patch":
		return query{}, fmt.Errorf("%q depends on the version in use; ask for latest, a version or a range such as v1.2", text)
	case operator == "" && !semver.IsValid(bound):
		return query{}, fmt.Errorf("%q: %w", shorten(text), ErrRevision)
	case !semver.IsValid(bound):
		return query{}, fmt.Errorf("%q: %q is not a version such as v1.2.3", shorten(text), shorten(bound))
	case (operator == "<=" || operator == ">") && !isComplete(bound):
		return query{}, fmt.Errorf("%q is ambiguous, for %s may stand for many versions; write all three numbers", text, bound)
	}
	q := query{lowest: operator[:min(1, len(operator))] == ">", incompatible: semver.Compare(semver.Major(bound), "v2") >= 0}
	switch operator {
	case "":
		q.suits = func(v string) bool { return strings.HasPrefix(v, bound+".") && semver.Compare(v, bound) >= 0 }
	case "<":
		q.suits = func(v string) bool { return semver.Compare(v, bound) < 0 }
	case "<=":
		q.suits = func(v string) bool { return semver.Compare(v, bound) <= 0 }
	case ">":
		q.suits = func(v string) bool { return semver.Compare(v, bound) > 0 }
	case ">=":
		q.suits = func(v string) bool { return semver.Compare(v, bound) >= 0 }
	default:
		return query{}, fmt.Errorf("%q: %q is not a comparison; use <, <=, > or >=", shorten(text), operator)
	}
	return q, nil
}

// candidates are what a query chooses from.
type candidates struct {
	versions []string
	skip     func(version string) bool
	hasGoMod func(version string) (bool, error)
}

// suiting returns what suits, lowest first.
func (c candidates) suiting(q query) (releases, prereleases []string, err error) {
	var compatible, legacy []string
	for _, v := range c.versions {
		switch {
		case !isComplete(v) || IsPseudo(v) || !q.suits(v) || c.skip != nil && c.skip(v):
		case strings.HasSuffix(v, incompatible):
			legacy = append(legacy, v)
		default:
			compatible = append(compatible, v)
		}
	}
	semver.Sort(compatible)
	all := compatible
	if keep, err := c.keepLegacy(q, compatible, legacy); err != nil {
		return nil, nil, err
	} else if keep {
		all = append(all, legacy...)
		semver.Sort(all)
	}
	for _, v := range all {
		if semver.Prerelease(v) == "" {
			releases = append(releases, v)
		} else {
			prereleases = append(prereleases, v)
		}
	}
	return releases, prereleases, nil
}

// keepLegacy reports whether +incompatible versions count. compatible is sorted.
func (c candidates) keepLegacy(q query, compatible, legacy []string) (bool, error) {
	if len(legacy) == 0 || len(compatible) == 0 || q.incompatible {
		return len(legacy) > 0, nil
	}
	if c.hasGoMod == nil {
		return false, nil
	}
	highest := compatible[len(compatible)-1]
	has, err := c.hasGoMod(highest)
	if err != nil {
		return false, fmt.Errorf("whether %s has a go.mod: %w", highest, err)
	}
	return !has, nil
}
