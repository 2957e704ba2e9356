package solve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/pkg/feed"
)

// universe is a text of packages:
//
//	roots: a >=1, b[x] <3
//	constraints: c <2
//	overrides: d ==1, e        (a name alone drops the requirement)
//	prefer: a 1.0
//	python: 3.9
//	prereleases: allow
//	a 2 [yanked] [py>=3.8] [refused has no file] [unusable has invalid metadata] [error]: b >=1, c[y]; x: d <2
//
// where "; x:" begins the requirements of the extra x.
type universe struct {
	mu       sync.Mutex
	in       Input
	packages map[string][]Candidate
	metas    map[string]testMeta
	asked    []string
}

type testMeta struct {
	Metadata
	err error
}

func (u *universe) Versions(_ context.Context, name string) ([]Candidate, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked = append(u.asked, name)
	list, ok := u.packages[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, feed.ErrNotFound)
	}
	return list, nil
}

func (u *universe) Dependencies(_ context.Context, name string, c Candidate) (Metadata, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	key := name + " " + c.Version.String()
	if c.Refused != "" {
		return Metadata{}, fmt.Errorf("%s is read though it is refused", key)
	}
	u.asked = append(u.asked, key)
	m := u.metas[key]
	return m.Metadata, m.err
}

func parseUniverse(text string) (*universe, error) {
	u := &universe{packages: map[string][]Candidate{}, metas: map[string]testMeta{}}
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		head, rest, _ := strings.Cut(line, ":")
		if err := u.line(strings.TrimSpace(head), strings.TrimSpace(rest), i+1); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return u, nil
}

func (u *universe) line(head, rest string, number int) error {
	switch head {
	case "roots":
		list, err := parseList(rest, fmt.Sprintf("line %d", number))
		u.in.Roots = append(u.in.Roots, list...)
		return err
	case "constraints":
		list, err := parseList(rest, fmt.Sprintf("line %d", number))
		u.in.Constraints = append(u.in.Constraints, list...)
		return err
	case "overrides":
		return u.override(rest)
	case "prefer":
		name, v, _ := strings.Cut(rest, " ")
		u.in.Preferences = map[string]version.Version{name: version.MustParse(v)}
	case "python":
		u.in.Python = version.MustParse(rest)
	case "lower":
		u.in.LowerPythonOnly = true
	case "exact":
		u.in.Exact = true
	case "prereleases":
		u.in.Prereleases = map[string]Prereleases{"allow": Allow, "never": Never, "mentioned": Mentioned}[rest]
	case "prereleases of":
		u.in.PrereleasesOf = map[string]bool{rest: true}
	default:
		return u.candidate(head, rest)
	}
	return nil
}

func (u *universe) override(rest string) error {
	u.in.Overrides = map[string][]Requirement{}
	list, err := parseList(rest, "")
	for _, r := range list {
		u.in.Overrides[r.Name] = append(u.in.Overrides[r.Name], r)
		if r.Specifiers.IsAny() {
			u.in.Overrides[r.Name] = nil
		}
	}
	return err
}

func (u *universe) candidate(head, rest string) error {
	head, flags, _ := strings.Cut(head, " [")
	name, text, _ := strings.Cut(head, " ")
	v, err := version.Parse(text)
	if err != nil {
		return err
	}
	c, m := Candidate{Version: v}, testMeta{}
	for _, flag := range strings.Split(strings.TrimSuffix(flags, "]"), "] [") {
		if err := c.flag(&m, flag); err != nil {
			return err
		}
	}
	for i, part := range strings.Split(rest, ";") {
		extra := ""
		if i > 0 {
			extra, part, _ = strings.Cut(strings.TrimSpace(part), ":")
		}
		list, err := parseList(part, "")
		if err != nil {
			return err
		}
		for _, r := range list {
			if extra != "" {
				r.If = func(e string) bool { return e == extra }
			}
			m.Requires = append(m.Requires, r)
		}
	}
	u.packages[name] = append(u.packages[name], c)
	u.metas[name+" "+v.String()] = m
	return nil
}

func (c *Candidate) flag(m *testMeta, flag string) (err error) {
	word, rest, _ := strings.Cut(flag, " ")
	switch {
	case flag == "":
	case word == "yanked":
		c.Yanked = true
	case word == "refused":
		c.Refused = rest
	case word == "unusable":
		m.err = &UnusableError{rest}
	case word == "error":
		m.err = errors.New("connection lost")
	case word == "inside":
		m.RequiresPython, err = version.ParseSpecifiers(rest)
	case strings.HasPrefix(flag, "py"):
		c.RequiresPython, err = version.ParseSpecifiers(flag[2:])
	default:
		err = fmt.Errorf("unknown flag %q", flag)
	}
	return err
}

func parseList(text, origin string) ([]Requirement, error) {
	var list []Requirement
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		r, err := parseRequirement(part)
		if err != nil {
			return nil, err
		}
		r.Origin = origin
		list = append(list, r)
	}
	return list, nil
}

// parseRequirement reads "a[x+y] >=1 <2", blanks and "+" in the place of commas.
func parseRequirement(text string) (r Requirement, err error) {
	if name, url, ok := strings.Cut(text, " @ "); ok {
		return Requirement{Name: name, URL: url}, nil
	}
	head, rest, _ := strings.Cut(text, " ")
	name, extras, ok := strings.Cut(strings.TrimSuffix(head, "]"), "[")
	r.Name = name
	if ok {
		r.Extras = strings.Split(extras, "+")
	}
	r.Specifiers, err = version.ParseSpecifiers(strings.ReplaceAll(strings.TrimSpace(rest), " ", ","))
	return r, err
}

// describe writes a result as the test data has it.
func describe(s Solution, err error) string {
	var b strings.Builder
	if err != nil {
		return err.Error() + "\n"
	}
	for _, p := range s.Packages {
		b.WriteString(p.Name)
		if len(p.Extras) > 0 {
			b.WriteString("[" + strings.Join(p.Extras, ",") + "]")
		}
		b.WriteString(" " + p.Candidate.Version.String() + "\n")
	}
	for _, r := range s.Refused {
		fmt.Fprintf(&b, "refused: %s of %s %s\n", r.Requirement.String(), r.Name, r.Version)
	}
	for _, a := range s.Assumed {
		fmt.Fprintf(&b, "assumed: %d of %s\n", a.Count, a.Name)
	}
	return b.String()
}
