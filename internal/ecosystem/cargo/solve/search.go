package solve

import (
	"context"
	"math"
	"slices"
)

// search is a depth-first search for the first solution. It decides one need
// after the other, always of the frame whose next need has the fewest
// candidates, and takes the first candidate that is valid. What is active, and
// every effect of a decision, is undone when the decision is.
type search struct {
	*space
	limit     int
	frames    []*activation
	left      []int            // candidates of the next need of each frame; exhausted when it has none
	links     map[string]*slot // who links each native library
	decisions []decision       // the first stands for the members
	stats     Stats
	last      *failure // for the error of a search that is ended
}

// activation is a package with a request: a frame of needs. Its chain of
// parents leads to a member and stays valid when it is undone.
type activation struct {
	template *template
	parent   *activation
	via      *need // the need of parent that led here
	next     int   // first need that is not decided
}

const exhausted = math.MaxInt

// decision is one need with the candidate tried for it.
type decision struct {
	frame   int
	need    *need
	next    int // first candidate not tried yet
	chosen  *version
	adopted bool   // chosen became active by this decision
	pushed  bool   // a frame was added by it
	before  bitset // features of chosen before

	blame    []*literal // with these active no candidate tried so far can be used
	refusals []*refusal
	chrono   bool // blame is not all: any earlier decision may matter
}

// run adds all members and decides until nothing is left.
func (s *search) run(ctx context.Context) error {
	s.decisions = append(s.decisions, decision{frame: -1})
	if err := s.enter(ctx); err != nil {
		return err
	}
	for {
		frame := s.fewest()
		if frame < 0 {
			return nil
		}
		if err := s.decide(ctx, frame); err != nil {
			return err
		}
	}
}

// enter makes the members active.
func (s *search) enter(ctx context.Context) error {
	var templates []*template
	for _, v := range s.members {
		t, err := s.rootTemplate(v)
		if err != nil {
			return err
		}
		templates = append(templates, t)
	}
	if err := s.warm(ctx, templates...); err != nil {
		return err
	}
	for _, t := range templates {
		if err := s.prepare(ctx, t); err != nil {
			return err
		}
		a := &activation{template: t}
		if r := s.inTheWay(t.version, &match{}); r != nil {
			return s.conflictOfMembers(a, r)
		}
		s.adopt(&s.decisions[0], a)
		s.push(a)
	}
	return nil
}

// fewest returns the frame to go on with, the oldest one of several, or -1.
func (s *search) fewest() int {
	best, frame := exhausted, -1
	for i, count := range s.left {
		if count < best {
			best, frame = count, i
		}
	}
	return frame
}

// decide opens a decision for the next need of a frame.
func (s *search) decide(ctx context.Context, frame int) error {
	a := s.frames[frame]
	n := &a.template.ordered[a.next]
	a.next++
	s.count(frame)
	n.demand.waiting--
	s.decisions = append(s.decisions, decision{frame: frame, need: n})
	if known := n.demand.known(); known != nil {
		dead := s.blockedNeed(a, n, known)
		s.drop()
		if err := s.retreat(dead); err != nil {
			return err
		}
	}
	return s.try(ctx)
}

// try takes the next candidate of the latest decision, and of earlier ones as
// long as that fails.
func (s *search) try(ctx context.Context) error {
	for {
		d := &s.decisions[len(s.decisions)-1]
		dead, err := s.candidate(ctx, d)
		if err != nil {
			return err
		}
		if dead == nil {
			return nil
		}
		if err := s.retreat(dead); err != nil {
			return err
		}
	}
}

// candidate activates the next valid candidate of the latest decision. It
// returns nil when that went well and otherwise why it cannot.
func (s *search) candidate(ctx context.Context, d *decision) (*deadEnd, error) {
	candidates := d.need.demand.found.candidates
	for d.next < len(candidates) {
		v := candidates[d.next]
		d.next++
		if r := s.obstacle(v, d.need.demand, true); r != nil {
			d.refuse(r)
			continue
		}
		if err := s.step(ctx); err != nil {
			return nil, err
		}
		return s.activate(ctx, d, s.template(v, d.need.demand.request))
	}
	return s.surrender(d), nil
}

// step counts a candidate and ends a search that takes too long.
func (s *search) step(ctx context.Context) error {
	s.stats.Steps++
	if s.stats.Steps > s.limit {
		return s.limitError()
	}
	return context.Cause(ctx)
}

// obstacle returns why a candidate cannot be used for a demand, as far as that
// is known without trying it. Of several reasons it takes the one that was there
// first. now: the candidate is about to be tried, so that what holds only here counts.
func (s *search) obstacle(v *version, d *demand, now bool) *refusal {
	plain := s.inTheWay(v, d.found)
	if !v.loaded || v.broken != nil {
		return plain
	}
	t := v.templates[d.request]
	if plain == nil {
		if v.active != nil && covers(v, d.request) {
			return nil
		}
		t = s.template(v, d.request)
	}
	if t == nil {
		return plain
	}
	if t.missing != "" {
		return &refusal{version: v, reason: Feature, detail: t.missing}
	}
	return t.ban(plain, now && plain == nil)
}

