package discover

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

// settings are those of all tools together.
type settings struct {
	env     ecosystem.Environment
	entries []entry
	noIndex bool

	authorities []string // files with certificates
	certificate string   // file with the client's certificate and its key
	keyring     bool     // the keyring command may be asked
	keyrings    map[string]login
	netrc       []web.NetrcEntry
	netrcAt     string
}

// read reads all settings.
func read(env ecosystem.Environment) (*settings, error) {
	s := &settings{env: env, keyrings: map[string]login{}}
	p, err := s.project()
	if err != nil {
		return nil, err
	}
	pip, err := s.pip()
	if err != nil {
		return nil, err
	}
	uv, err := s.uv(p.uv)
	if err != nil {
		return nil, err
	}
	tools := []tool{pip, uv}
	if p.isUV {
		tools = []tool{uv, pip}
	}
	s.entries, s.noIndex = p.entries, p.noIndex
	if !tools[0].isEmpty() {
		tools = tools[:1]
	}
	for _, one := range tools {
		s.take(one)
	}
	s.certificates(pip)
	s.keyring = pip.keyring || uv.keyring
	s.netrc, s.netrcAt, err = readNetrc(env)
	return s, err
}

// tool is what the settings of pip or uv say.
type tool struct {
	entries []entry
	noIndex bool
	keyring bool

	authorities []string
	certificate string
}

// isEmpty reports whether a tool's settings name no index.
func (t tool) isEmpty() bool { return len(t.entries) == 0 && !t.noIndex }

// take adds what a tool's settings name. A default index of the project is in the
// place of the tool's.
func (s *settings) take(t tool) {
	s.noIndex = s.noIndex || t.noIndex
	has := slices.ContainsFunc(s.entries, func(e entry) bool { return e.rank == general })
	for _, one := range t.entries {
		if one.rank != general || !has {
			s.entries = append(s.entries, one)
		}
	}
}

func (s *settings) certificates(pip tool) {
	s.authorities, s.certificate = pip.authorities, pip.certificate
	if bundle := s.env.Getenv("REQUESTS_CA_BUNDLE"); bundle != "" && len(s.authorities) == 0 {
		s.authorities = []string{bundle}
	}
}

// readFile reads a settings file; nil when there is none.
func (s *settings) readFile(path string) ([]byte, error) { return readFile(s.env, path) }

func readFile(env ecosystem.Environment, path string) ([]byte, error) {
	if env.ReadFile == nil || path == "" {
		return nil, nil
	}
	data, err := env.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("python settings: %w", err)
	}
	return data, nil
}

// decode reads a TOML file; errors do not quote it, for it may hold a password.
func (s *settings) decode(path string, target any) (found bool, err error) {
	data, err := s.readFile(path)
	if err != nil || data == nil {
		return false, err
	}
	err = toml.Unmarshal(data, target)
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &wrong):
		row, column := wrong.Position()
		err = fmt.Errorf("%s: line %d, column %d: not TOML as Python's tools have it", s.shown(path), row, column)
	case err != nil:
		err = fmt.Errorf("%s: not TOML as Python's tools have it", s.shown(path))
	}
	return true, err
}

// getenv returns the value of a variable and whether it is set.
func (s *settings) getenv(key string) (string, bool) {
	for i := len(s.env.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(s.env.Environ[i], key+"="); ok {
			return value, true
		}
	}
	return "", false
}

// configHome is the user's folder for settings, and configDirs those of the
// machine, the most important last.
func (s *settings) configHome() string {
	if dir := s.env.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return dir
	}
	return s.below(".config")
}

func (s *settings) configDirs() []string {
	dirs := filepath.SplitList(s.env.Getenv("XDG_CONFIG_DIRS"))
	if len(dirs) == 0 {
		dirs = []string{"/etc/xdg"}
	}
	slices.Reverse(dirs)
	return dirs
}

// below is a path in the home folder, "" without one.
func (s *settings) below(parts ...string) string {
	if s.env.Home == "" {
		return ""
	}
	return filepath.Join(append([]string{s.env.Home}, parts...)...)
}

// shown is a path as people are told: short, and without the user's name.
func (s *settings) shown(path string) string { return shown(s.env, path) }

func shown(env ecosystem.Environment, path string) string {
	for _, from := range []struct{ dir, as string }{{env.Dir, ""}, {env.Home, "~/"}} {
		if from.dir == "" {
			continue
		}
		if rel, err := filepath.Rel(from.dir, path); err == nil && filepath.IsLocal(rel) {
			return from.as + filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(path)
}

func onWindows() bool { return runtime.GOOS == "windows" }
