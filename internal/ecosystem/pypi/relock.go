package pypi

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// The locks of uv, poetry and pdm are for every platform that a project allows, so
// that these tools, when they lock again inside a feed, ask for what only other
// targets than the feed's need.

// locksAgain returns the command that makes a lock for every platform anew, "" for
// locks that are for one platform.
func locksAgain(input string) string {
	switch {
	case input == "uv.lock" || strings.HasSuffix(input, ".py.lock"):
		return `"uv lock"`
	case input == "poetry.lock":
		return `"poetry lock"`
	case input == "pdm.lock":
		return `"pdm lock"`
	case input == "pyproject.toml":
		return `"uv lock", "poetry lock" or "pdm lock"`
	case strings.HasSuffix(input, ".py"):
		return `"uv lock --script"`
	}
	return ""
}

// gap is something that is left out because no target needs it.
type gap struct {
	what   string
	needed func(t *target) bool
}

// candidatePlatforms are the platforms that are offered to fill a gap, the common
// ones first. Markers do not tell musl from glibc.
var candidatePlatforms = []string{
	"manylinux_2_28_x86_64", "win_amd64", "macosx_14_0_arm64", "manylinux_2_28_aarch64", "macosx_14_0_x86_64",
	"win_arm64", "win32", "manylinux_2_28_i686", "manylinux_2_28_armv7l", "manylinux_2_28_ppc64le", "manylinux_2_28_s390x",
}

// candidatePythons are the Pythons that are offered, those of most use first.
var candidatePythons = []string{"3.13", "3.12", "3.11", "3.10", "3.9", "3.8", "3.14", "pypy3.11", "pypy3.10"}

// relocking returns what to say of gaps to someone who locks again, and of those
// that no target fills; both may be "".
func (r *resolution) relocking(gaps []gap) (advice string, rest []string) {
	tool := locksAgain(r.request.Input)
	if tool == "" || len(gaps) == 0 || len(r.targets) == 0 {
		return "", nil
	}
	w := newWidening(r.targets)
	for _, t := range r.candidates() {
		left := gaps[:0:0]
		for _, one := range gaps {
			if !one.needed(t) {
				left = append(left, one)
			}
		}
		if len(left) < len(gaps) {
			w.add(t)
			gaps = left
		}
		if len(gaps) == 0 {
			break
		}
	}
	for _, one := range gaps {
		rest = append(rest, one.what)
	}
	if w.grown {
		advice = tool + " inside the feed would ask for them: mirror with " + w.flags()
	}
	return advice, rest
}

// candidates are the targets that might be added and that the input allows: first
// those that share a Python or a platform with the targets there are.
func (r *resolution) candidates() []*target {
	have := newWidening(r.targets)
	var pythons, platforms []wheel.Target
	lowest := slices.MinFunc(r.targets, func(a, b *target) int { return a.Minor - b.Minor }).Minor
	for _, text := range candidatePythons {
		t, err := wheel.ParsePython(text)
		if err == nil && (r.settings.RequiresPython != "" || t.Minor >= lowest) {
			pythons = append(pythons, t)
		}
	}
	for _, text := range candidatePlatforms {
		if p, err := wheel.ParsePlatform(text); err == nil {
			platforms = append(platforms, wheel.Target{Platform: p})
		}
	}
	var all []*target
	cross := func(pythons, platforms []wheel.Target) {
		for _, python := range pythons {
			for _, platform := range platforms {
				python.Platform = platform.Platform
				if t := newTarget(python); unsupported(t, &r.settings) == "" {
					all = append(all, t)
				}
			}
		}
	}
	cross(have.pythons, platforms)
	cross(pythons, have.platforms)
	cross(pythons, platforms)
	return all
}

// widening is the Pythons and platforms of targets, each once.
type widening struct {
	pythons, platforms []wheel.Target
	grown              bool
}

func newWidening(targets []*target) *widening {
	w := &widening{}
	for _, t := range targets {
		w.add(t)
	}
	w.grown = false
	return w
}

func (w *widening) add(t *target) {
	python := t.Target
	python.Platform = wheel.Platform{}
	platform := wheel.Target{Platform: t.Platform}
	w.grown = true
	if !slices.Contains(w.pythons, python) {
		w.pythons = append(w.pythons, python)
	}
	if !slices.Contains(w.platforms, platform) {
		w.platforms = append(w.platforms, platform)
	}
}

