package pypi_test

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/pkg/feed"
)

var placeholder = regexp.MustCompile(`\{([^{} ]+\.(?:whl|tar\.gz))\}`)

// readLock reads an input in which {FILE} stands for the digest of a file.
func readLock(t testing.TB, registry *pypitest.Registry, name, text, pythons, platforms string) feed.Request {
	t.Helper()
	text = placeholder.ReplaceAllStringFunc(text, func(match string) string {
		sum := registry.SHA256(strings.Trim(match, "{}"))
		if sum == "" {
			t.Fatalf("the index has no file %s", match)
		}
		return "sha256:" + sum
	})
	e := pypi.Ecosystem()
	for _, all := range []map[string]func(fs.FS, string) (feed.Request, error){e.Locks, e.Manifests} {
		for pattern, read := range all {
			if ok, err := path.Match(pattern, name); err != nil || !ok {
				continue
			}
			request, err := read(fstest.MapFS{name: {Data: []byte(text)}}, name)
			if err != nil {
				t.Fatal(err)
			}
			request.Ecosystem, request.Targets = "pypi", platformsOf(t, platforms)
			if pythons != "" {
				request.Options = map[string]string{"python": pythons}
			}
			if request.Lock != nil {
				request.LockDigest = "sha256:0"
				for _, edge := range request.Lock.Edges {
					if edge.From == feed.Root {
						request.Requirements = append(request.Requirements, edge.Requirement)
					}
				}
			}
			return request
		}
	}
	t.Fatalf("nothing reads %s", name)
	return feed.Request{}
}

const hashed = `
app==1.0 --hash={app-1.0-py3-none-any.whl}
lib==1.5 --hash={lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl} --hash={lib-1.5-cp311-cp311-win_amd64.whl} --hash={lib-1.5.tar.gz}
winonly==0.1 ; sys_platform == "win32" --hash={winonly-0.1-py3-none-any.whl}
`

const uvLock = `version = 1
requires-python = ">=3.9"

[[package]]
name = "demo"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "app" }, { name = "lib" }]

[package.optional-dependencies]
more = [{ name = "extra-dep" }]

[[package]]
name = "app"
version = "1.0"
source = { registry = "https://registry.example/simple" }
dependencies = [
    { name = "lib" },
    { name = "oldpy", marker = "python_full_version < '3.10'" },
    { name = "winonly", marker = "sys_platform == 'win32'" },
]
wheels = [{ url = "https://registry.example/app-1.0-py3-none-any.whl", hash = "{app-1.0-py3-none-any.whl}" }]

[[package]]
name = "lib"
version = "1.5"
source = { registry = "https://registry.example/simple" }
sdist = { url = "https://registry.example/lib-1.5.tar.gz", hash = "{lib-1.5.tar.gz}" }
wheels = [
    { url = "https://registry.example/lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl", hash = "{lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl}" },
    { url = "https://registry.example/lib-1.5-cp311-cp311-win_amd64.whl", hash = "{lib-1.5-cp311-cp311-win_amd64.whl}" },
]

[[package]]
name = "winonly"
version = "0.1"
source = { registry = "https://registry.example/simple" }
wheels = [{ url = "https://registry.example/winonly-0.1-py3-none-any.whl", hash = "{winonly-0.1-py3-none-any.whl}" }]

[[package]]
name = "oldpy"
version = "1.0"
source = { registry = "https://registry.example/simple" }
wheels = [{ url = "https://registry.example/oldpy-1.0-py3-none-any.whl", hash = "{oldpy-1.0-py3-none-any.whl}" }]

[[package]]
name = "extra-dep"
version = "1.0"
source = { registry = "https://registry.example/simple" }
wheels = [{ url = "https://registry.example/extra_dep-1.0-py3-none-any.whl", hash = "{extra_dep-1.0-py3-none-any.whl}" }]
`

