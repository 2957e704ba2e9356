package solve

// term is a statement about one package: that it is chosen with a candidate of
// the set, or (not) that it is not, be it left out or chosen with another. The
// negation of a term has the other sign and the same set.
type term struct {
	not bool
	set set
}

func (t term) negate() term { return term{!t.not, t.set} }

// any reports whether the term says nothing.
func (t term) any() bool { return t.not && t.set.empty() }

func (t term) and(o term) term {
	switch {
	case !t.not && !o.not:
		return term{false, t.set.intersect(o.set)}
	case !t.not:
		return term{false, t.set.minus(o.set)}
	case !o.not:
		return term{false, o.set.minus(t.set)}
	}
	return term{true, t.set.union(o.set)}
}

func (t term) or(o term) term { return t.negate().and(o.negate()).negate() }

// implies reports whether o holds wherever t does.
func (t term) implies(o term) bool {
	switch {
	case !t.not && !o.not:
		return t.set.within(o.set)
	case !t.not:
		return t.set.apart(o.set)
	case !o.not:
		return false
	}
	return o.set.within(t.set)
}

// excludes reports whether t and o never hold together.
func (t term) excludes(o term) bool { return t.implies(o.negate()) }
