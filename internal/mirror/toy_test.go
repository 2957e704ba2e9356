package mirror

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// toy is an ecosystem that npm is not: a release has three files of which a lock
// may need only some, and a document of the whole ecosystem changes with every
// release.
type toy struct {
	mu       sync.Mutex
	packages map[string][]string // name → "version needs…"
	asked    int                 // look-ups at the upstream
	down     bool
	salt     string   // goes into every artifact
	more     []string // parts that every release has gained
}

var toyParts = []string{"info", "mod", "zip"}

func (u *toy) bytes(name, version, part string) []byte {
	return []byte(strings.Join([]string{name, version, part, u.salt}, " "))
}

func (u *toy) ask() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked++
	if u.down {
		return &feed.UpstreamError{Upstream: "toys", URL: "toy://toys.test", Status: 503}
	}
	return nil
}

func (u *toy) Versions(_ context.Context, name string) ([]feed.Version, error) {
	if err := u.ask(); err != nil {
		return nil, err
	}
	var all []feed.Version
	for _, line := range u.packages[name] {
		version, needs, _ := strings.Cut(line, " ")
		all = append(all, feed.Version{Version: version, Metadata: []byte(`"` + needs + `"`)})
	}
	if all == nil {
		return nil, feed.ErrNotFound
	}
	return all, nil
}

func (u *toy) Releases(ctx context.Context, name string, versions []string) (feed.Package, error) {
	known, err := u.Versions(ctx, name)
	if err != nil {
		return feed.Package{}, err
	}
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "toy", Name: name}}
	for _, v := range known {
		if !slices.Contains(versions, v.Version) {
			continue
		}
		release := feed.Release{Version: v.Version, Metadata: v.Metadata}
		for _, part := range slices.Concat(toyParts, u.more) {
			hasher := feed.NewHasher("sha256")
			hasher.Write(u.bytes(name, v.Version, part))
			release.Files = append(release.Files, feed.File{
				Path: path.Join("toy", name, v.Version+"."+part), URL: "toy://toys.test/" + name + "/" + part, Digests: hasher.Digests(),
			})
		}
		p.Releases = append(p.Releases, release)
	}
	return p, nil
}

func (u *toy) Open(_ context.Context, file feed.File) (io.ReadCloser, error) {
	if err := u.ask(); err != nil {
		return nil, err
	}
	base := path.Base(file.Path)
	part := path.Ext(base)[1:]
	data := u.bytes(path.Base(path.Dir(file.Path)), strings.TrimSuffix(base, "."+part), part)
	return io.NopCloser(bytes.NewReader(data)), nil
}

// ecosystem returns the toy's contract. A lock has lines "name version part…".
func (u *toy) ecosystem() ecosystem.Ecosystem {
	return ecosystem.Ecosystem{
		Name:  "toy",
		Locks: map[string]func(fs.FS, string) (feed.Request, error){"toy.lock": readToyLock},
		Requirement: func(text string) (feed.Requirement, error) {
			name, version := feed.CutVersion(text)
			return feed.Requirement{Name: name, Range: version}, nil
		},
		Discover: func(context.Context, ecosystem.Environment) ([]ecosystem.UpstreamConfig, error) {
			return []ecosystem.UpstreamConfig{{Name: "toys", Ecosystem: "toy", URL: "toy://toys.test"}}, nil
		},
		NewSource: func(ecosystem.UpstreamConfig, *web.Client) (ecosystem.Source, error) { return u, nil },
		Resolve:   resolveToy,
		Digests:   []string{"sha256"},
		RenderPackage: func(_ feed.Layout, p feed.Package) ([]feed.Document, error) {
			var list strings.Builder
			for _, release := range p.Releases {
				fmt.Fprintln(&list, release.Version)
			}
			return []feed.Document{{Path: "toy/" + p.Name + "/list", Bytes: []byte(list.String()), Entry: true}}, nil
		},
		RenderRoot: func(_ feed.Layout, packages iter.Seq2[feed.Summary, error]) ([]feed.Document, error) {
			var list strings.Builder
			for summary, err := range packages {
				if err != nil {
					return nil, err
				}
				fmt.Fprintln(&list, summary.Name, summary.Latest)
			}
			return []feed.Document{{Path: "toy/all", Bytes: []byte(list.String()), Entry: true}}, nil
		},
		Compare: strings.Compare,
		Owner:   func(string) string { return "" },
	}
}

func readToyLock(fsys fs.FS, name string) (feed.Request, error) {
	data, err := fs.ReadFile(fsys, name)
	lock := &feed.Graph{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		node := feed.Node{Name: fields[0], Version: fields[1]}
		for _, part := range fields[2:] {
			node.Files = append(node.Files, fields[1]+"."+part)
		}
		lock.Edges = append(lock.Edges, feed.Edge{From: feed.Root, To: len(lock.Nodes), Requirement: feed.Requirement{Name: fields[0]}})
		lock.Nodes = append(lock.Nodes, node)
	}
	return feed.Request{Input: name, Lock: lock}, err
}

// resolveToy takes the highest version of everything that is required.
func resolveToy(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	if request.Lock != nil {
		return *request.Lock, nil
	}
	graph := feed.Graph{}
	at := map[string]int{}
	var add func(from int, name, version string) error
	add = func(from int, name, version string) error {
		versions, err := index.Versions(ctx, name, func(v feed.Version) bool { return version == "" || v.Version == version })
		if err != nil {
			return err
		}
		versions = slices.DeleteFunc(slices.Clone(versions), func(v feed.Version) bool { return version != "" && v.Version != version })
		best := slices.MaxFunc(versions, func(a, b feed.Version) int { return strings.Compare(a.Version, b.Version) })
		if i, seen := at[name]; seen {
			graph.Edges = append(graph.Edges, feed.Edge{From: from, To: i, Requirement: feed.Requirement{Name: name}})
			return nil
		}
		i := len(graph.Nodes)
		at[name] = i
		graph.Nodes = append(graph.Nodes, feed.Node{Name: name, Version: best.Version})
		graph.Edges = append(graph.Edges, feed.Edge{From: from, To: i, Requirement: feed.Requirement{Name: name}})
		for _, needed := range strings.Fields(strings.Trim(string(best.Metadata), `"`)) {
			if err := add(i, needed, ""); err != nil {
				return err
			}
		}
		return nil
	}
	for _, requirement := range request.Requirements {
		if err := add(feed.Root, requirement.Name, requirement.Range); err != nil {
			return feed.Graph{}, err
		}
	}
	return graph, nil
}

// epoch is the time of every run in these tests.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// mirrorToy runs the pipeline over a toy upstream.
func mirrorToy(t *testing.T, u *toy, o Options) (Report, error) {
	t.Helper()
	o.Time = epoch
	return Run(t.Context(), o, surroundings(u.ecosystem()))
}

func surroundings(e ecosystem.Ecosystem) Surroundings {
	return Surroundings{Ecosystems: []ecosystem.Ecosystem{e}, Log: slog.New(slog.DiscardHandler)}
}

func newToy() *toy {
	return &toy{packages: map[string][]string{
		"car":    {"1 wheel", "2 wheel engine"},
		"wheel":  {"1"},
		"engine": {"1", "2"},
	}}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
