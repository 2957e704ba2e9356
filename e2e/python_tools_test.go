//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pythonFixture is the project that every Python tool locks and installs.
const pythonFixture = "pythontools"

// folderURL is the feed as the namespace has it on its disk.
const folderURL = "file://" + webRoot + "/"

// pythonTool returns the executable of one of the tools of python.txt.
func pythonTool(t *testing.T, command string) string {
	t.Helper()
	for line := range strings.Lines(readText(t, "python.txt")) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != command {
			continue
		}
		file := filepath.Join(toolHome(), "python-tools", command+"-"+fields[1], "bin", command)
		if _, err := os.Stat(file); err != nil {
			t.Fatalf("%s %s is missing: run e2e/install (%v)", command, fields[1], err)
		}
		return file
	}
	t.Fatalf("python.txt has no %s", command)
	return ""
}

func uvTool() string { return filepath.Join(toolHome(), "python", "bin", "uv") }

// machineIndex is the package index that this machine's pip uses, as feedctl finds it.
func machineIndex(t *testing.T) string {
	t.Helper()
	out, err := output(exec.Command(program(t, "feedctl"), "upstream", "list", "--json"))
	if err != nil {
		t.Fatal(err)
	}
	var upstreams []struct{ Ecosystem, URL string }
	if err := json.Unmarshal(out, &upstreams); err != nil {
		t.Fatal(err)
	}
	for _, u := range upstreams {
		if u.Ecosystem == "pypi" {
			return strings.TrimSuffix(u.URL, "/") + "/"
		}
	}
	t.Fatal("this machine has no package index: pip config set global.index-url ADDRESS")
	return ""
}

// pythonLock is a way to lock the fixture online: the program, what it is given, and
// the files that it leaves.
type pythonLock struct {
	name    string
	files   map[string]string // written before, besides the fixture
	env     []string
	program [][]string
	leaves  []string
}

// pythonLocks makes each kind of lock by its own tool.
func pythonLocks(t *testing.T, index string) []pythonLock {
	t.Helper()
	uv, pip, poetry, pdm, pipenv := uvTool(), pythonTool(t, "pip"), pythonTool(t, "poetry"), pythonTool(t, "pdm"), pythonTool(t, "pipenv")
	uvLock := []string{uv, "lock", "--python", debianPython, "--default-index", index}
	project := readText(t, filepath.Join("testdata", pythonFixture, "pyproject.toml"))
	return []pythonLock{
		{name: "uv", program: [][]string{uvLock}, leaves: []string{"uv.lock"}},
		{name: "uv pylock", leaves: []string{"pylock.toml"}, program: [][]string{
			uvLock, {uv, "export", "--frozen", "--quiet", "--no-emit-project", "--format", "pylock.toml", "--output-file", "pylock.toml"},
		}},
		{name: "requirements", leaves: []string{"requirements.txt"}, program: [][]string{
			{uv, "pip", "compile", "--quiet", "--python", debianPython, "--default-index", index, "--generate-hashes", "--output-file", "requirements.txt", "pyproject.toml"},
		}},
		{name: "pip pylock", leaves: []string{"pylock.toml"}, program: [][]string{
			{pip, "lock", "--quiet", "--output", "pylock.toml", "requests[socks]", "attrs", "click", "MarkupSafe"},
		}},
		{
			name: "poetry", leaves: []string{"poetry.lock"}, env: []string{"POETRY_PYPI_MIRROR_URL=" + index},
			program: [][]string{{poetry, "lock", "--no-interaction"}},
		},
		{
			name: "poetry source", leaves: []string{"poetry.lock", "pyproject.toml"}, program: [][]string{{poetry, "lock", "--no-interaction"}},
			files: map[string]string{"pyproject.toml": project + "\n[[tool.poetry.source]]\nname = \"machine\"\nurl = \"" + index + "\"\n"},
		},
		{name: "pdm", leaves: []string{"pdm.lock"}, env: []string{"PDM_PYPI_URL=" + index}, program: [][]string{{pdm, "lock"}}},
		{name: "pdm static", leaves: []string{"pdm.lock"}, env: []string{"PDM_PYPI_URL=" + index}, program: [][]string{{pdm, "lock", "--strategy", "static_urls"}}},
		{
			name: "pipenv", leaves: []string{"Pipfile.lock", "Pipfile"}, program: [][]string{{pipenv, "lock", "--python", debianPython}},
			files: map[string]string{"Pipfile": "[[source]]\nname = \"pypi\"\nurl = \"" + index + "\"\nverify_ssl = true\n\n" +
				"[packages]\nattrs = \"*\"\nclick = \"*\"\nMarkupSafe = \"*\"\nrequests = {extras = [\"socks\"], version = \"*\"}\n"},
		},
	}
}

