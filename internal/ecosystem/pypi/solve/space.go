package solve

import (
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
)

// space is all candidates of one distribution, in ascending order. Sets of
// candidates are indexes into it.
type space struct {
	name     string
	unknown  bool // the index does not have it
	list     []Candidate
	stable   set // those that are no pre-releases
	refusals []refusal
	usable   set // those without a refusal
	prefer   int // the preferred candidate, or -1
	compiled map[string]set
}

// refusal is a set of candidates that cannot be used for one reason.
type refusal struct {
	text string
	set  set
}

func newSpace(in *rules, name string, list []Candidate) *space {
	p := &space{name: name, list: tidy(list), prefer: -1, compiled: map[string]set{}}
	p.stable = gather(len(p.list), func(i int) bool { return !p.list[i].Version.IsPrerelease() })
	var bad set
	byText := map[string]int{}
	for i := range p.list {
		text := in.refuse(name, &p.list[i])
		if text == "" {
			continue
		}
		k, ok := byText[text]
		if !ok {
			k = len(p.refusals)
			byText[text] = k
			p.refusals = append(p.refusals, refusal{text: text})
		}
		p.refusals[k].set = p.refusals[k].set.with(i)
		bad = bad.with(i)
	}
	p.usable = p.all().minus(bad)
	if want, ok := in.Preferences[name]; ok {
		p.prefer = slices.IndexFunc(p.list, func(c Candidate) bool { return c.Version.Equal(want) })
	}
	return p
}

// tidy sorts candidates and keeps one of each version: of equal versions with
// different texts the one that can be used.
func tidy(list []Candidate) []Candidate {
	ascends := true
	for i := 1; i < len(list) && ascends; i++ {
		ascends = list[i-1].Version.Less(list[i].Version)
	}
	if ascends {
		return list
	}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Candidate) int {
		if c := a.Version.Compare(b.Version); c != 0 {
			return c
		}
		if (a.Refused == "") != (b.Refused == "") {
			if a.Refused == "" {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Version.String(), b.Version.String())
	})
	return slices.CompactFunc(list, func(a, b Candidate) bool { return a.Version.Equal(b.Version) })
}

func (p *space) all() set { return upTo(len(p.list)) }

// compile returns the candidates that satisfy specifiers, pre-releases included:
// which of them are taken is decided when one is chosen.
func (p *space) compile(s version.Set) set {
	if s.IsAny() {
		return p.all()
	}
	key := s.String()
	found, ok := p.compiled[key]
	if !ok {
		found = gather(len(p.list), func(i int) bool { return s.Contains(p.list[i].Version, true) })
		p.compiled[key] = found
	}
	return found
}

// choose returns the best of the allowed candidates, or -1. Where all are alike,
// pre-releases are no worse than others.
func (p *space) choose(allowed set, alike bool) int {
	if p.prefer >= 0 && allowed.contains(p.prefer) {
		return p.prefer
	}
	if alike {
		return allowed.last()
	}
	if stable := allowed.intersect(p.stable); !stable.empty() {
		return stable.last()
	}
	return allowed.last()
}

// text describes a set of candidates for a person.
func (p *space) text(s set) string {
	parts := make([]string, 0, len(s))
	for i, r := range s {
		if i == 3 && len(s) > 4 {
			parts = append(parts, "…")
		}
		if i < 3 || i == len(s)-1 || len(s) <= 4 {
			parts = append(parts, p.run(r))
		}
	}
	return strings.Join(parts, " or ")
}

func (p *space) run(r span) string {
	first, last := p.list[r.lo].Version.String(), p.list[r.hi-1].Version.String()
	switch {
	case r.hi-r.lo == 1:
		return first
	case r.lo == 0:
		return "<=" + last
	case int(r.hi) == len(p.list):
		return ">=" + first
	}
	return ">=" + first + ",<=" + last
}
