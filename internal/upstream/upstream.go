// Package upstream searches the upstreams of one ecosystem for packages, in
// order, and puts what the feed holds before what they offer.
//
// Search order. An upstream that excludes a name is never asked for it. When
// the include patterns of some upstreams match, these alone are asked; the
// others only when no include matches. Only "not found" moves the search on to
// the next upstream; any other failure ends it with an error that names the
// upstream, because a package of another place must not take the seat of one
// whose upstream is down. The first upstream that knows the name answers for
// all its versions: a version that it lacks is not looked for elsewhere.
//
// Dependency confusion. Once a package of a name was pushed to the feed, no
// upstream is asked for that name.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Named is one upstream, ready to be asked.
type Named struct {
	Config ecosystem.UpstreamConfig
	Source ecosystem.Source
}

// Set is the upstreams of one ecosystem in search order. It is safe for
// concurrent use and remembers what it was told for as long as it lives.
type Set struct {
	load     func(ctx context.Context) ([]Named, error)
	routes   memo[struct{}, []*route]
	versions memo[string, []feed.Version]

	mu    sync.Mutex
	found map[string]finding
}

// finding is what a search for a name came to.
type finding struct {
	route *route // nil when no upstream knows the name
	err   error  // why not
}

// New returns the Set of the upstreams that load returns, in search order. load
// runs when an upstream is first needed, and once, unless the context that it
// was given ends.
func New(load func(ctx context.Context) ([]Named, error)) *Set {
	return &Set{load: load, found: map[string]finding{}}
}

// Upstreams returns the configurations in search order, disabled ones included.
func (s *Set) Upstreams(ctx context.Context) ([]ecosystem.UpstreamConfig, error) {
	routes, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	configs := make([]ecosystem.UpstreamConfig, len(routes))
	for i, r := range routes {
		configs[i] = r.Config
	}
	return configs, nil
}

func (s *Set) open(ctx context.Context) ([]*route, error) {
	return s.routes.get(ctx, struct{}{}, func(ctx context.Context) ([]*route, error) {
		all, err := s.load(ctx)
		if err != nil {
			return nil, err
		}
		routes := make([]*route, len(all))
		seen := map[string]bool{}
		for i, n := range all {
			if seen[n.Config.Name] {
				return nil, fmt.Errorf("two upstreams are named %q; give one of them another name", n.Config.Name)
			}
			seen[n.Config.Name] = true
			if routes[i], err = newRoute(n); err != nil {
				return nil, err
			}
		}
		return routes, nil
	})
}

// Versions returns every version of name that its upstream offers. The upstream
// is asked once for each name. A name that none knows is a *feed.PackageError
// that wraps feed.ErrNotFound and lists who was asked.
func (s *Set) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	versions, err := s.versions.get(ctx, name, func(ctx context.Context) ([]feed.Version, error) {
		versions, _, err := search(ctx, s, name, func(source ecosystem.Source) ([]feed.Version, error) {
			return source.Versions(ctx, name)
		})
		return versions, err
	})
	return slices.Clone(versions), err
}

// Releases returns the given releases of a package, and the name of the
// upstream that they come from; each release's Kind and Origin.Upstream say the
// same. Versions that the upstream does not know are left out. Errors are those
// of Versions.
func (s *Set) Releases(ctx context.Context, name string, versions []string) (feed.Package, string, error) {
	p, r, err := search(ctx, s, name, func(source ecosystem.Source) (feed.Package, error) {
		return source.Releases(ctx, name, versions)
	})
	if err != nil {
		return feed.Package{}, "", err
	}
	p.PackageKey = feed.PackageKey{Ecosystem: r.Config.Ecosystem, Name: name}
	p.Releases = slices.Clone(p.Releases)
	for i := range p.Releases {
		p.Releases[i].Kind = feed.Saved
		p.Releases[i].Origin.Upstream = r.Config.Name
	}
	return p, r.Config.Name, nil
}

// Open starts the download of a file of a release that came from the named
// upstream.
func (s *Set) Open(ctx context.Context, upstreamName string, file feed.File) (io.ReadCloser, error) {
	routes, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		if r.Config.Name == upstreamName && !r.Config.Disabled {
			body, err := r.Source.Open(ctx, file)
			if err != nil {
				return nil, name(upstreamName, file.Path, err)
			}
			return body, nil
		}
	}
	return nil, fmt.Errorf("%s: no enabled upstream is named %q any more; it is what the release came from", file.Path, upstreamName)
}

