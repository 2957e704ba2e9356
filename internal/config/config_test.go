package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/feedctl/feedctl/internal/ecosystem/all"
)

// setup is one way to start feedctl.
type setup struct {
	file    string   // text of feedctl.yaml
	at      string   // its path below the root; default feedctl.yaml
	dir     string   // the working directory below the root
	home    string   // below the root
	files   []string // other files that exist
	environ []string
	args    []string
	access  ClientAccess
}

func (s setup) load(t *testing.T) (Config, error) {
	t.Helper()
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if s.file != "" {
		at := s.at
		if at == "" {
			at = FileName
		}
		write(at, s.file)
	}
	for _, name := range s.files {
		name, text, _ := strings.Cut(name, "=")
		write(name, text)
	}
	flags := pflag.NewFlagSet("feedctl", pflag.ContinueOnError)
	AddPersistentFlags(flags)
	AddMirrorFlags(flags)
	if err := flags.Parse(s.args); err != nil {
		t.Fatal(err)
	}
	l := &loader{
		dir: filepath.Join(root, s.dir), home: filepath.Join(root, s.home, "no-home"), environ: s.environ,
		flags: flags, ecosystems: all.Ecosystems(), access: s.access,
	}
	if s.home != "" {
		l.home = filepath.Join(root, s.home)
	}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return l.load()
}

func TestDefaults(t *testing.T) {
	c, err := setup{}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(filepath.ToSlash(c.CacheDir), "/feedctl") {
		t.Errorf("cache %s", c.CacheDir)
	}
	c.CacheDir = ""
	if diff := cmp.Diff(Config{MaxAge: 24 * time.Hour, Options: map[string]map[string]string{}}, c); diff != "" {
		t.Error(diff)
	}
}

const everything = `
to: out
base_url: https://feed.test/x/
platforms: [linux/amd64]
extras: [search]
inputs: [package-lock.json, "npm:a@1", /abs, -]
jobs: 3
max_age: 7d
offline: true
locked_only: true
skip_unsupported: true
cache_dir: cache
npm: {node: 20.20}
`

