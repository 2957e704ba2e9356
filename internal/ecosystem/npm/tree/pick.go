package tree

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deps.dev/util/semver"
)

// Packument is what a registry says about one name.
type Packument struct {
	Name      string
	Tags      map[string]string    // tag → version
	Versions  []*Manifest          // in any order
	Published map[string]time.Time // version → time, for Options.Before; may be nil
}

// Registry answers for names.
type Registry interface {
	// Packument returns the versions of a name. suits, when not nil, reports
	// whether a version would do for the requirement at hand: a registry that
	// prefers saved versions may answer with those alone when one of them
	// suits. An unknown name is feed.ErrNotFound; any other error stops the
	// resolution. It must be safe for concurrent use when Warm is used.
	Packument(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error)
}

// Options are the circumstances that npm's choice depends on.
type Options struct {
	Node        string    // version of the Node that will run the packages; "" switches the engine rule off
	NPM         string    // version of npm; "" leaves engines.npm out of account
	LegacyPeers bool      // --legacy-peer-deps: peers are not installed and not checked
	StrictPeers bool      // --strict-peer-deps: every peer conflict is an error
	Force       bool      // --force: no peer conflict is an error
	Before      time.Time // --before: versions published later are not chosen; zero for no limit
	MaxSteps    int       // give up after so many steps; 0 means a limit far beyond real projects
	Memory      *Memory   // of resolutions before; nil for none
}

// PickError says why a packument has no version for a requirement.
type PickError struct {
	Spec    *Spec
	Code    string   // npm's code, ETARGET
	Reasons []string // one line each
}

func (e *PickError) Error() string {
	return fmt.Sprintf("%s: no version of %s for %s: %s", e.Code, e.Spec.Package(), e.Spec, strings.Join(e.Reasons, "; "))
}

// Pick chooses the version of a packument that npm would: a tag and an exact
// version name it; within a range "latest" wins when it suits, is not
// deprecated and its engines fit, otherwise the highest version, where fitting
// engines count more than not being deprecated. When no engine fits an unfit
// version is taken. No version is a *PickError.
func Pick(packument *Packument, spec *Spec, options Options) (*Manifest, error) {
	p := newPicker(options)
	return p.pick(packument, spec)
}

// picker applies the engine rule of one target and remembers what it read.
type picker struct {
	options Options
	node    *semver.Version
	npm     *semver.Version
	engines map[string]bool
}

func newPicker(options Options) *picker {
	p := &picker{options: options, engines: map[string]bool{}}
	p.node, p.npm = parseEngine(options.Node), parseEngine(options.NPM)
	return p
}

// parseEngine reads the version of an engine, nil for none. A pre-release
// counts as the release it leads to, as it lies inside the ranges for that.
func parseEngine(text string) *semver.Version {
	text, _, _ = strings.Cut(text, "-")
	version, _ := parseVersion(text)
	return version
}

func (p *picker) pick(packument *Packument, spec *Spec) (*Manifest, error) {
	target := spec
	if spec.Target != nil {
		target = spec.Target
	}
	var chosen *Manifest
	switch target.Type {
	case SpecTag:
		chosen = p.tagged(packument, target.Range)
	case SpecVersion:
		chosen = p.exact(packument, target.Range)
	case SpecRange:
		chosen = p.inRange(packument, target)
	}
	if chosen == nil {
		return nil, &PickError{Spec: spec, Code: "ETARGET", Reasons: p.reasons(packument, target)}
	}
	return chosen, nil
}

func find(packument *Packument, version string) *Manifest {
	for _, m := range packument.Versions {
		if m.Version == version {
			return m
		}
	}
	return nil
}

// early reports whether a version is old enough. A version without a time is.
func (p *picker) early(packument *Packument, version string) bool {
	if p.options.Before.IsZero() {
		return true
	}
	published, ok := packument.Published[version]
	return !ok || !published.After(p.options.Before)
}

func (p *picker) tagged(packument *Packument, tag string) *Manifest {
	version, ok := packument.Tags[tag]
	if !ok {
		return nil
	}
	if p.early(packument, version) {
		return find(packument, version)
	}
	return p.inRange(packument, ParseDependency(packument.Name, "<="+version))
}

func (p *picker) exact(packument *Packument, text string) *Manifest {
	chosen := find(packument, text)
	if clean, ok := cleanVersion(text); chosen == nil && ok {
		chosen = find(packument, clean)
	}
	if chosen == nil || !p.early(packument, chosen.Version) {
		return nil
	}
	return chosen
}