// make locks the fixture in a folder of its own and returns the folder.
func (l pythonLock) make(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, "project")
	copyTree(t, filepath.Join("testdata", pythonFixture), dir)
	for name, text := range l.files {
		writeFile(t, filepath.Join(dir, name), text)
	}
	online(t, dir, nil, debianPython, "-m", "venv", "--without-pip", ".venv")
	env := append([]string{
		"HOME=" + home, "PIP_FIND_LINKS=", "PIP_EXTRA_INDEX_URL=", "PDM_CHECK_UPDATE=0", "UV_NO_CONFIG=1", "PIPENV_CACHE_DIR=" + filepath.Join(home, "pipenv"),
		"POETRY_CACHE_DIR=" + filepath.Join(home, "poetry"), "VIRTUAL_ENV=" + filepath.Join(dir, ".venv"),
	}, l.env...)
	for _, program := range l.program {
		online(t, dir, env, program...)
	}
	return dir
}

// pythonInstall is a way to install from a feed: a lock, what is done to it, and the
// program.
type pythonInstall struct {
	name    string
	lock    string   // name of a pythonLock, or "" for what feedctl chose
	base    string   // the lock is relocated to it; "" leaves it as it is
	env     []string // besides an empty home
	program []string
}

// pythonInstalls are the cells. Those with uv's relocated locks have no setting that
// names the feed: only the lock does.
func pythonInstalls(t *testing.T) []pythonInstall {
	t.Helper()
	uv, pip, poetry, pdm, pipenv := uvTool(), pythonTool(t, "pip"), pythonTool(t, "poetry"), pythonTool(t, "pdm"), pythonTool(t, "pipenv")
	simple, folder := feedURL+"pypi/simple/", folderURL+"pypi/simple/"
	debianPip := []string{debianPython, "-m", "pip", "--python", ".venv/bin/python", "install", "--no-cache-dir"}
	newPip := []string{pip, "--python", ".venv/bin/python", "install", "--no-cache-dir"}
	uvPip := []string{uv, "pip", "sync", "--python", ".venv/bin/python"}
	with := func(program []string, more ...string) []string {
		return append(program[:len(program):len(program)], more...)
	}
	return []pythonInstall{
		{name: "Debian's pip, requirements", lock: "requirements", program: with(debianPip, "--require-hashes", "--index-url", simple, "-r", "requirements.txt")},
		{name: "pip, requirements, file", lock: "requirements", program: with(newPip, "--require-hashes", "--index-url", folder, "-r", "requirements.txt")},
		{name: "pip, its pylock", lock: "pip pylock", base: feedURL, program: with(newPip, "-r", "pylock.toml")},
		{name: "pip, uv's pylock, file", lock: "uv pylock", base: folderURL, program: with(newPip, "-r", "pylock.toml")},
		{name: "uv", lock: "uv", base: feedURL, program: []string{uv, "sync", "--frozen", "--no-install-project"}},
		{name: "uv, file", lock: "uv", base: folderURL, program: []string{uv, "sync", "--frozen", "--no-install-project"}},
		{name: "uv, pylock", lock: "uv pylock", base: feedURL, program: with(uvPip, "pylock.toml")},
		{name: "uv, pip's pylock, file", lock: "pip pylock", base: folderURL, program: with(uvPip, "pylock.toml")},
		{name: "uv, requirements", lock: "requirements", program: with(uvPip, "--default-index", simple, "--require-hashes", "requirements.txt")},
		{name: "poetry", lock: "poetry", env: []string{"POETRY_PYPI_MIRROR_URL=" + simple}, program: []string{poetry, "install", "--no-root", "--no-interaction"}},
		{name: "poetry, source", lock: "poetry source", base: feedURL, program: []string{poetry, "install", "--no-root", "--no-interaction"}},
		{name: "pdm", lock: "pdm", env: []string{"PDM_PYPI_URL=" + simple}, program: []string{pdm, "sync", "--no-self"}},
		{name: "pdm, file", lock: "pdm", env: []string{"PDM_PYPI_URL=" + folder}, program: []string{pdm, "sync", "--no-self"}},
		{name: "pdm, static", lock: "pdm static", base: feedURL, program: []string{pdm, "sync", "--no-self"}},
		{name: "pipenv", lock: "pipenv", env: []string{"PIPENV_PYPI_MIRROR=" + simple}, program: []string{pipenv, "sync"}},
		{name: "pipenv, file", lock: "pipenv", env: []string{"PIPENV_PYPI_MIRROR=" + folder}, program: []string{pipenv, "sync"}},
		{name: "pip, chosen pylock", program: with(newPip, "-r", "CHOSEN/pylock.TARGET.toml")},
		{name: "pip, chosen requirements", program: with(newPip, "-r", "CHOSEN/requirements.TARGET.txt")},
		{name: "Debian's pip, chosen requirements", program: with(debianPip, "-r", "CHOSEN/requirements.TARGET.txt")},
		{name: "uv, chosen pylock", program: with(uvPip, "CHOSEN/pylock.TARGET.toml")},
		{name: "uv, chosen requirements", program: with(uvPip, "CHOSEN/requirements.TARGET.txt")},
	}
}

