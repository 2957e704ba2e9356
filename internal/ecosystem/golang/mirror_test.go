package golang_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/golangtest"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// openSource opens an upstream without a cache and without retries.
func openSource(t testing.TB, config ecosystem.UpstreamConfig) ecosystem.Source {
	t.Helper()
	client, err := web.New(web.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	source, err := golang.NewSource(config, client)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// index is an ecosystem.Index over one upstream.
type index struct{ ecosystem.Source }

func (x index) Versions(ctx context.Context, name string, _ func(feed.Version) bool) ([]feed.Version, error) {
	return x.Source.Versions(ctx, name)
}

func (x index) Release(ctx context.Context, name, version string) (feed.Release, error) {
	p, err := x.Releases(ctx, name, []string{version})
	if err != nil {
		return feed.Release{}, err
	}
	if release := p.Named(version); release != nil {
		return *release, nil
	}
	return feed.Release{}, fmt.Errorf("%s@%s: %w", name, version, feed.ErrNotFound)
}

func (x index) Open(ctx context.Context, _, _ string, file feed.File) (io.ReadCloser, error) {
	return x.Source.Open(ctx, file)
}

func requestFor(t testing.TB, texts ...string) feed.Request {
	t.Helper()
	request := feed.Request{Ecosystem: "go", Input: "command line"}
	for _, text := range texts {
		requirement, err := golang.ParseRequirement(text)
		if err != nil {
			t.Fatal(err)
		}
		request.Requirements = append(request.Requirements, requirement)
	}
	return request
}

// miniature does what the core does, in a few lines: it resolves a request,
// proves and downloads what it comes to, and writes a feed.
type miniature struct {
	source  ecosystem.Source
	dir     string
	environ []string // variables of the go command; those of the test database when nil
	held    map[string]feed.Package
}

func (m *miniature) mirror(t testing.TB, request feed.Request) feed.Graph {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	graph, err := golang.Ecosystem().Resolve(ctx, request, index{m.source})
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string][]string{}
	files := map[string][]string{}
	for _, node := range graph.Nodes {
		wanted[node.Name] = append(wanted[node.Name], node.Version)
		files[node.Name+"@"+node.Version] = node.Files
	}
	for _, requirement := range request.Requirements {
		if wanted[requirement.Name] != nil && requirement.Range != "" && !strings.HasPrefix(requirement.Range, "v") {
			wanted[requirement.Name] = append(wanted[requirement.Name], requirement.Range)
		}
	}
	m.held = map[string]feed.Package{}
	if m.environ == nil {
		m.environ = []string{"GOSUMDB=" + golangtest.Key}
	}
	evidence := ecosystem.EvidenceRequest{
		Environment: ecosystem.Environment{Environ: m.environ},
		Saved:       func(context.Context, string) (feed.Package, error) { return feed.Package{}, feed.ErrNotFound },
		Upstreams:   func(context.Context) ([]string, error) { return []string{"fake"}, nil },
		Read: func(ctx context.Context, _, path string) ([]byte, error) {
			return m.source.(ecosystem.Reader).Read(ctx, path)
		},
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		p, err := m.source.Releases(ctx, name, wanted[name])
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Releases {
			release := &p.Releases[i]
			for k := range release.Files {
				release.Files[k].Absent = !slices.Contains(files[name+"@"+release.Version], filepath.Base(release.Files[k].Path))
			}
			evidence.Added = append(evidence.Added, ecosystem.Added{Name: name, Release: release, Upstream: "fake"})
		}
		m.held[name] = p
	}
	found, err := golang.Ecosystem().Evidence(ctx, evidence)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found.Packages {
		m.held[p.Name] = p
	}
	m.write(t, ctx)
	return graph
}

// write downloads what is held and renders the documents.
func (m *miniature) write(t testing.TB, ctx context.Context) {
	t.Helper()
	for _, p := range m.held {
		for _, release := range p.Releases {
			for i, file := range release.Files {
				if file.Absent {
					continue
				}
				data := m.read(t, ctx, p, file)
				m.put(t, file.Path, data)
				for algorithm, want := range file.Digests {
					got, err := golang.Digest(algorithm, file, strings.NewReader(string(data)), int64(len(data)))
					if err != nil || got != want && got != "" {
						t.Errorf("%s: %s is %s, want %s (%v)", file.Path, algorithm, got, want, err)
					}
				}
				release.Files[i].Digests = release.Files[i].Digests.Merge(nil)
				if err := golang.Inspect(strings.NewReader(string(data)), p.Name, release, file); err != nil {
					t.Error(err)
				}
			}
		}
		documents, err := golang.RenderPackage(feed.Layout{}, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range documents {
			if owner := golang.Owner(document.Path); owner != p.Name {
				t.Errorf("Owner(%s) = %q, want %q", document.Path, owner, p.Name)
			}
			m.put(t, document.Path, document.Bytes)
		}
	}
}

func (m *miniature) read(t testing.TB, ctx context.Context, p feed.Package, file feed.File) []byte {
	t.Helper()
	if p.Evidence {
		data, err := m.source.(ecosystem.Reader).Read(ctx, file.URL)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	body, err := m.source.Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (m *miniature) put(t testing.TB, path string, data []byte) {
	t.Helper()
	file := filepath.Join(m.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// release is what the core gives to Graph.Chosen.
func (m *miniature) release(name, version string) (feed.Release, error) {
	p := m.held[name]
	if release := p.Release(version); release != nil {
		return *release, nil
	}
	return feed.Release{}, fmt.Errorf("%s@%s: %w", name, version, feed.ErrNotFound)
}
