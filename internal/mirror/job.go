package mirror

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/upstream"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// job is one ecosystem's share of a run.
type job struct {
	ecosystem.Ecosystem
	old      feed.EcosystemSummary // what the feed recorded before; zero for a new one
	profile  feed.Profile          // what it records now
	once     map[string]string     // options that are not recorded
	requests []feed.Request
	dirs     []string // folders of the inputs, sorted
	set      *upstream.Set
	shelf    *shelf
	graphs   []feed.Graph // one for each request
	packages []*planned   // by name
}

// prepare groups the inputs by ecosystem, in the order of their names, and fills
// in what the feed remembers.
func (r *run) prepare(manifest feed.Manifest, sources []source) ([]*job, error) {
	var jobs []*job
	for _, e := range r.Ecosystems {
		old, known := manifest.Ecosystems[e.Name]
		j := &job{Ecosystem: e, old: old}
		for _, s := range sources {
			if s.request.Ecosystem == e.Name {
				j.requests = append(j.requests, s.request)
				j.dirs = append(j.dirs, s.dir)
			}
		}
		if len(j.requests) == 0 && (!known || len(r.Inputs) > 0) {
			continue
		}
		if err := r.profile(j); err != nil {
			return nil, err
		}
		slices.Sort(j.dirs)
		j.dirs = slices.Compact(j.dirs)
		j.set = upstream.New(r.loader(j))
		j.shelf = newShelf(r.feed, j.set, e, r.Upgrade, r.Repair)
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// wholeFeed reports whether a run without inputs has work to do: on everything
// that the feed holds.
func (r *run) wholeFeed() bool { return len(r.Inputs) == 0 && r.Repair }

func (r *run) profile(j *job) error {
	j.profile = j.old.Profile
	if r.Base != nil {
		j.profile.Base = *r.Base
	}
	if r.Extras != nil {
		j.profile.Extras = j.ownExtras(r.Extras)
	}
	if r.Targets != nil {
		j.profile.Targets = r.Targets
	}
	given := r.Settings[j.Name]
	for key := range given {
		if _, ok := j.Options[key]; !ok {
			return fmt.Errorf("%s has no option %q; it has %v", j.Name, key, slices.Sorted(maps.Keys(j.Options)))
		}
	}
	j.once = map[string]string{}
	if len(given) > 0 {
		j.profile.Options = maps.Clone(j.profile.Options)
		if j.profile.Options == nil {
			j.profile.Options = map[string]string{}
		}
		for key, value := range given {
			if slices.Contains(j.Once, key) {
				j.once[key] = value
				continue
			}
			j.profile.Options[key] = value
		}
	}
	return nil
}

func (j *job) ownExtras(all []string) []string {
	var own []string
	for _, extra := range all {
		if _, ok := j.Extras[extra]; ok {
			own = append(own, extra)
		}
	}
	slices.Sort(own)
	return slices.Compact(own)
}

// environment is what the ecosystem's discovery may look at for one folder.
func (r *run) environment(j *job, dir string) ecosystem.Environment {
	env := r.Environment
	if dir != "" {
		env.Dir = dir
	}
	for _, request := range j.requests {
		if len(request.Settings) > 0 {
			env.Settings = append(env.Settings, request.Settings)
		}
		if request.Lock != nil {
			env.Recorded = append(env.Recorded, request.Lock.Nodes...)
		}
	}
	return env
}

// loader opens the ecosystem's upstreams: the configured ones, else those that
// the package manager itself would use. It runs when an upstream is first needed.
func (r *run) loader(j *job) func(ctx context.Context) ([]upstream.Named, error) {
	return func(ctx context.Context) ([]upstream.Named, error) {
		dirs := j.dirs
		if len(dirs) == 0 {
			dirs = []string{""}
		}
		var environments []ecosystem.Environment
		for _, dir := range dirs {
			environments = append(environments, r.environment(j, dir))
		}
		return upstream.Load(ctx, j.Ecosystem, r.Configured, environments, r.Client, openFeed, r.Log)
	}
}

// openFeed opens another feed as an upstream: a folder, or one behind a web
// server.
func openFeed(ctx context.Context, client *web.Client, config ecosystem.UpstreamConfig) (upstream.Ledger, error) {
	if !strings.Contains(config.URL, "://") {
		return store.Open(config.URL)
	}
	tree, err := store.NewHTTP(client, config.URL, config.Access)
	if err != nil {
		return nil, err
	}
	return store.OpenTree(ctx, tree)
}