// Read returns a small file that an upstream keeps beside its packages;
// feed.ErrNotFound when it has none, or keeps none at all.
func (s *Set) Read(ctx context.Context, upstreamName, path string) ([]byte, error) {
	routes, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		reader, ok := r.Source.(ecosystem.Reader)
		if !ok || r.Config.Name != upstreamName || r.Config.Disabled {
			continue
		}
		data, err := reader.Read(ctx, path)
		if err != nil {
			return nil, name(upstreamName, path, err)
		}
		return data, nil
	}
	return nil, feed.ErrNotFound
}

// name says which upstream an error about a file is from, unless it does.
func name(upstreamName, path string, err error) error {
	var failure *feed.UpstreamError
	if errors.As(err, &failure) && failure.Upstream == upstreamName {
		return fmt.Errorf("%s: %w", path, err)
	}
	return fmt.Errorf("%s: upstream %q: %w", path, upstreamName, err)
}

// search asks the upstreams that may know the name until one does. It keeps to
// what an earlier search for the name found.
func search[T any](ctx context.Context, s *Set, name string, ask func(ecosystem.Source) (T, error)) (T, *route, error) {
	var zero T
	routes, err := s.open(ctx)
	if err != nil {
		return zero, nil, err
	}
	asked := candidates(routes, name)
	if known, ok := s.recall(name); ok {
		if known.route == nil {
			return zero, nil, known.err
		}
		asked = []*route{known.route}
	}
	for _, r := range asked {
		value, err := ask(r.Source)
		switch {
		case err == nil:
			s.remember(name, finding{route: r})
			return value, r, nil
		case ctx.Err() != nil:
			return zero, nil, ctx.Err()
		case !errors.Is(err, feed.ErrNotFound):
			return zero, nil, failure(r.Config, name, err)
		}
	}
	err = notFound(routes, asked, name)
	s.remember(name, finding{err: err})
	return zero, nil, err
}

// Missing returns the names that were searched for and that no upstream knew,
// sorted.
func (s *Set) Missing() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name, f := range s.found {
		if f.route == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (s *Set) recall(name string) (finding, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.found[name]
	return known, ok
}

// remember keeps the first finding, so that all who ask at the same time see the
// same upstream from then on.
func (s *Set) remember(name string, f finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.found[name]; !ok {
		s.found[name] = f
	}
}

// failure names the upstream that a search ended at.
func failure(config ecosystem.UpstreamConfig, name string, err error) error {
	e := &feed.PackageError{Key: packageKey(config, name), Upstream: config.Name, Err: err}
	var inner *feed.UpstreamError
	if errors.As(err, &inner) && inner.Upstream == config.Name {
		e.Upstream = "" // the text has the name already
	}
	return e
}

func packageKey(config ecosystem.UpstreamConfig, name string) feed.VersionKey {
	return feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: config.Ecosystem, Name: name}}
}

// notFound says that no upstream knows a name, and which were asked.
func notFound(routes, asked []*route, name string) error {
	e := &feed.PackageError{Key: feed.VersionKey{PackageKey: feed.PackageKey{Name: name}}}
	if len(routes) > 0 {
		e.Key = packageKey(routes[0].Config, name)
	}
	switch {
	case len(routes) == 0:
		e.Err = fmt.Errorf("%w: no upstream is configured", feed.ErrNotFound)
	case len(asked) == 0:
		e.Err = fmt.Errorf("%w: no upstream may be asked for this name; see include, exclude and enabled in the configuration", feed.ErrNotFound)
	default:
		e.Err = fmt.Errorf("%w in %s", feed.ErrNotFound, strings.Join(places(asked), ", "))
	}
	return e
}

func places(routes []*route) []string {
	texts := make([]string, len(routes))
	for i, r := range routes {
		texts[i] = fmt.Sprintf("upstream %q", r.Config.Name)
		if r.Config.FoundIn != "" {
			texts[i] += " (" + r.Config.FoundIn + ")"
		}
	}
	return texts
}
