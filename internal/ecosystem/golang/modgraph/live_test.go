//go:build live

package modgraph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/module"
)

// project is a folder with main modules that both the go command and Load read.
type project struct {
	universe
	dir   string   // where go runs
	cache string   // GOMODCACHE, empty at first
	env   []string // GOPROXY and GOSUMDB, when not the machine's
}

// lay writes the main modules and folders of a universe.
func lay(t *testing.T, u universe) project {
	t.Helper()
	root := t.TempDir()
	p := project{universe: u, dir: root, cache: t.TempDir()}
	for folder, text := range u.main {
		write(t, filepath.Join(root, folder, "go.mod"), text)
		if u.work == "" {
			p.dir = filepath.Join(root, folder)
		}
	}
	if u.work != "" {
		write(t, filepath.Join(root, "go.work"), u.work)
	}
	for m, text := range u.mods {
		if m.Version == "" {
			write(t, filepath.Join(p.dir, m.Path, "go.mod"), text)
		}
	}
	return p
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// serve writes the versions of a universe as a module proxy.
func (p *project) serve(t *testing.T) {
	t.Helper()
	proxy := t.TempDir()
	p.env = []string{"GOPROXY=file://" + proxy, "GOSUMDB=off"}
	for m, text := range p.mods {
		if m.Version != "" {
			write(t, goModFile(t, proxy, m), text)
		}
		file, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range append(file.Require, Require{Path: m.Path, Version: m.Version}) {
			if r.Version != "" {
				info := strings.TrimSuffix(goModFile(t, proxy, Version{Path: r.Path, Version: r.Version}), "mod") + "info"
				write(t, info, fmt.Sprintf(`{"Version":%q,"Time":"2024-01-02T03:04:05Z"}`, r.Version))
			}
		}
	}
}

func goModFile(t *testing.T, dir string, m Version) string {
	t.Helper()
	path, err := module.EscapePath(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	version, err := module.EscapeVersion(m.Version)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, path, "@v", version+".mod")
}

func (p project) goCommand(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = p.dir
	flags := "GOFLAGS=-modcacherw -mod=mod"
	if p.work != "" {
		flags = "GOFLAGS=-modcacherw"
	}
	cmd.Env = append(os.Environ(), "GOMODCACHE="+p.cache, "GOTOOLCHAIN=local", "GOWORK=", flags)
	cmd.Env = append(cmd.Env, p.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %v: %w\n%s", args, err, stderr.String())
	}
	return string(out), nil
}

// load reads what the go command has left in its cache: a version that it has not
// read is an error.
func (p project) load(t *testing.T) func(context.Context, Version) (Module, error) {
	return func(_ context.Context, m Version) (Module, error) {
		file := filepath.Join(p.dir, m.Path, "go.mod")
		if m.Version != "" {
			file = goModFile(t, filepath.Join(p.cache, "cache", "download"), m)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return Module{}, err
		}
		return Parse(data)
	}
}

// compare checks the graph, what was read for it and the build list against the
// go command's.
func (p project) compare(t *testing.T) {
	t.Helper()
	input, err := p.input(t)
	want, goErr := p.goCommand(t, "mod", "graph")
	if goErr != nil {
		if err == nil {
			_, err = Load(t.Context(), input, p.load(t))
		}
		if err == nil {
			t.Errorf("no error, but %v", goErr)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	read := p.read(t)
	g, err := Load(t.Context(), input, p.load(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines(want), strs(g.Edges)); diff != "" {
		t.Errorf("go mod graph (-go +this):\n%s", diff)
	}
	visited := map[Version]bool{}
	for _, n := range g.Visited {
		if actual := n.Actual(); actual.Version != "" {
			visited[actual] = true
		}
	}
	if diff := cmp.Diff(read, visited); diff != "" {
		t.Errorf("what is read (-go +this):\n%s", diff)
	}
	t.Logf("%d edges, %d read, %d selected", len(g.Edges), len(g.Visited), len(g.Selected))
	if p.withoutGoLine() {
		return // go list would add one
	}
	want, err = p.goCommand(t, "list", "-m", "all")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lines(want), strs(g.Selected)); diff != "" {
		t.Errorf("go list -m all (-go +this):\n%s", diff)
	}
}

func (p project) withoutGoLine() bool {
	for _, text := range p.main {
		if !strings.Contains(text, "\ngo ") && p.work == "" {
			return true
		}
	}
	return false
}

// read returns the versions whose go.mod is in the cache.
func (p project) read(t *testing.T) map[Version]bool {
	t.Helper()
	read := map[Version]bool{}
	root := filepath.Join(p.cache, "cache", "download")
	err := filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".mod") {
			return err
		}
		name, _ := filepath.Rel(root, strings.TrimSuffix(file, ".mod"))
		path, version, _ := strings.Cut(filepath.ToSlash(name), "/@v/")
		m := Version{}
		m.Path, err = module.UnescapePath(path)
		m.Version, _ = module.UnescapeVersion(version)
		read[m] = true
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return read
}

func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

func strs[T fmt.Stringer](list []T) []string {
	var texts []string
	for _, item := range list {
		texts = append(texts, item.String())
	}
	return texts
}
