//go:build e2e

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// ecosystem is a kind of package manager of the matrix besides the JavaScript
// ones: what it adds to the common feed, and its cells.
type ecosystem struct {
	name   string
	inputs []string
	cells  map[string]func(t *testing.T, ctx context.Context, inside *namespace)
}

// ecosystems makes the locks of each online.
func ecosystems(t *testing.T) []ecosystem {
	t.Helper()
	return []ecosystem{goModules(t), cargoCrates(t), pythonDists(t)}
}

// place is a folder of a namespace with a home, in which a program works.
type place struct {
	inside *namespace
	dir    string
	env    []string
}

// newPlace copies a fixture of testdata into a new folder of the namespace, whose
// environment is env, a home and nothing else.
func newPlace(t *testing.T, inside *namespace, fixture string, env ...string) place {
	t.Helper()
	home := inside.tempDir(t)
	p := place{inside: inside, dir: filepath.Join(home, "project"), env: append([]string{"HOME=" + home, "LANG=C.UTF-8"}, env...)}
	copyTree(t, filepath.Join("testdata", fixture), inside.outside(p.dir))
	return p
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// file is the path of one of the project's files for this process.
func (p place) file(name string) string { return p.inside.outside(filepath.Join(p.dir, name)) }

// do runs a program in the project, and ends the test when it fails.
func (p place) do(t *testing.T, ctx context.Context, program ...string) string {
	t.Helper()
	out, err := run(p.inside.command(ctx, p.dir, p.env, program...))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refuse runs a program that has to fail with a text.
func (p place) refuse(t *testing.T, ctx context.Context, want string, program ...string) {
	t.Helper()
	out, err := run(p.inside.command(ctx, p.dir, p.env, program...))
	if err == nil || !strings.Contains(out, want) {
		t.Errorf("%s: got %v, want a failure that says %q\n%s", strings.Join(program, " "), err, want, tail(out, 5))
	}
}

// read returns the text of one of the project's files.
func (p place) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(p.file(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// online runs a program of this machine with its network and settings.
func online(t *testing.T, dir string, env []string, program ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
	defer cancel()
	cmd := grouped(exec.CommandContext(ctx, program[0], program[1:]...))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := run(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
