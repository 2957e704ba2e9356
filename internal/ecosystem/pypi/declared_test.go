package pypi_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
)

const pdmLock = `[metadata]
groups = ["default"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
[[metadata.targets]]
requires_python = "==3.12.*"
platform = "windows_amd64"
implementation = "cpython"
[[metadata.targets]]
requires_python = "==3.12.*"
platform = "manylinux_2_28_aarch64"
[[package]]
name = "app"
version = "1.0"
groups = ["default"]
files = [{file = "app-1.0-py3-none-any.whl", hash = "{app-1.0-py3-none-any.whl}"}]
`

// TestDeclared says for whom an input is that names no Python on the command line:
// what it says itself counts, then the interpreter.
func TestDeclared(t *testing.T) {
	const onPath = "cp311_7-manylinux_2_36_x86_64"
	for _, row := range []struct{ what, file, text, pythons, platforms, want string }{
		{"the interpreter", "uv.lock", uvLock, onPath, "", "for Python 3.11.7 on manylinux_2_36_x86_64 (what the feed recorded, else the interpreter on PATH);"},
		{"the lock's Python, the interpreter's platform", "Pipfile.lock", strings.ReplaceAll(pipfileLock, "3.11", "3.12"), onPath, "", "for Python 3.12 on manylinux_2_36_x86_64 (as Pipfile.lock says);"},
		{"the lock's Python, which is the interpreter's", "Pipfile.lock", pipfileLock, onPath, "", "for Python 3.11.7 on"},
		{"the lock's Pythons and platforms", "pdm.lock", pdmLock, onPath, "", "for Python 3.12 on manylinux_2_28_aarch64, Python 3.12 on win_amd64 (as pdm.lock says);"},
		{"a project's Python", "pyproject.toml", "[project]\nname=\"x\"\nversion=\"1\"\nrequires-python = \"==3.12.*\"\ndependencies=[\"app\"]\n", onPath, "", "for Python 3.12 on manylinux_2_36_x86_64 (as pyproject.toml says);"},
		{"named platforms", "uv.lock", uvLock, onPath, windows, ""},
		{"a named Python", "pdm.lock", pdmLock, "3.12", linux, ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			m, registry := index(t)
			graph, _ := m.mirror(t, readLock(t, registry, row.file, row.text, row.pythons, row.platforms))
			i := slices.IndexFunc(graph.Notes, func(note string) bool { return strings.HasPrefix(note, "for ") })
			if i < 0 != (row.want == "") || i >= 0 && !strings.HasPrefix(graph.Notes[i], row.want) {
				t.Errorf("notes %q, want %q", graph.Notes, row.want)
			}
		})
	}
}

// TestDeclaredAlone has no interpreter to ask.
func TestDeclaredAlone(t *testing.T) {
	_, registry := index(t)
	settings := func(file, text string) json.RawMessage {
		return readLock(t, registry, file, text, "", "").Settings
	}
	for _, row := range []struct {
		what     string
		settings []json.RawMessage
		want     string // "" for an error
	}{
		{"nothing", nil, ""},
		{"a lock for any Python", []json.RawMessage{settings("uv.lock", uvLock)}, ""},
		{"a lock for one", []json.RawMessage{settings("Pipfile.lock", pipfileLock)}, "3.11"},
		{"with platforms", []json.RawMessage{settings("pdm.lock", pdmLock)}, "cp312-manylinux_2_28_aarch64,cp312-win_amd64"},
		{"two", []json.RawMessage{settings("Pipfile.lock", pipfileLock), settings("pdm.lock", pdmLock)}, "3.11,cp312-manylinux_2_28_aarch64,cp312-win_amd64"},
		{"one of two", []json.RawMessage{settings("Pipfile.lock", pipfileLock), settings("uv.lock", uvLock)}, ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			env := ecosystem.Environment{Settings: row.settings, Run: func(context.Context, string, ...string) ([]byte, error) { return nil, errors.New("not found") }}
			options := map[string]string{}
			err := pypi.Ecosystem().Defaults(t.Context(), env, options)
			if options["python"] != row.want || err != nil != (row.want == "") {
				t.Errorf("got %q, %v; want %q", options["python"], err, row.want)
			}
			if err != nil && !strings.Contains(err.Error(), "--python 3.11 --platform manylinux_2_28_x86_64") {
				t.Errorf("the error does not say what to write: %v", err)
			}
		})
	}
}
