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

// project is a folder with a package.json in which one client works, inside a
// namespace or, without one, online.
type project struct {
	client client
	inside *namespace
	dir    string // as the client sees it
}

// newProject copies package.json from testdata/<fixture> and adds the client's
// settings: the mirrored registry inside a namespace, the machine's own online.
func newProject(t *testing.T, c client, inside *namespace, fixture string) project {
	t.Helper()
	p, registry := project{client: c}, ""
	if inside == nil {
		p.dir = t.TempDir()
	} else {
		p.inside, p.dir, registry = inside, inside.tempDir(t), registryURL
	}
	manifest, err := os.ReadFile(filepath.Join("testdata", fixture, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, p.file("package.json"), string(manifest))
	p.configure(t, registry)
	return p
}

// configure writes the client's settings for a registry, in place of others.
func (p project) configure(t *testing.T, registry string) {
	t.Helper()
	for name, text := range p.client.settings(registry) {
		writeFile(t, p.file(name), text)
	}
}

// file is the path of one of the project's files for this process.
func (p project) file(name string) string {
	if p.inside == nil {
		return filepath.Join(p.dir, name)
	}
	return p.inside.outside(filepath.Join(p.dir, name))
}

// readLock returns the text of the lockfile.
func (p project) readLock(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(p.file(p.client.lock()))
	if err != nil {
		t.Fatalf("%s left no lockfile: %v", p.client, err)
	}
	return string(text)
}

// online runs a command of the client with this machine's network and registry
// settings. Caches are shared between runs of the tests.
func (p project) online(ctx context.Context, args ...string) error {
	registry, err := machineRegistry()
	if err != nil {
		return err
	}
	cache := filepath.Join(toolHome(), "cache")
	cmd := grouped(exec.CommandContext(ctx, "env", args...))
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "PATH="+p.client.path(), "CI=1",
		"npm_config_registry="+registry, "YARN_NPM_REGISTRY_SERVER="+registry,
		"npm_config_cache="+filepath.Join(cache, "npm"), "YARN_CACHE_FOLDER="+filepath.Join(cache, p.client.String()),
		"BUN_INSTALL_CACHE_DIR="+filepath.Join(cache, "bun"),
		"XDG_CACHE_HOME="+cache, "XDG_DATA_HOME="+filepath.Join(cache, "data"))
	_, err = run(cmd)
	return err
}

// machineRegistry is the registry that npm uses on this machine.
func machineRegistry() (string, error) {
	out, err := output(exec.Command("npm", "config", "get", "registry"))
	return strings.TrimSpace(string(out)), err
}

// reference is what one client does with a fixture online: the lock it writes,
// without download addresses, and the packages it installs from that lock.
type reference struct {
	client    client
	lock      string
	installed []string
}

// yarn 1 and bun never map an address in a lock to another registry.
var (
	yarnAddress = regexp.MustCompile(`(?m)^  resolved .*\n`)
	bunAddress  = regexp.MustCompile(`", "https?://[^"]*", \{`)
)

// withoutAddresses takes the download addresses out of a lock of yarn 1 or bun.
// The other clients leave them out or map them to the registry in use.
func (c client) withoutAddresses(lock string) string {
	switch c.command {
	case "yarn":
		return yarnAddress.ReplaceAllString(lock, "")
	case "bun":
		return bunAddress.ReplaceAllString(lock, `", "", {`)
	}
	return lock
}

// newReference locks the fixture online and installs it from that lock.
func newReference(t *testing.T, c client, fixture string) reference {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
	defer cancel()
	first := newProject(t, c, nil, fixture)
	if err := first.online(ctx, c.locking()...); err != nil {
		t.Fatalf("lock with %s online: %v", c, err)
	}
	ref := reference{client: c, lock: c.withoutAddresses(first.readLock(t))}
	second := newProject(t, c, nil, fixture)
	writeFile(t, second.file(c.lock()), ref.lock)
	if err := second.online(ctx, c.frozen()...); err != nil {
		t.Fatalf("install with %s online: %v", c, err)
	}
	installed, err := output(second.node(ctx, "list.js"))
	if err != nil {
		t.Fatal(err)
	}
	ref.installed = names(t, installed)
	return ref
}

// node runs a script of testdata in the project with the client's own Node.
func (p project) node(ctx context.Context, script string) *exec.Cmd {
	file, err := filepath.Abs(filepath.Join("testdata", script))
	if err != nil {
		panic(err)
	}
	env := []string{"PATH=" + p.client.path()}
	if p.inside != nil {
		return p.inside.command(ctx, p.dir, env, "node", file)
	}
	cmd := exec.CommandContext(ctx, "env", "node", file)
	cmd.Dir, cmd.Env = p.dir, env
	return cmd
}

// names decodes what list.js prints.
func names(t *testing.T, list []byte) []string {
	t.Helper()
	var all []string
	if err := json.Unmarshal(list, &all); err != nil || len(all) == 0 {
		t.Fatalf("list of installed packages: %v in %q", err, tail(string(list), 3))
	}
	return all
}

// install runs a command of the client in the namespace with a home, a cache and
// an environment that nothing else has touched.
func (p project) install(t *testing.T, ctx context.Context, args ...string) error {
	t.Helper()
	home := p.inside.tempDir(t)
	_, err := run(p.inside.command(ctx, p.dir, cleanEnvironment(p.client, home), args...))
	return err
}

// cleanEnvironment is all that a client sees of the environment.
func cleanEnvironment(c client, home string) []string {
	return []string{
		"HOME=" + home, "PATH=" + c.path(), "LANG=C.UTF-8", "CI=1",
		"XDG_CACHE_HOME=" + filepath.Join(home, ".cache"),
		"XDG_DATA_HOME=" + filepath.Join(home, ".local", "share"),
	}
}
