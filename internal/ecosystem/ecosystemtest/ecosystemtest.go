// Package ecosystemtest is the conformance suite that every ecosystem passes.
// An ecosystem's own test fills in a [Fixture] and calls [Run].
package ecosystemtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Fixture is what the suite needs to know of one ecosystem.
type Fixture struct {
	Ecosystem ecosystem.Ecosystem
	// Upstream starts a fake upstream on loopback that stops with the test. What
	// it offers must hold the packages that the other fields name.
	Upstream func(t testing.TB) ecosystem.UpstreamConfig
	// Stalled starts an upstream that accepts requests and never answers.
	Stalled func(t testing.TB) ecosystem.UpstreamConfig
	// Roots are requirements, as on the command line, that the upstream meets
	// with at least two packages and four releases in all.
	Roots []string
	// Unknown is a well-formed name that the upstream does not know.
	Unknown string
	// Refused is a release that must not be chosen anew (yanked, unlisted,
	// retracted, or deprecated where clients pass those over), by a range that it
	// would be the best for; Instead is what is chosen.
	Refused struct{ Name, Range, Version, Instead string }
	// Environ is the environment for evidence.
	Environ []string
	// Hostile are requirements that must be errors.
	Hostile []string
}

// Run runs the suite.
func Run(t *testing.T, f Fixture) {
	t.Run("contract", func(t *testing.T) { complete(t, f.Ecosystem) })
	t.Run("unknown name", f.unknownName)
	t.Run("unknown version", f.unknownVersion)
	t.Run("cancel", f.cancel)
	t.Run("refused releases", f.refused)
	t.Run("hostile names", f.hostile)
	t.Run("files have digests", f.digests)
	t.Run("artifacts match", f.artifacts)
	t.Run("lock is kept", f.lockIsKept)
	t.Run("remembering changes nothing", f.remembers)
	for name, layout := range f.layouts() {
		t.Run("render "+name, func(t *testing.T) { f.render(t, layout) })
	}
}

// complete checks that nothing of the contract that the core calls is left out.
func complete(t *testing.T, e ecosystem.Ecosystem) {
	for name, missing := range map[string]bool{
		"Name": e.Name == "", "Requirement": e.Requirement == nil, "PURL": e.PURL == nil, "PURLType": e.PURLType == "",
		"Discover": e.Discover == nil, "NewSource": e.NewSource == nil, "Probe": e.Probe == nil, "Resolve": e.Resolve == nil,
		"RenderPackage": e.RenderPackage == nil, "Owner": e.Owner == nil, "Inspect": e.Inspect == nil,
		"Compare": e.Compare == nil, "Clients": e.Clients == nil, "Locks or Manifests": len(e.Locks)+len(e.Manifests) == 0,
	} {
		if missing {
			t.Errorf("the ecosystem has no %s", name)
		}
	}
}

// patience bounds every step of the suite.
const patience = 30 * time.Second

func (f Fixture) source(t testing.TB, config ecosystem.UpstreamConfig) ecosystem.Source {
	t.Helper()
	client, err := web.New(web.Options{CacheDir: t.TempDir(), MaxAge: web.DefaultMaxAge, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	source, err := f.Ecosystem.NewSource(config, client)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func (f Fixture) unknownName(t *testing.T) {
	source := f.source(t, f.Upstream(t))
	if _, err := source.Versions(testContext(t), f.Unknown); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("Versions of an unknown name: got %v, want feed.ErrNotFound", err)
	}
	if _, err := source.Releases(testContext(t), f.Unknown, []string{"1.0.0"}); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("Releases of an unknown name: got %v, want feed.ErrNotFound", err)
	}
}

func (f Fixture) unknownVersion(t *testing.T) {
	source := f.source(t, f.Upstream(t))
	p, err := source.Releases(testContext(t), f.Refused.Name, []string{"99999.0.0", f.Refused.Version})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Releases) != 1 || p.Releases[0].Version != f.Refused.Version {
		t.Errorf("got %d releases, want only %s", len(p.Releases), f.Refused.Version)
	}
}

