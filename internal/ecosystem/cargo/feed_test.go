package cargo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// memory is an Index over upstreams; the first that knows a name answers.
type memory struct {
	sources []ecosystem.Source
	saved   map[string]bool // "name@version" that the feed holds
}

func open(t testing.TB, configs ...ecosystem.UpstreamConfig) *memory {
	t.Helper()
	client, err := web.New(web.Options{CacheDir: t.TempDir(), MaxAge: web.DefaultMaxAge, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	m := &memory{saved: map[string]bool{}}
	for _, config := range configs {
		source, err := cargo.NewSource(config, client)
		if err != nil {
			t.Fatal(err)
		}
		m.sources = append(m.sources, source)
	}
	return m
}

func (m *memory) Versions(ctx context.Context, name string, suits func(feed.Version) bool) ([]feed.Version, error) {
	for _, source := range m.sources {
		versions, err := source.Versions(ctx, name)
		if errors.Is(err, feed.ErrNotFound) {
			continue
		}
		var held []feed.Version
		for i := range versions {
			if versions[i].Saved = m.saved[name+"@"+versions[i].Version]; versions[i].Saved {
				held = append(held, versions[i])
			}
		}
		if suits != nil && slices.ContainsFunc(held, suits) {
			versions = held
		}
		return versions, err
	}
	return nil, feed.ErrNotFound
}

func (m *memory) packageOf(ctx context.Context, name string, versions ...string) (feed.Package, ecosystem.Source, error) {
	for _, source := range m.sources {
		p, err := source.Releases(ctx, name, versions)
		if !errors.Is(err, feed.ErrNotFound) {
			return p, source, err
		}
	}
	return feed.Package{}, nil, feed.ErrNotFound
}

func (m *memory) Release(ctx context.Context, name, version string) (feed.Release, error) {
	p, _, err := m.packageOf(ctx, name, version)
	if err != nil {
		return feed.Release{}, err
	}
	if release := p.Release(version); release != nil {
		return *release, nil
	}
	return feed.Release{}, fmt.Errorf("%s@%s: %w", name, version, feed.ErrNotFound)
}

func (m *memory) Open(ctx context.Context, name, version string, file feed.File) (io.ReadCloser, error) {
	_, source, err := m.packageOf(ctx, name, version)
	if err != nil {
		return nil, err
	}
	return source.Open(ctx, file)
}

func requestFor(t testing.TB, texts ...string) feed.Request {
	t.Helper()
	request := feed.Request{Ecosystem: "cargo", Input: "test"}
	for _, text := range texts {
		requirement, err := cargo.ParseRequirement(text)
		if err != nil {
			t.Fatal(err)
		}
		request.Requirements = append(request.Requirements, requirement)
	}
	return request
}

func resolve(t testing.TB, m *memory, request feed.Request) feed.Graph {
	t.Helper()
	graph, err := cargo.Ecosystem().Resolve(testContext(t), request, m)
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

func nodes(graph feed.Graph) string {
	var all []string
	for _, node := range graph.Nodes {
		all = append(all, node.Name+"@"+node.Version)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// edges lists the edges as "from > to requirement".
func edges(graph feed.Graph) string {
	var all []string
	name := func(i int, none string) string {
		if i < 0 {
			return none
		}
		return graph.Nodes[i].Name + "@" + graph.Nodes[i].Version
	}
	for _, e := range graph.Edges {
		text := name(e.From, "root") + " > " + name(e.To, "open") + " " + e.Requirement.String()
		if e.Requirement.Kind != "" {
			text += " " + e.Requirement.Kind
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// build writes a feed with everything that a graph has.
func build(t testing.TB, m *memory, graph feed.Graph, dir, base string) []feed.Package {
	t.Helper()
	ctx := testContext(t)
	versions := map[string][]string{}
	for _, node := range graph.Nodes {
		versions[node.Name] = append(versions[node.Name], node.Version)
	}
	var all []feed.Package
	for name, wanted := range versions {
		p, source, err := m.packageOf(ctx, name, wanted...)
		if err != nil {
			t.Fatal(err)
		}
		for _, release := range p.Releases {
			saveFile(ctx, t, source, name, release, dir)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b feed.Package) int { return strings.Compare(a.Name, b.Name) })
	layout := feed.Layout{Base: base}
	for _, p := range all {
		documents, err := cargo.RenderPackage(layout, p)
		if err != nil {
			t.Fatal(err)
		}
		writeDocuments(t, dir, documents)
	}
	documents, err := cargo.RenderRoot(layout, func(yield func(feed.Summary, error) bool) {
		for _, p := range all {
			if !yield(feed.Summary{Name: p.Name}, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	writeDocuments(t, dir, documents)
	return all
}

func saveFile(ctx context.Context, t testing.TB, source ecosystem.Source, name string, release feed.Release, dir string) {
	t.Helper()
	for _, file := range release.Files {
		body, err := source.Open(ctx, file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(body)
		body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if err := cargo.Inspect(strings.NewReader(string(data)), name, release, file); err != nil {
			t.Error(err)
		}
		write(t, filepath.Join(dir, filepath.FromSlash(file.Path)), data)
	}
}

func writeDocuments(t testing.TB, dir string, documents []feed.Document) {
	t.Helper()
	for _, document := range documents {
		data := document.Bytes
		if document.Link != "" {
			var err error
			if data, err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(document.Link))); err != nil {
				t.Fatal(err)
			}
		}
		write(t, filepath.Join(dir, filepath.FromSlash(document.Path)), data)
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
