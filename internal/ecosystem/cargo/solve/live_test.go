//go:build live

package solve

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/pkg/feed"
)

// live is the sparse index that cargo on this machine is configured for.
type live struct {
	base   string
	client *http.Client

	mu    sync.Mutex
	known map[string]func() ([]Release, error)
	bytes int
}

// newLive asks cargo for its index: with the network closed it names the
// address that it cannot reach.
func newLive(t testing.TB) *live {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, dir, "Cargo.toml", "[package]\nname = \"probe\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nserde = \"1\"\n")
	writeFile(t, dir, "src/lib.rs", "")
	command := exec.CommandContext(t.Context(), "cargo", "fetch")
	command.Dir = dir
	command.Env = append(os.Environ(), "CARGO_HOME="+filepath.Join(dir, "home"), "CARGO_HTTP_PROXY=127.0.0.1:9", "CARGO_NET_RETRY=0")
	out, _ := command.CombinedOutput()
	found := regexp.MustCompile("failed to download from `(.*/)config.json`").FindSubmatch(out)
	if found == nil {
		t.Fatalf("cargo does not tell its index:\n%s", out)
	}
	client := &http.Client{Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	return &live{base: string(found[1]), client: client, known: map[string]func() ([]Release, error){}}
}

func (l *live) releases(ctx context.Context, c Crate) ([]Release, error) {
	l.mu.Lock()
	load := l.known[c.Name]
	if load == nil {
		load = sync.OnceValues(func() ([]Release, error) { return l.fetch(ctx, c.Name) })
		l.known[c.Name] = load
	}
	l.mu.Unlock()
	return load()
}

func indexPath(name string) string {
	name = strings.ToLower(name)
	switch len(name) {
	case 1, 2:
		return fmt.Sprintf("%d/%s", len(name), name)
	case 3:
		return "3/" + name[:1] + "/" + name
	}
	return name[:2] + "/" + name[2:4] + "/" + name
}

func (l *live) fetch(ctx context.Context, name string) ([]Release, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+indexPath(name), nil)
	if err != nil {
		return nil, err
	}
	response, err := l.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("%s: %w", name, feed.ErrNotFound)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", name, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 100<<20))
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.bytes += len(body)
	l.mu.Unlock()
	return indexLines(name, body), nil
}

type indexLine struct {
	Name, Vers string
	Deps       []struct {
		Name, Req, Kind, Package, Target string
		Features                         []string
		Optional                         bool
		DefaultFeatures                  bool `json:"default_features"`
	}
	Features  map[string][]string
	Features2 map[string][]string
	Links     string
	Yanked    bool
}

var (
	versPattern   = regexp.MustCompile(`"vers":\s*"([^"]*)"`)
	yankedPattern = regexp.MustCompile(`"yanked":\s*true`)
	rustPattern   = regexp.MustCompile(`"rust_version":\s*"([^"]*)"`)
	schemaPattern = regexp.MustCompile(`"v":\s*([0-9]+)`)
)

// indexLines reads only what every release needs; the rest waits for Load.
func indexLines(name string, body []byte) []Release {
	var list []Release
	for line := range bytes.Lines(body) {
		vers := versPattern.FindSubmatch(line)
		if schema := schemaPattern.FindSubmatch(line); vers == nil || schema != nil && schema[1][0] > '2' {
			continue
		}
		rust := ""
		if found := rustPattern.FindSubmatch(line); found != nil {
			rust = string(found[1])
		}
		list = append(list, Release{
			RustVersion: rust,
			Name:        name, Version: string(vers[1]), Yanked: yankedPattern.Match(line),
			Load: sync.OnceValues(func() (Details, error) { return details(line) }),
		})
	}
	return list
}

func details(line []byte) (Details, error) {
	var l indexLine
	if err := json.Unmarshal(line, &l); err != nil {
		return Details{}, err
	}
	d := Details{Features: l.Features, Links: l.Links}
	if len(l.Features2) > 0 {
		d.Features = maps.Clone(l.Features)
		for name, list := range l.Features2 {
			d.Features[name] = append(slices.Clip(d.Features[name]), list...)
		}
	}
	for _, dep := range l.Deps {
		out := Dependency{
			Name: dep.Name, Req: dep.Req, Features: dep.Features, DefaultFeatures: dep.DefaultFeatures,
			Optional: dep.Optional, Kind: map[string]Kind{"dev": Dev, "build": Build}[dep.Kind], Target: dep.Target,
		}
		if dep.Package != "" {
			out.Name, out.Alias = dep.Package, dep.Name
		}
		d.Deps = append(d.Deps, out)
	}
	return d, nil
}

// project is a folder with a manifest.
type project struct {
	dir   string
	input Input
}

type tomlPackage struct {
	Name, Version string
	Edition       string
	Resolver      string
	Links         string
	RustVersion   string `toml:"rust-version"`
}

