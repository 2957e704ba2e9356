package pypi

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// target is one interpreter on one platform, ready to choose for.
type target struct {
	wheel.Target
	name     string // the target as text
	selector *wheel.Selector
	ranks    *ranks
	env      *marker.Environment
}

func newTarget(t wheel.Target) *target {
	selector := wheel.NewSelector(t)
	return &target{Target: t, name: t.String(), selector: selector, ranks: newRanks(selector), env: marker.NewEnvironment(t)}
}

// describe names a target for a person.
func (t *target) describe() string {
	return "Python " + t.Python() + " on " + t.Platform.String()
}

// targetsOf returns the targets of a request by name: every Python on every
// platform. None means that the request does not say, which only a lock may.
func targetsOf(request feed.Request, settings *lock.Settings) (targets []*target, notes []string, err error) {
	pythons, err := parsePythons(request.Options[optionPython])
	if err != nil {
		return nil, nil, err
	}
	said := "what the feed recorded, else the interpreter on PATH"
	if own := declared(pythons, settings); !slices.Equal(own, pythons) {
		pythons, said = own, "as "+request.Input+" says"
	}
	if len(pythons) == 0 {
		if request.Lock != nil {
			return nil, nil, nil
		}
		return nil, nil, errNoPython
	}
	all, err := cross(pythons, request.Targets)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(all, func(a, b wheel.Target) int { return strings.Compare(a.String(), b.String()) })
	all = slices.Compact(all)
	if len(request.Targets) == 0 {
		var names []string
		for _, one := range all {
			names = append(names, newTarget(one).describe())
		}
		notes = append(notes, "for "+strings.Join(names, ", ")+" ("+said+"); --python and --platform name others")
	}
	for _, one := range all {
		t := newTarget(one)
		if why := unsupported(t, settings); why != "" {
			notes = append(notes, fmt.Sprintf("%s: nothing for %s: %s", request.Input, t, why))
			continue
		}
		targets = append(targets, t)
	}
	if len(targets) == 0 {
		return nil, nil, fmt.Errorf("%s: it is for none of the targets: %s; name others with --python and --platform", request.Input, strings.Join(notes, "; "))
	}
	return targets, notes, nil
}

var errNoPython = errors.New("pypi: no Python is named to resolve for: write --python 3.11 --platform manylinux_2_28_x86_64, both repeatable")

// cross puts every Python on every platform. Without platforms each Python must
// bring its own.
func cross(pythons []python, platforms []feed.Target) ([]wheel.Target, error) {
	var all []wheel.Target
	for _, one := range pythons {
		if len(platforms) == 0 {
			if !one.whole {
				return nil, fmt.Errorf("pypi: Python %s on which platform? Write for instance --platform manylinux_2_28_x86_64, win_amd64 or macosx_14_0_arm64, or leave --python out for the interpreter on PATH", one.Python())
			}
			all = append(all, one.Target)
			continue
		}
		for _, platform := range platforms {
			t := one.Target
			var err error
			if t.Platform, err = wheel.FromFeed(platform); err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	return all, nil
}

// unsupported says why an input is not for a target, or nothing.
func unsupported(t *target, settings *lock.Settings) string {
	if !allows(settings.RequiresPython, t) {
		return "the project requires Python " + settings.RequiresPython
	}
	if len(settings.Environments) == 0 {
		return ""
	}
	if slices.ContainsFunc(settings.Environments, func(e lock.Environment) bool { return suitsEnvironment(e, t) }) {
		return ""
	}
	return "the input is for other environments"
}

// allows reports whether a target satisfies a Requires-Python. One that cannot be
// read allows everything, as pip has it.
func allows(specifiers string, t *target) bool {
	set, err := version.ParseLenient(specifiers)
	return err != nil || set.Contains(t.env.PythonVersion(), true)
}

func suitsEnvironment(e lock.Environment, t *target) bool {
	if e.Marker != "" {
		if m, err := marker.Parse(e.Marker); err == nil && !possible(m, t.env) {
			return false
		}
	}
	if e.Implementation != "" && !strings.EqualFold(e.Implementation, t.Implementation) {
		return false
	}
	return allows(e.RequiresPython, t)
}

// possible reports whether a marker is true in an environment with no extra or
// group, with one of those that it names or that are known, or with all.
func possible(m marker.Marker, env *marker.Environment, known ...string) bool {
	rest := m.Reduce(env)
	if rest.IsAlways() || rest.IsNever() {
		return rest.IsAlways()
	}
	names := slices.Concat(rest.Extras(), known)
	if rest.EvalLock(env, nil, nil) || rest.EvalLock(env, names, names) {
		return true
	}
	return slices.ContainsFunc(names, func(name string) bool {
		one := []string{name}
		return rest.EvalLock(env, one, one)
	})
}