func TestPrecedence(t *testing.T) {
	environ := []string{
		"FEEDCTL_TO=env", "FEEDCTL_BASE_URL=https://env.test/", "FEEDCTL_PLATFORMS=darwin/arm64, windows/x64",
		"FEEDCTL_EXTRAS=a,b", "FEEDCTL_INPUTS=x", "FEEDCTL_JOBS=4", "FEEDCTL_MAX_AGE=2h", "FEEDCTL_OFFLINE=false",
		"FEEDCTL_LOCKED_ONLY=0", "FEEDCTL_SKIP_UNSUPPORTED=false", "FEEDCTL_CACHE_DIR=envcache", "FEEDCTL_NPM_NODE=22", "FEEDCTL_NPM_LEGACY_PEER_DEPS=true",
	}
	args := []string{
		"--to=flag", "--base-url=", "--platform=linux/arm64", "--platform=linux/x64", "--extra=c", "--jobs=5", "--max-age=0",
		"--offline", "--locked-only", "--skip-unsupported=true", "--cache-dir=flagcache",
	}
	file := Config{
		File: "feedctl.yaml", To: "out", BaseURL: text("https://feed.test/x"), Platforms: []string{"linux/amd64"}, Extras: []string{"search"},
		Inputs: []string{"package-lock.json", "npm:a@1", "/abs", "-"}, Jobs: 3, MaxAge: 7 * 24 * time.Hour, CacheDir: "cache",
		Offline: true, LockedOnly: true, SkipUnsupported: true, Options: map[string]map[string]string{"npm": {"node": "20.20"}},
	}
	env := Config{
		File: "feedctl.yaml", To: "env", BaseURL: text("https://env.test"), Platforms: []string{"darwin/arm64", "windows/x64"}, Extras: []string{"a", "b"},
		Inputs: []string{"x"}, Jobs: 4, MaxAge: 2 * time.Hour, CacheDir: "envcache",
		Options: map[string]map[string]string{"npm": {"node": "22", "legacy-peer-deps": "true"}},
	}
	flags := env
	flags.To, flags.BaseURL, flags.Platforms, flags.Extras = "flag", text(""), []string{"linux/arm64", "linux/x64"}, []string{"c"}
	flags.Jobs, flags.MaxAge, flags.CacheDir, flags.Offline, flags.LockedOnly, flags.SkipUnsupported = 5, 0, "flagcache", true, true, true
	for name, test := range map[string]struct {
		setup
		want Config
	}{
		"file":                {setup{file: everything}, file},
		"variables over file": {setup{file: everything, environ: environ}, env},
		"flags over all":      {setup{file: everything, environ: environ, args: args}, flags},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.load(t)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func text(s string) *string { return &s }

func TestLocate(t *testing.T) {
	for name, test := range map[string]struct {
		setup
		want, to, err string
	}{
		"working directory":    {setup{}, "feedctl.yaml", "out", ""},
		"above, in repository": {setup{dir: "a/b", files: []string{".git/HEAD"}}, "../../feedctl.yaml", "../../out", ""},
		"nearer one counts":    {setup{dir: "a/b", files: []string{".git/HEAD", "a/feedctl.yaml=to: near"}}, "../feedctl.yaml", "../near", ""},
		"above the repository": {setup{dir: "a/b", files: []string{"a/.git"}}, "", "", ""},
		"up to home":           {setup{dir: "home/a", home: "home", at: "home/feedctl.yaml"}, "../feedctl.yaml", "../out", ""},
		"above home":           {setup{dir: "home/a", home: "home"}, "", "", ""},
		"neither":              {setup{dir: "a"}, "", "", ""},
		"flag":                 {setup{at: "x/other.yml", args: []string{"--config=x/other.yml"}}, "x/other.yml", "x/out", ""},
		"variable":             {setup{at: "x/other.yml", environ: []string{"FEEDCTL_CONFIG=x/other.yml"}}, "x/other.yml", "x/out", ""},
		"flag over variable":   {setup{at: "y", environ: []string{"FEEDCTL_CONFIG=x"}, args: []string{"--config", "y"}}, "y", "out", ""},
		"no such flag file":    {setup{args: []string{"--config", "none.yaml"}}, "", "", "--config: there is no configuration file none.yaml"},
		"no such variable file": {
			setup{environ: []string{"FEEDCTL_CONFIG=none.yaml"}},
			"", "",
			"FEEDCTL_CONFIG: there is no configuration file none.yaml",
		},
	} {
		t.Run(name, func(t *testing.T) {
			test.file = "to: out\n"
			c, err := test.load(t)
			checkError(t, err, test.err)
			if c.File != test.want || filepath.ToSlash(c.To) != test.to {
				t.Errorf("file %q, to %q", c.File, c.To)
			}
		})
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("unexpected: %v", err)
		}
		return
	}
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	var typed *Error
	if err != nil && !errors.As(err, &typed) {
		t.Errorf("%T is not *Error", err)
	}
}

func TestBadVariablesAndFlags(t *testing.T) {
	for name, test := range map[string]struct {
		setup
		err string
	}{
		"number":       {setup{environ: []string{"FEEDCTL_JOBS=many"}}, "FEEDCTL_JOBS: want a whole number"},
		"range":        {setup{args: []string{"--jobs=9999"}}, "--jobs: want 0 to 512"},
		"age":          {setup{args: []string{"--max-age=soon"}}, "--max-age: want a time such as 24h, 30m or 7d"},
		"negative age": {setup{environ: []string{"FEEDCTL_MAX_AGE=-1h"}}, "FEEDCTL_MAX_AGE: want a time such as 24h, 30m or 7d"},
		"bool":         {setup{environ: []string{"FEEDCTL_OFFLINE=maybe"}}, "FEEDCTL_OFFLINE: want true or false"},
		"base":         {setup{args: []string{"--base-url=https://ann:tok-1@feed.test/"}}, "--base-url: want http(s)://HOST[:PORT][/PATH], the address at which the feed's folder is served"},
		"platform":     {setup{environ: []string{"FEEDCTL_PLATFORMS=linux/amd64,linux,linux/arm64"}}, `FEEDCTL_PLATFORMS: platform "linux": want os/arch or os/arch/libc, such as linux/amd64 or linux/arm64/musl, a wheel's platform such as manylinux_2_28_x86_64, or a Rust target`},
		"all at once":  {setup{environ: []string{"FEEDCTL_JOBS=x", "FEEDCTL_OFFLINE=y"}, file: "tto: x\n"}, "FEEDCTL_JOBS: want a whole number\nFEEDCTL_OFFLINE: want true or false\n" + `feedctl.yaml:1: unknown key "tto"; did you mean "to"?`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.load(t)
			checkError(t, err, test.err)
		})
	}
}

func TestFileTooLarge(t *testing.T) {
	_, err := setup{file: strings.Repeat("# x\n", 300_000)}.load(t)
	if err == nil || !strings.Contains(err.Error(), "larger than 1 MB") {
		t.Errorf("got %v", err)
	}
}
