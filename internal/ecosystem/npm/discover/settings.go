package discover

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// setting is one value. Whatever file it comes from, it is kept under the key
// that .npmrc has for it; a scope's own credentials, which .npmrc does not know,
// are under "@scope:_authToken" and the like.
type setting struct {
	value   string
	list    []string // the values of a key[] in .npmrc
	at      string   // where it was found: "~/.npmrc:3", "npm_config_registry"
	missing string   // environment variable that value names and that is not set
}

// layer is the settings of one file, or of one kind of environment variable.
type layer map[string]setting

// settings are all layers, the most important one first.
type settings []layer

// noLevel is the level of a registry that no layer names.
const noLevel = -1

// get returns the most important setting of a key, and its layer.
func (s settings) get(key string) (setting, int) {
	for level, l := range s {
		if set, ok := l[key]; ok && (set.value != "" || len(set.list) > 0) {
			return set, level
		}
	}
	return setting{}, noLevel
}

var (
	scopeKey  = regexp.MustCompile(`^(@[^/:]+):(registry|_authToken|_auth|username|_password)$`)
	scopeName = regexp.MustCompile(`^@[A-Za-z0-9._~!'()-]+$`)
)

func validScope(scope string) bool { return scopeName.MatchString(scope) && len(scope) <= 214 }

// scopeNames returns the scopes that have settings, sorted.
func (s settings) scopeNames() []string {
	scopes := map[string]bool{}
	for _, l := range s {
		for key, set := range l {
			if match := scopeKey.FindStringSubmatch(key); match != nil && set.value != "" {
				scopes[match[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(scopes))
}

// reading collects the layers of one environment.
type reading struct {
	env    ecosystem.Environment
	layers settings
}

// parseFunc adds what a file says to a layer.
type parseFunc func(f *file, data []byte) error

// file is one settings file while it is read.
type file struct {
	env   ecosystem.Environment
	place string // as people are told
	dir   string // where relative paths begin
	layer layer
}

// set keeps a value that was found in a line; 0 when the line is not known.
func (f *file) set(line int, key string, set setting) {
	set.at = f.place
	if line > 0 {
		set.at = fmt.Sprintf("%s:%d", f.place, line)
	}
	if isPath(key) {
		set.value = resolvePath(f.env, f.dir, set.value)
	}
	f.layer[key] = set
}

func isPath(key string) bool {
	switch key[strings.LastIndexByte(key, ':')+1:] {
	case "cafile", "certfile", "keyfile", "userconfig", "globalconfig", "prefix":
		return true
	}
	return false
}

// resolvePath returns the path that a setting means.
func resolvePath(env ecosystem.Environment, dir, path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(env.Home, filepath.FromSlash(rest))
	}
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// read returns all layers.
func read(env ecosystem.Environment) (settings, error) {
	r := &reading{env: env}
	r.environment()
	user := r.userFile()
	err := errors.Join(
		r.project(user),
		r.file(user, parseNpmrc),
		r.home(".yarnrc.yml", parseYarnrcYML),
		r.home(".yarnrc", parseYarnrc),
		r.home(".bunfig.toml", parseBunfig),
	)
	if err != nil {
		return nil, err
	}
	return r.layers, r.file(r.globalFile(), parseNpmrc)
}

func (r *reading) home(base string, parse parseFunc) error {
	if r.env.Home == "" {
		return nil
	}
	return r.file(filepath.Join(r.env.Home, base), parse)
}

// file adds a layer, unless there is no such file.
func (r *reading) file(path string, parse parseFunc) error {
	if path == "" || r.env.ReadFile == nil {
		return nil
	}
	data, err := r.env.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("npm settings: %w", err)
	}
	f := &file{env: r.env, place: shown(r.env, path), dir: filepath.Dir(path), layer: layer{}}
	if err := parse(f, data); err != nil {
		return fmt.Errorf("%s: %w", f.place, err)
	}
	r.layers = append(r.layers, f.layer)
	return nil
}

// project adds the layers of the project's folders.
func (r *reading) project(user string) error {
	p := findProject(r.env)
	for _, dir := range p.dirs {
		npmrc := filepath.Join(dir, ".npmrc")
		if npmrc == user || (dir != p.root() && !p.pnpm) {
			npmrc = ""
		}
		var rest error
		if dir != r.env.Home {
			rest = errors.Join(
				r.file(npmrc, parseNpmrc),
				r.file(filepath.Join(dir, ".yarnrc.yml"), parseYarnrcYML),
				r.file(filepath.Join(dir, ".yarnrc"), parseYarnrc),
				r.file(filepath.Join(dir, "bunfig.toml"), parseBunfig),
				r.file(filepath.Join(dir, "pnpm-workspace.yaml"), parsePnpmWorkspace),
			)
		}
		if rest != nil {
			return rest
		}
	}
	return nil
}

// shown is a path as people are told: short, and without the user's name.
func shown(env ecosystem.Environment, path string) string {
	if rel, ok := below(env.Dir, path); ok {
		return rel
	}
	if rel, ok := below(env.Home, path); ok {
		return "~/" + rel
	}
	return filepath.ToSlash(path)
}

func below(dir, path string) (string, bool) {
	if dir == "" {
		return "", false
	}
	rel, err := filepath.Rel(dir, path)
	rel = filepath.ToSlash(rel)
	return rel, err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}
