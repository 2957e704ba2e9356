package solve

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// manifest is the details of a release made ready for the search: features
// have numbers, in the order of their names.
type manifest struct {
	deps   []Dependency
	names  []string
	index  map[string]int
	values [][]value
	links  string
}

// value is one word in the list of a feature.
type value struct {
	feature int    // number of the feature to turn on, or -1
	dep     string // key of the dependency to enable, or empty
	with    string // feature of dep, or empty
}

// errInvalid says that a release cannot be read as Cargo reads it; Cargo
// passes over such lines.
var errInvalid = errors.New("invalid")

// compile reads the features of a release by Cargo's rules. An error wraps errInvalid.
func compile(d *Details) (*manifest, error) {
	m := &manifest{deps: d.Deps, links: d.Links}
	lists := implicit(d)
	m.names = slices.Sorted(maps.Keys(lists))
	m.index = make(map[string]int, len(m.names))
	for i, name := range m.names {
		m.index[name] = i
	}
	optional := map[string]bool{}
	for i := range d.Deps {
		dep := &d.Deps[i]
		optional[dep.Key()] = optional[dep.Key()] || dep.Optional
	}
	m.values = make([][]value, len(m.names))
	for i, name := range m.names {
		for _, word := range lists[name] {
			v, err := m.value(word, optional)
			if err != nil {
				return nil, fmt.Errorf("feature %q: %w", name, err)
			}
			if v.feature == i && v.dep == "" {
				return nil, fmt.Errorf("%w: feature %q turns itself on", errInvalid, name)
			}
			m.values[i] = append(m.values[i], v)
		}
	}
	return m, m.checkReachable(d)
}

// implicit returns the features of a release with those that optional
// dependencies bring: each that no "dep:" mentions is a feature of its name.
func implicit(d *Details) map[string][]string {
	explicit := map[string]bool{}
	for _, list := range d.Features {
		for _, word := range list {
			if name, ok := strings.CutPrefix(word, "dep:"); ok {
				explicit[name] = true
			}
		}
	}
	lists := d.Features
	cloned := false
	for i := range d.Deps {
		dep := &d.Deps[i]
		key := dep.Key()
		if _, ok := lists[key]; !dep.Optional || ok || explicit[key] {
			continue
		}
		if !cloned {
			lists, cloned = maps.Clone(d.Features), true
			if lists == nil {
				lists = map[string][]string{}
			}
		}
		lists[key] = []string{"dep:" + key}
	}
	return lists
}

// value parses one word: "f", "dep:x", "x/f" or "x?/f".
func (m *manifest) value(word string, optional map[string]bool) (value, error) {
	if key, with, ok := strings.Cut(word, "/"); ok {
		return m.depFeature(word, key, with, optional)
	}
	if key, ok := strings.CutPrefix(word, "dep:"); ok {
		if !optional[key] {
			return value{}, fmt.Errorf("%w: %q names no optional dependency", errInvalid, word)
		}
		return value{feature: -1, dep: key}, nil
	}
	number, ok := m.index[word]
	if !ok {
		return value{}, fmt.Errorf("%w: %q is neither a feature nor an optional dependency", errInvalid, word)
	}
	return value{feature: number}, nil
}

// depFeature parses "x/f" and "x?/f". Both enable x. The first also turns on
// the feature named x if x is optional and there is one.
func (m *manifest) depFeature(word, key, with string, optional map[string]bool) (value, error) {
	key, weak := strings.CutSuffix(key, "?")
	isOptional, known := optional[key]
	if !known || weak && !isOptional || strings.Contains(with, "/") {
		return value{}, fmt.Errorf("%w: %q names no dependency that it may", errInvalid, word)
	}
	v := value{feature: -1, dep: key, with: with}
	if number, ok := m.index[key]; ok && isOptional && !weak {
		v.feature = number
	}
	return v, nil
}

// checkReachable refuses an optional dependency that no feature can enable.
func (m *manifest) checkReachable(d *Details) error {
	used := map[string]bool{}
	for _, values := range m.values {
		for _, v := range values {
			used[v.dep] = true
		}
	}
	for i := range d.Deps {
		if dep := &d.Deps[i]; dep.Optional && !used[dep.Key()] {
			return fmt.Errorf("%w: no feature enables the optional dependency %q", errInvalid, dep.Key())
		}
	}
	return nil
}

// missingFeature says that a package lacks what is asked of it.
type missingFeature string

func (f missingFeature) Error() string { return fmt.Sprintf("no feature %q", string(f)) }

// expansion is what a set of requested features means for one release.
type expansion struct {
	on     bitset
	wanted map[string]map[string]bool // features asked of each enabled dependency, by key
}

// expand follows features from those requested. It fails with missingFeature.
func (m *manifest) expand(features []string, byDefault bool) (expansion, error) {
	e := expansion{on: newBitset(len(m.names)), wanted: map[string]map[string]bool{}}
	for _, name := range features {
		number, ok := m.index[name]
		if !ok {
			return e, missingFeature(name)
		}
		e.turnOn(m, number)
	}
	if number, ok := m.index["default"]; ok && byDefault {
		e.turnOn(m, number)
	}
	return e, nil
}

func (e *expansion) turnOn(m *manifest, first int) {
	if e.on.has(first) {
		return
	}
	e.on.set(first)
	work := []int{first}
	for len(work) > 0 {
		number := work[len(work)-1]
		work = work[:len(work)-1]
		for _, v := range m.values[number] {
			if v.feature >= 0 && !e.on.has(v.feature) {
				e.on.set(v.feature)
				work = append(work, v.feature)
			}
			if v.dep != "" {
				e.enable(v.dep, v.with)
			}
		}
	}
}

func (e *expansion) enable(dep, with string) {
	set := e.wanted[dep]
	if set == nil {
		set = map[string]bool{}
		e.wanted[dep] = set
	}
	if with != "" {
		set[with] = true
	}
}

// bitset is a set of feature numbers.
type bitset []uint64

func newBitset(size int) bitset { return make(bitset, (size+63)/64) }

func (b bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bitset) set(i int) { b[i/64] |= 1 << (i % 64) }

// union returns both sets together and leaves them as they are.
func (b bitset) union(other bitset) bitset {
	sum := slices.Clone(b)
	for i, word := range other {
		sum[i] |= word
	}
	return sum
}
