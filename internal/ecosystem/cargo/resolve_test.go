package cargo_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/manifest"
	"github.com/feedctl/feedctl/pkg/feed"
)

const resolveUniverse = universe + `
-- features/1.0.0.toml --
[features]
default = ["std"]
std = []
full = ["dep:beta", "leaf/x"]
[dependencies]
beta = { version = "2", optional = true }
leaf = { version = "1", optional = true }
-- tie/1.0.4+20161212.toml --
-- tie/1.0.4+20170512.toml --
-- tie/1.0.3.toml --
-- old/1.0.0.toml --
-- old/1.1.0.toml --
-- old/1.2.0.toml --
rust-version = "1.99"
-- wants-old/1.0.0.toml --
[dependencies]
old = "=1.0.0"
-- wants-new/1.0.0.toml --
[dependencies]
old = "=1.1.0"
-- leaf/1.2.4.toml --
[features]
x = []
`

func TestResolveFree(t *testing.T) {
	for name, row := range map[string]struct {
		roots string
		want  string // nodes
	}{
		"defaults":          {"features", "features@1.0.0"},
		"features":          {"features@1[full]", "a@1.0.1 ab@1.0.0 abc@0.1.9 beta@2.1.0 features@1.0.0 leaf@1.2.4 weak@1.0.0 winonly@0.3.0"},
		"without defaults":  {"beta@2[-default]", "a@1.0.1 ab@1.0.0 abc@0.1.9 beta@2.1.0 winonly@0.3.0"},
		"newest build":      {"tie@1", "tie@1.0.4+20170512"},
		"pinned build":      {"tie@1.0.4+20161212", "tie@1.0.4+20161212"},
		"yanked by its pin": {"alpha@1.1.0[-default]", "a@1.0.1 ab@1.0.0 abc@0.1.9 alpha@1.1.0 beta@2.1.0 weak@1.0.0 winonly@0.3.0"},
		"two versions":      {"beta@2.0 wants-old", "a@1.0.1 ab@1.0.0 abc@0.1.9 beta@2.1.0 old@1.0.0 wants-old@1.0.0 weak@1.0.0 winonly@0.3.0"},
	} {
		t.Run(name, func(t *testing.T) {
			m := open(t, start(t, resolveUniverse))
			graph := resolve(t, m, requestFor(t, strings.Fields(row.roots)...))
			if got := nodes(graph); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

const betaEdges = `ab@1.0.0 > abc@0.1.9 abc@^0.1 build
alpha@1.0.0 > beta@2.1.0 beta@^2
alpha@1.0.0 > leaf@1.2.3+meta.1 leaf@=1.2.3
beta@2.1.0 > a@1.0.1 a@^1
beta@2.1.0 > ab@1.0.0 renamed (ab@^1)
beta@2.1.0 > weak@1.0.0 weak@^1
beta@2.1.0 > winonly@0.3.0 winonly@^0.3
root > alpha@1.0.0 alpha@1`

// The edges of a solution, of its lock, and of the releases alone are the same.
func TestEdges(t *testing.T) {
	m := open(t, start(t, universe))
	request := requestFor(t, "alpha@1")
	graph := resolve(t, m, request)
	if diff := cmp.Diff(betaEdges, edges(graph)); diff != "" {
		t.Error(diff)
	}
	request.Lock = &feed.Graph{Nodes: graph.Nodes, Edges: graph.Edges, Skipped: []feed.Skipped{{Name: "x"}}, Notes: []string{"note"}}
	locked := resolve(t, m, request)
	if diff := cmp.Diff(betaEdges, edges(locked)); diff != "" {
		t.Error(diff)
	}
	if len(locked.Skipped) != 1 || len(locked.Notes) != 1 {
		t.Errorf("the lock's notes are lost: %+v", locked)
	}
	request.Lock = &feed.Graph{Nodes: graph.Nodes}
	if diff := cmp.Diff(betaEdges, edges(resolve(t, m, request))); diff != "" {
		t.Error(diff)
	}
}

// An optional dependency has an edge when the lock has one; what a release needs
// and the lock lacks stays open.
func TestLockedEdges(t *testing.T) {
	m := open(t, start(t, universe))
	lock := feed.Graph{Nodes: []feed.Node{{Name: "beta", Version: "2.1.0"}, {Name: "a", Version: "1.0.1"}, {Name: "weak", Version: "1.0.0"}}}
	lock.Edges = []feed.Edge{
		{From: feed.Root, To: 0, Requirement: feed.Requirement{Name: "beta"}},
		{From: 0, To: 1, Requirement: feed.Requirement{Name: "a"}},
		{From: 0, To: feed.Open, Requirement: feed.Requirement{Name: "ab"}, Why: "patched by the project"},
	}
	request := requestFor(t, "beta")
	request.Lock = &lock
	want := `beta@2.1.0 > a@1.0.1 a@^1
beta@2.1.0 > open renamed (ab@^1)
beta@2.1.0 > open winonly@^0.3
root > beta@2.1.0 beta`
	graph := resolve(t, m, request)
	if diff := cmp.Diff(want, edges(graph)); diff != "" {
		t.Error(diff)
	}
	whys := map[string]string{}
	for _, e := range graph.Edges {
		whys[e.Requirement.Name] = e.Why
	}
	if whys["ab"] != "patched by the project" || whys["winonly"] != "open in the lock" {
		t.Errorf("%v", whys)
	}
}

func TestSavedReleasesAreKept(t *testing.T) {
	for name, row := range map[string]struct {
		saved, roots, want string
	}{
		"kept":               {"a@1.0.0", "a@1", "a@1.0.0"},
		"kept below":         {"a@1.0.0", "beta@=2.0.0", "a@1.0.0 beta@2.0.0"},
		"does not fit":       {"old@1.0.0", "wants-new", "old@1.1.0 wants-new@1.0.0"},
		"fits only in parts": {"old@1.0.0 a@1.0.0", "wants-new a", "a@1.0.0 old@1.1.0 wants-new@1.0.0"},
		"asked elsewhere":    {"old@1.0.0 a@1.0.0", "wants-new a@=1.0.1", "a@1.0.1 old@1.1.0 wants-new@1.0.0"},
		"yanked":             {"alpha@1.1.0 a@1.0.0", "alpha@1[-default]", "a@1.0.0 ab@1.0.0 abc@0.1.9 alpha@1.0.0 beta@2.1.0 leaf@1.2.3+meta.1 weak@1.0.0 winonly@0.3.0"},
	} {
		t.Run(name, func(t *testing.T) {
			m := open(t, start(t, resolveUniverse))
			for id := range strings.FieldsSeq(row.saved) {
				m.saved[id] = true
			}
			if got := nodes(resolve(t, m, requestFor(t, strings.Fields(row.roots)...))); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestConflict(t *testing.T) {
	m := open(t, start(t, resolveUniverse))
	for name, row := range map[string]struct {
		roots string
		want  []string
	}{
		"unknown":    {"wants-old nobody", []string{"nothing satisfies nobody", "knows this crate"}},
		"no version": {"old@7", []string{"nothing satisfies old@7", "1.2.0 does not match"}},
		"feature":    {"a@1[gone]", []string{"nothing satisfies a@1", `1.0.1 has no feature "gone"`}},
		"two sides":  {"wants-old wants-new", []string{"nothing satisfies old@=1", "required by wants-", "cannot be beside old@1.", "(required by wants-"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cargo.Ecosystem().Resolve(testContext(t), requestFor(t, strings.Fields(row.roots)...), m)
			var unmet *feed.ResolveError
			if !errors.As(err, &unmet) {
				t.Fatalf("got %v", err)
			}
			for _, want := range row.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "path:") {
				t.Errorf("%q tells of the resolver's inside", err)
			}
		})
	}
}

// project is a request for the files of a text archive.
func project(t *testing.T, archive string) feed.Request {
	t.Helper()
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	request, err := manifest.Read(fsys, "Cargo.toml")
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func TestResolveProject(t *testing.T) {
	const head = "-- Cargo.toml --\n[package]\nname = \"app\"\n"
	const patched = "-- p/Cargo.toml --\n[package]\nname = \"a\"\nversion = \"1.0.5\"\n"
	for name, row := range map[string]struct {
		archive, rust, want, edges string
	}{
		"every feature and dev dependencies": {
			head + "[features]\nf = [\"dep:leaf\"]\n[dependencies]\nleaf = { version = \"1\", optional = true }\n[dev-dependencies]\na = \"1\"\n",
			"",
			"a@1.0.1 leaf@1.2.4", "root > a@1.0.1 a@1 dev\nroot > leaf@1.2.4 leaf@1",
		},
		"fallback to the compiler": {head + "edition = \"2024\"\n[dependencies]\nold = \"1\"\n", "1.85.0", "old@1.1.0", "root > old@1.1.0 old@1"},
		"no compiler":              {head + "edition = \"2024\"\n[dependencies]\nold = \"1\"\n", "none", "old@1.2.0", "root > old@1.2.0 old@1"},
		"fallback to the manifest": {head + "edition = \"2024\"\nrust-version = \"1.99\"\n[dependencies]\nold = \"1\"\n", "1.85.0", "old@1.2.0", "root > old@1.2.0 old@1"},
		"no fallback":              {head + "[dependencies]\nold = \"1\"\n", "1.85.0", "old@1.2.0", "root > old@1.2.0 old@1"},
		"patch": {
			head + "[dependencies]\nbeta = \"=2.0.0\"\n[patch.crates-io]\na = { path = \"p\" }\n" + patched,
			"",
			"beta@2.0.0", "beta@2.0.0 > open a@^1\nroot > beta@2.0.0 beta@=2.0.0",
		},
		"path dependency": {
			head + "[dependencies]\na = { path = \"p\" }\n" + patched + "[dependencies]\nabc = \"0.1\"\n[features]\ndefault = [\"leaf\"]\n[dependencies.leaf]\nversion = \"1\"\noptional = true\n",
			"",
			"abc@0.1.9 leaf@1.2.4", "root > abc@0.1.9 abc@0.1\nroot > leaf@1.2.4 leaf@1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			request := project(t, row.archive)
			request.Options = map[string]string{"rust": row.rust}
			m := open(t, start(t, resolveUniverse))
			graph := resolve(t, m, request)
			if got := nodes(graph); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if diff := cmp.Diff(row.edges, edges(graph)); diff != "" {
				t.Error(diff)
			}
			request.Lock = &feed.Graph{Nodes: graph.Nodes}
			for line := range strings.Lines(edges(resolve(t, m, request))) {
				if !strings.Contains(row.edges+"\n", strings.TrimSpace(line)+"\n") {
					t.Errorf("as a lock: %s", line)
				}
			}
		})
	}
}

// A crate of another registry depends on its own registry, and by address on
// others.
func TestResolveAcrossRegistries(t *testing.T) {
	second := cargotest.New(t, txtar.Parse([]byte(small)))
	const archive = "-- mine/1.0.0.toml --\n[dependencies]\nours = \"1\"\n[dependencies.Bar_Baz]\nversion = \"1\"\n-- mine/1.0.0.json --\n" +
		`{"deps":[{"name":"ours","req":"^1","features":[],"optional":false,"default_features":true},
		{"name":"Bar_Baz","req":"^1","features":[],"optional":false,"default_features":true,"registry":"sparse+https://second.example/"}]}` +
		"\n-- ours/1.0.0.toml --\n"
	config := start(t, archive)
	config.Include = []string{"corp.example_index/*"}
	other := upstream(second)
	other.Include = []string{"second.example/*"}
	m := open(t, config, other)
	request := project(t, "-- Cargo.toml --\n[package]\nname = \"app\"\n[dependencies]\nmine = { version = \"1\", registry = \"corp\" }\n-- .cargo/config.toml --\n[registries.corp]\nindex = \"sparse+https://corp.example/index/\"\n")
	graph := resolve(t, m, request)
	want := "corp.example_index/mine@1.0.0 > corp.example_index/ours@1.0.0 corp.example_index/ours@^1\n" +
		"corp.example_index/mine@1.0.0 > second.example/Bar_Baz@1.0.0 second.example/Bar_Baz@^1\n" +
		"root > corp.example_index/mine@1.0.0 corp.example_index/mine@1"
	if diff := cmp.Diff(want, edges(graph)); diff != "" {
		t.Error(diff)
	}
	lock := string(chosen(t, m, graph)[0].Bytes)
	for _, line := range []string{`source = "sparse+https://corp.example/index/"`, `source = "sparse+https://second.example/"`} {
		if !strings.Contains(lock, line) {
			t.Errorf("the lock lacks %s:\n%s", line, lock)
		}
	}
}

func TestNothingIsChosenWithoutAnID(t *testing.T) {
	m := open(t, start(t, universe))
	for _, source := range []string{"", "none"} {
		request := requestFor(t, "a")
		request.Options = map[string]string{"registry-id": source}
		graph := resolve(t, m, request)
		if graph.Chosen != nil || len(graph.Notes) != 1 || !strings.Contains(graph.Notes[0], "no Cargo.lock is written") {
			t.Errorf("%q: %v", source, graph.Notes)
		}
	}
}

func TestPrograms(t *testing.T) {
	const archive = "-- tool/1.0.0.toml --\n[dependencies]\na = \"1\"\n-- tool/1.1.0.toml --\n[dependencies]\na = \"1\"\n" +
		"-- a/1.0.0.toml --\n-- a/1.2.0.toml --\n"
	m := open(t, start(t, archive))
	for name, row := range map[string]struct{ root, want, err string }{
		"newest":     {"tool", "a@1.2.0 tool@1.1.0", ""},
		"pinned":     {"tool@1.0.0", "a@1.2.0 tool@1.0.0", ""},
		"unknown":    {"nobody", "", "nothing satisfies nobody"},
		"no version": {"tool@9", "", "no version of it matches"},
	} {
		t.Run(name, func(t *testing.T) {
			request := requestFor(t, row.root)
			request.Options = map[string]string{"bin": "true"}
			graph, err := cargo.Ecosystem().Resolve(testContext(t), request, m)
			if row.err != "" {
				var unmet *feed.ResolveError
				if !errors.As(err, &unmet) || !strings.Contains(err.Error(), row.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || nodes(graph) != row.want || !strings.Contains(strings.Join(graph.Notes, ""), "has no Cargo.lock in its crate") {
				t.Errorf("got %s, %v, %v", nodes(graph), graph.Notes, err)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	tools := func(_ context.Context, name string, _ ...string) ([]byte, error) {
		switch name {
		case "rustc":
			return []byte("rustc 1.95.0 (hash 2026-04-14)\n"), nil
		}
		return nil, errors.New("not installed")
	}
	none := func(context.Context, string, ...string) ([]byte, error) { return nil, errors.New("not installed") }
	for name, row := range map[string]struct {
		given string
		run   func(context.Context, string, ...string) ([]byte, error)
		want  string
	}{
		"tools":       {"", tools, "map[registry-id:none rust:1.95.0]"},
		"no tools":    {"", none, "map[registry-id:none rust:none]"},
		"given":       {"rust=1.70 registry-id=none bin=true", tools, "map[bin:true registry-id:none rust:1.70]"},
		"bad rust":    {"rust=new", tools, `cargo option rust="new"`},
		"bad bin":     {"bin=yes", tools, `cargo option bin="yes"`},
		"bad source":  {"registry-id=registry+https://registry.example/x", tools, "cargo option registry-id"},
		"git version": {"rust=1.95.0-nightly", tools, "map[registry-id:none rust:1.95.0-nightly]"},
	} {
		t.Run(name, func(t *testing.T) {
			options := map[string]string{}
			for pair := range strings.FieldsSeq(row.given) {
				key, value, _ := strings.Cut(pair, "=")
				options[key] = value
			}
			got := ""
			if err := cargo.Ecosystem().Defaults(t.Context(), ecosystem.Environment{Run: row.run}, options); err != nil {
				got = err.Error()
			} else {
				got = fmt.Sprint(options)
			}
			if !strings.Contains(got, row.want) {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}