// ban returns the earliest reason known not to use a template, at least as
// early as plain.
func (t *template) ban(plain *refusal, chrono bool) *refusal {
	best, first := plain, exhausted
	if plain != nil {
		first, _ = latest(plain.blame)
	}
	for _, r := range t.bans {
		if age, ok := latest(r.blame); ok && age < first && (chrono || !r.chrono) {
			best, first = r, age
		}
	}
	return best
}

// inTheWay returns what keeps a version from being active beside what is.
func (s *search) inTheWay(v *version, among *match) *refusal {
	if v.active != nil {
		return nil
	}
	for _, slot := range v.slots {
		if o := slot.occupant; o != nil {
			return &refusal{version: v, reason: Occupied, by: o.active, blame: among.blame(slot)}
		}
	}
	if s.load(v); v.broken != nil {
		return &refusal{version: v, reason: Unusable, detail: v.broken.Error()}
	}
	if place := s.links[v.manifest.links]; place != nil && place.occupant != nil {
		return &refusal{version: v, reason: Links, detail: v.manifest.links, by: place.occupant.active, blame: among.blame(place)}
	}
	return nil
}

// blame returns what to blame for an occupied place: any version but the
// candidates, unless it is one of them.
func (m *match) blame(place *slot) []*literal {
	if m.has(place.occupant) {
		return []*literal{&place.occupant.literal}
	}
	return []*literal{m.foreign(place)}
}

// activate makes a candidate active and looks for what can no longer be met.
func (s *search) activate(ctx context.Context, d *decision, t *template) (*deadEnd, error) {
	v := t.version
	d.chosen, d.adopted, d.pushed, d.before = v, false, false, nil
	if v.active != nil && covers(v, d.need.demand.request) {
		return nil, nil
	}
	if err := s.prepare(ctx, t); err != nil {
		return nil, err
	}
	a := &activation{template: t, parent: s.frames[d.frame], via: d.need}
	if v.active == nil {
		s.adopt(d, a)
	} else {
		d.before = v.on
		v.on = v.on.union(t.on)
	}
	s.push(a)
	d.pushed = true
	return s.lookAhead(a, d.adopted), nil
}

// covers reports whether an active version has all features of a request on.
func covers(v *version, r *request) bool {
	for _, name := range r.features {
		if number, ok := v.manifest.index[name]; !ok || !v.on.has(number) {
			return false
		}
	}
	number, ok := v.manifest.index["default"]
	return !r.byDefault || !ok || v.on.has(number)
}

// prepare makes a template ready to be a frame. Before the first failure its
// whole subtree is fetched, later only what it names itself: most of what is
// tried then is given up again.
func (s *search) prepare(ctx context.Context, t *template) error {
	if t.ordered != nil {
		return nil
	}
	if s.stats.Failures == 0 {
		if err := s.warm(ctx, t); err != nil {
			return err
		}
	}
	if err := s.await(ctx, t.needs); err != nil {
		return err
	}
	t.arrange(&s.order)
	return nil
}

func (s *search) adopt(d *decision, a *activation) {
	v := a.template.version
	d.adopted = true
	v.active, v.on = a, a.template.on
	v.age = len(s.decisions)
	if v.places == nil {
		v.places = s.places(v)
	}
	for _, place := range v.places {
		place.occupant = v
	}
}

// places lists all that a version takes for itself.
func (s *search) places(v *version) []*slot {
	places := slices.Clone(v.slots)
	if links := v.manifest.links; links != "" {
		if s.links[links] == nil {
			s.links[links] = &slot{}
		}
		places = append(places, s.links[links])
	}
	return places
}

func (s *search) push(a *activation) {
	s.frames = append(s.frames, a)
	s.left = append(s.left, 0)
	s.count(len(s.frames) - 1)
	for _, n := range a.template.ordered {
		d := n.demand
		if !d.listed {
			d.listed = true
			d.crate.demands = append(d.crate.demands, d)
		}
		d.waiting++
		if d.framed++; d.framed == 1 {
			d.required.age = len(s.decisions)
		}
	}
}

// count notes how many candidates the next need of a frame has.
func (s *search) count(frame int) {
	a := s.frames[frame]
	s.left[frame] = exhausted
	if a.next < len(a.template.ordered) {
		s.left[frame] = len(a.template.ordered[a.next].demand.found.candidates)
	}
}

// undo takes back the candidate of a decision, which is the latest.
func (s *search) undo(d *decision) {
	v := d.chosen
	if d.pushed {
		last := len(s.frames) - 1
		a := s.frames[last]
		for _, n := range a.template.ordered {
			d := n.demand
			d.waiting--
			if d.framed--; d.framed == 0 {
				d.required.age = 0
			}
		}
		s.frames, s.left = slices.Delete(s.frames, last, last+1), s.left[:last]
	}
	if d.adopted {
		v.active, v.on, v.age = nil, nil, 0
		for _, place := range v.places {
			place.occupant = nil
		}
	} else if d.before != nil {
		v.on = d.before
	}
	d.chosen, d.adopted, d.pushed, d.before = nil, false, false, nil
}

// drop takes back the latest decision: its need is open again.
func (s *search) drop() {
	d := &s.decisions[len(s.decisions)-1]
	s.undo(d)
	s.frames[d.frame].next--
	s.count(d.frame)
	d.need.demand.waiting++
	s.decisions = s.decisions[:len(s.decisions)-1]
}
