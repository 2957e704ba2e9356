// Package upstream lets upstreams fail in every way that upstreams do, at random
// from a seed, and watches what a mirror run makes of it: the feed is the one of a
// run without faults, or there is a clear error and the feed is untouched. After
// either, a run without faults gives the whole feed.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/feedctl/feedctl/internal/faults/faulttest"
	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// How many seeds there are, and how many are tried at once.
const (
	short   = 45
	long    = 1000
	workers = 2
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func fixed(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 2)) }

// TestFaults runs the seeds; FEEDCTL_FAULTS_SEED names a single one.
func TestFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("upstreams that fail take time")
	}
	first, last := uint64(0), uint64(short)
	if os.Getenv("FEEDCTL_FAULTS") == "long" {
		last = long
	}
	if text := os.Getenv("FEEDCTL_FAULTS_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, last = seed, seed+1
	}
	bombs.Store(20)
	results := newResults()
	var next atomic.Uint64
	next.Store(first)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			w := newWorker(t)
			for seed := next.Add(1) - 1; seed < last; seed = next.Add(1) - 1 {
				w.try(seed, results)
			}
		})
	}
	group.Wait()
	t.Log(results)
}

// worker is a world of its own: the addresses of its upstreams are in its feeds.
type worker struct {
	*testing.T
	world *faulttest.World
	other *elsewhere
	made  map[scene]*reference
}

func newWorker(t *testing.T) *worker {
	world, err := faulttest.NewWorld(t.TempDir())
	if err != nil {
		t.Error(err)
		return nil
	}
	w := &worker{T: t, world: world, other: newElsewhere(), made: map[scene]*reference{}}
	t.Cleanup(world.Close)
	t.Cleanup(w.other.Close)
	return w
}

// scene is what a run is asked to do.
type scene struct {
	ecosystem string // "" means all of them
	kind      string // "free", "lock"; "more" extends a feed
}

func scenes() []scene {
	var all []scene
	for _, ecosystem := range []string{"npm", "cargo", "go", "pypi", ""} {
		for _, kind := range []string{"free", "lock", "more"} {
			all = append(all, scene{ecosystem, kind})
		}
	}
	return all
}

func (w *worker) inputs(s scene, kind string) []string {
	if kind == "more" {
		kind = "free"
	}
	if s.ecosystem != "" {
		return w.world.Inputs(s.ecosystem, kind)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(w.world.Servers)) {
		all = append(all, w.world.Inputs(name, kind)...)
	}
	return all
}

// reference is what a scene comes to without faults.
type reference struct {
	feed, cache string // to start from; empty folders but for "more"
	before      map[string]string
	after       map[string]string
}

func (w *worker) reference(s scene) *reference {
	if w.made[s] != nil {
		return w.made[s]
	}
	dir := w.TempDir()
	r := &reference{feed: filepath.Join(dir, "feed"), cache: filepath.Join(dir, "cache")}
	if s.kind == "more" {
		if _, err := w.run(s, "base", r.feed, calm(r.cache)); err != nil {
			w.Fatal(err)
		}
	}
	whole := copyOf(w.T, r.feed)
	if _, err := w.run(s, s.kind, whole, calm(copyOf(w.T, r.cache))); err != nil {
		w.Fatal(err)
	}
	r.before, r.after = tree(w.T, r.feed), tree(w.T, whole)
	if len(r.after) <= len(r.before) {
		w.Fatalf("%v: nothing to do", s)
	}
	w.made[s] = r
	return r
}

