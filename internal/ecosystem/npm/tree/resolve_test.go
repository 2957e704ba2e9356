package tree

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/feedctl/feedctl/pkg/feed"
)

// registryFunc is a registry made of a function.
type registryFunc func(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error)

func (f registryFunc) Packument(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error) {
	return f(ctx, name, suits)
}

func resolveText(t *testing.T, text, root string, options Options) (*Tree, error) {
	t.Helper()
	return Resolve(t.Context(), Project{Root: parseRelease(t, "root 1.0.0: "+root)}, options, parseUniverse(t, text))
}

func TestUnmetListsEverything(t *testing.T) {
	_, err := resolveText(t, "a 1.0.0: b ^1\nb 1.0.0: gone ^1, c ^2, d git+https://example.test/d.git\nc 1.0.0", "a *, absent *", Options{})
	var unmet *feed.ResolveError
	if !errors.As(err, &unmet) {
		t.Fatal(err)
	}
	var got []string
	for _, u := range unmet.Unmet {
		path := ""
		for _, key := range u.Path {
			path += key.Name + "@" + key.Version + " "
		}
		got = append(got, fmt.Sprintf("%s %s by %s", u.Code, u.Requirement, path))
	}
	want := []string{
		"E404 absent@* by ", "ETARGET c@^2 by a@1.0.0 b@1.0.0 ",
		"EUNSUPPORTEDPROTOCOL d@git+https://example.test/d.git by a@1.0.0 b@1.0.0 ", "E404 gone@^1 by a@1.0.0 b@1.0.0 ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConflictText(t *testing.T) {
	for _, row := range []struct{ name, universe, root, want string }{
		{"against the project", "a 1.0.0: peer p ^1\np 1.0.0\np 2.0.0", "a *, p ^2", `ERESOLVE: nothing satisfies p@^1
  required by a@1.0.0
  a@1.0.0 wants p@^1 as a peer
  but the project root wants p@^2
  in the way is p@2.0.0`},
		{"two peers", "a 1.0.0: peer p ^1\nb 1.0.0: peer p ^2\np 1.0.0\np 2.0.0", "a *, b *", `ERESOLVE: nothing satisfies b
  the project root wants b
  the best version is b@1.0.0
  b@1.0.0 wants p@^2 as a peer
  in the way is p@1.0.0
    because a@1.0.0 wants p@^1 as a peer`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := resolveText(t, row.universe, row.root, Options{})
			got := strings.ReplaceAll(fmt.Sprint(err), "@*", "")
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every conflict of the project's own requirements is reported, not the first alone.
func TestConflictsTogether(t *testing.T) {
	_, err := resolveText(t, "a 1.0.0: peer p ^1\nb 1.0.0: peer q ^1\np 1.0.0\np 2.0.0\nq 1.0.0\nq 2.0.0", "a *, b *, p 2, q 2", Options{})
	var unmet *feed.ResolveError
	if !errors.As(err, &unmet) || len(unmet.Unmet) != 2 {
		t.Errorf("got %v", err)
	}
}

func TestWarnings(t *testing.T) {
	tree, err := resolveText(t, "a 1.0.0: opt gone *, node >=22\nx 1.0.0: q *\nq 1.0.0: peer r ^1, s *\ns 1.0.0: r ^2\nr 1.0.0\nr 2.0.0", "a *, x *, r 2", Options{Node: "20.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]int{}
	for _, w := range tree.Warnings {
		codes[w.Code]++
	}
	if codes["E404"] != 1 || codes["EBADENGINE"] != 1 {
		t.Errorf("got %v", tree.Warnings)
	}
}

// The seeds are generated registries on which npm itself does not end.
func TestEndless(t *testing.T) {
	for _, row := range []struct {
		name, limit string
		seed        uint64
		steps       int
	}{
		{"a folder is worked on again and again", "500 visits", 10, 0},
		{"peers of peers without end", "1000 peers of peers", 141, 0},
		{"too many steps", "500 steps", 345, 500},
	} {
		t.Run(row.name, func(t *testing.T) {
			project, options, u := generate(row.seed, traits{}).parsed(t)
			options.MaxSteps = row.steps
			_, err := Resolve(t.Context(), project, options, u)
			if err == nil || !strings.Contains(err.Error(), row.limit) || !strings.Contains(err.Error(), "form a circle") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRegistryErrors(t *testing.T) {
	u := parseUniverse(t, "a 1.0.0: b *, opt c *\nb 1.0.0\nc 1.0.0")
	project := Project{Root: parseRelease(t, "root 1.0.0: a *")}
	broken := errors.New("connection reset")
	registry := registryFunc(func(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error) {
		if name == "c" {
			return nil, broken
		}
		return u.Packument(ctx, name, suits)
	})
	if _, err := Resolve(t.Context(), project, Options{}, registry); !errors.Is(err, broken) {
		t.Errorf("Resolve: got %v, want the registry's own error even for an optional dependency", err)
	}
	if err := Warm(t.Context(), project, Options{}, registry, 4); !errors.Is(err, broken) {
		t.Errorf("Warm: got %v", err)
	}
}

func TestCancel(t *testing.T) {
	defer goleak.VerifyNone(t)
	g := readGolden(t, "testdata/golden/express.json.gz")
	u, project := g.universe(t), g.project(t)
	for name, run := range map[string]func(context.Context, Registry) error{
		"Resolve": func(ctx context.Context, r Registry) error {
			_, err := Resolve(ctx, project, Options{}, r)
			return err
		},
		"Warm": func(ctx context.Context, r Registry) error { return Warm(ctx, project, Options{}, r, 4) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var once sync.Once
			err := run(ctx, registryFunc(func(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error) {
				if name == "debug" {
					once.Do(cancel)
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return u.Packument(ctx, name, suits)
			}))
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Answers that come late and in another order change nothing.
func TestDeterministic(t *testing.T) {
	g := readGolden(t, "testdata/golden/nest.json.gz")
	u, project, options := g.universe(t), g.project(t), Options{Node: g.Node, NPM: g.NPM}
	var first []byte
	for range 5 {
		var mu sync.Mutex
		known := map[string]*Packument{}
		registry := registryFunc(func(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error) {
			mu.Lock()
			p := known[name]
			mu.Unlock()
			if p != nil {
				return p, nil
			}
			time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
			p, err := u.Packument(ctx, name, suits)
			if err != nil {
				return nil, err
			}
			shuffled := *p
			shuffled.Versions = nil
			for _, i := range rand.Perm(len(p.Versions)) {
				shuffled.Versions = append(shuffled.Versions, p.Versions[i])
			}
			mu.Lock()
			known[name] = &shuffled
			mu.Unlock()
			return &shuffled, nil
		})
		if err := Warm(t.Context(), project, options, registry, 8); err != nil {
			t.Fatal(err)
		}
		tree, err := Resolve(t.Context(), project, options, registry)
		if err != nil {
			t.Fatal(err)
		}
		lock, err := tree.Lock(LockOptions{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = lock
		}
		if diff := cmp.Diff(string(first), string(lock)); diff != "" {
			t.Fatal(diff)
		}
	}
}

// Warm asks for every name that Resolve needs, and for few others.
func TestWarm(t *testing.T) {
	names, surplus := 0, 0
	for _, file := range goldenFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			g := readGolden(t, file)
			u, project, options := g.universe(t), g.project(t), Options{Node: g.Node, NPM: g.NPM}
			var mu sync.Mutex
			asked := map[string]int{}
			count := registryFunc(func(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error) {
				mu.Lock()
				asked[name]++
				mu.Unlock()
				return u.Packument(ctx, name, suits)
			})
			if err := Warm(t.Context(), project, options, count, 8); err != nil {
				t.Fatal(err)
			}
			warmed := asked
			asked = map[string]int{}
			if _, err := Resolve(t.Context(), project, options, count); err != nil && g.Error == "" {
				t.Fatal(err)
			}
			for name := range asked {
				if warmed[name] == 0 {
					t.Errorf("%s was not asked for beforehand", name)
				}
			}
			names += len(asked)
			surplus += len(warmed) - len(asked)
		})
	}
	if surplus*10 > names {
		t.Errorf("%d names asked for that %d needed ones do not explain", surplus, names)
	}
	t.Logf("%d names needed, %d more asked for", names, surplus)
}

// A registry may answer with saved versions alone when one of them suits.
func TestSavedVersionsSuffice(t *testing.T) {
	u := parseUniverse(t, "a 1.0.0: b ^1\nb 1.0.0\nb 1.1.0\nb 2.0.0")
	asked := map[string]bool{}
	saved := registryFunc(func(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error) {
		p, err := u.Packument(ctx, name, suits)
		if err != nil || suits == nil {
			return p, err
		}
		asked[name] = true
		for _, m := range p.Versions {
			if m.Version == "1.0.0" && suits(m) {
				return &Packument{Name: name, Tags: p.Tags, Versions: []*Manifest{m}}, nil
			}
		}
		return p, nil
	})
	tree, err := Resolve(t.Context(), Project{Root: parseRelease(t, "root 1.0.0: a *, c npm:b@^2")}, Options{}, saved)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := draw(tree), "a 1.0.0\nb 1.0.0\nc 2.0.0 (b)\n"; got != want || !asked["b"] {
		t.Errorf("got %s", got)
	}
}

func TestEdges(t *testing.T) {
	tree, err := resolveText(t, "a 1.0.0: b ^1, opt gone *, peer? d *, bundle e, e *\nb 1.0.0", "a *", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range tree.Nodes[1].Edges {
		to := "nothing"
		if e.To != nil {
			to = e.To.Path
		}
		got = append(got, fmt.Sprintf("%s %s %s bundled=%v valid=%v", e.Kind, e.Spec, to, e.Bundled, e.Valid))
	}
	want := []string{
		"peerOptional d@* nothing bundled=false valid=true", "prod b@^1 node_modules/b bundled=false valid=true",
		"prod e@* nothing bundled=true valid=false", "optional gone@* nothing bundled=false valid=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMembersOfOneName(t *testing.T) {
	members := map[string]*Manifest{"a": parseRelease(t, "m 1.0.0"), "b": parseRelease(t, "m 2.0.0")}
	if _, err := Resolve(t.Context(), Project{Members: members}, Options{}, universe{}); err == nil || !strings.Contains(err.Error(), `"m"`) {
		t.Errorf("got %v", err)
	}
}

func TestWarmFollows(t *testing.T) {
	u := parseUniverse(t, `a 1.0.0: b *, opt c *, peer p *, peer? q *, bundle inside, inside *
		b 1.0.0: dev never *
		p 1.0.0: deep *
		q 1.0.0: never2 *, peer r *
		r 1.0.0: never3 *, peer? s *`)
	for _, row := range []struct {
		name    string
		options Options
		want    string
	}{
		{"peers", Options{}, "a b c d deep m-dep p q r s"},
		{"legacy peers", Options{LegacyPeers: true}, "a b c d m-dep"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var mu sync.Mutex
			asked := map[string]string{}
			project := Project{
				Root: parseRelease(t, "root 1.0.0: a *, m *, dev d *"), Members: map[string]*Manifest{"m": parseRelease(t, "m 1.0.0: m-dep *")},
			}
			err := Warm(t.Context(), project, row.options, registryFunc(func(ctx context.Context, name string, suits func(*Manifest) bool) (*Packument, error) {
				mu.Lock()
				asked[name] = ""
				mu.Unlock()
				return u.Packument(ctx, name, suits)
			}), 2)
			if got := strings.Join(sortedKeys(asked), " "); err != nil || got != row.want {
				t.Errorf("got %s, %v, want %s", got, err, row.want)
			}
		})
	}
}

// A peer that lies below the package that wants it does not count.
func TestPeerBelow(t *testing.T) {
	r := newResolver(Options{}, universe{})
	if err := r.start(t.Context(), Project{}); err != nil {
		t.Fatal(err)
	}
	a, p := newNode("a", parseRelease(t, "a 1.0.0: peer p *")), newNode("p", parseRelease(t, "p 1.0.0"))
	r.addEdges(a, false)
	r.graph.attach(a, r.root)
	r.graph.attach(p, a)
	if e := a.out.get("p"); e.to != p || e.valid() {
		t.Errorf("edge to %v is valid", e.to)
	}
}
