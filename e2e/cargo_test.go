//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// rustBin is the folder of the installed cargo and rustc themselves, without the
// switch between toolchains that may stand before them.
func rustBin(t *testing.T) string {
	t.Helper()
	return filepath.Join(strings.TrimSpace(online(t, ".", nil, "rustc", "--print", "sysroot")), "bin")
}

// debianCargo is the folder of Debian 12's cargo, which knows no sparse registry.
const debianCargo = "/usr/bin"

// The ways in which cargo reads a feed, as feedctl client-config writes them.
const (
	vendored = "[source.crates-io]\nreplace-with = \"feed\"\n[source.feed]\ndirectory = \"" + webRoot + "/cargo/vendor\"\n"
	sparse   = "[source.crates-io]\nreplace-with = \"feed\"\n[source.feed]\nregistry = \"sparse+" + feedURL + "cargo/index/\"\n"
	local    = "[source.crates-io]\nreplace-with = \"feed\"\n[source.feed]\nlocal-registry = \"" + webRoot + "/cargo\"\n"
)

// cargoPlace is a project that sees crates through a feed alone, with a cargo home
// that nothing else has touched.
func cargoPlace(t *testing.T, inside *namespace, fixture, bin, settings string) place {
	t.Helper()
	p := newPlace(t, inside, fixture)
	p.env = append(p.env, "PATH="+bin+":/usr/bin:/bin", "CARGO_HOME="+filepath.Join(filepath.Dir(p.dir), "cargo"), "CARGO_NET_RETRY=0")
	writeFile(t, p.file("../cargo/config.toml"), settings)
	return p
}

// cargoLock locks a fixture online and returns the lock's path.
func cargoLock(t *testing.T, fixture string) string {
	t.Helper()
	dir := t.TempDir()
	copyTree(t, filepath.Join("testdata", fixture), dir)
	online(t, dir, nil, "cargo", "generate-lockfile")
	return filepath.Join(dir, "Cargo.lock")
}

// cargoCrates are the cells of cargo.
func cargoCrates(t *testing.T) ecosystem {
	lock := cargoLock(t, "cargo")
	bin := rustBin(t)
	return ecosystem{
		name:   "cargo",
		inputs: []string{lock},
		cells: map[string]func(*testing.T, context.Context, *namespace){
			"frozen": func(t *testing.T, ctx context.Context, inside *namespace) {
				p := cargoPlace(t, inside, "cargo", bin, sparse)
				writeFile(t, p.file("Cargo.lock"), readText(t, lock))
				p.do(t, ctx, "cargo", "fetch", "--locked")
				cargoRuns(t, ctx, p, "--locked", "--offline")
			},
			"fresh": func(t *testing.T, ctx context.Context, inside *namespace) {
				p := cargoPlace(t, inside, "cargo", bin, sparse)
				p.do(t, ctx, "cargo", "generate-lockfile")
				if diff := gocmp.Diff(readText(t, lock), p.read(t, "Cargo.lock")); diff != "" {
					t.Errorf("cargo locks otherwise (-online +from the feed):\n%s", diff)
				}
				p.do(t, ctx, "cargo", "metadata", "--format-version=1")
				p.do(t, ctx, "cargo", "vendor", "--respect-source-config")
			},
		},
	}
}

// cargoRuns builds the fixture and lets it check itself.
func cargoRuns(t *testing.T, ctx context.Context, p place, options ...string) {
	t.Helper()
	if out := p.do(t, ctx, append([]string{"cargo", "run", "--quiet"}, options...)...); !strings.HasSuffix(out, "ok\n") {
		t.Errorf("the program says %q", out)
	}
}

// TestCargoLocalRegistry builds from the folder itself, with no server, with a
// current cargo and with Debian 12's.
func TestCargoLocalRegistry(t *testing.T) {
	lock := cargoLock(t, "cargo")
	feed := mirror(t, lock, "--extra", "vendor")
	feedctl(t, "verify", "--deep", feed)
	inside := newNamespace(t, feed)
	ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
	defer cancel()
	for name, c := range map[string]struct{ bin, settings string }{
		"cargo": {rustBin(t), local}, "cargo 1.65": {debianCargo, local}, "cargo, vendored": {rustBin(t), vendored},
	} {
		t.Run(name, func(t *testing.T) {
			p := cargoPlace(t, inside, "cargo", c.bin, c.settings)
			p.do(t, ctx, "cargo", "generate-lockfile")
			cargoRuns(t, ctx, p)
		})
	}
}

// TestCargoLarge mirrors a lock of some five hundred packages, once as it is and
// once by choosing it anew, and reads both feeds with every command that needs
// no compiler.
func TestCargoLarge(t *testing.T) {
	lock := cargoLock(t, "cargolarge")
	feed := mirror(t, lock)
	feedctl(t, "verify", feed, "--against", lock)
	chosen := mirror(t, filepath.Join("testdata", "cargolarge"))
	locks, err := filepath.Glob(filepath.Join(chosen, "locks", "cargo", "*", "Cargo.lock"))
	if err != nil || len(locks) != 1 {
		t.Fatalf("chosen locks: %q, %v", locks, err)
	}
	if diff := gocmp.Diff(readText(t, lock), readText(t, locks[0])); diff != "" {
		t.Errorf("the chosen lock (-cargo's +feedctl's):\n%s", diff)
	}
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
	defer cancel()
	for name, settings := range map[string]string{"sparse": sparse, "local registry": local} {
		t.Run(name, func(t *testing.T) {
			p := cargoPlace(t, inside, "cargolarge", rustBin(t), settings)
			p.do(t, ctx, "cargo", "generate-lockfile")
			if diff := gocmp.Diff(readText(t, lock), p.read(t, "Cargo.lock")); diff != "" {
				t.Errorf("cargo locks otherwise (-online +from the feed):\n%s", diff)
			}
			p.do(t, ctx, "cargo", "fetch", "--locked")
			p.do(t, ctx, "cargo", "metadata", "--locked", "--format-version=1")
			p.do(t, ctx, "cargo", "vendor", "--locked", "--respect-source-config")
		})
	}
}

// TestCargoInstall installs a program with the lock that its package carries.
func TestCargoInstall(t *testing.T) {
	feed := mirror(t, "cargo:ripgrep", "--bin")
	feedctl(t, "verify", feed)
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
	defer cancel()
	p := cargoPlace(t, inside, "cargo", rustBin(t), sparse)
	p.do(t, ctx, "cargo", "install", "--locked", "--debug", "ripgrep")
	p.do(t, ctx, filepath.Join(filepath.Dir(p.dir), "cargo", "bin", "rg"), "--version")
}
