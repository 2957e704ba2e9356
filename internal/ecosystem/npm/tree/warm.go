package tree

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/pkg/feed"
)

// warmRounds bounds how far Warm follows dependencies.
const warmRounds = 12

// Warm asks a registry, in parallel, for the packuments that Resolve is going
// to need, so that a registry which remembers its answers makes Resolve wait for
// nothing. It guesses: it follows every requirement, breadth first, by
// dependencies, optional dependencies and required peers; optional peers only
// along peers. Unknown names and requirements that nothing meets are passed
// over; another error of the registry stops it. The registry must be safe for
// concurrent use.
func Warm(ctx context.Context, project Project, options Options, registry Registry, parallel int) error {
	w := &warmer{options: options, registry: registry, known: map[lead]bool{}}
	round := w.roots(project)
	for range warmRounds {
		if len(round) == 0 {
			return nil
		}
		next, err := w.round(ctx, round, max(parallel, 1))
		if err != nil {
			return err
		}
		round = next
	}
	return nil
}

// lead is a requirement to follow; peers alone when its optional peers and
// their own are all that matters.
type lead struct {
	name, spec string
	peersOnly  bool
}

type warmer struct {
	options  Options
	registry Registry
	known    map[lead]bool
}

// fresh returns the leads that were not followed before.
func (w *warmer) fresh(leads []lead) []lead {
	var list []lead
	for _, l := range leads {
		if w.known[l] || w.known[lead{l.name, l.spec, false}] {
			continue
		}
		w.known[l] = true
		list = append(list, l)
	}
	return list
}

func (w *warmer) roots(project Project) []lead {
	var leads []lead
	manifests := []*Manifest{project.Root}
	own := map[string]bool{}
	for _, m := range project.Members {
		manifests = append(manifests, m)
		own[m.Name] = true
	}
	for _, m := range manifests {
		if m == nil {
			continue
		}
		leads = append(leads, w.follow(m, false)...)
		for _, dep := range m.Fields().DevDependencies {
			leads = append(leads, lead{dep.Name, dep.Spec, false})
		}
	}
	for _, spec := range project.Requests {
		leads = append(leads, lead{spec.Name, spec.Raw, false})
	}
	kept := leads[:0]
	for _, l := range leads {
		if !own[l.name] {
			kept = append(kept, l)
		}
	}
	return w.fresh(kept)
}

// round asks for all leads at once and returns those that the chosen versions
// give, in the order of the leads.
func (w *warmer) round(ctx context.Context, leads []lead, parallel int) ([]lead, error) {
	found := make([][]lead, len(leads))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	pickers := sync.Pool{New: func() any { return newPicker(w.options) }}
	for i, l := range leads {
		group.Go(func() error {
			p := pickers.Get().(*picker)
			defer pickers.Put(p)
			var err error
			found[i], err = w.ask(ctx, p, l)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var next []lead
	for _, leads := range found {
		next = append(next, w.fresh(leads)...)
	}
	return next, nil
}

func (w *warmer) ask(ctx context.Context, p *picker, l lead) ([]lead, error) {
	spec := ParseDependency(l.name, l.spec)
	if !spec.Type.Registry() || checkName(spec.Package()) != nil {
		return nil, nil
	}
	packument, err := fetch(ctx, w.registry, spec)
	if errors.Is(err, feed.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m, err := p.pick(packument, spec)
	if err != nil {
		return nil, nil
	}
	return w.follow(m, l.peersOnly), nil
}

// follow lists what a manifest leads to.
func (w *warmer) follow(m *Manifest, peersOnly bool) []lead {
	f := m.Fields()
	var leads []lead
	if !w.options.LegacyPeers {
		for _, dep := range f.PeerDependencies {
			leads = append(leads, lead{dep.Name, dep.Spec, peersOnly || f.PeerOptional[dep.Name]})
		}
	}
	if peersOnly {
		return leads
	}
	bundled := map[string]bool{}
	for _, name := range f.Bundled {
		bundled[name] = true
	}
	for _, deps := range []Deps{f.Dependencies, f.OptionalDependencies} {
		for _, dep := range deps {
			if !bundled[dep.Name] {
				leads = append(leads, lead{dep.Name, dep.Spec, false})
			}
		}
	}
	return leads
}