const pipfileLock = `{"_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {"python_version": "3.11"}, "sources": []},
"default": {
  "app": {"hashes": ["{app-1.0-py3-none-any.whl}"], "version": "==1.0"},
  "lib": {"hashes": ["{lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl}", "{lib-1.5.tar.gz}"], "version": "==1.5"},
  "winonly": {"hashes": ["{winonly-0.1-py3-none-any.whl}"], "version": "==0.1", "markers": "sys_platform == 'win32'"}
}, "develop": {}}`

const pylock = `lock-version = "1.0"
created-by = "test"
[[packages]]
name = "app"
version = "1.0"
wheels = [{name = "app-1.0-py3-none-any.whl", hashes = {sha256 = "{app-1.0-py3-none-any.whl}"}}]
[[packages]]
name = "lib"
version = "1.5"
sdist = {name = "lib-1.5.tar.gz", hashes = {sha256 = "{lib-1.5.tar.gz}"}}
[[packages]]
name = "oldpy"
version = "1.0"
marker = "python_version < '3.10'"
wheels = [{name = "oldpy-1.0-py3-none-any.whl", hashes = {sha256 = "{oldpy-1.0-py3-none-any.whl}"}}]
`

const (
	appLine    = "app@1.0 app-1.0-py3-none-any.whl\n"
	libLinux   = "lib@1.5 lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl\n"
	libBoth    = "lib@1.5 lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl lib-1.5-cp311-cp311-win_amd64.whl\n"
	libAll     = "lib@1.5 lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl lib-1.5-cp311-cp311-win_amd64.whl lib-1.5.tar.gz\n"
	extraLine  = "extra-dep@1.0 extra_dep-1.0-py3-none-any.whl\n"
	toolsLines = "setuptools@65.0 setuptools-65.0-py3-none-any.whl\nwheel@0.40 wheel-0.40-py3-none-any.whl\n"
)

func TestLocked(t *testing.T) {
	for _, row := range []struct{ what, file, text, pythons, platforms, want string }{
		{"requirements with hashes", "requirements.txt", hashed, "3.11", linux, appLine + libLinux + "winonly@0.1 bare"},
		{"requirements with hashes, two targets", "requirements.txt", hashed, "3.11", linux + " " + windows, appLine + libBoth + "winonly@0.1 winonly-0.1-py3-none-any.whl"},
		{"requirements with hashes, targets unknown", "requirements.txt", hashed, "", "", appLine + libAll + "winonly@0.1 winonly-0.1-py3-none-any.whl"},
		{"uv.lock", "uv.lock", uvLock, "3.11", linux, appLine + extraLine + libLinux + "oldpy@1.0 bare\nwinonly@0.1 bare"},
		{"uv.lock, built from source", "uv.lock", uvLock, "3.9", windows, appLine + extraLine + "lib@1.5 lib-1.5.tar.gz\noldpy@1.0 oldpy-1.0-py3-none-any.whl\n" + toolsLines + "winonly@0.1 winonly-0.1-py3-none-any.whl"},
		{"Pipfile.lock, its own Python", "Pipfile.lock", pipfileLock, "cp312-" + linux, "", appLine + libLinux + "winonly@0.1 bare"},
		{"pylock.toml", "pylock.toml", pylock, "3.11", linux, appLine + "lib@1.5 lib-1.5.tar.gz\noldpy@1.0 bare\n" + strings.TrimSuffix(toolsLines, "\n")},
	} {
		t.Run(row.what, func(t *testing.T) {
			m, registry := index(t)
			text := row.text
			if row.file == "pylock.toml" {
				text = placeholder.ReplaceAllStringFunc(text, func(match string) string { return registry.SHA256(strings.Trim(match, "{}")) })
			}
			asked := readLock(t, registry, row.file, text, row.pythons, row.platforms)
			graph, kept := m.mirror(t, asked)
			if diff := cmp.Diff(row.want, nodes(graph)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if strings.Contains(edges(graph), "> open") {
				t.Errorf("open edges:\n%s", edges(graph))
			}
			if diff := cmp.Diff(edges(graph), edges(m.verify(t, kept))); diff != "" && row.pythons != "" {
				t.Errorf("from the feed alone, -want +got\n%s", diff)
			}
			for _, node := range graph.Nodes {
				for _, pin := range node.Pins {
					if pin.File == "" || len(pin.Digests) == 0 {
						t.Errorf("%s: the pin %v names no file or no digest", node.Name, pin)
					}
				}
			}
		})
	}
}

func TestLockedErrors(t *testing.T) {
	for _, row := range []struct{ what, text, pythons, platforms, options, want string }{
		{"another digest", "lib==2.0 --hash={lib-1.5.tar.gz}\n", "3.11", linux, "", "pins"},
		{"no wheel for the target", "lib==3.0 --hash={lib-3.0-cp312-cp312-macosx_11_0_arm64.whl}\n", "3.11", linux, "", "has no wheel for the target"},
		{"has to be built, and must not", "legacy==0.3 --hash={legacy-0.3.tar.gz}\n", "3.11", linux, "none", "source distributions are not wanted"},
		{"a wheel for newer Pythons", "lib==2.0 --hash={lib-2.0-py3-none-any.whl}\n", "3.9", linux, "", "needs Python"},
		{"no such version", "lib==9 --hash={lib-1.5.tar.gz}\n", "3.11", linux, "", "not found"},
	} {
		t.Run(row.what, func(t *testing.T) {
			m, registry := index(t)
			asked := readLock(t, registry, "requirements.txt", row.text, row.pythons, row.platforms)
			if row.options != "" {
				asked.Options["sdist"] = row.options
			}
			_, err := pypi.Ecosystem().Resolve(t.Context(), asked, m)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want an error with %q", err, row.want)
			}
		})
	}
}

