package pypi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// free resolves a request that is no lock. What the feed holds is kept where it
// fits: first only the saved versions of a project are looked at; if they lead
// nowhere, all, with the saved ones preferred.
func (r *resolution) free(ctx context.Context) (*graph, error) {
	r.note()
	found, err := r.solveAll(ctx)
	if isUnmet(err) && r.catalog.narrow() {
		r.catalog.widen()
		found, err = r.solveAll(ctx)
	}
	if isUnmet(err) && r.doubted.Load() {
		r.believe.Store(true)
		if again, other := r.solveAll(ctx); other == nil {
			found, err = again, nil
		}
	}
	if err != nil {
		return nil, err
	}
	g := r.newGraph()
	g.skipped, g.chosen = r.settings.Skipped, true
	for _, one := range found {
		if err := g.take(one); err != nil {
			return nil, err
		}
	}
	return g, g.addBuilds(ctx, found)
}

func isUnmet(err error) bool {
	var unmet *feed.ResolveError
	return errors.As(err, &unmet)
}

// note says what of the input the resolution cannot follow.
func (r *resolution) note() {
	choice := &r.settings.Choice
	if choice.Resolution == "lowest" || choice.Resolution == "lowest-direct" {
		r.notes = append(r.notes, r.request.Input+": resolution = "+choice.Resolution+": the highest versions are mirrored; mirror the lock to have its versions")
	}
	if len(r.settings.Dynamic) > 0 {
		r.notes = append(r.notes, r.request.Input+": the project says that only its build backend knows its "+strings.Join(r.settings.Dynamic, " and ")+", which is not run; add what is missing by name, or mirror a lock")
	}
}

// solved is a solution for one target.
type solved struct {
	usage    int // of the graph
	solution solve.Solution
	building bool
}

// solveAll resolves every variant of the request for every target.
func (r *resolution) solveAll(ctx context.Context) ([]solved, error) {
	variants := variants(&r.settings)
	type job struct {
		target  int
		variant map[string]bool
		build   bool
	}
	var jobs []job
	hasBuild := slices.ContainsFunc(r.request.Requirements, func(q feed.Requirement) bool { return q.Kind == lock.KindBuild })
	for t := range r.targets {
		for _, variant := range variants {
			jobs = append(jobs, job{t, variant, false})
		}
		if hasBuild {
			jobs = append(jobs, job{t, nil, true})
		}
	}
	results := make([]solved, len(jobs))
	failures := make([]error, len(jobs))
	group, ctx := errgroup.WithContext(ctx)
	for i, j := range jobs {
		group.Go(func() error {
			in, err := r.input(j.target, j.variant, j.build)
			if err == nil {
				results[i].usage, results[i].building = j.target, j.build
				results[i].solution, err = solve.Resolve(ctx, in, &universe{r, j.target, r.targets[j.target]})
			}
			if isConflict(err) {
				failures[i] = err
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var unmet []feed.Unmet
	for i, err := range failures {
		if err != nil {
			unmet = r.explain(unmet, r.targets[jobs[i].target], err)
		}
	}
	if len(unmet) > 0 {
		return nil, &feed.ResolveError{Unmet: unmet}
	}
	return results, nil
}

// variants are the sets of kinds of requirement that are left out in turn, because
// the project says that they cannot go together. One empty set is all at once.
func variants(settings *lock.Settings) []map[string]bool {
	count := 1
	for _, conflict := range settings.Conflicts {
		count = max(count, len(conflict))
	}
	result := make([]map[string]bool, count)
	for v := range result {
		result[v] = map[string]bool{}
		for _, conflict := range settings.Conflicts {
			for i, item := range conflict {
				if i != v%len(conflict) {
					result[v][kindOf(item)] = true
				}
			}
		}
	}
	return result
}

func kindOf(item lock.Conflict) string {
	if item.Extra != "" {
		return lock.KindExtra + item.Extra
	}
	return lock.KindGroup + item.Group
}

// take adds a solution to the graph.
func (g *graph) take(one solved) error {
	u := g.usages[one.usage]
	for i := range one.solution.Packages {
		p := &one.solution.Packages[i]
		chosen, ok := p.Candidate.Value.(*pick)
		if !ok {
			return fmt.Errorf("pypi: %s was chosen without a file", p.Name)
		}
		at, err := g.node(p.Name, chosen.version)
		if err != nil {
			return err
		}
		g.use(u, at, chosen.file, one.building)
		switch {
		case g.allFiles:
			g.files[at] = nil
		case g.catalog.rules.sdist == sdistAll:
			g.want(at, chosen.sdist)
		}
		if g.nodes[at].Reason == "" {
			g.nodes[at].Reason = reason(chosen, one.building)
		}
	}
	return nil
}

// reason says why a release is in the graph, in a few words.
func reason(chosen *pick, building bool) string {
	text := "the newest that fits"
	if chosen.saved {
		text = "the feed holds it, and it fits"
	}
	if building {
		text += "; for building"
	}
	return text
}
