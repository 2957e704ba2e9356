//go:build e2e

package e2e

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

//go:embed clients.txt
var clientList string

// client is one version of a package manager and the Node version that runs it.
type client struct {
	command, version, runtime string
}

func (c client) String() string { return c.command + " " + c.version }

// major is the first number of the version.
func (c client) major() int {
	number, _, _ := strings.Cut(c.version, ".")
	n, err := strconv.Atoi(number)
	if err != nil {
		panic(fmt.Sprintf("clients.txt: version %q of %s", c.version, c.command))
	}
	return n
}

func (c client) berry() bool { return c.command == "yarn" && c.major() > 1 }

// path is the PATH on which the client and its Node come first.
func (c client) path() string {
	return strings.Join([]string{
		filepath.Join(toolHome(), "tools", c.command+"-"+c.version),
		filepath.Join(toolHome(), "tools", "node-"+c.runtime),
		"/usr/bin", "/bin", "/usr/sbin", "/sbin",
	}, ":")
}

// lock is the name of the client's lockfile.
func (c client) lock() string {
	return map[string]string{
		"npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "yarn": "yarn.lock", "bun": "bun.lock",
	}[c.command]
}

// fresh is the command that installs without a lockfile and writes one.
func (c client) fresh() []string {
	switch {
	case c.command == "npm":
		return []string{"npm", "install", "--omit-lockfile-registry-resolved"}
	case c.command == "pnpm":
		return []string{"pnpm", "install", "--no-frozen-lockfile"}
	case c.berry():
		return []string{"yarn", "install", "--no-immutable"}
	case c.command == "yarn":
		return []string{"yarn", "install", "--non-interactive"}
	}
	return []string{"bun", "install"}
}

// locking is the command that writes a lockfile. Yarn 1 installs to do so, and npm
// 12 has to: with --package-lock-only it refuses the tarball of a package with
// bundled dependencies (EALLOWREMOTE), from the registry itself.
func (c client) locking() []string {
	option := map[string]string{"npm": "--package-lock-only", "pnpm": "--lockfile-only", "bun": "--lockfile-only"}[c.command]
	switch {
	case c.berry():
		option = "--mode=update-lockfile"
	case c.command == "yarn", c.command == "npm" && c.major() > 11:
		option = "--ignore-scripts"
	}
	return append(c.fresh(), option)
}

// frozen is the command that installs exactly what the lockfile says.
func (c client) frozen() []string {
	switch {
	case c.command == "npm":
		return []string{"npm", "ci"}
	case c.command == "pnpm":
		return []string{"pnpm", "install", "--frozen-lockfile"}
	case c.berry():
		return []string{"yarn", "install", "--immutable"}
	case c.command == "yarn":
		return []string{"yarn", "install", "--non-interactive", "--frozen-lockfile"}
	}
	return []string{"bun", "install", "--frozen-lockfile"}
}

// gentle returns options for a server that lets few connections wait. Of all the
// clients only bun opens more than such a server bears: dozens at once, most of
// them dropped and tried again seconds later.
func (c client) gentle(backlog int) []string {
	if backlog > 0 && c.command == "bun" {
		return []string{"--network-concurrency", strconv.Itoa(backlog - 1)}
	}
	return nil
}

// settings are the client's own files for a project that installs from registry,
// by name. An empty registry leaves the machine's setting in force. Nothing but
// the address differs from what the client does by default, except that it waits
// less before it tries again (Apache drops idle connections after five seconds, as
// a client may be about to use one), that esbuild's install script is approved, and
// that yarn 3 packs its cache as yarn 4 does, which takes half the time.
func (c client) settings(registry string) map[string]string {
	line := func(format string) string {
		if registry == "" {
			return ""
		}
		return fmt.Sprintf(format, registry)
	}
	npmrc := line("registry=%s\n") + "fetch-retry-mintimeout=100\nfetch-retry-maxtimeout=1000\n"
	switch {
	case c.command == "pnpm":
		return map[string]string{".npmrc": npmrc, "pnpm-workspace.yaml": "packages: []\nfetchRetryMintimeout: 100\nfetchRetryMaxtimeout: 1000\n" +
			"allowBuilds: { esbuild: true }\nonlyBuiltDependencies: [esbuild]\n"}
	case c.berry():
		return map[string]string{".yarnrc.yml": line("npmRegistryServer: %q\n") +
			"unsafeHttpWhitelist: [127.0.0.1]\nnodeLinker: node-modules\ncompressionLevel: 0\n" +
			"enableGlobalCache: false\nenableTelemetry: false\n"}
	case c.command == "bun":
		return map[string]string{"bunfig.toml": "[install]\n" + line("registry = %q\n")}
	}
	return map[string]string{".npmrc": npmrc}
}

// toolHome is the folder that e2e/install fills.
func toolHome() string {
	if home := os.Getenv("FEEDCTL_E2E_HOME"); home != "" {
		return home
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		panic(err)
	}
	return filepath.Join(cache, "feedctl-e2e")
}

// tools reads clients.txt and fails the test when one of them is not installed.
func tools(t *testing.T) []client {
	t.Helper()
	var all []client
	for line := range strings.Lines(clientList) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		c := client{command: fields[0], version: fields[1], runtime: fields[2]}
		file := filepath.Join(toolHome(), "tools", c.command+"-"+c.version, c.command)
		if _, err := os.Stat(file); err != nil {
			t.Fatalf("%s is missing: run e2e/install (%v)", c, err)
		}
		all = append(all, c)
	}
	return all
}

// packageManagers are the clients of the matrix; a quick run takes one of each kind.
func packageManagers(t *testing.T) []client {
	t.Helper()
	var chosen []client
	for _, c := range tools(t) {
		switch c.command {
		case "npm", "pnpm", "yarn", "bun":
			if !quick() || quickClients[c.String()] {
				chosen = append(chosen, c)
			}
		}
	}
	return chosen
}

var quickClients = map[string]bool{"npm 11.19.1": true, "pnpm 11.28.11": true, "yarn 4.18.1": true, "bun 1.4.5": true}

// tool finds one line of clients.txt.
func tool(t *testing.T, command, version string) client {
	t.Helper()
	for _, c := range tools(t) {
		if c.command == command && c.version == version {
			return c
		}
	}
	t.Fatalf("clients.txt has no %s %s", command, version)
	return client{}
}

// quick says whether a short run was asked for.
func quick() bool { return testing.Short() || os.Getenv("FEEDCTL_E2E") == "quick" }

// every says whether each client is to meet each server.
func every() bool { return os.Getenv("FEEDCTL_E2E") == "every" }

// kind is what clients of one command and alike requests have in common: yarn was
// written anew after 1.
func (c client) kind() string {
	if c.command == "yarn" && c.major() == 1 {
		return "yarn classic"
	}
	return c.command
}
