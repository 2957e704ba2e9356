package golang_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/golangtest"
)

// gopher runs the real go command against a feed on disk, with the checksum
// database on and nothing else to ask.
type gopher struct {
	dir string // of the project
	env []string
}

func newGopher(t *testing.T, feedDir string) *gopher {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	home := t.TempDir()
	proxy := filepath.ToSlash(filepath.Join(feedDir, "go"))
	if !strings.HasPrefix(proxy, "/") {
		proxy = "/" + proxy
	}
	return &gopher{dir: t.TempDir(), env: append(os.Environ(),
		"GOPATH="+filepath.Join(home, "gopath"), "GOBIN="+filepath.Join(home, "bin"), "GOENV=off", "GOWORK=off", "GOTOOLCHAIN=local",
		"GOFLAGS=-modcacherw", "GOPRIVATE=", "GONOPROXY=", "GONOSUMDB=", "GOSUMDB="+golangtest.Key, "GOPROXY=file://"+proxy)}
}

func (g *gopher) run(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir, command.Env = g.dir, g.env
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (g *gopher) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestGoCommand(t *testing.T) {
	feedDir := t.TempDir()
	m := &miniature{source: openSource(t, start(t, universe)), dir: feedDir}
	graph := m.mirror(t, requestFor(t, "example.com/tool", "example.com/alpha@v1.0.0", "example.com/old@master", "example.com/gamma"))
	documents, err := graph.Chosen(m.release)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("install", func(t *testing.T) {
		g := newGopher(t, feedDir)
		g.run(t, "install", "example.com/tool/cmd/tool@latest")
	})
	t.Run("get", func(t *testing.T) {
		g := newGopher(t, feedDir)
		g.write(t, "go.mod", "module example.com/main\n\ngo 1.21\n")
		g.write(t, "main.go", "package main\n\nimport (\n\t_ \"example.com/alpha\"\n\t_ \"example.com/old\"\n\t_ \"example.com/gamma\"\n)\n\nfunc main() {}\n")
		g.run(t, "get", "example.com/old@master", "example.com/alpha@v1.0.0")
		g.run(t, "get", "example.com/gamma@latest")
		g.run(t, "mod", "tidy")
		g.run(t, "build", "./...")
		g.run(t, "mod", "download", "all")
		g.run(t, "mod", "verify")
		if list := g.run(t, "list", "-m", "all"); !strings.Contains(list, "example.com/old v3.2.0+incompatible") {
			t.Errorf("go list -m all:\n%s", list)
		}
		if versions := g.run(t, "list", "-m", "-versions", "example.com/alpha"); strings.TrimSpace(versions) != "example.com/alpha v1.0.0" {
			t.Errorf("go list -m -versions: %s", versions)
		}
	})
	t.Run("chosen", func(t *testing.T) {
		g := newGopher(t, feedDir)
		g.env = append(g.env, "GOFLAGS=-modcacherw -mod=readonly", "GOSUMDB=off")
		for _, document := range documents {
			if dir, file := filepath.Split(document.Path); strings.HasPrefix(dir, "example.com/tool@") {
				g.write(t, file, string(document.Bytes))
			}
		}
		g.run(t, "build", "-o", os.DevNull, "example.com/tool/cmd/tool")
		g.run(t, "mod", "download", "all")
		g.run(t, "mod", "graph")
	})
}
