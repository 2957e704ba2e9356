package solve

import (
	"cmp"
	"slices"
	"strings"
)

// demand is a requirement as far as it decides what may be chosen: the same
// demand of different packages is one object.
type demand struct {
	crate     *crate
	req       string
	request   *request
	found     *match    // nil until the crate is there
	nogoods   []*nogood // sets of literals with which it cannot be met
	required  literal   // "some frame has this demand"
	framed    int       // frames that have it
	listed    bool      // its crate lists it
	waiting   int       // frames in which it is still to be met
	predicted bool      // the prefetch has followed it
}

// request is what a demand asks of the version chosen; one object for each.
type request struct {
	features  []string // sorted
	byDefault bool
	key       string
}

func (s *space) request(features []string, byDefault bool) *request {
	key := strings.Join(features, "\x00")
	if byDefault {
		key += "\x01"
	}
	r := s.requests[key]
	if r == nil {
		r = &request{features, byDefault, key}
		s.requests[key] = r
	}
	return r
}

// need is one dependency of a template.
type need struct {
	dep    *Dependency
	demand *demand
}

// template is what a version needs when one request reaches it.
type template struct {
	version *version
	on      bitset
	needs   []need // in the order of the dependencies
	ordered []need // fewest candidates first; nil until all crates are there
	missing string // the version lacks this requested feature
	several bool   // more than one feature is requested
	bans    []*refusal
}

// divisible reports whether the features asked of a dependency could come in
// parts, from features requested one by one, and lead to several versions.
func (n need) divisible() bool {
	return n.demand.found != nil && n.demand.found.spans > 1 && len(n.demand.request.features) > len(n.dep.Features)
}

// template returns what a version needs for a request.
func (s *space) template(v *version, r *request) *template {
	if t := v.templates[r]; t != nil {
		return t
	}
	t := &template{version: v}
	if v.templates == nil {
		v.templates = map[*request]*template{}
	}
	v.templates[r] = t
	e, err := v.manifest.expand(r.features, r.byDefault)
	if err != nil {
		t.missing = featureOf(err)
		return t
	}
	t.on = e.on
	t.several = len(r.features) > 1 || len(r.features) == 1 && r.byDefault
	t.needs = s.needs(v, e, false)
	return t
}

// rootTemplate is the template of a workspace member.
func (s *space) rootTemplate(v *version) (*template, error) {
	e, err := v.manifest.expand(v.manifest.names, true)
	if err != nil {
		return nil, err
	}
	return &template{version: v, on: e.on, needs: s.needs(v, e, true)}, nil
}

func (s *space) needs(v *version, e expansion, dev bool) []need {
	var list []need
	for i := range v.manifest.deps {
		dep := &v.manifest.deps[i]
		wanted, enabled := e.wanted[dep.Key()]
		if dep.Kind == Dev && !dev || dep.Optional && !enabled {
			continue
		}
		list = append(list, need{dep, s.demand(dep, wanted)})
	}
	return list
}

// demand returns the one object for a dependency with the features that its
// package adds.
func (s *space) demand(dep *Dependency, wanted map[string]bool) *demand {
	features := make([]string, 0, len(dep.Features)+len(wanted))
	features = append(features, dep.Features...)
	for name := range wanted {
		features = append(features, name)
	}
	slices.Sort(features)
	r := s.request(slices.Compact(features), dep.DefaultFeatures)
	key := strings.Join([]string{dep.Source, dep.Name, dep.Req, r.key}, "\x03")
	d := s.demands[key]
	if d == nil {
		d = &demand{crate: s.crate(dep.Crate()), req: dep.Req, request: r}
		s.demands[key] = d
	}
	return d
}

// arrange sorts the needs by their number of candidates. All crates are there.
func (t *template) arrange(o *order) {
	t.ordered = slices.Clone(t.needs)
	for _, n := range t.ordered {
		n.demand.find(o)
	}
	slices.SortStableFunc(t.ordered, func(a, b need) int {
		return cmp.Compare(len(a.demand.found.candidates), len(b.demand.found.candidates))
	})
	if t.ordered == nil {
		t.ordered = []need{}
	}
}

func (d *demand) find(o *order) {
	if d.found == nil {
		d.found = o.match(d.crate, d.req)
	}
}
