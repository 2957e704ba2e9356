package pypi

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
)

// input is the request as the solver takes it.
func (r *resolution) input(at int, without map[string]bool, building bool) (solve.Input, error) {
	t := r.targets[at]
	in := solve.Input{Near: ecosystem.Near(r.index), PackagesOnly: true, Python: t.env.PythonVersion(), Prereleases: r.prereleases(), Preferences: r.catalog.preferences(at), PrereleasesOf: setOf(r.settings.Choice.PrereleaseFor)}
	for _, one := range r.request.Requirements {
		if without[one.Kind] || (one.Kind == lock.KindBuild) != building {
			continue
		}
		q, err := parseRoot(one)
		if err != nil {
			return in, fmt.Errorf("%s: %w", r.request.Input, err)
		}
		if root, ok := r.root(t, &q, one.Kind); ok {
			in.Roots = append(in.Roots, root)
		}
	}
	slices.SortStableFunc(in.Roots, func(a, b solve.Requirement) int { return cmp.Compare(a.Name, b.Name) })
	bounds := r.settings.Constraints
	if building {
		bounds = r.settings.BuildConstraints
	}
	var err error
	if in.Constraints, err = r.bounds(t, bounds); err != nil || building {
		return in, err
	}
	overrides, err := r.overridesFor(t)
	if err != nil {
		return in, err
	}
	in.Overrides = map[string][]solve.Requirement{}
	for name, list := range overrides {
		in.Overrides[name] = []solve.Requirement{}
		for i := range list {
			if q, ok := t.requirement(&list[i]); ok {
				q.Origin = "override"
				in.Overrides[name] = append(in.Overrides[name], q)
			}
		}
	}
	for _, name := range r.settings.Excludes {
		in.Overrides[name] = []solve.Requirement{}
	}
	return in, nil
}

// root is a requirement of the request, if it can hold for a target.
func (r *resolution) root(t *target, q *marker.Requirement, kind string) (solve.Requirement, bool) {
	if !possible(q.Marker, t.env, r.names()...) {
		return solve.Requirement{}, false
	}
	origin := r.request.Input
	if kind != "" {
		origin += ", " + strings.Replace(kind, ":", " ", 1)
	}
	return solve.Requirement{Name: q.Name, Extras: q.Extras, Specifiers: q.Specifiers, URL: q.URL, Origin: origin}, true
}

// bounds are constraints as the solver takes them. What names an address says
// nothing of versions.
func (r *resolution) bounds(t *target, texts []string) ([]solve.Requirement, error) {
	var list []solve.Requirement
	for _, text := range texts {
		q, err := marker.ParseRequirement(text)
		if err != nil {
			return nil, fmt.Errorf("%s: constraint: %w", r.request.Input, err)
		}
		if q.URL != "" || !q.Marker.Eval(t.env, nil) {
			continue
		}
		list = append(list, solve.Requirement{Name: q.Name, Specifiers: q.Specifiers, Origin: "constraint"})
	}
	return list, nil
}

// overridesFor returns what stands in the place of requirements, by name. Of a name
// with an empty list nothing is required. t may be nil.
func (r *resolution) overridesFor(t *target) (map[string][]marker.Requirement, error) {
	overrides := map[string][]marker.Requirement{}
	for _, text := range r.settings.Overrides {
		q, err := marker.ParseRequirement(text)
		if err != nil {
			return nil, fmt.Errorf("%s: override: %w", r.request.Input, err)
		}
		if q.URL != "" {
			continue
		}
		if overrides[q.Name] == nil {
			overrides[q.Name] = []marker.Requirement{}
		}
		if t == nil || q.Marker.Eval(t.env, nil) {
			overrides[q.Name] = append(overrides[q.Name], q)
		}
	}
	return overrides, nil
}

// prereleases is the rule for pre-releases: the option, else the input's.
func (r *resolution) prereleases() solve.Prereleases {
	if r.request.Options[optionPrerelease] == "" && slices.Contains(r.settings.Choice.PrereleaseFor, all) {
		return solve.Allow
	}
	switch cmp.Or(r.request.Options[optionPrerelease], r.settings.Choice.Prerelease) {
	case prereleaseAllow:
		return solve.Allow
	case prereleaseNever:
		return solve.Never
	case prereleaseExplicit, prereleaseNamed:
		return solve.Mentioned
	}
	return solve.IfNecessary
}
