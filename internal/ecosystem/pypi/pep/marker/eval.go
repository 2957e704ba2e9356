package marker

// scene is what a marker is evaluated for.
type scene struct {
	environment    *Environment
	extras, groups []string
}

// Eval reports whether the marker is true in an environment, with the extras that
// were asked for in normal form.
func (m Marker) Eval(env *Environment, extras []string) bool {
	return m.EvalLock(env, extras, nil)
}

// EvalLock evaluates a marker of a lock file, which can also ask about dependency
// groups (PEP 751). Extras and groups are in normal form.
func (m Marker) EvalLock(env *Environment, extras, groups []string) bool {
	return m.root == nil || m.root.eval(&scene{env, extras, groups})
}

func (n *node) eval(s *scene) bool {
	switch n.kind {
	case conjunction:
		for _, part := range n.parts {
			if !part.eval(s) {
				return false
			}
		}
		return true
	case disjunction:
		for _, part := range n.parts {
			if part.eval(s) {
				return true
			}
		}
		return false
	}
	return n.comparison.eval(s)
}

// Reduce decides what an environment decides, and keeps what is about extras and
// dependency groups. The result is true with given extras wherever m is, in that
// environment.
func (m Marker) Reduce(env *Environment) Marker {
	s := &scene{environment: env}
	return m.reduce(func(c *comparison) (result, known bool) {
		if c.field == fieldExtra || c.field.isSet() {
			return false, false
		}
		return c.eval(s), true
	})
}

// WithExtras decides what is about extras, for those that are asked for in normal
// form, and keeps the rest.
func (m Marker) WithExtras(extras []string) Marker {
	s := &scene{extras: extras}
	return m.reduce(func(c *comparison) (result, known bool) {
		if c.field != fieldExtra && c.field != fieldExtras {
			return false, false
		}
		return c.eval(s), true
	})
}

func (m Marker) reduce(decide func(*comparison) (result, known bool)) Marker {
	if m.root == nil {
		return m
	}
	return Marker{m.root.reduce(decide)}
}

func (n *node) reduce(decide func(*comparison) (result, known bool)) *node {
	if n.kind == leaf {
		result, known := decide(&n.comparison)
		switch {
		case !known:
			return n
		case result:
			return &node{kind: conjunction}
		}
		return &node{kind: disjunction}
	}
	parts := make([]*node, len(n.parts))
	for i, part := range n.parts {
		parts[i] = part.reduce(decide)
	}
	return join(n.kind, parts)
}