// TestGap takes something away that a lock needs: the edge to it is open.
func TestGap(t *testing.T) {
	m, registry := index(t)
	_, kept := m.mirror(t, readLock(t, registry, "uv.lock", uvLock, "3.11", windows))
	delete(m.held, "winonly")
	kept.lock.Nodes = slices.DeleteFunc(kept.lock.Nodes, func(n feed.Node) bool { return n.Name == "winonly" })
	if got, want := edges(m.verify(t, kept)), `app@1.0 > open winonly; sys_platform == "win32" (open in the lock)`; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant the edge\n%s", got, want)
	}
}

// TestDowngrade has a lock with a release whose dependency is not in the feed,
// which holds an older release of it too: installers that resolve take that one,
// and say nothing.
func TestDowngrade(t *testing.T) {
	m, registry := index(t)
	m.mirror(t, request(t, "3.11", linux, "picky"))
	asked := readLock(t, registry, "requirements.txt", "picky==2.0 --hash={picky-2.0-py3-none-any.whl}\n", "3.11", linux)
	asked.Requirements = []feed.Requirement{{Name: "picky"}}
	graph, kept := m.mirror(t, asked)
	if want := "picky@2.0 > open lib<1 (open in the lock)"; !strings.Contains(edges(graph), want) {
		t.Errorf("got\n%s\nwant the edge\n%s", edges(graph), want)
	}
	kept.request.Lock = kept.lock
	kept.request.Options = map[string]string{"python": "3.11", ecosystem.LockedOnly: "true"}
	_, err := pypi.Ecosystem().Resolve(t.Context(), kept.request, m.alone())
	var found *pypi.DowngradeError
	if !errors.As(err, &found) || len(found.Cases) != 1 || !strings.Contains(found.Cases[0], "picky 1.0, the lock has 2.0") {
		t.Errorf("got %v, want a *pypi.DowngradeError", err)
	}
	if _, err := pypi.Ecosystem().Resolve(t.Context(), kept.request, m); err != nil {
		t.Errorf("with an upstream to ask: %v", err)
	}
}
