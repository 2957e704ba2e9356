package cargo_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/discover"
	"github.com/feedctl/feedctl/pkg/feed"
)

// These tests run the cargo on PATH, with an empty cargo home, against loopback.

func needCargo(t *testing.T) {
	if testing.Short() {
		t.Skip("runs cargo")
	}
	for _, program := range []string{"cargo", "rustc"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not on PATH")
		}
	}
}

// client is a project folder with a cargo home of its own.
type client struct{ dir, home string }

func newClient(t *testing.T, config string, documents []feed.Document) client {
	t.Helper()
	c := client{dir: t.TempDir(), home: t.TempDir()}
	writeDocuments(t, c.dir, documents)
	write(t, filepath.Join(c.dir, "lib.rs"), nil)
	write(t, filepath.Join(c.home, "config.toml"), []byte(config)) // install looks nowhere else
	return c
}

func (c client) try(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(testContext(t), "cargo", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "CARGO_HOME="+c.home, "CARGO_TERM_COLOR=never", "CARGO_NET_RETRY=0",
		"CARGO_HTTP_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1", // loopback only
		"CARGO_TARGET_DIR="+filepath.Join(c.dir, "target"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (c client) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := c.try(t, args...)
	if err != nil {
		t.Fatalf("cargo %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func sparseConfig(base string) string {
	return fmt.Sprintf("[source.crates-io]\nreplace-with = \"feed\"\n[source.feed]\nregistry = \"sparse+%s/cargo/index/\"\n", base)
}

func localConfig(dir string) string {
	return fmt.Sprintf("[source.crates-io]\nreplace-with = \"feed\"\n[source.feed]\nlocal-registry = %q\n", filepath.Join(dir, "cargo"))
}

// serve serves a folder, which may still be empty.
func serve(t *testing.T, dir string) string {
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	return server.URL
}

func environment() ecosystem.Environment {
	return ecosystem.Environment{
		Environ: os.Environ(),
		Run: func(ctx context.Context, name string, args ...string) ([]byte, error) {
			out, err := exec.CommandContext(ctx, name, args...).Output()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return out, nil
		},
	}
}

// chosen returns the lock and manifest that a graph writes.
func chosen(t *testing.T, m *memory, graph feed.Graph) []feed.Document {
	t.Helper()
	if graph.Chosen == nil {
		t.Fatalf("nothing is chosen: %v", graph.Notes)
	}
	documents, err := graph.Chosen(func(name, version string) (feed.Release, error) {
		return m.Release(testContext(t), name, version)
	})
	if err != nil {
		t.Fatal(err)
	}
	return documents
}

// withSource gives a request the id that cargo itself has for its default registry.
func withSource(t *testing.T, request feed.Request) feed.Request {
	t.Helper()
	source, err := discover.DefaultSource(testContext(t), environment())
	if err != nil {
		t.Fatal(err)
	}
	request.Options = map[string]string{"registry-id": source}
	return request
}

const clientUniverse = universe + `
-- Mixed_Case/1.0.0.toml --
[dependencies]
alpha = "1"
[features]
extra = ["dep:beta"]
[dependencies.beta]
version = "2"
optional = true
-- links-a/1.0.0.toml --
links = "native"
-- links-a/1.0.0/build.rs --
fn main() {}
`

func TestCargoTakesTheFeed(t *testing.T) {
	needCargo(t)
	dir := t.TempDir()
	base := serve(t, dir)
	m := open(t, start(t, clientUniverse))
	request := withSource(t, requestFor(t, "alpha@1", "beta@2[std]", "Mixed_Case@1[extra]", "links-a"))
	graph := resolve(t, m, request)
	build(t, m, graph, dir, base)
	documents := chosen(t, m, graph)
	lock := documents[0].Bytes

	for name, config := range map[string]string{"sparse": sparseConfig(base), "local registry": localConfig(dir)} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, config, documents)
			c.run(t, "fetch", "--locked")
			c.run(t, "build", "--locked", "--offline")
			c.run(t, "metadata", "--locked", "--offline", "--format-version", "1")
			if err := os.Remove(filepath.Join(c.dir, "Cargo.lock")); err != nil {
				t.Fatal(err)
			}
			c.run(t, "generate-lockfile")
			again, err := os.ReadFile(filepath.Join(c.dir, "Cargo.lock"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, lock) {
				t.Errorf("cargo writes another lock:\n%s\nfeedctl:\n%s", again, lock)
			}
		})
	}
}

const programUniverse = `
-- tool/2.0.0.toml --
[dependencies]
lib = "1"
[dev-dependencies]
testing = "1"
-- tool/2.0.0/src/main.rs --
fn main() { println!("{}", lib::answer()); }
-- lib/1.0.0.toml --
-- lib/1.0.0/src/lib.rs --
pub fn answer() -> u32 { 42 }
-- lib/1.5.0.toml --
-- lib/1.5.0/src/lib.rs --
pub fn answer() -> u32 { 43 }
-- testing/1.0.0.toml --
`

// TestCargoInstallsFromTheFeed packs a lock into a program, as cargo does.
func TestCargoInstallsFromTheFeed(t *testing.T) {
	needCargo(t)
	first := cargotest.New(t, txtar.Parse([]byte(programUniverse)))
	m := open(t, upstream(first))
	source := withSource(t, feed.Request{}).Options["registry-id"]
	lock := fmt.Sprintf("version = 4\n\n%s\n%s\n[[package]]\nname = \"tool\"\nversion = \"2.0.0\"\ndependencies = [\n \"lib\",\n \"testing\",\n]\n",
		entry(t, m, source, "lib", "1.0.0"), entry(t, m, source, "testing", "1.0.0"))
	archive := txtar.Parse([]byte(programUniverse + "-- tool/2.0.0/Cargo.lock --\n" + lock))
	m = open(t, upstream(cargotest.New(t, archive)))

	request := requestFor(t, "tool")
	request.Options = map[string]string{"bin": "true"}
	graph := resolve(t, m, request)
	if got, want := nodes(graph), "lib@1.0.0 testing@1.0.0 tool@2.0.0"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	dir := t.TempDir()
	base := serve(t, dir)
	build(t, m, graph, dir, base)
	for name, config := range map[string]string{"sparse": sparseConfig(base), "local registry": localConfig(dir)} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, config, nil)
			root := t.TempDir()
			c.run(t, "install", "--locked", "--debug", "--root", root, "tool")
			out, err := exec.CommandContext(testContext(t), filepath.Join(root, "bin", "tool")).Output()
			if err != nil || string(out) != "42\n" {
				t.Errorf("the program says %q, %v", out, err)
			}
		})
	}
}

func entry(t *testing.T, m *memory, source, name, version string) string {
	t.Helper()
	release, err := m.Release(testContext(t), name, version)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[[package]]\nname = %q\nversion = %q\nsource = %q\nchecksum = %q\n", name, version, source, release.Files[0].Digests["sha256"])
}

// TestCargoNamesItsRegistry asks the cargo on PATH; the network is not used.
func TestCargoNamesItsRegistry(t *testing.T) {
	needCargo(t)
	env := environment()
	env.Environ = nil
	env.ReadFile = func(string) ([]byte, error) { return nil, os.ErrNotExist }
	configs, err := cargo.Ecosystem().Discover(testContext(t), env)
	if err != nil {
		t.Fatal(err)
	}
	if len(configs) != 1 || !strings.HasPrefix(configs[0].URL, "sparse+https://") || !strings.HasSuffix(configs[0].URL, "/") || configs[0].Name != "cargo" {
		t.Errorf("got %d upstreams, want one with a sparse index", len(configs))
	}
}