type tomlTables struct {
	Dependencies      map[string]any
	DevDependencies   map[string]any `toml:"dev-dependencies"`
	BuildDependencies map[string]any `toml:"build-dependencies"`
}

type tomlManifest struct {
	Package tomlPackage
	tomlTables
	Dependencies      map[string]any
	DevDependencies   map[string]any `toml:"dev-dependencies"`
	BuildDependencies map[string]any `toml:"build-dependencies"`
	Target            map[string]tomlTables
	Features          map[string][]string
	Workspace         *struct {
		Members  []string
		Resolver string
	}
	Patch map[string]map[string]any
}

// newProject writes the files of an archive and reads its manifests.
func newProject(t testing.TB, archive *txtar.Archive, rustc string) project {
	t.Helper()
	p := project{dir: t.TempDir()}
	for _, file := range archive.Files {
		writeFile(t, p.dir, file.Name, string(file.Data))
		if filepath.Base(file.Name) == "Cargo.toml" && strings.Contains(string(file.Data), "[package]") {
			writeFile(t, p.dir, filepath.Join(filepath.Dir(file.Name), "src/lib.rs"), "")
		}
	}
	root := p.manifest(t, ".")
	members := []string{}
	resolver := root.Package.Resolver
	if root.Package.Edition == "2024" && resolver == "" {
		resolver = "3"
	}
	if root.Workspace != nil {
		members = root.Workspace.Members
		if root.Workspace.Resolver != "" {
			resolver = root.Workspace.Resolver
		}
	}
	if root.Package.Name != "" {
		members = append(slices.Clone(members), ".")
	}
	var rust []string
	for _, dir := range members {
		m := p.manifest(t, dir)
		p.input.Members = append(p.input.Members, p.release(t, dir, m))
		if m.Package.RustVersion != "" {
			rust = append(rust, m.Package.RustVersion)
		}
	}
	if resolver == "3" {
		if rust == nil {
			rust = []string{rustc}
		}
		p.input.RustVersions = rust
	}
	for _, file := range archive.Files {
		if dir := filepath.Dir(file.Name); filepath.Base(file.Name) == "Cargo.toml" && !slices.Contains(members, dir) && dir != "." {
			p.input.Locals = append(p.input.Locals, p.release(t, dir, p.manifest(t, dir)))
		}
	}
	for name, entry := range root.Patch["crates-io"] {
		dir := filepath.Clean(entry.(map[string]any)["path"].(string))
		p.input.Patches = append(p.input.Patches, Patch{Of: Crate{"", name}, Release: p.release(t, dir, p.manifest(t, dir))})
	}
	return p
}

func (p *project) manifest(t testing.TB, dir string) tomlManifest {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, dir, "Cargo.toml"))
	if err != nil {
		t.Fatal(err)
	}
	var m tomlManifest
	if err := toml.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func (p *project) release(t testing.TB, dir string, m tomlManifest) Release {
	r := Release{Source: "path:" + dir, Name: m.Package.Name, Version: m.Package.Version}
	r.Features, r.Links = m.Features, m.Package.Links
	r.Deps = append(r.Deps, tables(dir, "", tomlTables{m.Dependencies, m.DevDependencies, m.BuildDependencies})...)
	for _, target := range slices.Sorted(maps.Keys(m.Target)) {
		r.Deps = append(r.Deps, tables(dir, target, m.Target[target])...)
	}
	return r
}

func tables(dir, target string, t tomlTables) []Dependency {
	var list []Dependency
	for i, table := range []map[string]any{t.Dependencies, t.DevDependencies, t.BuildDependencies} {
		for _, key := range slices.Sorted(maps.Keys(table)) {
			list = append(list, dependency(dir, key, table[key], []Kind{Normal, Dev, Build}[i], target))
		}
	}
	return list
}

func dependency(dir, key string, entry any, kind Kind, target string) Dependency {
	d := Dependency{Name: key, DefaultFeatures: true, Kind: kind, Target: target}
	fields, ok := entry.(map[string]any)
	if !ok {
		d.Req = entry.(string)
		return d
	}
	d.Req, _ = fields["version"].(string)
	d.Optional, _ = fields["optional"].(bool)
	if on, ok := fields["default-features"].(bool); ok {
		d.DefaultFeatures = on
	}
	if path, ok := fields["path"].(string); ok {
		d.Source = "path:" + filepath.Join(dir, path)
	}
	if name, ok := fields["package"].(string); ok {
		d.Name, d.Alias = name, key
	}
	features, _ := fields["features"].([]any)
	for _, feature := range features {
		d.Features = append(d.Features, feature.(string))
	}
	return d
}

