package pypi

import (
	"context"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// source is a source distribution that a target has to build.
type source struct{ name, version, file string }

// builds resolves what a target needs to build things.
type builds struct {
	*graph
	usage int
	todo  []source
	seen  map[string]bool // requirements that were resolved, as text
}

// addBuilds adds what building the source distributions among solutions needs, each
// resolved on its own, as build environments are (PEP 517, 518).
func (g *graph) addBuilds(ctx context.Context, found []solved) error {
	for at := range g.usages {
		b := &builds{graph: g, usage: at, seen: map[string]bool{}}
		for _, one := range found {
			if one.usage == at {
				b.add(one.solution.Packages)
			}
		}
		if err := b.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// add notes the source distributions among packages.
func (b *builds) add(packages []solve.Package) {
	for i := range packages {
		chosen, ok := packages[i].Candidate.Value.(*pick)
		if ok && !wheel.IsWheel(chosen.file) {
			b.todo = append(b.todo, source{packages[i].Name, chosen.version, chosen.file})
		}
	}
}

func (b *builds) run(ctx context.Context) error {
	for len(b.todo) > 0 {
		next := b.todo[0]
		b.todo = b.todo[1:]
		if err := b.one(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// one resolves what building one source distribution needs.
func (b *builds) one(ctx context.Context, s source) error {
	c, err := b.core(ctx, s.name, s.version, s.file)
	if err != nil {
		return err
	}
	key := requirementsText(c.build)
	if b.seen[key] || len(c.build) == 0 {
		return nil
	}
	b.seen[key] = true
	t := b.targets[b.usage]
	in := solve.Input{Near: ecosystem.Near(b.index), PackagesOnly: true, Python: t.env.PythonVersion(), Preferences: b.catalog.preferences(b.usage)}
	for i := range c.build {
		if q, ok := t.requirement(&c.build[i]); ok && (q.If == nil || q.If("")) {
			q.Origin, q.If = s.file, nil
			in.Roots = append(in.Roots, q)
		}
	}
	if in.Constraints, err = b.bounds(t, b.settings.BuildConstraints); err != nil {
		return err
	}
	from := &universe{b.resolution, b.usage, t}
	solution, err := solve.Resolve(ctx, in, from)
	if err == nil && c.setuptools && asksForWheel(&solution) {
		in.Roots = append(in.Roots, solve.Requirement{Name: wheelProject, Origin: "setuptools below " + ownWheel.String()})
		solution, err = solve.Resolve(ctx, in, from)
	}
	if isConflict(err) {
		return &feed.ResolveError{Unmet: []feed.Unmet{{
			Requirement: feed.Requirement{Name: "what building " + s.name + " " + s.version + " needs, for " + t.describe()},
			Reasons:     append(strings.Split(err.Error(), "\n"), "--sdist none refuses releases that have to be built"),
		}}}
	}
	if err != nil {
		return err
	}
	if err := b.take(solved{usage: b.usage, solution: solution, building: true}); err != nil {
		return err
	}
	b.add(solution.Packages)
	return nil
}

// requirementsText is the same for equal lists of requirements.
func requirementsText(list []marker.Requirement) string {
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = list[i].String()
	}
	slices.Sort(texts)
	return strings.Join(texts, "\n")
}

// wheelProject is what setuptools asks for when it builds something, until it has
// a copy of its own.
const wheelProject = "wheel"

var ownWheel = version.MustParse("70.1")

// asksForWheel reports whether the setuptools of a build environment asks for
// "wheel" while it builds.
func asksForWheel(solution *solve.Solution) bool {
	for i := range solution.Packages {
		if p := &solution.Packages[i]; p.Name == "setuptools" {
			return p.Candidate.Version.Less(ownWheel)
		}
	}
	return false
}
