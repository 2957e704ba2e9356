package solve

import (
	"iter"
	"strings"
)

// Conflict says that no choice of versions meets the requirements.
type Conflict struct {
	Proof *Derivation
}

// Derivation is a statement with what it follows from. A statement without causes
// is a fact: a requirement, a constraint, or a version that cannot be used. What
// several statements need is one Derivation.
type Derivation struct {
	Text   string
	Causes []*Derivation
}

// Error returns the proof as sentences, one a line.
func (c *Conflict) Error() string { return narrate(c.Proof) }

// leaves returns the facts that a proof rests on.
func leaves(dead *incompat) iter.Seq[*incompat] {
	return func(yield func(*incompat) bool) {
		seen := map[*incompat]bool{}
		stack := []*incompat{dead}
		for len(stack) > 0 {
			c := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if seen[c] {
				continue
			}
			seen[c] = true
			if c.reason == derived {
				stack = append(stack, c.causes[0], c.causes[1])
			} else if !yield(c) {
				return
			}
		}
	}
}

func (s *solver) conflict(dead *incompat) *Conflict {
	e := explainer{solver: s, steps: map[*incompat]*step{}, said: map[*step]*Derivation{}}
	return &Conflict{e.derivation(e.step(dead))}
}

// explainer turns incompatibilities into statements.
type explainer struct {
	*solver
	steps map[*incompat]*step
	said  map[*step]*Derivation
}

func (e *explainer) derivation(s *step) *Derivation {
	if d, ok := e.said[s]; ok {
		return d
	}
	d := &Derivation{Text: e.say(s.incompat)}
	e.said[s] = d
	for _, c := range s.causes {
		d.Causes = append(d.Causes, e.derivation(c))
	}
	return d
}

// say puts an incompatibility into words.
func (e *explainer) say(c *incompat) string {
	switch c.reason {
	case fromNeed, fromSample:
		return e.sayNeed(c)
	case fromRefusal:
		return phrase(c.clauses[0]) + " " + c.text
	case fromLimit:
		return "the constraint " + c.need.String() + from(c.need) + " holds"
	case fromMany:
		return phrase(c.clauses[0]) + " needs " + phrase(c.clauses[1]) + " (each a part of it)"
	}
	return e.sayDerived(c)
}

func (e *explainer) sayNeed(c *incompat) string {
	who := phrase(c.clauses[0]) + " needs "
	if c.clauses[0].pkg == e.root {
		who = "you require "
	}
	text := who + c.need.String() + from(c.need)
	target := e.pkgs[node{c.need.Name, ""}]
	switch {
	case len(c.clauses) == 2:
	case target.space.unknown:
		text += " (the index has no package " + c.need.Name + ")"
	case target.base == c.clauses[0].pkg.base:
		text += " of itself"
	default:
		text += " (no version of " + c.need.Name + " is in that range)"
	}
	return text
}

// sayDerived words a consequence. The root always holds and is not named.
func (e *explainer) sayDerived(c *incompat) string {
	var with, without []string
	for _, cl := range c.clauses {
		switch {
		case cl.pkg == e.root:
		case cl.term.not:
			without = append(without, phrase(cl))
		default:
			with = append(with, phrase(cl))
		}
	}
	need := strings.Join(without, " or ")
	switch {
	case len(with) == 0 && need == "":
		return "the requirements cannot be met"
	case len(with) == 0:
		return need + " has to be used"
	case need != "":
		return enumerate(with, "with") + " needs " + need
	case len(with) == 1:
		if name, all := strings.CutPrefix(with[0], "every "); all {
			return "no " + name + " can be used"
		}
		return with[0] + " cannot be used"
	}
	return enumerate(with, "and") + " cannot go together"
}

// phrase names a package with the versions that a term is about.
func phrase(c clause) string {
	name := c.pkg.name
	if c.pkg.extra != "" {
		name += "[" + c.pkg.extra + "]"
	}
	sp := c.pkg.space
	if len(sp.list) > 1 && c.term.set.equal(sp.all()) {
		if c.term.not {
			return name
		}
		return "every version of " + name
	}
	return name + " " + sp.text(c.term.set)
}

func enumerate(list []string, last string) string {
	n := len(list) - 1
	if n <= 0 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:n], ", ") + " " + last + " " + list[n]
}