func writeFile(t testing.TB, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cargoLock lets the real client choose. The error text is what it says when
// it refuses.
func cargoLock(t testing.TB, dir string) (map[string]bool, string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "cargo", "generate-lockfile")
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		return nil, string(out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "Cargo.lock"))
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Package []struct{ Name, Version string }
	}
	if err := toml.Unmarshal(data, &lock); err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for _, p := range lock.Package {
		set[p.Name+" "+p.Version] = true
	}
	return set, ""
}

// rustcVersion is what the fallback uses when no member states a version.
func rustcVersion(t testing.TB) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "rustc", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))[1]
}

// TestLive compares with the real cargo, on the registry of this machine.
func TestLive(t *testing.T) {
	files, err := filepath.Glob("testdata/live/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no manifests", err)
	}
	l, rustc := newLive(t), rustcVersion(t)
	t.Logf("%-14s %5s %5s %5s %6s %6s %5s %5s %7s %7s %7s", "manifest", "n", "miss", "extra", "steps", "fail", "asked", "names", "cold ms", "warm ms", "cargo")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l.compare(t, archive, rustc)
		})
	}
}

func (l *live) compare(t *testing.T, archive *txtar.Archive, rustc string) {
	p := newProject(t, archive, rustc)
	start := time.Now()
	want, refusal := cargoLock(t, p.dir)
	cargo := time.Since(start)
	start = time.Now()
	result, err := Resolve(t.Context(), p.input, l.releases)
	cold := time.Since(start)
	start = time.Now()
	if again, _ := Resolve(t.Context(), p.input, l.releases); again.Stats.Steps != result.Stats.Steps {
		t.Errorf("%d steps, then %d", result.Stats.Steps, again.Stats.Steps)
	}
	warm := time.Since(start)
	if refusal != "" {
		t.Logf("cargo refuses:\n%s\nhere (%v, %v, %+v): %v", refusal, cold, warm, result.Stats, err)
		if err == nil {
			t.Error("no error here")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got, names := map[string]bool{}, map[string]bool{}
	for _, p := range result.Packages {
		got[p.Name+" "+p.Version.Version] = true
		if p.Source == "" {
			names[p.Name] = true
		}
	}
	missing, extra := without(want, got), without(got, want)
	t.Logf("%-14s %5d %5d %5d %6d %6d %5d %5d %7d %7d %7d", filepath.Base(t.Name()), len(want), len(missing), len(extra),
		result.Stats.Steps, result.Stats.Failures, result.Stats.Asked, len(names), cold.Milliseconds(), warm.Milliseconds(), cargo.Milliseconds())
	if len(missing)+len(extra) > 0 {
		t.Errorf("missing %v\nextra %v", missing, extra)
	}
}

func without(a, b map[string]bool) []string {
	var list []string
	for name := range a {
		if !b[name] {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// popular are crates with long and tangled histories.
var popular = strings.Fields(`
	actix-web axum tokio hyper reqwest diesel sqlx rusqlite sea-orm git2 openssl native-tls rustls ring tonic prost
	clap serde serde_json serde_yaml regex rand chrono time uuid url log tracing env_logger anyhow thiserror syn quote
	proc-macro2 bitflags libc nix winapi windows-sys mio futures async-std smol crossbeam rayon parking_lot bytes image
	wgpu winit glutin egui bevy_ecs nalgebra ndarray num candle-core tree-sitter pyo3 wasm-bindgen web-sys wasmtime
	cranelift-codegen cargo rustix curl ssh2 libz-sys zstd bzip2 lz4-sys rocksdb sled tantivy lapin redis mongodb
	postgres aws-sdk-s3 rusoto_core tokio-tungstenite warp rocket tide iced gtk cairo-rs sdl2 openssl-sys jni`)

var mixes = flag.Int("mixes", 20, "how many random manifests TestLiveMixes makes")

// TestLiveMixes compares with the real cargo on random sets of popular crates
// with random requirements around versions they had.
func TestLiveMixes(t *testing.T) {
	l, rustc := newLive(t), rustcVersion(t)
	for seed := range *mixes {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(seed), 1))
			var b strings.Builder
			b.WriteString("-- Cargo.toml --\n[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
			if seed%4 == 3 {
				b.WriteString("rust-version = \"1.70\"\nresolver = \"3\"\n")
			}
			b.WriteString("[dependencies]\n")
			for _, i := range random.Perm(len(popular))[:8] {
				releases, err := l.releases(t.Context(), Crate{"", popular[i]})
				if err != nil {
					t.Fatal(err)
				}
				version, _, _ := strings.Cut(releases[random.IntN(len(releases))].Version, "+")
				operator := []string{"^", ">=", ">=", "~", "<=", "*"}[random.IntN(6)]
				if operator == "*" {
					version = ""
				}
				fmt.Fprintf(&b, "%s = %q\n", popular[i], operator+version)
			}
			t.Log(b.String())
			l.compare(t, txtar.Parse([]byte(b.String())), rustc)
		})
	}
}
