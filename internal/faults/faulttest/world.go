// Package faulttest is a small world for the tests of faults: a fake registry of each
// ecosystem, inputs that want packages of them, and what a run over them needs.
package faulttest

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/golangtest"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/npmtest"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/verify"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// World is a small fake registry of each ecosystem, and a folder with locks and
// lists that want packages of them.
type World struct {
	Dir     string // holds the inputs, see Inputs
	NPM     *npmtest.Registry
	Cargo   *cargotest.Registry
	Go      *golangtest.Registry
	PyPI    *pypitest.Registry
	Servers map[string]*registrytest.Server // by ecosystem
}

//go:embed world.txtar
var worldText []byte

// NewWorld starts the registries and writes the inputs into dir, which exists.
// Whoever calls it calls Close.
func NewWorld(dir string) (*World, error) {
	parts := split(txtar.Parse(worldText))
	w := &World{Dir: dir, Servers: map[string]*registrytest.Server{}}
	start := []func() error{
		func() (err error) { w.NPM, err = npmtest.Start(parts["npm"]); return err },
		func() (err error) { w.Cargo, err = cargotest.Start(parts["cargo"]); return err },
		func() (err error) { w.Go, err = golangtest.Start(parts["go"]); return err },
		func() (err error) { w.PyPI, err = pypitest.Start(parts["pypi"]); return err },
	}
	for _, one := range start {
		if err := one(); err != nil {
			w.Close()
			return nil, err
		}
		w.note()
	}
	for _, file := range parts["in"].Files {
		if err := w.write(file); err != nil {
			w.Close()
			return nil, err
		}
	}
	return w, nil
}

func (w *World) note() {
	if w.NPM != nil {
		w.Servers["npm"] = w.NPM.Server
	}
	if w.Cargo != nil {
		w.Servers["cargo"] = w.Cargo.Server
	}
	if w.Go != nil {
		w.Servers["go"] = w.Go.Server
	}
	if w.PyPI != nil {
		w.Servers["pypi"] = w.PyPI.Server
	}
}

// Close stops the registries.
func (w *World) Close() {
	for _, server := range w.Servers {
		server.Close()
	}
}

// split takes the archive apart by the first folder of each name.
func split(whole *txtar.Archive) map[string]*txtar.Archive {
	parts := map[string]*txtar.Archive{}
	for _, file := range whole.Files {
		folder, name, _ := strings.Cut(file.Name, "/")
		if parts[folder] == nil {
			parts[folder] = &txtar.Archive{}
		}
		parts[folder].Files = append(parts[folder].Files, txtar.File{Name: name, Data: file.Data})
	}
	return parts
}

// hole stands for a digest in an input: {{npm NAME VERSION}}.
var hole = regexp.MustCompile(`\{\{(\w+) (\S+) (\S+)\}\}`)

func (w *World) write(file txtar.File) error {
	text := hole.ReplaceAllStringFunc(string(file.Data), func(found string) string {
		parts := hole.FindStringSubmatch(found)
		return w.digest(parts[1], parts[2], parts[3])
	})
	path := filepath.Join(w.Dir, filepath.FromSlash(file.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// digest is what a lock says of an artifact.
func (w *World) digest(ecosystem, name, version string) string {
	hash := func(data []byte) feed.Digests {
		hasher := feed.NewHasher("sha512", "sha256")
		_, _ = hasher.Write(data)
		return hasher.Digests()
	}
	switch ecosystem {
	case "npm":
		return hash(w.NPM.Tarball(name, version)).SRI("sha512")
	case "cargo":
		return hash(w.Cargo.Crate(name, version))["sha256"]
	case "go":
		return w.Go.Sum(name, version)
	}
	return hash(w.PyPI.Bytes(name + "-" + version))["sha256"]
}

// Inputs are what a run over one ecosystem is given: "free" names a package,
// "lock" is a lock, "base" names a package that "free" needs too.
func (w *World) Inputs(ecosystem, kind string) []string {
	if kind == "lock" {
		return []string{filepath.Join(w.Dir, ecosystem)}
	}
	name := map[string]string{"free": "alpha", "base": "beta"}[kind]
	if ecosystem == "go" {
		name = "example.com/" + name
	}
	return []string{ecosystem + ":" + name}
}

// Configs are the upstreams, each with credentials of its own.
func (w *World) Configs() []ecosystem.UpstreamConfig {
	config := func(name, url, base string) ecosystem.UpstreamConfig {
		return ecosystem.UpstreamConfig{
			Name: name + "-upstream", Ecosystem: name, URL: url, FoundIn: "world",
			Access: web.Access{Upstream: name + "-upstream", Base: base, Authorization: web.Secret("Bearer " + Token(name))},
		}
	}
	locks := config("cargo", w.Cargo.IndexURL(), w.Cargo.URL)
	locks.Name, locks.Access.Upstream, locks.Include = "cargo-locks", "cargo-locks", []string{"registry.example_index/*"}
	return []ecosystem.UpstreamConfig{
		locks, config("npm", w.NPM.URL+"/", w.NPM.URL), config("cargo", w.Cargo.IndexURL(), w.Cargo.URL),
		config("go", w.Go.URL, w.Go.URL), config("pypi", w.PyPI.URL+"/simple/", w.PyPI.URL),
	}
}

// Token is the secret of an ecosystem's upstream.
func Token(ecosystem string) string { return "S3CR3T-" + ecosystem + "-t0k3n" }

// Time is that of every run.
var Time = time.Unix(1700000000, 0).UTC()

// Options are those of a run over the whole world.
func (w *World) Options(to string, inputs ...string) mirror.Options {
	base := "https://packages.example/feed"
	o := mirror.Options{To: to, Inputs: inputs, Configured: w.Configs(), Time: Time, Jobs: 4, Base: &base}
	for _, input := range inputs {
		if strings.HasPrefix(input, "pypi:") || filepath.Base(input) == "pypi" {
			o.Targets = []feed.Target{{OS: "linux", Arch: "amd64", Libc: "glibc", LibcVersion: "2.28"}, {OS: "windows", Arch: "amd64"}}
			o.Settings = map[string]map[string]string{"pypi": {"python": "3.11"}}
		}
	}
	return o
}

// Surroundings are those of a run: an empty home and no installed programs.
func (w *World) Surroundings(client *web.Client) mirror.Surroundings {
	return mirror.Surroundings{
		Ecosystems: all.Ecosystems(), Client: client, Stdin: strings.NewReader(""), Log: slog.New(slog.DiscardHandler), Command: "test",
		Environment: ecosystem.Environment{
			Dir: w.Dir, Home: filepath.Join(w.Dir, "home"), ReadFile: os.ReadFile,
			Environ: []string{"GOSUMDB=" + golangtest.Key, "GOENV=off"},
			Run: func(_ context.Context, name string, _ ...string) ([]byte, error) {
				return nil, fmt.Errorf("%s: is not installed", name)
			},
		},
	}
}

// Verify returns what is wrong with a feed.
func Verify(ctx context.Context, dir string) ([]verify.Finding, error) {
	f, err := store.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	report, err := verify.Run(ctx, f, verify.Options{Ecosystems: all.Ecosystems(), Place: dir})
	return report.Findings, err
}

// Tree returns the SHA-256 of every file of a feed by its path. What feedctl
// keeps for itself beside the feed is left out.
func Tree(dir string) (map[string]string, error) {
	tree := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == dir:
			return nil
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == ".feedctl":
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		tree[filepath.ToSlash(name)] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	return tree, err
}