func (f Fixture) cancel(t *testing.T) {
	source := f.source(t, f.Stalled(t))
	ctx, cancel := context.WithCancel(testContext(t))
	time.AfterFunc(50*time.Millisecond, cancel)
	started := time.Now()
	_, err := source.Versions(ctx, f.Unknown)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if took := time.Since(started); took > time.Second {
		t.Errorf("stopped after %s, want within a second", took)
	}
}

func (f Fixture) refused(t *testing.T) {
	index := newMemory(f.source(t, f.Upstream(t)))
	r := f.Refused
	free := f.resolve(t, index, r.Name+"@"+r.Range)
	if !has(free, r.Name, r.Instead) || has(free, r.Name, r.Version) {
		t.Errorf("%s@%s resolves to %v, want %s", r.Name, r.Range, nodes(free), r.Instead)
	}
	if pinned := f.resolve(t, index, r.Name+"@"+r.Version); !has(pinned, r.Name, r.Version) {
		t.Errorf("the pin %s@%s resolves to %v", r.Name, r.Version, nodes(pinned))
	}
}

func (f Fixture) resolve(t testing.TB, index ecosystem.Index, texts ...string) feed.Graph {
	t.Helper()
	request := feed.Request{Ecosystem: f.Ecosystem.Name, Input: "test"}
	for _, text := range texts {
		requirement, err := f.Ecosystem.Requirement(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		request.Requirements = append(request.Requirements, requirement)
	}
	graph, err := f.Ecosystem.Resolve(testContext(t), request, index)
	if err != nil {
		t.Fatalf("%v: %v", texts, err)
	}
	return graph
}

func nodes(graph feed.Graph) []string {
	var all []string
	for _, node := range graph.Nodes {
		all = append(all, node.Name+"@"+node.Version)
	}
	slices.Sort(all)
	return all
}

func has(graph feed.Graph, name, version string) bool {
	return slices.Contains(nodes(graph), name+"@"+version)
}

func (f Fixture) hostile(t *testing.T) {
	for _, text := range f.Hostile {
		if requirement, err := f.Ecosystem.Requirement(text); err == nil {
			t.Errorf("%.40q is accepted as %v", text, requirement)
		}
	}
}

// packages returns everything that the roots come to, as the ledger would hold
// it.
func (f Fixture) packages(t testing.TB) ([]feed.Package, ecosystem.Source) {
	t.Helper()
	source := f.source(t, f.Upstream(t))
	graph := f.resolve(t, newMemory(source), f.Roots...)
	versions := map[string][]string{}
	var names []string
	for _, node := range graph.Nodes {
		if versions[node.Name] == nil {
			names = append(names, node.Name)
		}
		versions[node.Name] = append(versions[node.Name], node.Version)
	}
	slices.Sort(names)
	if len(names) < 2 || len(graph.Nodes) < 4 {
		t.Fatalf("the roots come to %d packages and %d releases; the suite wants 2 and 4", len(names), len(graph.Nodes))
	}
	var all []feed.Package
	for _, name := range names {
		p, err := source.Releases(testContext(t), name, versions[name])
		if err != nil {
			t.Fatal(err)
		}
		p.PackageKey = feed.PackageKey{Ecosystem: f.Ecosystem.Name, Name: name}
		all = append(all, p)
	}
	f.prove(t, all, source)
	return all, source
}

// prove gathers evidence for releases, which completes what is known of them.
func (f Fixture) prove(t testing.TB, all []feed.Package, source ecosystem.Source) {
	t.Helper()
	if f.Ecosystem.Evidence == nil {
		return
	}
	reader, ok := source.(ecosystem.Reader)
	if !ok {
		t.Fatal("an ecosystem with evidence needs sources that read it: ecosystem.Reader")
	}
	request := ecosystem.EvidenceRequest{
		Environment: ecosystem.Environment{Environ: f.Environ},
		Saved:       func(context.Context, string) (feed.Package, error) { return feed.Package{}, feed.ErrNotFound },
		Upstreams:   func(context.Context) ([]string, error) { return []string{"fake"}, nil },
		Read:        func(ctx context.Context, _, path string) ([]byte, error) { return reader.Read(ctx, path) },
	}
	for _, p := range all {
		for i := range p.Releases {
			request.Added = append(request.Added, ecosystem.Added{Name: p.Name, Release: &p.Releases[i], Upstream: "fake"})
		}
	}
	if _, err := f.Ecosystem.Evidence(testContext(t), request); err != nil {
		t.Fatal(err)
	}
}

func (f Fixture) digests(t *testing.T) {
	all, _ := f.packages(t)
	for _, p := range all {
		for _, release := range p.Releases {
			if len(release.Files) == 0 {
				t.Errorf("%s@%s has no file", p.Name, release.Version)
			}
			for _, file := range release.Files {
				if err := feed.CheckPath(file.Path); err != nil {
					t.Error(err)
				}
				if owner := f.Ecosystem.Owner(file.Path); owner != p.Name {
					t.Errorf("Owner(%q) = %q, want %q", file.Path, owner, p.Name)
				}
				if len(file.Digests) == 0 {
					t.Errorf("%s has no digest", file.Path)
				}
			}
		}
	}
}

// artifacts downloads every file, compares its digests and looks inside.
func (f Fixture) artifacts(t *testing.T) {
	all, source := f.packages(t)
	for _, p := range all {
		for _, release := range p.Releases {
			for _, file := range release.Files {
				if err := f.artifact(t, source, p.Name, release, file); err != nil {
					t.Errorf("%s: %v", file.Path, err)
				}
			}
		}
	}
}

func (f Fixture) artifact(t *testing.T, source ecosystem.Source, name string, release feed.Release, file feed.File) error {
	body, err := source.Open(testContext(t), file)
	if err != nil {
		return err
	}
	defer body.Close()
	hasher := file.Digests.Hasher()
	reader := io.TeeReader(body, hasher)
	if err := f.Ecosystem.Inspect(reader, name, release, file); err != nil {
		return fmt.Errorf("inspect: %w", err)
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return err
	}
	if algorithm := hasher.Digests().Conflict(file.Digests); algorithm != "" {
		return fmt.Errorf("%s differs", algorithm)
	}
	return nil
}

// lockIsKept resolves what was chosen once more as a lock: nothing may change,
// and the edges must come out the same.
func (f Fixture) lockIsKept(t *testing.T) {
	index := newMemory(f.source(t, f.Upstream(t)))
	free := f.resolve(t, index, f.Roots...)
	lock := feed.Graph{}
	for _, node := range free.Nodes {
		lock.Nodes = append(lock.Nodes, feed.Node{Name: node.Name, Version: node.Version})
	}
	request := feed.Request{
		Ecosystem: f.Ecosystem.Name, Input: "lock", Lock: &lock,
		Options: map[string]string{ecosystem.LockedOnly: "true"},
	}
	kept, err := f.Ecosystem.Resolve(testContext(t), request, index)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := nodes(kept), nodes(free); !slices.Equal(got, want) {
		t.Errorf("as a lock: %v, want %v", got, want)
	}
	if got, want := open(kept), open(free); !slices.Equal(got, want) {
		t.Errorf("open edges as a lock: %v, want %v", got, want)
	}
}

func open(graph feed.Graph) []string {
	var all []string
	for _, edge := range graph.Edges {
		if edge.To == feed.Open && edge.From != feed.Root {
			all = append(all, graph.Nodes[edge.From].Name+" "+edge.Requirement.String())
		}
	}
	slices.Sort(all)
	return all
}
