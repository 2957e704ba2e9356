package pypi_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// miniature does what the core does, in a few lines: it resolves requests,
// downloads what they come to, and writes a feed. It is the resolvers' index over
// one upstream and its own feed.
type miniature struct {
	source ecosystem.Source // nil: the feed alone
	dir    string
	base   string
	held   map[string]*feed.Package

	mu    sync.Mutex
	asked int // look-ups at the upstream
}

func newMiniature(t testing.TB, config ecosystem.UpstreamConfig) *miniature {
	t.Helper()
	client, err := web.New(web.Options{CacheDir: t.TempDir(), MaxAge: web.DefaultMaxAge, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	source, err := pypi.NewSource(config, client)
	if err != nil {
		t.Fatal(err)
	}
	return &miniature{source: source, dir: t.TempDir(), held: map[string]*feed.Package{}}
}

// alone returns the feed as the only index, as verify sees it.
func (m *miniature) alone() *miniature {
	return &miniature{dir: m.dir, held: m.held}
}

func (m *miniature) count() {
	m.mu.Lock()
	m.asked++
	m.mu.Unlock()
}

func (m *miniature) Versions(ctx context.Context, name string, suits func(feed.Version) bool) ([]feed.Version, error) {
	var held []feed.Version
	if p := m.held[name]; p != nil {
		for _, r := range p.Releases {
			held = append(held, feed.Version{Version: r.Version, Published: r.Published, Yanked: r.Yanked != nil, Saved: true, Metadata: r.Metadata})
		}
	}
	if suits != nil && slices.ContainsFunc(held, suits) || m.source == nil && len(held) > 0 {
		return held, nil
	}
	if m.source == nil {
		return nil, feed.ErrNotFound
	}
	m.count()
	all, err := m.source.Versions(ctx, name)
	for i := range all {
		all[i].Saved = slices.ContainsFunc(held, func(v feed.Version) bool { return v.Version == all[i].Version })
	}
	return all, err
}

func (m *miniature) Release(ctx context.Context, name, version string) (feed.Release, error) {
	if p := m.held[name]; p != nil {
		if release := p.Named(version); release != nil {
			return *release, nil
		}
	}
	if m.source == nil {
		return feed.Release{}, fmt.Errorf("%s@%s: %w", name, version, feed.ErrNotFound)
	}
	m.count()
	p, err := m.source.Releases(ctx, name, []string{version})
	if err != nil {
		return feed.Release{}, err
	}
	if release := p.Named(version); release != nil {
		return *release, nil
	}
	return feed.Release{}, fmt.Errorf("%s@%s: %w", name, version, feed.ErrNotFound)
}

func (m *miniature) Open(ctx context.Context, name, version string, file feed.File) (io.ReadCloser, error) {
	if p := m.held[name]; p != nil {
		if release := p.Release(version); release != nil {
			for _, one := range release.Files {
				if one.Path == file.Path && !one.Absent {
					return os.Open(filepath.Join(m.dir, filepath.FromSlash(file.Path)))
				}
			}
		}
	}
	if m.source == nil {
		return nil, fmt.Errorf("%s: %w", file.Path, feed.ErrNotFound)
	}
	m.count()
	return m.source.Open(ctx, file)
}

// root is what a feed remembers of a request.
type root struct {
	request feed.Request
	lock    *feed.Graph
}

// mirror resolves a request and writes the feed.
func (m *miniature) mirror(t testing.TB, request feed.Request) (feed.Graph, root) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	started := time.Now()
	graph, err := pypi.Ecosystem().Resolve(ctx, request, m)
	if err != nil {
		t.Fatal(err)
	}
	resolved := time.Since(started)
	for _, node := range graph.Nodes {
		m.admit(ctx, t, node)
	}
	m.fetch(ctx, t)
	m.render(t)
	if graph.Chosen != nil {
		documents, err := graph.Chosen(m.release)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range documents {
			m.put(t, path.Join("locks/pypi/0123456789ab", document.Path), document.Bytes)
		}
	}
	t.Logf("%s: resolved in %v, %d nodes, mirrored in %v", request.Input, resolved, len(graph.Nodes), time.Since(started))
	kept := &feed.Graph{}
	for _, node := range graph.Nodes {
		kept.Nodes = append(kept.Nodes, feed.Node{Name: node.Name, Version: node.Version, Files: node.Files, Bare: node.Bare})
	}
	return graph, root{request, kept}
}

// verify resolves a request again from the feed alone, as verify does.
func (m *miniature) verify(t testing.TB, r root) feed.Graph {
	t.Helper()
	request := r.request
	request.Lock = r.lock
	request.Options = maps.Clone(request.Options)
	if request.Options == nil {
		request.Options = map[string]string{}
	}
	request.Options[ecosystem.LockedOnly] = "true"
	graph, err := pypi.Ecosystem().Resolve(t.Context(), request, m.alone())
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

func (m *miniature) release(name, version string) (feed.Release, error) {
	if p := m.held[name]; p != nil {
		if release := p.Release(version); release != nil {
			return *release, nil
		}
	}
	return feed.Release{}, feed.ErrNotFound
}

// admit puts a node into the ledger, its files still absent or marked wanted.
func (m *miniature) admit(ctx context.Context, t testing.TB, node feed.Node) {
	t.Helper()
	p := m.held[node.Name]
	if p == nil {
		p = &feed.Package{PackageKey: feed.PackageKey{Ecosystem: "pypi", Name: node.Name}}
		m.held[node.Name] = p
	}
	release := p.Release(node.Version)
	if release == nil {
		offered, err := m.source.Releases(ctx, node.Name, []string{node.Version})
		if err != nil {
			t.Fatal(err)
		}
		one := offered.Release(node.Version)
		if one == nil {
			t.Fatalf("the upstream has no %s@%s", node.Name, node.Version)
		}
		for i := range one.Files {
			one.Files[i].Absent = true
		}
		p.Releases = append(p.Releases, *one)
		slices.SortFunc(p.Releases, func(a, b feed.Release) int { return pypi.Compare(a.Version, b.Version) })
		release = p.Release(node.Version)
	}
	for i := range release.Files {
		file := &release.Files[i]
		base := path.Base(file.Path)
		if node.Bare || node.Files != nil && !slices.Contains(node.Files, base) {
			continue
		}
		file.Absent = false
		for _, pin := range node.Pins {
			if pin.File == "" || pin.File == base {
				if algorithm := pin.Digests.Conflict(file.Digests); algorithm != "" {
					t.Fatalf("%s: the lock pins another %s", file.Path, algorithm)
				}
				file.Digests = file.Digests.Merge(pin.Digests)
			}
		}
	}
}

// fetch downloads what the ledger wants and the folder lacks.
func (m *miniature) fetch(ctx context.Context, t testing.TB) {
	t.Helper()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(32)
	for _, p := range m.held {
		for i := range p.Releases {
			release := &p.Releases[i]
			for k := range release.Files {
				if !release.Files[k].Absent {
					group.Go(func() error { return m.fetchOne(ctx, t, &release.Files[k]) })
				}
			}
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.held {
		for _, release := range p.Releases {
			for _, file := range release.Files {
				if !file.Absent {
					m.inspect(t, p.Name, release, file)
				}
			}
		}
	}
}

func (m *miniature) fetchOne(ctx context.Context, t testing.TB, file *feed.File) error {
	place := filepath.Join(m.dir, filepath.FromSlash(file.Path))
	if _, err := os.Stat(place); err == nil {
		return nil
	}
	body, err := m.source.Open(ctx, *file)
	if err != nil {
		return err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	hasher := feed.NewHasher("sha256")
	hasher.Write(data)
	got := hasher.Digests()
	if algorithm := got.Conflict(file.Digests); algorithm != "" {
		return fmt.Errorf("%s: got %s, want %s", file.Path, got, file.Digests)
	}
	derived, err := ecosystem.Derive(pypi.Ecosystem(), *file, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	file.Size, file.Digests = int64(len(data)), file.Digests.Merge(got).Merge(derived)
	m.put(t, file.Path, data)
	return nil
}

func (m *miniature) inspect(t testing.TB, name string, release feed.Release, file feed.File) {
	t.Helper()
	body, err := os.Open(filepath.Join(m.dir, filepath.FromSlash(file.Path)))
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if err := pypi.Inspect(body, name, release, file); err != nil {
		t.Error(err)
	}
}

func (m *miniature) render(t testing.TB) {
	t.Helper()
	layout := feed.Layout{Base: m.base}
	for _, p := range m.held {
		documents, err := pypi.RenderPackage(layout, *p)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range documents {
			m.put(t, document.Path, document.Bytes)
		}
	}
	documents, err := pypi.RenderRoot(layout, func(yield func(feed.Summary, error) bool) {
		for _, name := range slices.Sorted(maps.Keys(m.held)) {
			if !yield(feed.Summary{Name: name}, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range documents {
		m.put(t, document.Path, document.Bytes)
	}
}

func (m *miniature) put(t testing.TB, name string, data []byte) {
	place := filepath.Join(m.dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(place), 0o755), os.WriteFile(place, data, 0o644)); err != nil {
		t.Error(err)
	}
}

// request asks for requirements as on the command line, for targets as
// "3.11 manylinux_2_28_x86_64".
func request(t testing.TB, pythons, platforms string, texts ...string) feed.Request {
	t.Helper()
	r := feed.Request{Ecosystem: "pypi", Input: "command line", Options: map[string]string{"python": pythons}, Targets: platformsOf(t, platforms)}
	for _, text := range texts {
		requirement, err := pypi.ParseRequirement(text)
		if err != nil {
			t.Fatal(err)
		}
		r.Requirements = append(r.Requirements, requirement)
	}
	return r
}

func platformsOf(t testing.TB, texts string) []feed.Target {
	t.Helper()
	var targets []feed.Target
	for _, text := range strings.Fields(texts) {
		target, err := feed.ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		targets = append(targets, target)
	}
	return targets
}

// nodes lists the releases of a graph with their files, without core metadata.
func nodes(graph feed.Graph) string {
	var lines []string
	for _, node := range graph.Nodes {
		line := node.Name + "@" + node.Version
		for _, file := range node.Files {
			if !strings.HasSuffix(file, ".metadata") {
				line += " " + file
			}
		}
		if node.Bare {
			line += " bare"
		}
		if node.Files == nil && !node.Bare {
			line += " *"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// edges lists the edges as "from > to requirement".
func edges(graph feed.Graph) string {
	var lines []string
	name := func(i int, none string) string {
		if i < 0 {
			return none
		}
		return graph.Nodes[i].Name + "@" + graph.Nodes[i].Version
	}
	for _, e := range graph.Edges {
		line := name(e.From, "root") + " > " + name(e.To, "open") + " " + e.Requirement.Name + e.Requirement.Range
		if e.Requirement.Kind != "" {
			line += " " + e.Requirement.Kind
		}
		if e.Why != "" {
			line += " (" + e.Why + ")"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
