package modgraph

import (
	"errors"
	"slices"
)

// pruning is how far the requirements of a version are followed.
type pruning int

const (
	pruned    pruning = iota // only below modules that do not prune
	unpruned                 // all
	workspace                // those of the main modules, then as pruned
)

// step is a version to read.
type step struct {
	version Version
	pruning pruning
}

// walker reads the graph below a set of roots.
type walker struct {
	*session
	graph   *requirements
	seen    map[step]bool
	ready   []step
	waiting map[Version][]step // by what is being loaded
	failed  map[Version]error
}

// build reads the graph of the given roots.
func (s *session) build(r roots) (*requirements, error) {
	w := &walker{session: s, seen: map[step]bool{}, waiting: map[Version][]step{}, failed: map[Version]error{}}
	if r.pruning == workspace {
		w.graph = newRequirements(r.list)
	} else {
		main := Version{Path: s.input.Mains[0].Path}
		w.graph = newRequirements([]Version{main})
		w.graph.add(main, r.list)
	}
	for _, m := range r.list {
		w.enqueue(m, r.pruning)
	}
	if err := w.drain(); err != nil {
		return nil, err
	}
	if r.pruning == workspace {
		if err := w.reload(r.list); err != nil {
			return nil, err
		}
	}
	return w.graph, w.errors()
}

func (w *walker) enqueue(m Version, p pruning) {
	next := step{m, p}
	if m.Version != none && !w.seen[next] {
		w.seen[next] = true
		w.ready = append(w.ready, next)
	}
}

// drain follows requirements until all are read.
func (w *walker) drain() error {
	for {
		for len(w.ready) > 0 {
			next := w.ready[0]
			w.ready = w.ready[1:]
			w.expand(next)
		}
		if len(w.waiting) == 0 {
			return nil
		}
		arrived, err := w.fetch.next()
		if err != nil {
			return err
		}
		w.ready = append(w.ready, w.waiting[arrived]...)
		delete(w.waiting, arrived)
	}
}

func (w *walker) expand(at step) {
	sum, actual, err := w.summarize(at.version)
	switch {
	case errors.Is(err, errPending):
		w.waiting[actual] = append(w.waiting[actual], at)
		return
	case err != nil:
		w.failed[at.version] = err
		return
	}
	w.graph.add(at.version, sum.require)
	below := pruned
	if !sum.prunes || at.pruning == unpruned {
		below = unpruned
	}
	if at.pruning == pruned && sum.prunes {
		return
	}
	for _, m := range sum.require {
		w.enqueue(m, below)
	}
}

// reload reads, in a workspace, the selected versions of what the main modules
// and the versions read so require, when these are higher than the required ones:
// together the mains can select more than each of them lists.
func (w *walker) reload(roots []Version) error {
	paths, read := map[string]bool{}, map[Version]bool{}
	for _, m := range roots {
		paths[m.Path] = true
	}
	for {
		more := w.raised(paths, read)
		if len(more) == 0 {
			return nil
		}
		for _, m := range more {
			read[m], paths[m.Path] = true, true
			w.enqueue(m, workspace)
		}
		if err := w.drain(); err != nil {
			return err
		}
	}
}

// raised returns the selected versions to read next.
func (w *walker) raised(paths map[string]bool, read map[Version]bool) []Version {
	var more []Version
	for path := range paths {
		m := Version{Path: path, Version: w.graph.highest(path)}
		if !read[m] {
			more = append(more, m)
			continue
		}
		for _, r := range w.graph.required[m] {
			chosen := Version{Path: r.Path, Version: w.graph.highest(r.Path)}
			if chosen != r && compare(r.Path, chosen.Version, r.Version) > 0 && !read[chosen] {
				more = append(more, chosen)
			}
		}
	}
	return slices.Compact(sorted(more))
}

// errors joins what could not be loaded, nearest to the mains first.
func (w *walker) errors() error {
	if len(w.failed) == 0 {
		return nil
	}
	var all []error
	parents := map[Version]Version{}
	for m, parent := range w.graph.parents() {
		parents[m] = parent
		if err := w.failed[m]; err != nil {
			all = append(all, &LoadError{Chain: chain(parents, m), Err: err})
		}
	}
	return errors.Join(all...)
}

func chain(parents map[Version]Version, m Version) []Version {
	var list []Version
	for ; m.Path != ""; m = parents[m] {
		list = append(list, m)
	}
	slices.Reverse(list)
	return list
}
