//go:build live

package cargo_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/manifest"
)

// These tests ask the registry that the cargo on PATH is configured for.

// TestLiveProjects resolves projects without a lock and compares the lock that is
// chosen with cargo's own, byte for byte; then it looks into every crate.
func TestLiveProjects(t *testing.T) {
	files, err := filepath.Glob("testdata/live/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { liveProject(t, file) })
	}
}

func liveProject(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		write(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Data)
	}
	request, err := manifest.Read(os.DirFS(dir), "Cargo.toml")
	if err != nil {
		t.Fatal(err)
	}
	env := environment()
	env.Dir = dir
	request.Options = map[string]string{}
	e := cargo.Ecosystem()
	if err := e.Defaults(t.Context(), env, request.Options); err != nil {
		t.Fatal(err)
	}
	configs, err := e.Discover(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	m := open(t, configs...)
	started := time.Now()
	graph, err := e.Resolve(t.Context(), request, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d releases, %d edges in %s", len(graph.Nodes), len(graph.Edges), time.Since(started).Round(time.Millisecond))
	for _, edge := range graph.Edges {
		if edge.To < 0 && edge.Why != "patched by the project" {
			t.Errorf("open: %d %s: %s", edge.From, edge.Requirement, edge.Why)
		}
	}
	lock := chosen(t, m, graph)[0].Bytes
	cmd := exec.CommandContext(t.Context(), "cargo", "generate-lockfile")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CARGO_HOME="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, err := os.ReadFile(filepath.Join(dir, "Cargo.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(lock, want) {
		t.Errorf("another lock (-cargo +feedctl):\n%s", cmp.Diff(strings.Split(string(want), "\n\n"), strings.Split(string(lock), "\n\n")))
	}
	t.Run("crates", func(t *testing.T) { inspectAll(t, m, nodes(graph)) })
}

// inspectAll looks into crates, many at once.
func inspectAll(t *testing.T, m *memory, list string) {
	var group sync.WaitGroup
	slots := make(chan struct{}, 16)
	for id := range strings.FieldsSeq(list) {
		name, version, _ := strings.Cut(id, "@")
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			err := inspectOne(t.Context(), m, name, version)
			if differs := (*cargo.DifferenceError)(nil); errors.As(err, &differs) {
				t.Log(err)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func inspectOne(ctx context.Context, m *memory, name, version string) error {
	release, err := m.Release(ctx, name, version)
	if err != nil {
		return err
	}
	body, err := m.Open(ctx, name, version, release.Files[0])
	if err != nil {
		return err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return cargo.Inspect(bytes.NewReader(data), name, release, release.Files[0])
}

// TestLiveOldCrates looks into the oldest and the newest version of many crates,
// whose index lines may be older than the rules.
func TestLiveOldCrates(t *testing.T) {
	env := environment()
	configs, err := cargo.Ecosystem().Discover(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	m := open(t, configs...)
	var list []string
	for name := range strings.FieldsSeq(oldCrates) {
		versions, err := m.Versions(t.Context(), name, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, i := range []int{0, len(versions) / 8, len(versions) / 4, len(versions) / 2, len(versions) - 1} {
			list = append(list, name+"@"+versions[i].Version)
		}
	}
	slices.Sort(list)
	inspectAll(t, m, strings.Join(slices.Compact(list), " "))
}

const oldCrates = `libc serde rand log regex time hyper openssl winapi num rustc-serialize url mio tokio clap syn quote bitflags
	Inflector kernel32-sys nix chrono diesel rocket actix-web openssl-sys libz-sys gcc cc toml semver cargo itertools byteorder
	rayon crossbeam lazy_static env_logger futures reqwest uuid base64 image glutin gfx sdl2 piston cocoa objc servo-fontconfig`
