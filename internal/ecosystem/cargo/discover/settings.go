package discover

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// settings are Cargo's, all files together.
type settings struct {
	env         ecosystem.Environment
	sources     map[string]source
	registries  map[string]registry
	tokens      map[string]token // by the name of the registry
	authorities []string         // files with certificates
}

// source is a [source.NAME] table.
type source struct {
	registry, folder, directory string
	replaceWith                 string
	at                          string
}

// registry is a [registries.NAME] table.
type registry struct{ index, at string }

type token struct{ value, at string }

// file is a settings file, or a credentials.toml, as far as it matters.
type file struct {
	Source map[string]struct {
		Registry    string `toml:"registry"`
		ReplaceWith string `toml:"replace-with"`
		Local       string `toml:"local-registry"`
		Directory   string `toml:"directory"`
	} `toml:"source"`
	Registries map[string]struct {
		Index string `toml:"index"`
		Token string `toml:"token"`
	} `toml:"registries"`
	Registry struct {
		Token string `toml:"token"`
	} `toml:"registry"`
	HTTP struct {
		CAInfo string `toml:"cainfo"`
	} `toml:"http"`
}

// read reads all settings, the most important first.
func read(env ecosystem.Environment) (*settings, error) {
	s := &settings{env: env, sources: map[string]source{}, registries: map[string]registry{}, tokens: map[string]token{}}
	s.environment()
	home := cargoHome(env)
	for dir := env.Dir; dir != ""; {
		if folder := filepath.Join(dir, ".cargo"); folder != home {
			if err := s.folder(folder, "config"); err != nil {
				return nil, err
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	if home == "" {
		return s, nil
	}
	return s, errors.Join(s.folder(home, "config"), s.folder(home, "credentials"))
}

func cargoHome(env ecosystem.Environment) string {
	if home := env.Getenv("CARGO_HOME"); home != "" {
		if filepath.IsAbs(home) {
			return filepath.Clean(home)
		}
		return filepath.Join(env.Dir, home)
	}
	if env.Home == "" {
		return ""
	}
	return filepath.Join(env.Home, ".cargo")
}

// environment reads the variables.
func (s *settings) environment() {
	for _, entry := range s.env.Environ {
		key, _, _ := strings.Cut(entry, "=")
		rest, ok := strings.CutPrefix(key, "CARGO_REGISTRIES_")
		value := s.env.Getenv(key)
		if name, isIndex := strings.CutSuffix(rest, "_INDEX"); ok && isIndex && value != "" {
			s.registries[variableName(name)] = registry{index: value, at: key}
		}
	}
	if value := s.env.Getenv("CARGO_HTTP_CAINFO"); value != "" {
		s.authorities = append(s.authorities, value)
	}
}

// variableName is how a registry is called whose name is known from a variable
// only, where "-" and "_" are the same.
func variableName(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "_", "-")
}

// token returns the token for a registry. A variable is named after it in upper
// case, with "_" for "-"; the default registry has one of its own.
func (s *settings) token(name string) token {
	key := "CARGO_REGISTRIES_" + strings.ReplaceAll(strings.ToUpper(name), "-", "_") + "_TOKEN"
	keys := []string{key}
	if name == defaultName {
		keys = append(keys, "CARGO_REGISTRY_TOKEN")
	}
	for _, key := range keys {
		if value := s.env.Getenv(key); value != "" {
			return token{value: value, at: key}
		}
	}
	return s.tokens[name]
}

// folder reads the file NAME or NAME.toml in a folder; of both Cargo takes the
// first.
func (s *settings) folder(dir, name string) error {
	if s.env.ReadFile == nil {
		return nil
	}
	for _, base := range []string{name, name + ".toml"} {
		path := filepath.Join(dir, base)
		data, err := s.env.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) || err != nil && errors.Is(err, fs.ErrPermission) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cargo settings: %w", err)
		}
		var f file
		if err := toml.Unmarshal(data, &f); err != nil {
			return fmt.Errorf("%s: %w", shown(s.env, path), plain(err))
		}
		s.add(f, shown(s.env, path), filepath.Dir(dir))
		return nil
	}
	return nil
}

// plain keeps the text of a file, which may hold a token, out of an error.
func plain(err error) error {
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		row, column := wrong.Position()
		return fmt.Errorf("line %d, column %d: not TOML as Cargo's settings have it", row, column)
	}
	return errors.New("not TOML as Cargo's settings have it")
}

// add takes over what no more important file says. Paths are relative to the
// folder that holds the settings' own.
func (s *settings) add(f file, at, base string) {
	for name, one := range f.Source {
		if _, known := s.sources[name]; known {
			continue
		}
		s.sources[name] = source{
			registry: one.Registry, replaceWith: one.ReplaceWith, at: at,
			folder: absolute(base, one.Local), directory: absolute(base, one.Directory),
		}
	}
	for name, one := range f.Registries {
		name = s.known(name)
		if _, known := s.registries[name]; !known && one.Index != "" {
			s.registries[name] = registry{index: one.Index, at: at}
		}
		s.addToken(name, one.Token, at)
	}
	s.addToken(defaultName, f.Registry.Token, at)
	if f.HTTP.CAInfo != "" {
		s.authorities = append(s.authorities, absolute(base, f.HTTP.CAInfo))
	}
}

// known is the name under which a registry is already known from a variable.
func (s *settings) known(name string) string {
	if _, ok := s.registries[variableName(name)]; ok {
		return variableName(name)
	}
	return name
}

func (s *settings) addToken(name, value, at string) {
	if _, known := s.tokens[name]; !known && value != "" {
		s.tokens[name] = token{value: value, at: at}
	}
}

func absolute(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, filepath.FromSlash(path))
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
