package solve

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// crate holds the releases of one crate. All of it belongs to the goroutine
// that resolves.
type crate struct {
	id       Crate
	state    state
	err      error
	versions []*version // newest first
	slots    map[span]*slot
	byReq    map[string]*match
	demands  []*demand // all that were in a frame, in the order of the search
}

type state uint8

const (
	unasked state = iota
	asked
	ready
)

// slot is a place for at most one active version: a compatibility range, or
// the right to link a native library.
type slot struct {
	occupant *version
	literals []*literal // that tell of it
}

// version is one release with what the search knows of it.
type version struct {
	literal
	crate     *crate
	release   *Release
	parsed    parsed
	slots     []*slot // its own, and that of the crate it patches
	preferred bool
	locked    bool

	loaded    bool
	broken    error // why it cannot be used
	manifest  *manifest
	templates map[*request]*template

	active *activation // the first one
	places []*slot     // all that it occupies then
	on     bitset      // features that are on
}

// match is the outcome of one requirement over the versions of a crate.
type match struct {
	candidates []*version // in the order to try
	spans      int        // number of compatibility ranges they lie in
	set        map[*version]bool
	literals   []*literal
}

// slot returns the range of a version of this crate.
func (c *crate) slot(p *parsed) *slot {
	key := p.span()
	found := c.slots[key]
	if found == nil {
		found = &slot{}
		c.slots[key] = found
	}
	return found
}

// add takes releases that were read.
func (c *crate) add(versions []*version) {
	for _, v := range versions {
		v.crate, v.slots = c, []*slot{c.slot(&v.parsed)}
	}
	c.versions = append(c.versions, versions...)
	slices.SortStableFunc(c.versions, newestFirst)
}

// read makes releases ready to be matched, newest first. It passes over those
// without a proper version, and those that are there twice.
func (id Crate) read(releases []Release, memory *Memory) []*version {
	versions := make([]*version, 0, len(releases))
	all := make([]version, len(releases)) // in one piece
	for i := range releases {
		release := &releases[i]
		if p, ok := memory.version(release.Version); ok && release.Name == id.Name {
			all[i].release, all[i].parsed = release, p
			versions = append(versions, &all[i])
		}
	}
	slices.SortStableFunc(versions, newestFirst)
	return slices.CompactFunc(versions, func(a, b *version) bool { return a.release.Version == b.release.Version })
}

func newestFirst(a, b *version) int { return b.parsed.compare(&a.parsed) }

// arrive takes the answer of the universe.
func (c *crate) arrive(versions []*version, err error) {
	c.state = ready
	if err != nil && !errors.Is(err, feed.ErrNotFound) {
		c.err = fmt.Errorf("releases of crate %s: %w", c.id.Name, err)
		return
	}
	c.add(versions)
}

// order gives the candidates of a requirement.
type order struct {
	rust    []rust               // versions wanted by the fallback
	patches map[Crate][]*version // what stands in for a crate's releases
	reqs    map[string]parsedReq
	memory  *Memory
}

type parsedReq struct {
	requirement
	err error
}

// load makes a version ready to be tried.
func (o *order) load(v *version) {
	if v.loaded {
		return
	}
	v.loaded = true
	details := &v.release.Details
	if v.release.Load != nil {
		loaded, err := v.release.Load()
		if err != nil {
			v.broken = err
			return
		}
		details = &loaded
	}
	if v.manifest = details.compiled; v.manifest == nil {
		v.manifest, v.broken = compile(details)
	}
	if v.broken != nil {
		return
	}
	for i := range details.Deps {
		if _, err := o.requirement(details.Deps[i].Req); err != nil {
			v.broken = fmt.Errorf("dependency %s: %w", details.Deps[i].Name, err)
			return
		}
	}
}

// requirement parses each text once.
func (o *order) requirement(text string) (requirement, error) {
	if found, ok := o.reqs[text]; ok {
		return found.requirement, found.err
	}
	r, err := o.memory.requirement(text)
	o.reqs[text] = parsedReq{r, err}
	return r, err
}

// match finds the candidates of a requirement among the versions that are there.
func (o *order) match(c *crate, text string) *match {
	if found := c.byReq[text]; found != nil {
		return found
	}
	found := &match{}
	c.byReq[text] = found
	req, err := o.requirement(text)
	if err != nil {
		return found // the release that requires it is broken
	}
	found.candidates = o.candidates(c, req)
	spans := map[span]bool{}
	for _, v := range found.candidates {
		spans[v.parsed.span()] = true
	}
	found.spans = len(spans)
	return found
}

func (o *order) candidates(c *crate, req requirement) []*version {
	var list []*version
	hidden := map[string]bool{}
	for _, v := range o.patches[c.id] {
		hidden[v.release.Version] = true
		if req.matches(&v.parsed) {
			list = append(list, v)
		}
	}
	for _, v := range c.versions {
		if (v.locked || !v.release.Yanked) && !hidden[v.release.Version] && req.matches(&v.parsed) {
			list = append(list, v)
		}
	}
	slices.SortStableFunc(list, o.compare)
	return list
}

func (o *order) compare(a, b *version) int {
	if a.preferred != b.preferred {
		if a.preferred {
			return -1
		}
		return 1
	}
	if len(o.rust) > 0 {
		if order := cmp.Compare(o.fits(b), o.fits(a)); order != 0 {
			return order
		}
	}
	return newestFirst(a, b)
}

// fits counts the wanted Rust versions that may build a release.
func (o *order) fits(v *version) int {
	if v.release.RustVersion == "" {
		return len(o.rust)
	}
	stated, ok := parseRust(v.release.RustVersion)
	if !ok {
		return len(o.rust)
	}
	count := 0
	for _, wanted := range o.rust {
		if wanted.admits(stated) {
			count++
		}
	}
	return count
}
