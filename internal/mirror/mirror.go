// Package mirror is the pipeline: inputs are read into requests, requests are
// resolved to a graph of releases, the plan says which of them are new, these
// are fetched and verified, their documents are rendered, and everything is
// published at once. Each step is one function; its output is the next one's
// input. The package names no ecosystem.
package mirror

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Options is what a run is asked to do.
type Options struct {
	To         string                       // folder of the feed
	Inputs     []string                     // files, folders, "ecosystem:NAME@RANGE", package URLs, "-"
	Targets    []feed.Target                // nil keeps what the feed recorded, else every platform
	Settings   map[string]map[string]string // the ecosystems' own options, by ecosystem
	Base       *string                      // URL of the feed's root; nil keeps what the feed recorded
	Extras     []string                     // optional documents; nil keeps what the feed recorded
	Configured []ecosystem.UpstreamConfig   // in search order; an ecosystem without one is discovered
	Time       time.Time                    // of the run: the only clock for what is written
	Jobs       int                          // downloads at once

	Upgrade         bool // ask upstreams for newer releases though saved ones would do
	LockedOnly      bool // add no platform variants that a lock lacks
	SkipUnsupported bool // go on though some entries are in no registry
	DryRun          bool // stop after the plan
	Repair          bool // check every byte that the inputs, or the whole feed, need and fetch what is wrong
	Offline         bool // ask no upstream; cached metadata may still be used
}

// Surroundings is what a run works with.
type Surroundings struct {
	Ecosystems  []ecosystem.Ecosystem
	Environment ecosystem.Environment // Dir is the working directory
	Client      *web.Client
	Stdin       io.Reader
	Log         *slog.Logger
	Progress    Progress
	Command     string // of this process, for the one who finds the feed locked
}

// Progress is told how far a run is. Add and File are called by many goroutines
// at once, Phase when none of them is at work.
type Progress interface {
	// Phase starts a phase of so many steps; 0 means that it counts the bytes of
	// the files that are announced.
	Phase(name string, total int64)
	// Add reports how many steps or bytes of the phase are done.
	Add(n int64)
	// File announces a file whose transfer starts; size is 0 when not known.
	File(path string, size int64)
}

// Run mirrors the inputs into the feed. A run that fails in a way that cached
// metadata may be to blame for is made once more without them; bytes that are not
// what they should be are not asked for twice.
func Run(ctx context.Context, o Options, s Surroundings) (Report, error) {
	started := time.Now()
	sources, err := read(o, s)
	if err != nil {
		return Report{}, err
	}
	report, err := once(ctx, o, s, sources)
	var wrong *feed.IntegrityError
	switch {
	case errors.As(err, &wrong) && !o.Offline && s.Client != nil:
		s.Client.Forget() // it may be the digest that is wrong
	case mayBeStale(ctx, s.Client, err) && !o.Offline:
		s.Log.Info("once more without the metadata cache, which may be why this failed", "error", err)
		s.Client.Doubt()
		again, failure := once(ctx, o, s, sources)
		if upstream := (*feed.UpstreamError)(nil); !errors.As(failure, &upstream) || !upstream.Temporary() {
			report, err = again, failure
		}
	}
	report.Seconds = time.Since(started).Seconds()
	return report, err
}

// mayBeStale reports whether a failure may come from a document that the client
// took from its cache: one that is damaged, or older than what is asked for.
func mayBeStale(ctx context.Context, client *web.Client, err error) bool {
	if err == nil || ctx.Err() != nil || client == nil {
		return false
	}
	stats := client.Stats()
	if stats.CacheHits+stats.Revalidated+stats.Stale == 0 {
		return false
	}
	var file *fs.PathError
	var call syscall.Errno // of the disk: an upstream's is in an error of its own
	var locked *store.LockedError
	var upstream *feed.UpstreamError
	if errors.As(err, &upstream) {
		return upstream.Status == http.StatusOK
	}
	return !errors.As(err, &file) && !errors.As(err, &call) && !errors.As(err, &locked)
}

// once is one attempt.
func once(ctx context.Context, o Options, s Surroundings, sources []source) (Report, error) {
	r := &run{Options: o, Surroundings: s}
	var err error
	if o.DryRun {
		r.feed, err = store.Open(o.To)
	} else {
		r.writer, err = store.Lock(ctx, o.To, s.Command, o.Time)
	}
	if err != nil {
		return Report{}, err
	}
	if r.writer != nil {
		defer r.writer.Close()
		r.writer.Repair = o.Repair
		r.feed = r.writer.Feed()
	}
	if err := r.mirror(ctx, sources); err != nil {
		return Report{}, err
	}
	return r.report, nil
}

func read(o Options, s Surroundings) ([]source, error) {
	return (&reader{ecosystems: s.Ecosystems, stdin: s.Stdin, avoid: o.To}).read(o.Inputs)
}

// Read reads inputs into requests, without resolving them.
func Read(ecosystems []ecosystem.Ecosystem, inputs []string, stdin io.Reader) ([]feed.Request, error) {
	sources, err := (&reader{ecosystems: ecosystems, stdin: stdin}).read(inputs)
	requests := make([]feed.Request, 0, len(sources))
	for _, s := range sources {
		requests = append(requests, s.request)
	}
	return requests, err
}

// Resolved is a request and what it comes to.
type Resolved struct {
	Request feed.Request `json:"request"`
	Graph   feed.Graph   `json:"graph"`
}

// Resolve resolves the inputs against the feed and the upstreams. It downloads
// no artifact and writes nothing.
func Resolve(ctx context.Context, o Options, s Surroundings) ([]Resolved, error) {
	sources, err := read(o, s)
	if err != nil {
		return nil, err
	}
	f, err := store.Open(o.To)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	manifest, err := f.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	r := &run{Options: o, Surroundings: s, feed: f, forget: true}
	jobs, err := r.prepare(manifest, sources)
	if err != nil {
		return nil, err
	}
	var all []Resolved
	for _, j := range jobs {
		if err := r.resolve(ctx, j); err != nil {
			return nil, err
		}
		for i, graph := range j.graphs {
			all = append(all, Resolved{Request: j.requests[i], Graph: graph})
		}
	}
	return all, nil
}

// run is one mirror run over one feed.
type run struct {
	Options
	Surroundings
	feed   *store.Feed
	writer *store.Writer // nil when nothing is to be written
	forget bool          // resolve again what the feed remembers, for its edges
	report Report

	underway sync.WaitGroup // downloads that started ahead of the plan
}

// mirror is the pipeline, from requests to the published feed.
func (r *run) mirror(ctx context.Context, sources []source) error {
	ctx, cancel := context.WithCancel(ctx)
	defer r.underway.Wait()
	defer cancel()
	manifest, err := r.feed.Manifest(ctx)
	if err != nil {
		return err
	}
	jobs, err := r.prepare(manifest, sources)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := r.resolve(ctx, j); err != nil {
			return err
		}
		if err := r.plan(ctx, j); err != nil {
			return err
		}
	}
	if r.DryRun {
		if err := r.sizes(ctx, jobs); err != nil {
			return err
		}
	}
	r.report.add(r.Options, jobs)
	if r.DryRun {
		return nil
	}
	for _, j := range jobs {
		if err := r.evidence(ctx, j); err != nil {
			return err
		}
	}
	if err := r.fetch(ctx, jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		if err := r.render(ctx, j); err != nil {
			return err
		}
	}
	r.underway.Wait()
	r.report.Changed, err = r.writer.Publish(ctx, r.Time)
	return err
}
