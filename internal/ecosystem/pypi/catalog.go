package pypi

import (
	"context"
	"slices"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// catalog lists the candidates of every project for every target. Each project is
// looked up once; of its files only the one that a target would install is kept.
type catalog struct {
	index   ecosystem.Index
	targets []*target
	rules   fileRules
	choice  string                   // tells the targets and rules from others, when the index remembers
	asked   map[string][]version.Set // what the request itself says of versions, by name
	fresh   bool                     // every version counts, not only those that the feed holds

	preferred []map[string]version.Version // what the feed holds, by target and name, when every version counts

	mu       sync.Mutex
	projects map[string]*project
	pythons  map[string]version.Set // Requires-Python that were read
}

// project is what is known of one project.
type project struct {
	once       sync.Once
	candidates [][]solve.Candidate // by target; those of several can be one list
	saved      bool                // only versions that the feed holds were looked at
	err        error
}

// pick is what a target would use of a version.
type pick struct {
	version string // as the index writes it
	file    string // file name
	sdist   string // source distribution of the same version, or ""
	saved   bool
}

// candidates returns the versions of a project for a target.
func (c *catalog) candidates(ctx context.Context, name string, at int) ([]solve.Candidate, error) {
	for {
		c.mu.Lock()
		p := c.projects[name]
		if p == nil {
			p = &project{}
			c.projects[name] = p
		}
		c.mu.Unlock()
		p.once.Do(func() { p.err = c.load(ctx, name, p) })
		if p.err == nil {
			return p.candidates[at], nil
		}
		if ctx.Err() != nil || !isCanceled(p.err) {
			return nil, p.err
		}
		c.mu.Lock()
		if c.projects[name] == p { // who asked first has given up
			delete(c.projects, name)
		}
		c.mu.Unlock()
	}
}

// load looks a project up: first what the feed holds, and everything when that
// suits one of the targets not at all.
func (c *catalog) load(ctx context.Context, name string, p *project) error {
	var any func(feed.Version) bool
	if !c.fresh {
		any = func(feed.Version) bool { return true }
	}
	known, err := c.offered(ctx, name, any)
	if err != nil {
		return err
	}
	p.candidates, p.saved = known.candidates, !c.fresh && known.saved
	if !p.saved || c.suits(name, p.candidates) {
		return nil
	}
	p.saved = false
	if known, err = c.offered(ctx, name, nil); err != nil {
		return err
	}
	p.candidates = known.candidates
	return nil
}

// offered is what an index has of a project.
type offered struct {
	candidates [][]solve.Candidate // by target
	saved      bool                // the feed holds all of it
}

// offeredKey is the key of what an index offers, for a choice.
type offeredKey struct{ name, choice string }

// offered asks the index for a project, and finds the file that each target would
// use of each version.
func (c *catalog) offered(ctx context.Context, name string, suits func(feed.Version) bool) (offered, error) {
	return ecosystem.Remember(c.index, offeredKey{name, c.choice}, func() (offered, int, error) {
		const each = 700
		versions, err := c.index.Versions(ctx, name, suits)
		if err != nil {
			return offered{}, 0, err
		}
		found := offered{saved: !slices.ContainsFunc(versions, func(v feed.Version) bool { return !v.Saved })}
		found.candidates, err = c.choose(name, versions)
		return found, each * (1 + len(versions)*len(c.targets)), err
	})
}

// suits reports whether every target has a candidate among those given that the
// request itself allows.
func (c *catalog) suits(name string, candidates [][]solve.Candidate) bool {
	usable := func(one solve.Candidate) bool {
		return one.Refused == "" && !one.Yanked && !slices.ContainsFunc(c.asked[name], func(s version.Set) bool { return !s.Contains(one.Version, true) })
	}
	return !slices.ContainsFunc(candidates, func(list []solve.Candidate) bool { return !slices.ContainsFunc(list, usable) })
}

// choose finds the file that each target would use of each version.
func (c *catalog) choose(name string, versions []feed.Version) ([][]solve.Candidate, error) {
	result := newLists(len(c.targets), len(versions))
	var files versionFiles
	picks := make([]*pick, 0, len(c.targets))
	for i := range versions {
		v, err := version.Parse(versions[i].Version)
		if err != nil {
			continue
		}
		known, err := decodeFacts(name, versions[i].Version, versions[i].Metadata)
		if err != nil {
			return nil, err
		}
		files.collect(name, &known, &c.rules, c.python)
		picks = picks[:0]
		for t, target := range c.targets {
			chosen := files.best(target)
			at := slices.IndexFunc(picks, func(p *pick) bool { return p.file == chosen.name })
			if at < 0 {
				at = len(picks)
				picks = append(picks, newPick(&versions[i], &files, chosen.name))
			}
			result.add(t, &solve.Candidate{
				Version: v, Refused: chosen.refused, Yanked: chosen.yanked || versions[i].Yanked, RequiresPython: chosen.python, Value: picks[at],
			})
		}
	}
	return result.finish(), nil
}

func newPick(v *feed.Version, files *versionFiles, file string) *pick {
	p := &pick{version: v.Version, file: file, saved: v.Saved}
	if files.sdist != nil {
		p.sdist = files.sdist.name
	}
	return p
}

// lists are the candidates of a project by target. Targets that would use the same
// files have one list.
type lists struct {
	all   [][]solve.Candidate
	alike []bool // as the first
}

func newLists(targets, versions int) *lists {
	l := &lists{all: make([][]solve.Candidate, targets), alike: make([]bool, targets)}
	for t := range l.alike {
		l.alike[t] = t > 0
	}
	if targets > 0 {
		l.all[0] = make([]solve.Candidate, 0, versions)
	}
	return l
}

// add adds a candidate for a target. Of each version the first target comes first.
func (l *lists) add(t int, one *solve.Candidate) {
	if l.alike[t] {
		first := &l.all[0][len(l.all[0])-1]
		if first.Value == one.Value && first.Refused == one.Refused && first.Yanked == one.Yanked {
			return
		}
		l.alike[t] = false
		l.all[t] = append(make([]solve.Candidate, 0, cap(l.all[0])), l.all[0][:len(l.all[0])-1]...)
	}
	l.all[t] = append(l.all[t], *one)
}

func (l *lists) finish() [][]solve.Candidate {
	for t := range l.all {
		if l.alike[t] {
			l.all[t] = l.all[0]
		}
	}
	return l.all
}

// newestWheel returns the highest version that has a wheel for everybody.
func newestWheel(list []solve.Candidate, t *target) version.Version {
	var newest version.Version
	for i := range list {
		one := &list[i]
		p, ok := one.Value.(*pick)
		if ok && wheel.IsWheel(p.file) && !one.Yanked && !one.Version.IsPrerelease() &&
			one.RequiresPython.Contains(t.env.PythonVersion(), true) && newest.Less(one.Version) {
			newest = one.Version
		}
	}
	return newest
}

// isBehind reports whether a version of a project above the given one has a wheel
// for a target.
func (c *catalog) isBehind(name string, at int, v version.Version) bool {
	c.mu.Lock()
	p := c.projects[name]
	c.mu.Unlock()
	return p != nil && at < len(p.candidates) && v.Less(newestWheel(p.candidates[at], c.targets[at]))
}

// isPinned reports whether the request itself names exactly this version.
func (c *catalog) isPinned(name string, v version.Version) bool {
	return slices.ContainsFunc(c.asked[name], func(s version.Set) bool { return s.IsPinned() && s.Contains(v, true) })
}

// python reads a Requires-Python. One that cannot be read is passed over, as pip
// does.
func (c *catalog) python(text string) version.Set {
	if text == "" {
		return version.Set{}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	set, known := c.pythons[text]
	if !known {
		set, _ = version.ParseLenient(text)
		c.pythons[text] = set
	}
	return set
}

// widen lets every version count from now on.
func (c *catalog) widen() {
	c.mu.Lock()
	defer c.mu.Unlock()
	preferred := make([]map[string]version.Version, len(c.targets))
	for at := range preferred {
		preferred[at] = map[string]version.Version{}
		for name, p := range c.projects {
			if p.saved {
				if v, ok := newestUsable(p.candidates[at]); ok {
					preferred[at][name] = v
				}
			}
		}
	}
	c.preferred, c.fresh, c.projects = preferred, true, map[string]*project{}
}

// preferences are the versions to take where they fit.
func (c *catalog) preferences(at int) map[string]version.Version {
	if c.preferred == nil {
		return nil
	}
	return c.preferred[at]
}

func newestUsable(list []solve.Candidate) (version.Version, bool) {
	var newest version.Version
	for i := range list {
		if list[i].Refused == "" && !list[i].Yanked && (newest.IsZero() || newest.Less(list[i].Version)) {
			newest = list[i].Version
		}
	}
	return newest, !newest.IsZero()
}
