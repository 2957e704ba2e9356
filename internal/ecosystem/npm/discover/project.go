package discover

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// maxDepth is how many folders are looked at on the way up.
const maxDepth = 64

var lockNames = []string{"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"}

// project is the folders whose settings count, nearest first.
type project struct {
	dirs []string
	pnpm bool // the root is the root of a pnpm workspace
}

func (p project) root() string { return p.dirs[len(p.dirs)-1] }

// findProject goes up from the environment's folder to the project's root.
func findProject(env ecosystem.Environment) project {
	dirs := upwards(env.Dir)
	start := slices.IndexFunc(dirs, func(dir string) bool { return exists(dir, append(lockNames, "package.json")...) })
	if start < 0 {
		return project{dirs: []string{env.Dir}}
	}
	pnpm := func(dir string) bool { return exists(dir, "pnpm-workspace.yaml") }
	end := start
	if !exists(dirs[start], lockNames...) && !pnpm(dirs[start]) {
		for i := start + 1; i < len(dirs); i++ {
			if pnpm(dirs[i]) || hasWorkspaces(env, dirs[i]) {
				end = i
				break
			}
		}
	}
	return project{dirs: dirs[start : end+1], pnpm: pnpm(dirs[end])}
}

func upwards(dir string) []string {
	dirs := []string{dir}
	for len(dirs) < maxDepth && filepath.Dir(dir) != dir {
		dir = filepath.Dir(dir)
		dirs = append(dirs, dir)
	}
	return dirs
}

// exists reports whether a folder has one of the files. It does not read them:
// a lock may be large.
func exists(dir string, names ...string) bool {
	for _, base := range names {
		if _, err := os.Stat(filepath.Join(dir, base)); err == nil {
			return true
		}
	}
	return false
}

// hasWorkspaces reports whether the package.json of a folder lists workspaces.
func hasWorkspaces(env ecosystem.Environment, dir string) bool {
	data, err := env.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return false
	}
	var manifest struct {
		Workspaces json.RawMessage `json:"workspaces"`
	}
	return json.Unmarshal(data, &manifest) == nil && len(manifest.Workspaces) > 0 && string(manifest.Workspaces) != "null"
}

// userFile is the path of the user's npmrc.
func (r *reading) userFile() string {
	if set, _ := r.layers.get("userconfig"); set.value != "" {
		return set.value
	}
	if r.env.Home == "" {
		return ""
	}
	return filepath.Join(r.env.Home, ".npmrc")
}

// globalFile is the path of npm's global npmrc, which lies in the prefix: a
// setting, or the place where npm or node is installed.
func (r *reading) globalFile() string {
	if set, _ := r.layers.get("globalconfig"); set.value != "" {
		return set.value
	}
	prefix := r.env.Getenv("PREFIX")
	if set, _ := r.layers.get("prefix"); set.value != "" {
		prefix = set.value
	}
	if prefix == "" {
		prefix = installed(r.env)
	}
	if prefix == "" {
		return ""
	}
	return filepath.Join(prefix, "etc", "npmrc")
}

// installed is the prefix of the first node or npm on PATH.
func installed(env ecosystem.Environment) string {
	if runtime.GOOS == "windows" {
		if data := env.Getenv("APPDATA"); data != "" {
			return filepath.Join(data, "npm")
		}
		return ""
	}
	for _, program := range []string{"node", "npm"} {
		for _, dir := range filepath.SplitList(env.Getenv("PATH")) {
			if !filepath.IsAbs(dir) {
				continue
			}
			path := filepath.Join(dir, program)
			if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
				continue
			}
			return prefixOf(path, program)
		}
	}
	return ""
}

// prefixOf follows the links of node, whose own place npm goes by. The link of
// npm leads into a package.
func prefixOf(path, program string) string {
	if program == "node" {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
	}
	return filepath.Dir(filepath.Dir(path))
}