// copyOf copies a folder, which may not exist, to a new one.
func copyOf(t *testing.T, dir string) string {
	to := filepath.Join(t.TempDir(), "copy")
	if _, err := os.Stat(dir); err != nil {
		return to
	}
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	tree, err := faulttest.Tree(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// calm are the options of a client without faults.
func calm(cache string) web.Options {
	return web.Options{CacheDir: cache, MaxAge: web.DefaultMaxAge, Retries: 1, RetryWaitMin: time.Millisecond}
}

// patience is how long a run may take.
const patience = time.Minute

func (w *worker) run(s scene, kind, to string, o web.Options) (mirror.Report, error) {
	return w.mirror(w.world.Options(to, w.inputs(s, kind)...), o)
}

func (w *worker) mirror(options mirror.Options, o web.Options) (mirror.Report, error) {
	client, err := web.New(o)
	if err != nil {
		return mirror.Report{}, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(w.Context(), patience)
	defer cancel()
	report, err := mirror.Run(ctx, options, w.world.Surroundings(client))
	if ctx.Err() != nil {
		w.Errorf("%v: the run hangs: %v", options.Inputs, err)
	}
	return report, err
}

// try runs one seed: with faults, then without.
func (w *worker) try(seed uint64, results *results) {
	all := scenes()
	s := all[seed%uint64(len(all))]
	r := w.reference(s)
	c := newChaos(seed, w.other)
	rng := fixed(seed)
	feed, cache := copyOf(w.T, r.feed), copyOf(w.T, r.cache)
	fail := func(format string, args ...any) {
		w.Errorf("FEEDCTL_FAULTS_SEED=%d (%v; %v of %q, %d times): %s", seed, s, c.rate, c.kinds, c.depth, fmt.Sprintf(format, args...))
		results.bad.Add(1)
	}
	for _, server := range w.world.Servers {
		server.Fail("*", -1, c.fault)
	}
	report, err := w.run(s, s.kind, feed, nervous(rng, cache))
	for _, server := range w.world.Servers {
		server.Heal()
	}
	if told := w.other.told(); len(told) > 0 {
		fail("another host was told %q", told)
	}
	outcome := w.judge(r, report, err, feed, fail)
	results.add(c, outcome)
	w.mend(s, r, feed, cache, outcome, fail)
}

// lacking is a run that believed an upstream's word that it has no such package,
// and says so.
const lacking = "right, and it tells which package no upstream has"

func isMissing(note string) bool { return strings.Contains(note, "no upstream has") }

// redirected is a run that was led to another host, which had the right bytes: the
// ledger says where they came from, and nothing else differs.
const redirected = "right, from another host"

func (w *worker) moved(dir, diff string) bool {
	told := false
	for _, one := range strings.Fields(diff) {
		name, changed := strings.CutPrefix(one, "!")
		if !changed || name != "feed.json" && !strings.HasPrefix(name, "ledger/") {
			return false
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return false
		}
		told = told || strings.Contains(string(data), w.other.URL)
	}
	findings, err := faulttest.Verify(w.Context(), dir)
	return told && err == nil && len(findings) == 0
}

// mend runs once more without faults, which gives the whole feed. Where a package
// was said not to exist, another release may have been saved in the place of what
// needs it, and stays: then what should be there is looked for, no more.
func (w *worker) mend(s scene, r *reference, dir, cache, outcome string, fail func(string, ...any)) {
	o := w.world.Options(dir, w.inputs(s, s.kind)...)
	o.Upgrade = outcome == lacking
	report, err := w.mirror(o, calm(cache))
	if wrong := (*feed.IntegrityError)(nil); errors.As(err, &wrong) {
		report, err = w.mirror(o, calm(cache)) // the run before threw away the metadata that it had
	}
	if err != nil {
		fail("after that (%s), a run without faults: %v", outcome, err)
		return
	}
	diff := compare(r.after, tree(w.T, dir))
	if o.Upgrade {
		diff = strings.Join(slices.DeleteFunc(strings.Fields(diff), func(one string) bool { return one[0] != '-' }), " ")
	}
	if diff != "" && (outcome != redirected || !w.moved(dir, diff)) {
		fail("after that (%s), a run without faults: %s; %q; the feed is kept as %s", outcome, diff, report.Notes, kept(w.T, dir))
	}
}

// kept saves a feed for whoever looks for the cause, when FEEDCTL_FAULTS_SEED asks
// for a single one.
func kept(t *testing.T, feed string) string {
	if os.Getenv("FEEDCTL_FAULTS_SEED") == "" {
		return "nothing"
	}
	to, err := os.MkdirTemp("", "feed-")
	if err == nil {
		err = os.CopyFS(to, os.DirFS(feed))
	}
	if err != nil {
		t.Error(err)
	}
	return to
}

// nervous are the options of a client among faults: it waits hardly at all.
func nervous(rng *rand.Rand, cache string) web.Options {
	skew := []time.Duration{0, 0, 400 * 24 * time.Hour, -400 * 24 * time.Hour}[rng.IntN(4)]
	return web.Options{
		CacheDir: cache, MaxAge: []time.Duration{0, web.DefaultMaxAge}[rng.IntN(2)],
		Retries: []int{-1, 2, 4}[rng.IntN(3)], RetryWaitMin: 100 * time.Microsecond, RetryWaitMax: time.Millisecond, RetryAfterMax: 20 * time.Millisecond,
		HeaderTimeout: 250 * time.Millisecond, StallTimeout: 150 * time.Millisecond,
		Now: func() time.Time { return time.Now().Add(skew) },
	}
}

// judge says how a run with faults ended.
func (w *worker) judge(r *reference, report mirror.Report, err error, dir string, fail func(string, ...any)) string {
	after := tree(w.T, dir)
	if err == nil {
		diff := compare(r.after, after)
		if diff != "" && slices.ContainsFunc(report.Notes, isMissing) {
			return lacking
		}
		if diff != "" && w.moved(dir, diff) {
			return redirected
		}
		if diff != "" {
			fail("a success that is none: %s; notes %q", diff, report.Notes)
		}
		return "right"
	}
	if diff := compare(r.before, after); diff != "" {
		fail("an error, and the feed has changed: %s; %v", diff, err)
	}
	text := err.Error()
	if !named.MatchString(text) {
		fail("the error names no upstream: %v", err)
	}
	if strings.Contains(text, "S3CR3T") || strings.Contains(text, "passw0rd") || strings.ContainsAny(text, "\x00\x1b") {
		fail("the error shows what it should not: %q", text)
	}
	return class(err)
}

// named matches an error that says where it comes from: the upstream, its address,
// or a requirement that no upstream meets.
var named = regexp.MustCompile(`"\w+-(upstream|locks)"|go-upstream\)|http://127\.0\.0\.1|nothing satisfies|requirements cannot be met|go\.mod of example`)

func class(err error) string {
	var upstream *feed.UpstreamError
	var integrity *feed.IntegrityError
	var unmet *feed.ResolveError
	switch {
	case errors.As(err, &integrity):
		return "error: wrong bytes"
	case errors.As(err, &unmet):
		return "error: cannot be resolved"
	case errors.As(err, &upstream):
		return "error: upstream"
	case errors.Is(err, feed.ErrNotFound):
		return "error: not found"
	}
	return "error: other"
}

// compare says how two trees differ, "" when they do not.
func compare(want, got map[string]string) string {
	var all []string
	for path, digest := range want {
		switch got[path] {
		case digest:
		case "":
			all = append(all, "-"+path)
		default:
			all = append(all, "!"+path)
		}
	}
	for path := range got {
		if want[path] == "" {
			all = append(all, "+"+path)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
