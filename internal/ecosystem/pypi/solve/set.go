package solve

// span is a run of candidates: the indexes from lo up to but not including hi.
type span struct{ lo, hi int32 }

// set is a set of candidates of one package, as indexes into its space. Spans
// ascend and neither overlap nor touch. Sets are values and are never changed.
type set []span

// single returns the set of one candidate.
func single(i int) set { return set{{int32(i), int32(i) + 1}} }

// upTo returns the set of the first n candidates.
func upTo(n int) set {
	if n == 0 {
		return nil
	}
	return set{{0, int32(n)}}
}

// between returns the candidates from lo up to but not including hi.
func between(lo, hi int) set {
	if lo >= hi {
		return nil
	}
	return set{{int32(lo), int32(hi)}}
}

// gather returns the candidates below n for which in holds.
func gather(n int, in func(i int) bool) set {
	var s set
	for i := range n {
		if in(i) {
			s = s.with(i)
		}
	}
	return s
}

// with adds a candidate above all others. It may write into the array of s.
func (s set) with(i int) set {
	if k := len(s) - 1; k >= 0 && s[k].hi == int32(i) {
		s[k].hi++
		return s
	}
	return append(s, span{int32(i), int32(i) + 1})
}

func (s set) empty() bool { return len(s) == 0 }

func (s set) size() int {
	n := 0
	for _, p := range s {
		n += int(p.hi - p.lo)
	}
	return n
}

// members returns the candidates in ascending order.
func (s set) members() []int {
	list := make([]int, 0, s.size())
	for _, p := range s {
		for i := p.lo; i < p.hi; i++ {
			list = append(list, int(i))
		}
	}
	return list
}

// last returns the highest candidate, or -1.
func (s set) last() int {
	if len(s) == 0 {
		return -1
	}
	return int(s[len(s)-1].hi) - 1
}

func (s set) contains(i int) bool {
	for _, p := range s {
		if int32(i) < p.hi {
			return int32(i) >= p.lo
		}
	}
	return false
}

func (s set) equal(o set) bool {
	if len(s) != len(o) {
		return false
	}
	for i := range s {
		if s[i] != o[i] {
			return false
		}
	}
	return true
}

// hull returns the shortest span around both sets.
func (s set) hull(o set) set {
	if s.empty() || o.empty() {
		return append(s[:len(s):len(s)], o...)
	}
	return set{{min(s[0].lo, o[0].lo), max(s[len(s)-1].hi, o[len(o)-1].hi)}}
}

func (s set) union(o set) set {
	if len(s) == 0 {
		return o
	}
	if len(o) == 0 {
		return s
	}
	return s.merge(o, func(a, b bool) bool { return a || b })
}

func (s set) intersect(o set) set {
	if len(s) == 0 || len(o) == 0 {
		return nil
	}
	return s.merge(o, func(a, b bool) bool { return a && b })
}

func (s set) minus(o set) set {
	if len(s) == 0 || len(o) == 0 {
		return s
	}
	return s.merge(o, func(a, b bool) bool { return a && !b })
}

// edge returns the k-th place where membership changes.
func (s set) edge(k int) int32 {
	if k&1 == 0 {
		return s[k/2].lo
	}
	return s[k/2].hi
}

// merge walks over the edges of both sets in order and keeps what the function
// says. The number of edges passed is odd inside a set.
func (s set) merge(o set, keep func(a, b bool) bool) set {
	var result set
	inside := false
	for i, j := 0, 0; i < 2*len(s) || j < 2*len(o); {
		var at int32
		switch {
		case j == 2*len(o) || i < 2*len(s) && s.edge(i) < o.edge(j):
			at, i = s.edge(i), i+1
		case i == 2*len(s) || o.edge(j) < s.edge(i):
			at, j = o.edge(j), j+1
		default:
			at, i, j = s.edge(i), i+1, j+1
		}
		if keep(i&1 == 1, j&1 == 1) == inside {
			continue
		}
		if inside {
			result[len(result)-1].hi = at
		} else {
			result = append(result, span{lo: at})
		}
		inside = !inside
	}
	return result
}

// within reports whether every candidate of s is in o.
func (s set) within(o set) bool {
	j := 0
	for _, p := range s {
		for j < len(o) && o[j].hi <= p.lo {
			j++
		}
		if j == len(o) || o[j].lo > p.lo || o[j].hi < p.hi {
			return false
		}
	}
	return true
}

// apart reports whether no candidate is in both.
func (s set) apart(o set) bool {
	for i, j := 0, 0; i < len(s) && j < len(o); {
		switch {
		case s[i].hi <= o[j].lo:
			i++
		case o[j].hi <= s[i].lo:
			j++
		default:
			return false
		}
	}
	return true
}
