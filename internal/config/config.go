// Package config reads feedctl.yaml, FEEDCTL_* variables and flags into a
// [Config]. A flag counts before a variable, that before the file, that before
// the default.
//
// The file is the one that --config or FEEDCTL_CONFIG names. Otherwise it is the
// nearest feedctl.yaml in the working directory or above it: up to the root of
// the Git repository when there is one, else up to the home folder, else in the
// working directory alone. A file of another user's folder is never picked up.
// No file is fine.
//
// Relative paths in the file begin in its folder, those of flags and variables in
// the working directory. Lists in variables are separated by commas. An
// ecosystem's option is FEEDCTL_ECOSYSTEM_OPTION: FEEDCTL_NPM_NODE.
//
// The file holds no secrets, only references to them. Everything in it that is
// not understood is an error with its line; all errors are reported at once.
// docs/feedctl.schema.json describes the file for editors.
package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/web"
)

// FileName is the name of the configuration file.
const FileName = "feedctl.yaml"

// maxFile is the largest configuration file that is read, in bytes.
const maxFile = 1 << 20

// Config is the configuration of one run.
type Config struct {
	File      string                       // that was read, as people are told; empty for none
	To        string                       // folder of the feed; empty when nothing names one
	BaseURL   *string                      // URL of the feed's root; nil when nothing is said
	Upstreams []ecosystem.UpstreamConfig   // in search order
	Platforms []string                     // as written, valid for feed.ParseTarget; nil when nothing is said
	Options   map[string]map[string]string // the ecosystems' own options, by ecosystem
	Extras    []string                     // nil when nothing is said
	Inputs    []string                     // files, folders, package URLs, "ecosystem:NAME@RANGE"
	Jobs      int                          // downloads at once; 0 lets feedctl choose
	MaxAge    time.Duration                // younger cached metadata is used without asking
	CacheDir  string                       // of the metadata cache

	Offline         bool
	LockedOnly      bool
	SkipUnsupported bool
}

// ClientAccess returns how the package manager's own settings reach the address
// of an upstream: what "credentials: {client: true}" refers to.
type ClientAccess func(upstream ecosystem.UpstreamConfig) (web.Access, error)

// Load reads the configuration of a command. flags may lack any of the flags
// that AddPersistentFlags and AddMirrorFlags define; environ is "KEY=value". An
// error of what the user wrote is an *Error.
//
// Commands with the flags of AddMirrorFlags ask upstreams: for them, credentials
// that cannot be found are an error, unless they run offline. For the others the
// upstream's FoundIn says so.
func Load(flags *pflag.FlagSet, environ []string, access ...ClientAccess) (Config, error) {
	dir, err := os.Getwd()
	if err != nil {
		return Config{}, err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	l := &loader{dir: dir, home: home, environ: environ, flags: flags, ecosystems: all.Ecosystems()}
	if len(access) > 0 {
		l.access = access[0]
	}
	return l.load()
}

// loader is what one configuration is read from.
type loader struct {
	dir, home  string
	environ    []string
	flags      *pflag.FlagSet
	ecosystems []ecosystem.Ecosystem
	access     ClientAccess

	problems problems
}

func (l *loader) load() (Config, error) {
	path, err := l.locate()
	if err != nil {
		return Config{}, err
	}
	var doc document
	if path != "" {
		data, err := readFile(path)
		if err != nil {
			return Config{}, err
		}
		l.problems.file = l.shown(path)
		doc = parse(data, &l.problems, l.ecosystems)
	}
	c := Config{File: l.problems.file}
	l.settings(&c, doc)
	l.upstreams(&c, doc)
	return c, l.problems.err()
}

// getenv returns a variable, and whether it is set to anything.
func (l *loader) getenv(name string) (string, bool) {
	for i := len(l.environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(l.environ[i], name+"="); ok {
			return value, value != ""
		}
	}
	return "", false
}

// locate returns the path of the configuration file, or "" when there is none.
func (l *loader) locate() (string, error) {
	named, by := "", ""
	if flag := l.flags.Lookup("config"); flag != nil && flag.Changed {
		named, by = flag.Value.String(), "--config"
	} else if value, ok := l.getenv("FEEDCTL_CONFIG"); ok {
		named, by = value, "FEEDCTL_CONFIG"
	}
	if by == "" {
		return l.search(), nil
	}
	if !filepath.IsAbs(named) {
		named = filepath.Join(l.dir, named)
	}
	if info, err := os.Stat(named); err != nil || info.IsDir() {
		return "", usage(by, "there is no configuration file %s", l.shown(named))
	}
	return named, nil
}

// search looks for the file from the working directory upwards.
func (l *loader) search() string {
	found := ""
	for dir := l.dir; ; dir = filepath.Dir(dir) {
		if found == "" && exists(filepath.Join(dir, FileName)) {
			found = filepath.Join(dir, FileName)
		}
		if dir == l.home || exists(filepath.Join(dir, ".git")) {
			return found
		}
		if filepath.Dir(dir) == dir {
			break
		}
	}
	if own := filepath.Join(l.dir, FileName); found == own {
		return own
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = &fs.PathError{Op: "read", Path: path, Err: errors.New("larger than 1 MB: no configuration file")}
	}
	return data, err
}

// shown is a path as people are told: relative to the working directory when
// that is short.
func (l *loader) shown(path string) string {
	rel, err := filepath.Rel(l.dir, path)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..", "..", "..")) {
		return path
	}
	return filepath.ToSlash(rel)
}

// inFolder is a path of the file, seen from the working directory.
func (l *loader) inFolder(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(filepath.FromSlash(l.problems.file)), path)
}

// usage is an error of a flag or a variable.
func usage(where, format string, args ...any) *Error {
	return &Error{Problems: []Problem{{Where: where, Text: fmt.Sprintf(format, args...)}}}
}