func (p *picker) inRange(packument *Packument, spec *Spec) *Manifest {
	if latest := p.latest(packument, spec); latest != nil {
		return latest
	}
	var best *candidate
	for _, m := range packument.Versions {
		version := m.parsedVersion()
		if version == nil || !spec.matchesInRange(version) || !p.early(packument, m.Version) {
			continue
		}
		if next := (&candidate{manifest: m, version: version}); best == nil || p.better(next, best) {
			best = next
		}
	}
	if best == nil {
		return nil
	}
	return best.manifest
}

// matchesInRange differs from Matches for "*", which among the published
// versions never stands for a pre-release.
func (s *Spec) matchesInRange(version *semver.Version) bool {
	return s.constraint != nil && s.constraint.MatchVersion(version)
}

// latest returns the version tagged latest when nothing speaks against it.
func (p *picker) latest(packument *Packument, spec *Spec) *Manifest {
	version, ok := packument.Tags["latest"]
	if !ok || !spec.Matches(version) || !p.early(packument, version) {
		return nil
	}
	m := find(packument, version)
	if m == nil || !p.fit(m) {
		return nil
	}
	if _, deprecated := m.choosing(); deprecated {
		return nil
	}
	return m
}

// candidate is a version that satisfies the range.
type candidate struct {
	manifest *Manifest
	version  *semver.Version
	judged   bool
	rank     int // 3 fit and not deprecated, 2 fit, 1 not deprecated, 0 neither
}

func (p *picker) rank(c *candidate) int {
	if c.judged {
		return c.rank
	}
	c.judged = true
	if _, deprecated := c.manifest.choosing(); !deprecated {
		c.rank = 1
	}
	if p.fit(c.manifest) {
		c.rank += 2
	}
	return c.rank
}

// better reports whether a comes before b. A higher version is judged only as
// long as it could matter.
func (p *picker) better(a, b *candidate) bool {
	order := a.version.Compare(b.version)
	if order <= 0 && p.rank(b) == 3 {
		return false
	}
	if ra, rb := p.rank(a), p.rank(b); ra != rb {
		return ra > rb
	}
	return order > 0
}

// fit reports whether the target's Node and npm lie in a version's engines. A
// range that cannot be read fits nothing.
func (p *picker) fit(m *Manifest) bool {
	if p.node == nil && p.npm == nil {
		return true
	}
	engines, _ := m.choosing()
	return p.engineFits(p.node, engines.Node) && p.engineFits(p.npm, engines.NPM)
}

func (p *picker) engineFits(version *semver.Version, text string) bool {
	if version == nil || text == "" {
		return true
	}
	key := version.String() + " " + text
	fits, known := p.engines[key]
	if !known {
		constraint, err := parseStrict(text)
		fits = err == nil && constraint.MatchVersion(version)
		p.engines[key] = fits
	}
	return fits
}

// listedVersions bounds the versions that a reason spells out.
const listedVersions = 8

// reasons explains why a packument has nothing for a requirement.
func (p *picker) reasons(packument *Packument, spec *Spec) []string {
	if len(packument.Versions) == 0 {
		return []string{"the registry lists no versions"}
	}
	var reasons []string
	switch version, tagged := packument.Tags[spec.Range]; {
	case spec.Type == SpecTag && !tagged:
		reasons = append(reasons, fmt.Sprintf("there is no tag %q; tags are %s", spec.Range, shorten(sortedKeys(packument.Tags))))
	case spec.Type == SpecTag:
		reasons = append(reasons, fmt.Sprintf("tag %q names %s, which is not there", spec.Range, version))
	case !p.options.Before.IsZero() && p.anyMatch(packument, spec):
		reasons = append(reasons, "every matching version was published after "+p.options.Before.UTC().Format(time.RFC3339))
	}
	return append(reasons, "versions are "+shorten(newestFirst(packument)))
}

func newestFirst(packument *Packument) []string {
	sorted := slices.SortedStableFunc(slices.Values(packument.Versions), func(a, b *Manifest) int {
		va, vb := a.parsedVersion(), b.parsedVersion()
		if va == nil || vb == nil {
			return strings.Compare(b.Version, a.Version)
		}
		return vb.Compare(va)
	})
	versions := make([]string, len(sorted))
	for i, m := range sorted {
		versions[i] = m.Version
	}
	return versions
}

func (p *picker) anyMatch(packument *Packument, spec *Spec) bool {
	return slices.ContainsFunc(packument.Versions, func(m *Manifest) bool { return spec.Matches(m.Version) })
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func shorten(list []string) string {
	if len(list) <= listedVersions {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:listedVersions], ", "), len(list)-listedVersions)
}
