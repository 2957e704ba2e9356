package wheel

import "strconv"

// Tag is one compatibility tag (PEP 425), in lower case.
type Tag struct{ Python, ABI, Platform string }

func (t Tag) String() string { return t.Python + "-" + t.ABI + "-" + t.Platform }

// Tags returns every tag that a target can install, the preferred one first, as
// pip and packaging list them for an interpreter of that kind.
func Tags(t Target) []Tag {
	platforms := t.Platform.Tags()
	native, pure := t.groups()
	tags := make([]Tag, 0, len(native)*len(platforms)+len(pure))
	for _, group := range native {
		for _, platform := range platforms {
			tags = append(tags, Tag{group.python, group.abi, platform})
		}
	}
	for _, group := range pure {
		tags = append(tags, Tag{group.python, group.abi, "any"})
	}
	return tags
}

// group is what tags for several platforms have in common.
type group struct{ python, abi string }

// groups returns the groups of tags in order of preference: those that come with
// every platform, and those that come with "any".
func (t Target) groups() (native, pure []group) {
	if t.Implementation == PyPy {
		native = t.pypyGroups()
	} else {
		native = t.cpythonGroups()
	}
	generic := t.genericPythons()
	for _, python := range generic {
		native = append(native, group{python, "none"})
	}
	own := t.Interpreter()
	if t.Implementation == PyPy {
		own = "pp" + strconv.Itoa(t.Major)
	}
	pure = append(pure, group{own, "none"})
	for _, python := range generic {
		pure = append(pure, group{python, "none"})
	}
	return native, pure
}

// cpythonGroups returns the tags of the interpreter's own ABI, of the stable ABI
// from this version down to 3.2, and without an ABI.
func (t Target) cpythonGroups() []group {
	own, stable := t.Interpreter(), "abi3"
	if t.Threads {
		stable = "abi3t"
	}
	var groups []group
	for _, abi := range t.abis() {
		groups = append(groups, group{own, abi})
	}
	groups = append(groups, group{own, stable}, group{own, "none"})
	for minor := t.Minor - 1; minor >= 2; minor-- {
		groups = append(groups, group{"cp" + strconv.Itoa(t.Major) + strconv.Itoa(minor), stable})
	}
	return groups
}

// abis returns the ABIs of a build: flags for threads, debugging and, up to 3.7,
// the memory allocator. Debug builds load normal extensions since 3.8.
func (t Target) abis() []string {
	plain := t.Interpreter()
	if t.Threads {
		plain += "t"
	}
	abi := plain
	if t.Debug {
		abi += "d"
	}
	switch {
	case t.Minor < 8:
		abi += "m"
		if t.Minor < 3 {
			abi += "u"
		}
		return []string{abi}
	case t.Debug:
		return []string{abi, plain}
	}
	return []string{abi}
}

// pypyABI is the ABI of PyPy that all its releases since 7.3 share.
const pypyABI = "pp73"

func (t Target) pypyGroups() []group {
	own := t.Interpreter()
	abi := "pypy" + strconv.Itoa(t.Major) + strconv.Itoa(t.Minor) + "_" + pypyABI
	return []group{{own, abi}, {own, "none"}}
}

// genericPythons returns py311, py3, py310 … py30.
func (t Target) genericPythons() []string {
	major := "py" + strconv.Itoa(t.Major)
	pythons := []string{major + strconv.Itoa(t.Minor), major}
	for minor := t.Minor - 1; minor >= 0; minor-- {
		pythons = append(pythons, major+strconv.Itoa(minor))
	}
	return pythons
}