// TestPythonTools locks the fixture online with every tool, mirrors all locks into
// one feed, and installs each from there with the same tool: no other network, an
// empty environment, no cache. An install is good when the program ends well, the
// lock is as it was, "pip check" has nothing to say, and the fixture's check runs.
func TestPythonTools(t *testing.T) {
	locks := makePythonLocks(t, pythonLocks(t, machineIndex(t)))
	target := strings.TrimSpace(online(t, ".", nil, debianPython, "-c", pythonTarget))
	list := filepath.Join(t.TempDir(), "requirements.in")
	writeFile(t, list, "requests[socks]\nattrs\nclick\nMarkupSafe\n")
	inputs := []string{"--python", target, list}
	for _, l := range locks {
		inputs = append(inputs, filepath.Join(l.dir, l.leaves[0]))
	}
	feed := mirror(t, inputs...)
	feedctl(t, "verify", feed)
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	for _, install := range pythonInstalls(t) {
		t.Run(install.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), cellLimit)
			defer cancel()
			install.check(t, ctx, inside, feed, locks[install.lock])
		})
	}
	t.Run("uv, not relocated", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), cellLimit)
		defer cancel()
		refusesWithoutRelocation(t, ctx, inside, locks["uv"])
	})
}

// refusesWithoutRelocation shows that an index setting does not replace the addresses
// in a uv.lock.
func refusesWithoutRelocation(t *testing.T, ctx context.Context, inside *namespace, lock madeLock) {
	t.Helper()
	p := newPlace(t, inside, pythonFixture)
	writeFile(t, p.file("uv.lock"), readText(t, filepath.Join(lock.dir, "uv.lock")))
	p.env = append(p.env, "UV_PYTHON_DOWNLOADS=never", "UV_NO_CONFIG=1", "UV_NO_CACHE=1", "UV_HTTP_RETRIES=0", "UV_DEFAULT_INDEX="+feedURL+"pypi/simple/")
	p.refuse(t, ctx, "Failed to download", uvTool(), "sync", "--frozen", "--no-install-project", "--python", debianPython)
}

// madeLock is a lock with its folder.
type madeLock struct {
	pythonLock
	dir string
}

func makePythonLocks(t *testing.T, kinds []pythonLock) map[string]madeLock {
	t.Helper()
	dirs := make([]string, len(kinds))
	t.Run("locks", func(t *testing.T) {
		for i, l := range kinds {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				from := l.make(t)
				dirs[i] = filepath.Join(programDir, "python-locks", filepath.Base(l.name))
				for _, name := range l.leaves {
					writeFile(t, filepath.Join(dirs[i], name), readText(t, filepath.Join(from, name)))
				}
			})
		}
	})
	made := map[string]madeLock{}
	for i, l := range kinds {
		if dirs[i] == "" {
			t.Fatal("without the locks there is nothing to mirror; a -run pattern has to name them: TestPythonTools/(locks|uv)")
		}
		made[l.name] = madeLock{l, dirs[i]}
	}
	return made
}

func (i pythonInstall) check(t *testing.T, ctx context.Context, inside *namespace, feed string, lock madeLock) {
	t.Helper()
	p := newPlace(t, inside, pythonFixture)
	venv := filepath.Join(p.dir, ".venv")
	p.env = append(p.env, "PATH="+venv+"/bin:/usr/bin:/bin", "VIRTUAL_ENV="+venv, "PIP_DISABLE_PIP_VERSION_CHECK=1", "PDM_CHECK_UPDATE=0",
		"UV_PYTHON_DOWNLOADS=never", "UV_NO_CONFIG=1", "UV_CACHE_DIR="+filepath.Join(filepath.Dir(p.dir), "uv"), "PIPENV_VERBOSITY=-1")
	p.env = append(p.env, i.env...)
	p.do(t, ctx, debianPython, "-m", "venv", "--without-pip", ".venv")
	for _, name := range lock.leaves {
		writeFile(t, p.file(name), readText(t, filepath.Join(lock.dir, name)))
	}
	before := ""
	if i.base != "" {
		feedctl(t, "relocate", p.file(lock.leaves[0]), "--to", feed, "--base-url", i.base)
	}
	if i.lock != "" {
		before = p.read(t, lock.leaves[0])
	}
	p.do(t, ctx, i.command(t, inside)...)
	if i.lock != "" && before != p.read(t, lock.leaves[0]) {
		t.Errorf("%s is not as it was", lock.leaves[0])
	}
	if out := p.do(t, ctx, debianPython, "-m", "pip", "--python", ".venv/bin/python", "check"); !strings.Contains(out, "No broken requirements found") {
		t.Errorf("pip check: %s", out)
	}
	if out := p.do(t, ctx, ".venv/bin/python", "check.py"); out != "ok\n" {
		t.Errorf("check.py says %q", out)
	}
}

var chosenFile = regexp.MustCompile(`CHOSEN/(\w+)\.TARGET\.(\w+)`)

// command is the program with the files that feedctl chose in the places for them.
func (i pythonInstall) command(t *testing.T, inside *namespace) []string {
	t.Helper()
	var words []string
	for _, word := range i.program {
		if parts := chosenFile.FindStringSubmatch(word); parts != nil {
			word = chosenPython(t, inside, parts[1]+".*."+parts[2])
		}
		words = append(words, word)
	}
	return words
}
