package solve

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"deps.dev/util/semver"
)

// naive searches depth first without any pruning. It shares nothing with the
// search that it judges but the types of the interface.
type naive struct {
	world *world
	steps int
}

var errTooLong = errors.New("too many steps")

const naiveSteps = 30_000

// naiveState is copied before each choice.
type naiveState struct {
	active   map[string]*Release // by crate and range
	features map[*Release]map[string]bool
	links    map[string]*Release
	frames   []naiveFrame
}

type naiveFrame struct {
	deps []naiveOpen
}

type naiveOpen struct {
	dep        Dependency
	features   []string
	candidates []*Release
}

func (s *naiveState) clone() *naiveState {
	c := &naiveState{active: maps.Clone(s.active), features: map[*Release]map[string]bool{}, links: maps.Clone(s.links)}
	for r, set := range s.features {
		c.features[r] = maps.Clone(set)
	}
	c.frames = slices.Clone(s.frames)
	return c
}

// solve returns the chosen "name version" of the first solution, sorted, or nil.
func (n *naive) solve() ([]string, error) {
	s := &naiveState{active: map[string]*Release{}, features: map[*Release]map[string]bool{}, links: map[string]*Release{}}
	for i := range n.world.input.Members {
		m := &n.world.input.Members[i]
		if !n.activate(s, m, slices.Collect(maps.Keys(naiveFeatures(m))), true, true) {
			return nil, nil
		}
	}
	done, err := n.search(s)
	if done == nil || err != nil {
		return nil, err
	}
	var list []string
	for _, r := range done.active {
		list = append(list, r.Name+" "+r.Version+" "+strings.Join(slices.Sorted(maps.Keys(done.features[r])), ","))
	}
	sort.Strings(list)
	return list, nil
}

func (n *naive) search(s *naiveState) (*naiveState, error) {
	best := -1
	for i, f := range s.frames {
		if len(f.deps) > 0 && (best < 0 || len(f.deps[0].candidates) < len(s.frames[best].deps[0].candidates)) {
			best = i
		}
	}
	if best < 0 {
		return s, nil
	}
	next := s.frames[best].deps[0]
	for _, candidate := range next.candidates {
		if n.steps++; n.steps > naiveSteps {
			return nil, errTooLong
		}
		c := s.clone()
		c.frames[best] = naiveFrame{s.frames[best].deps[1:]}
		if !n.activate(c, candidate, next.features, next.dep.DefaultFeatures, false) {
			continue
		}
		if done, err := n.search(c); done != nil || err != nil {
			return done, err
		}
	}
	return nil, nil
}

func naiveKey(r *Release) string {
	var a, b, c int
	if _, err := fmt.Sscanf(r.Version, "%d.%d.%d", &a, &b, &c); err != nil {
		panic(err)
	}
	switch {
	case a > 0:
		return fmt.Sprint(r.Source, " ", r.Name, " ", a)
	case b > 0:
		return fmt.Sprint(r.Source, " ", r.Name, " 0.", b)
	}
	return fmt.Sprint(r.Source, " ", r.Name, " 0.0.", c)
}

func naiveFeatures(r *Release) map[string][]string {
	all := maps.Clone(r.Features)
	if all == nil {
		all = map[string][]string{}
	}
	mentioned := map[string]bool{}
	for _, list := range r.Features {
		for _, word := range list {
			mentioned[word] = true
		}
	}
	for _, d := range r.Deps {
		if _, ok := all[d.Key()]; d.Optional && !ok && !mentioned["dep:"+d.Key()] {
			all[d.Key()] = []string{"dep:" + d.Key()}
		}
	}
	return all
}

// activate reports false when the release cannot be active in this naiveState.
func (n *naive) activate(s *naiveState, r *Release, features []string, byDefault, member bool) bool {
	key := naiveKey(r)
	if other := s.active[key]; other != nil && other != r {
		return false
	}
	if other := s.links[r.Links]; r.Links != "" && other != nil && other != r {
		return false
	}
	table := naiveFeatures(r)
	wantDefault := byDefault && table["default"] != nil
	if s.active[key] == r && !member {
		covered := !wantDefault || s.features[r]["default"]
		for _, f := range features {
			covered = covered && s.features[r][f]
		}
		if covered {
			return true
		}
	}
	on, wanted := map[string]bool{}, map[string][]string{}
	if wantDefault {
		features = append(slices.Clone(features), "default")
	}
	for _, f := range features {
		if !naiveRequire(r, table, f, on, wanted) {
			return false
		}
	}
	s.active[key] = r
	if r.Links != "" {
		s.links[r.Links] = r
	}
	if s.features[r] == nil {
		s.features[r] = map[string]bool{}
	}
	maps.Copy(s.features[r], on)
	s.frames = append(s.frames, n.frame(r, wanted, member))
	return true
}

func naiveRequire(r *Release, table map[string][]string, f string, on map[string]bool, wanted map[string][]string) bool {
	if on[f] {
		return true
	}
	list, ok := table[f]
	if !ok {
		return false
	}
	on[f] = true
	for _, word := range list {
		key, with, slash := strings.Cut(word, "/")
		dep, isDep := strings.CutPrefix(word, "dep:")
		switch {
		case slash:
			key, weak := strings.CutSuffix(key, "?")
			optional := slices.ContainsFunc(r.Deps, func(d Dependency) bool { return d.Key() == key && d.Optional })
			if _, ok := table[key]; ok && optional && !weak {
				naiveRequire(r, table, key, on, wanted)
			}
			wanted[key] = append(wanted[key], with)
		case isDep:
			wanted[dep] = append(wanted[dep], "")
		default:
			if !naiveRequire(r, table, word, on, wanted) {
				return false
			}
		}
	}
	return true
}

func (n *naive) frame(r *Release, wanted map[string][]string, member bool) naiveFrame {
	var f naiveFrame
	for _, d := range r.Deps {
		extra, enabled := wanted[d.Key()]
		if d.Kind == Dev && !member || d.Optional && !enabled {
			continue
		}
		o := naiveOpen{dep: d, features: slices.Clone(d.Features), candidates: n.candidates(d)}
		for _, with := range extra {
			if with != "" {
				o.features = append(o.features, with)
			}
		}
		f.deps = append(f.deps, o)
	}
	sort.SliceStable(f.deps, func(a, b int) bool { return len(f.deps[a].candidates) < len(f.deps[b].candidates) })
	return f
}

func (n *naive) candidates(d Dependency) []*Release {
	constraint, err := semver.Cargo.ParseConstraint(d.Req)
	if err != nil {
		panic(err)
	}
	var list []*Release
	all := n.world.releases[d.Crate()]
	for i := range all {
		if !all[i].Yanked && constraint.Match(all[i].Version) {
			list = append(list, &all[i])
		}
	}
	sort.SliceStable(list, func(a, b int) bool {
		if fa, fb := n.fits(list[a]), n.fits(list[b]); fa != fb {
			return fa > fb
		}
		if order := semver.Cargo.Compare(list[a].Version, list[b].Version); order != 0 {
			return order > 0
		}
		return list[a].Version > list[b].Version // the generator's build metadata is one letter
	})
	return list
}

func (n *naive) fits(r *Release) int {
	count := 0
	for _, wanted := range n.world.input.RustVersions {
		if r.RustVersion == "" || wanted >= r.RustVersion {
			count++
		}
	}
	return count
}
