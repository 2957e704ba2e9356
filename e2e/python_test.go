//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// debianPython is the interpreter of the cells: Debian's, with the pip that comes
// with it.
const debianPython = "/usr/bin/python3"

// pythonTarget makes that interpreter say what it is, as feedctl writes it.
const pythonTarget = `import platform, sys
print("cp%d%d-manylinux_%s_%s" % (*sys.version_info[:2], platform.libc_ver()[1].replace(".", "_"), platform.machine()))`

// pythonDists are the cells of pip and uv.
func pythonDists(t *testing.T) ecosystem {
	t.Helper()
	list := filepath.Join(t.TempDir(), "requirements.in")
	writeFile(t, list, readText(t, filepath.Join("testdata", "python", "requirements.in")))
	return ecosystem{
		name:   "python",
		inputs: []string{list, "--python", strings.TrimSpace(online(t, ".", nil, debianPython, "-c", pythonTarget))},
		cells: map[string]func(*testing.T, context.Context, *namespace){
			"fresh": func(t *testing.T, ctx context.Context, inside *namespace) {
				p := pythonPlace(t, inside)
				p.do(t, ctx, debianPython, "-m", "pip", "install", "--no-cache-dir", "--target", "with-pip", "--index-url", feedURL+"pypi/simple/", "-r", "requirements.in")
				pythonWorks(t, ctx, p, "with-pip")
				uvInstalls(t, ctx, p, "with-uv", "--default-index", feedURL+"pypi/simple/", "-r", "requirements.in")
			},
			"frozen": func(t *testing.T, ctx context.Context, inside *namespace) {
				p := pythonPlace(t, inside)
				lock := chosenPython(t, inside, "requirements.*.txt")
				p.do(t, ctx, debianPython, "-m", "pip", "install", "--no-cache-dir", "--require-hashes", "--target", "with-pip", "-r", lock)
				pythonWorks(t, ctx, p, "with-pip")
				uvInstalls(t, ctx, p, "with-uv", "-r", lock)
				uvInstalls(t, ctx, p, "with-pylock", "--preview", "-r", chosenPython(t, inside, "pylock.*.toml"))
			},
		},
	}
}

// pythonPlace is a project with an empty home.
func pythonPlace(t *testing.T, inside *namespace) place {
	t.Helper()
	p := newPlace(t, inside, "python", "PATH=/usr/bin:/bin")
	p.env = append(p.env, "UV_CACHE_DIR="+filepath.Join(filepath.Dir(p.dir), "uv"), "UV_NO_CONFIG=1", "PIP_DISABLE_PIP_VERSION_CHECK=1")
	return p
}

// chosenPython is a lock that feedctl wrote, as the namespace sees it.
func chosenPython(t *testing.T, inside *namespace, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(inside.outside(filepath.Join(webRoot, "locks", "pypi", "*", pattern)))
	if err != nil || len(found) != 1 {
		t.Fatalf("locks like %s: %q, %v", pattern, found, err)
	}
	return strings.TrimPrefix(found[0], inside.outside("/"))
}

// uvInstalls installs into a folder with uv, and runs the check from there.
func uvInstalls(t *testing.T, ctx context.Context, p place, folder string, args ...string) {
	t.Helper()
	uv := filepath.Join(toolHome(), "python", "bin", "uv")
	p.do(t, ctx, append([]string{uv, "pip", "install", "--python", debianPython, "--target", folder}, args...)...)
	pythonWorks(t, ctx, p, folder)
}

// pythonWorks runs the fixture's check with the distributions of a folder.
func pythonWorks(t *testing.T, ctx context.Context, p place, folder string) {
	t.Helper()
	if out := p.do(t, ctx, "env", "PYTHONPATH="+folder, debianPython, "check.py"); out != "ok\n" {
		t.Errorf("check.py says %q", out)
	}
}