// flags are those that name the targets on a command line.
func (w *widening) flags() string {
	var flags []string
	for _, t := range w.pythons {
		flags = append(flags, "--python "+pythonFlag(t))
	}
	for _, t := range w.platforms {
		flags = append(flags, "--platform "+t.Platform.String())
	}
	return strings.Join(flags, " ")
}

// pythonFlag is a Python as the option names it.
func pythonFlag(t wheel.Target) string {
	text := t.Python()
	if t.Implementation == wheel.PyPy {
		text = wheel.PyPy + text
	}
	if t.Threads {
		text += "t"
	}
	if t.Debug {
		text += "d"
	}
	return text
}

// leftOutNote says what of a lock is left out because no target needs it.
func (l *lockedGraph) leftOutNote(left []int) string {
	var names []string
	var gaps []gap
	needed := map[*target][]bool{}
	for _, at := range left {
		what := l.nodes[at].Name + " " + l.nodes[at].Version
		names = append(names, what)
		gaps = append(gaps, gap{what, func(t *target) bool {
			said := l.settings.Releases[l.locked[at].Name+"@"+l.locked[at].Version]
			if !l.marked(&said, t) {
				return false
			}
			if needed[t] == nil {
				needed[t], _ = l.needed(t, l.active(t))
			}
			return needed[t][at]
		}})
	}
	note := fmt.Sprintf("%s: %d releases are for other targets and left out: %s", l.request.Input, len(names), listed(names))
	if len(names) == 1 {
		note = fmt.Sprintf("%s: %s is for other targets and left out", l.request.Input, names[0])
	}
	advice, rest := l.relocking(gaps)
	if advice != "" {
		note += "; " + advice
	}
	if len(rest) > 0 {
		note += "; --all-files takes " + listed(rest) + " too"
	}
	return note
}

// elsewhereNote says what a project's lock for every platform would have beyond the
// graph, as far as the metadata of its releases tell; "" where that is nothing.
func (g *graph) elsewhereNote(ctx context.Context) (string, error) {
	if g.request.Lock != nil || locksAgain(g.request.Input) == "" {
		return "", nil
	}
	gaps, err := g.gaps(ctx)
	if err != nil {
		return "", err
	}
	advice, rest := g.relocking(gaps)
	if advice == "" {
		return "", nil
	}
	var names []string
	for _, one := range gaps {
		if !slices.Contains(rest, one.what) {
			names = append(names, one.what)
		}
	}
	return fmt.Sprintf("%s: not needed for these targets and left out: %s; %s", g.request.Input, listed(names), advice), nil
}

// gaps are the projects that the request or releases require on targets that are
// not the graph's.
func (g *graph) gaps(ctx context.Context) ([]gap, error) {
	conditions := map[string][]marker.Marker{}
	note := func(q *marker.Requirement, given marker.Marker) {
		if q.URL == "" && !given.IsAlways() && !given.IsNever() && !g.has(q.Name) && !slices.Contains(g.settings.Excludes, q.Name) {
			conditions[q.Name] = append(conditions[q.Name], given)
		}
	}
	for _, one := range g.request.Requirements {
		q, err := parseRoot(one)
		if err != nil {
			return nil, err
		}
		note(&q, q.Marker)
	}
	for _, u := range g.usages {
		for at, file := range u.file {
			c, err := g.core(ctx, g.nodes[at].Name, g.nodes[at].Version, file)
			if err != nil {
				if err = passOver(err); err != nil {
					return nil, err
				}
				continue
			}
			for i := range c.requires {
				q := &c.requires[i]
				note(q, q.Marker.WithExtras(g.extras[at]))
			}
		}
	}
	var gaps []gap
	for name, markers := range conditions {
		gaps = append(gaps, gap{name, func(t *target) bool {
			return slices.ContainsFunc(markers, func(m marker.Marker) bool { return possible(m, t.env, g.names()...) })
		}})
	}
	slices.SortFunc(gaps, func(a, b gap) int { return strings.Compare(a.what, b.what) })
	return gaps, nil
}

func (g *graph) has(name string) bool {
	return slices.ContainsFunc(g.nodes, func(n feed.Node) bool { return n.Name == name })
}
