package modgraph

import "slices"

// roots are the requirements that a graph is built from: those of the main
// module, or the main modules of a workspace; and Go itself.
type roots struct {
	pruning pruning
	list    []Version       // by path and version
	direct  map[string]bool // paths that the main module does not mark as indirect
}

func (s *session) roots() roots {
	r := roots{pruning: workspace, direct: map[string]bool{"go": true}}
	goLine, toolchain := or(s.input.Go, workWithoutLine), s.input.Toolchain
	if s.input.Work {
		for path := range s.mains {
			r.list = append(r.list, Version{Path: path})
		}
	} else {
		main := s.input.Mains[0]
		goLine, toolchain = or(main.Go, withoutLine), main.Toolchain
		r.pruning = unpruned
		if prunes(main.Go) {
			r.pruning = pruned
		}
		r.add(main, s.exclude)
	}
	r.list = append(r.list, Version{Path: "go", Version: goLine})
	if toolchain != "" {
		r.list = append(r.list, Version{Path: "toolchain", Version: toolchain})
	}
	sorted(r.list)
	return r
}

func (r *roots) add(main Module, exclude map[Version]bool) {
	for _, line := range main.Require {
		m := Version{Path: line.Path, Version: line.Version}
		if exclude[m] {
			continue
		}
		r.list = append(r.list, m)
		if !line.Indirect {
			r.direct[m.Path] = true
		}
	}
}

// resolve reads the graph, and once more when it shows that the main module's
// requirements are not up to date. A workspace is never brought up to date.
func (s *session) resolve() (*requirements, error) {
	r := s.roots()
	if s.input.Work {
		return s.build(r)
	}
	if s.redundant(r) {
		updated, err := s.update(r, nil)
		if err != nil {
			return nil, err
		}
		r = updated
	}
	g, err := s.build(r)
	if err != nil || s.consistent(r, g) {
		return g, err
	}
	if r, err = s.update(r, g); err != nil {
		return nil, err
	}
	return s.build(r)
}

// redundant reports whether a module is required twice, or the main one at all.
func (s *session) redundant(r roots) bool {
	for i, m := range r.list {
		if s.mains[m.Path] || i > 0 && m.Path == r.list[i-1].Path {
			return true
		}
	}
	return false
}

func (s *session) consistent(r roots, g *requirements) bool {
	return !slices.ContainsFunc(r.list, func(m Version) bool { return g.highest(m.Path) != m.Version })
}

// update returns roots that are the selected versions of their graph. g is the
// graph of r if it has been read.
func (s *session) update(r roots, g *requirements) (roots, error) {
	if r.pruning == pruned {
		return s.updatePruned(r, g)
	}
	if g == nil {
		var err error
		if g, err = s.build(r); err != nil {
			return roots{}, err
		}
	}
	return s.updateUnpruned(r, g), nil
}

// updatePruned raises the roots to the selected versions until no raised root
// brings in requirements that raise another. Versions only grow, so it ends.
func (s *session) updatePruned(r roots, g *requirements) (roots, error) {
	for {
		list, changed := s.raiseRoots(r, g)
		r.list = list
		if !changed {
			return r, nil
		}
		var err error
		if g, err = s.build(r); err != nil {
			return roots{}, err
		}
	}
}

// raiseRoots returns one root for each path: the selected version, or, while
// there is no graph, the highest root.
func (s *session) raiseRoots(r roots, g *requirements) (list []Version, changed bool) {
	if g == nil {
		g = newRequirements(r.list)
	}
	for _, m := range r.list {
		if s.mains[m.Path] || len(list) > 0 && list[len(list)-1].Path == m.Path {
			continue
		}
		chosen := Version{Path: m.Path, Version: g.highest(m.Path)}
		list = append(list, chosen)
		changed = changed || chosen != m
	}
	return list, changed
}

// updateUnpruned returns the shortest list of selected versions that implies
// the build list, with the roots that are up to date and what is used directly
// always in it.
func (s *session) updateUnpruned(r roots, g *requirements) roots {
	keep := g.buildList()[1:]
	var base []string
	for _, m := range r.list {
		if g.highest(m.Path) == m.Version {
			base = append(base, m.Path)
		}
	}
	for _, m := range keep {
		if r.direct[m.Path] {
			base = append(base, m.Path)
		}
	}
	slices.Sort(base)
	r.list = shortest(slices.Compact(base), keep, g)
	return r
}

// shortest returns the versions of the base and as few others of the build list
// as imply the rest of it.
func shortest(base []string, keep []Version, g *requirements) []Version {
	implied := map[Version]bool{}
	var list []Version
	add := func(m Version) {
		list = append(list, m)
		mark(m, implied, g)
	}
	for _, path := range base {
		add(Version{Path: path, Version: g.highest(path)})
	}
	for _, m := range slices.Backward(postorder(keep, g)) {
		if g.highest(m.Path) == m.Version && !implied[m] {
			add(m)
		}
	}
	return sorted(list)
}

// mark marks m and all below it.
func mark(m Version, seen map[Version]bool, g *requirements) {
	if seen[m] {
		return
	}
	seen[m] = true
	for _, to := range g.required[m] {
		mark(to, seen, g)
	}
}

// postorder lists what is reachable from the given versions, each after all that
// it requires.
func postorder(from []Version, g *requirements) []Version {
	var list []Version
	seen := map[Version]bool{}
	var visit func(Version)
	visit = func(m Version) {
		if seen[m] {
			return
		}
		seen[m] = true
		for _, to := range g.required[m] {
			visit(to)
		}
		list = append(list, m)
	}
	for _, m := range from {
		visit(m)
	}
	return list
}
