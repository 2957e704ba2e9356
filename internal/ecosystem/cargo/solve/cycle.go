package solve

import "strings"

// CycleError says that a solution was found in which a package needs itself.
// Cargo refuses it without looking for another one. Dev dependencies do not count.
type CycleError struct {
	Path []Version // each needs the next one, and the last one the first
}

func (e *CycleError) Error() string {
	var b strings.Builder
	b.WriteString("cyclic dependency, which Cargo refuses: ")
	for _, v := range e.Path {
		b.WriteString(v.Name + " " + v.Version + " → ")
	}
	return b.String() + e.Path[0].Name + " " + e.Path[0].Version
}

// checkCycles follows every edge once.
func checkCycles(r *Result) error {
	w := walk{result: r, first: make([]int, len(r.Packages)+1), state: make([]mark, len(r.Packages))}
	next := 0
	for i := range w.first {
		for next < len(r.Edges) && r.Edges[next].From < i {
			next++
		}
		w.first[i] = next
	}
	for i := range r.Packages {
		if err := w.visit(i); err != nil {
			return err
		}
	}
	return nil
}

type walk struct {
	result *Result
	first  []int // first edge of each package
	state  []mark
	path   []int
}

type mark uint8

const (
	unseen mark = iota
	open
	closed
)

func (w *walk) visit(i int) error {
	switch w.state[i] {
	case closed:
		return nil
	case open:
		return w.cycle(i)
	}
	w.state[i] = open
	w.path = append(w.path, i)
	for e := w.first[i]; e < w.first[i+1]; e++ {
		if edge := &w.result.Edges[e]; edge.Dep.Kind != Dev {
			if err := w.visit(edge.To); err != nil {
				return err
			}
		}
	}
	w.path = w.path[:len(w.path)-1]
	w.state[i] = closed
	return nil
}

func (w *walk) cycle(from int) error {
	err := &CycleError{}
	for k := len(w.path) - 1; ; k-- {
		err.Path = append([]Version{w.result.Packages[w.path[k]].Version}, err.Path...)
		if w.path[k] == from {
			return err
		}
	}
}
