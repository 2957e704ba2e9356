package pypi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// parallel is how many releases are asked for at once.
const parallel = 32

// resolution is one request on its way to a graph.
type resolution struct {
	request  feed.Request
	index    ecosystem.Index
	settings lock.Settings
	targets  []*target
	reader   *reader
	catalog  *catalog
	allFiles bool
	notes    []string
	refused  refusals
	doubt
}

// doubt is about old source distributions of projects that have wheels by now.
// What they require only a build would tell for certain, and to take them for
// releases that require nothing leads a resolver from every conflict to the oldest
// of them.
type doubt struct {
	believe atomic.Bool // they count as they are: nothing else is left
	doubted atomic.Bool // some were refused
}

// resolve implements the contract: a lock is kept, and what it leaves to the
// installer (the files of each target, what building needs) is added; everything
// else is resolved once for each target.
func resolve(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	settings, err := lock.ParseSettings(request.Settings)
	if err != nil {
		return feed.Graph{}, fmt.Errorf("%s: %w", request.Input, err)
	}
	if err := checkOptions(request.Options); err != nil {
		return feed.Graph{}, err
	}
	r := &resolution{request: request, index: index, settings: settings, reader: newReader(index), allFiles: request.Options[optionAllFiles] == "true"}
	if r.targets, r.notes, err = targetsOf(request, &settings); err != nil {
		return feed.Graph{}, err
	}
	r.notes = append(r.notes, settings.Notes...)
	if r.catalog, err = r.newCatalog(); err != nil {
		return feed.Graph{}, err
	}
	var g *graph
	switch {
	case request.Lock == nil:
		g, err = r.free(ctx)
	case request.LockDigest == "" && len(request.Requirements) > 0 && len(r.targets) > 0:
		g, err = r.kept(ctx)
	default:
		g, err = r.locked(ctx)
	}
	if err != nil {
		return feed.Graph{}, err
	}
	return g.finish(ctx)
}

// newCatalog prepares the look-up of candidates.
func (r *resolution) newCatalog() (*catalog, error) {
	rules, err := newFileRules(r.request.Options[optionSdist], &r.settings.Choice)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.request.Input, err)
	}
	c := &catalog{
		index: r.index, targets: r.targets, rules: rules, asked: map[string][]version.Set{},
		projects: map[string]*project{}, pythons: map[string]version.Set{},
	}
	if ecosystem.Remembers(r.index) {
		if c.choice, err = r.choiceText(); err != nil {
			return nil, fmt.Errorf("%s: %w", r.request.Input, err)
		}
	}
	for _, one := range r.request.Requirements {
		if q, err := parseRoot(one); err == nil && !q.Specifiers.IsAny() {
			c.asked[q.Name] = append(c.asked[q.Name], q.Specifiers)
		}
	}
	return c, nil
}

// choiceText is the same for requests that choose the same files of a release.
func (r *resolution) choiceText() (string, error) {
	text, err := json.Marshal(&r.settings.Choice)
	if err != nil {
		return "", err
	}
	text = append(text, r.request.Options[optionSdist]...)
	for _, t := range r.targets {
		text = append(append(text, ' '), t.name...)
	}
	return string(text), nil
}

func newFileRules(sdist string, choice *lock.Choice) (fileRules, error) {
	rules := fileRules{sdist: sdist, onlyBinary: setOf(choice.OnlyBinary), noBinary: setOf(choice.NoBinary), newerFor: map[string]time.Time{}}
	if rules.sdist == "" {
		rules.sdist = sdistNeeded
	}
	var err error
	if choice.ExcludeNewer != "" {
		if rules.excludeNewer, err = parseTime(choice.ExcludeNewer); err != nil {
			return rules, fmt.Errorf("exclude-newer: %w", err)
		}
	}
	for _, entry := range choice.NewerByPackage {
		name, text, _ := strings.Cut(entry, "=")
		if text == "false" {
			rules.newerFor[wheel.NormalizeName(name)] = time.Time{}
			continue
		}
		limit, err := parseTime(text)
		if err != nil {
			return rules, fmt.Errorf("exclude-newer-package: %s: %w", name, err)
		}
		rules.newerFor[wheel.NormalizeName(name)] = limit
	}
	return rules, nil
}

func setOf(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		if name != all {
			name = wheel.NormalizeName(name)
		}
		set[name] = true
	}
	return set
}

// parseTime reads a time, or a day, which counts as a whole.
func parseTime(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.50q is neither a time such as 2026-03-01T00:00:00Z nor a day", text)
	}
	return day.AddDate(0, 0, 1), nil
}

// core returns what a file of a release says of its dependencies, unless the input
// says it in its place.
func (r *resolution) core(ctx context.Context, name, text, filename string) (*core, error) {
	for i := range r.settings.MetadataFor {
		m := &r.settings.MetadataFor[i]
		if m.Name == name && (m.Version == "" || Compare(m.Version, text) == 0) {
			return givenCore(m)
		}
	}
	return r.reader.read(ctx, name, text, filename)
}

// givenCore is metadata that an input gives in the place of a package's own.
func givenCore(m *lock.Metadata) (*core, error) {
	c := &core{}
	var err error
	if c.python, err = version.ParseLenient(m.RequiresPython); err != nil {
		return nil, fmt.Errorf("dependency-metadata of %s: %w", m.Name, err)
	}
	for _, text := range m.RequiresDist {
		q, err := marker.ParseLenient(text)
		if err != nil {
			return nil, fmt.Errorf("dependency-metadata of %s: %w", m.Name, err)
		}
		c.requires = append(c.requires, q)
	}
	return c, nil
}

// names are the extras and groups of the project that markers may ask about.
func (r *resolution) names() []string {
	return slices.Concat(r.settings.Extras, r.settings.Groups, r.settings.DefaultGroups)
}

// each calls do for 0 to n-1, many at once where that gains anything, until one
// fails.
func (r *resolution) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	return ecosystem.Each(ctx, r.index, n, parallel, do)
}
