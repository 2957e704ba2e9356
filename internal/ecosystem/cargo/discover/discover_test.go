package discover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// env is an environment with some files, where the project is in /work/app and
// the home folder is /home/me.
func env(files map[string]string, variables ...string) ecosystem.Environment {
	return ecosystem.Environment{
		Dir: "/work/app", Home: "/home/me", Environ: variables,
		ReadFile: func(path string) ([]byte, error) {
			if text, ok := files[path]; ok {
				return []byte(text), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
		Run: answer("error: failed to download from `https://default.example/index/config.json`\n"),
	}
}

// answer is a cargo that fails with a text.
func answer(stderr string) func(context.Context, string, ...string) ([]byte, error) {
	return func(_ context.Context, name string, args ...string) ([]byte, error) {
		if !strings.Contains(name+" "+strings.Join(args, " "), "cargo") {
			return nil, errors.New("another program")
		}
		return nil, fmt.Errorf("cargo: %w", &exec.ExitError{Stderr: []byte(stderr)})
	}
}

// show writes upstreams one a line.
func show(configs []ecosystem.UpstreamConfig) string {
	var b strings.Builder
	for _, c := range configs {
		fmt.Fprintf(&b, "%s %s %v", c.Name, c.URL, c.Include)
		if c.Access.Base != "" {
			b.WriteString(" base " + c.Access.Base)
		}
		if c.Access.Authorization != "" {
			b.WriteString(" token " + string(c.Access.Authorization))
		}
		if len(c.Access.CAFiles) > 0 {
			fmt.Fprintf(&b, " %v", c.Access.CAFiles)
		}
		fmt.Fprintf(&b, " (%s)\n", c.FoundIn)
	}
	return b.String()
}

const corp = "[registries.corp]\nindex = \"sparse+https://corp.example/index/\"\n"

func TestDiscover(t *testing.T) {
	const byDefault = "cargo sparse+https://default.example/index/ [] base https://default.example/index/ (cargo fetch)\n"
	recorded := func(name, url string) feed.Node {
		return feed.Node{Name: name, Version: "1.0.0", Pins: []feed.Pin{{URL: url}}}
	}
	for name, row := range map[string]struct {
		env  ecosystem.Environment
		want string
	}{
		"cargo itself": {env(nil), byDefault},
		"replacement": {
			env(map[string]string{"/work/.cargo/config.toml": "[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+https://mirror.example/index/\"\n"}),
			"cargo sparse+https://mirror.example/index/ [] base https://mirror.example/index/ (/work/.cargo/config.toml)\n",
		},
		"chain over files, to a registry with a token": {
			env(map[string]string{
				"/work/app/.cargo/config.toml":       "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nreplace-with = \"corp\"\n",
				"/home/me/.cargo/config.toml":        corp,
				"/home/me/.cargo/credentials.toml":   "[registries.corp]\ntoken = \"t1\"\n",
				"/work/app/.cargo/credentials.toml":  "[registries.corp]\ntoken = \"never\"\n",
				"/home/me/.cargo/unrelated.toml":     "x",
				"/work/app/deeper/.cargo/config.tml": "x",
			}),
			"cargo-corp sparse+https://corp.example/index/ [corp.example_index/* corp/*] base https://corp.example/index/ token t1 (~/.cargo/config.toml)\n" +
				"cargo sparse+https://corp.example/index/ [] base https://corp.example/index/ token t1 (~/.cargo/config.toml)\n",
		},
		"the nearest file counts, and config before config.toml": {
			env(map[string]string{
				"/work/app/.cargo/config":      "[source.crates-io]\nreplace-with = \"near\"\n[source.near]\nlocal-registry = \"../feed/cargo\"\n",
				"/work/app/.cargo/config.toml": "[source.crates-io]\nreplace-with = \"ignored\"\n",
				"/work/.cargo/config.toml":     "[source.crates-io]\nreplace-with = \"far\"\n",
			}),
			"cargo /work/feed/cargo [] (.cargo/config)\n",
		},
		"cargo home of its own": {
			env(map[string]string{"/opt/cargo/config.toml": corp + "[http]\ncainfo = \"ca.pem\"\n"}, "CARGO_HOME=/opt/cargo", "CARGO_REGISTRIES_CORP_TOKEN=t2"),
			"cargo-corp sparse+https://corp.example/index/ [corp.example_index/* corp/*] base https://corp.example/index/ token t2 [/opt/ca.pem] (/opt/cargo/config.toml)\n" +
				"cargo sparse+https://default.example/index/ [] base https://default.example/index/ [/opt/ca.pem] (cargo fetch)\n",
		},
		"variables": {
			env(map[string]string{"/home/me/.cargo/config.toml": corp}, "CARGO_REGISTRIES_MY_TEAM_INDEX=sparse+https://team.example/", "CARGO_REGISTRIES_CORP_INDEX=sparse+https://other.example/", "CARGO_REGISTRIES_MY_TEAM_TOKEN=t3"),
			"cargo-corp sparse+https://other.example/ [other.example/* corp/*] base https://other.example/ (CARGO_REGISTRIES_CORP_INDEX)\n" +
				"cargo-my-team sparse+https://team.example/ [team.example/* my-team/*] base https://team.example/ token t3 (CARGO_REGISTRIES_MY_TEAM_INDEX)\n" + byDefault,
		},
		"a git index keeps its protocol": {
			env(map[string]string{"/home/me/.cargo/config.toml": "[registries.old]\nindex = \"https://git.example/index\"\n"}),
			"cargo-old registry+https://git.example/index [git.example_index/* old/*] base https://git.example/index (~/.cargo/config.toml)\n" + byDefault,
		},
		"another registry replaced": {
			env(map[string]string{"/home/me/.cargo/config.toml": corp + "[source.corp-index]\nregistry = \"sparse+https://corp.example/index\"\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+https://mirror.example/corp/\"\n"}),
			"cargo-corp sparse+https://mirror.example/corp/ [corp.example_index/* corp/*] base https://mirror.example/corp/ (~/.cargo/config.toml)\n" + byDefault,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Discover(t.Context(), row.env)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, show(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("recorded in a lock", func(t *testing.T) {
		e := env(map[string]string{"/home/me/.cargo/config.toml": corp})
		e.Recorded = []feed.Node{
			recorded("corp.example_index/a", "sparse+https://corp.example/index/"),
			recorded("third.example/b", "sparse+https://third.example/"),
		}
		got, err := Discover(t.Context(), e)
		want := "cargo-corp sparse+https://corp.example/index/ [corp.example_index/* corp/*] base https://corp.example/index/ (~/.cargo/config.toml)\n" +
			"cargo-third.example sparse+https://third.example/ [third.example/*] base https://third.example/ (the lockfile)\n"
		if err != nil || show(got) != want {
			t.Errorf("got\n%s%v, want\n%s", show(got), err, want)
		}
		e.Recorded = append(e.Recorded, feed.Node{Name: "serde", Version: "1.0.0"})
		if got, err = Discover(t.Context(), e); err != nil || show(got) != want+byDefault {
			t.Errorf("got\n%s%v, want\n%s", show(got), err, want+byDefault)
		}
	})
}

func TestDiscoverFails(t *testing.T) {
	replace := func(text string) map[string]string {
		return map[string]string{"/work/app/.cargo/config.toml": "[source.crates-io]\nreplace-with = \"a\"\n" + text}
	}
	for name, row := range map[string]struct {
		files  map[string]string
		stderr string
		want   string
	}{
		"no cargo":         {nil, "error: something else", "registry.example"},
		"odd address":      {nil, "failed to download from `https://x.example/other`", "no address of an index"},
		"circle":           {replace("[source.a]\nreplace-with = \"crates-io\"\n"), "", "in a circle"},
		"nowhere":          {replace(""), "", `source "a"`},
		"vendored":         {replace("[source.a]\ndirectory = \"vendor\"\n"), "", "vendored folder /work/app/vendor"},
		"no TOML":          {map[string]string{"/home/me/.cargo/credentials.toml": "[registries.x]\ntoken = secret\n"}, "", "line 2"},
		"no index address": {map[string]string{"/home/me/.cargo/config.toml": "[registries.x]\nindex = \"nowhere\"\n"}, "", "is no address"},
	} {
		t.Run(name, func(t *testing.T) {
			e := env(row.files)
			e.Run = answer(row.stderr)
			got, err := Discover(t.Context(), e)
			if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %s, %v, want %q", show(got), err, row.want)
			}
		})
	}
}

func TestAccess(t *testing.T) {
	files := map[string]string{
		"/home/me/.cargo/config.toml":      corp,
		"/home/me/.cargo/credentials.toml": "[registry]\ntoken = \"t0\"\n[registries.corp]\ntoken = \"t1\"\n[registries.by-name]\ntoken = \"t2\"\n",
	}
	for _, row := range []struct{ name, url, token, at string }{
		{"mine", "sparse+https://corp.example/index/", "t1", "~/.cargo/credentials.toml"},
		{"mine", "https://corp.example/index", "t1", "~/.cargo/credentials.toml"},
		{"by-name", "sparse+https://x.example/", "t2", "~/.cargo/credentials.toml"},
		{"mine", "sparse+https://x.example/", "", ""},
		{"crates-io", "sparse+https://x.example/", "t0", "~/.cargo/credentials.toml"},
		{"mine", "/srv/feed/cargo", "", ""},
	} {
		access, at, err := Access(env(files), ecosystem.UpstreamConfig{Name: row.name, URL: row.url})
		if err != nil || string(access.Authorization) != row.token || at != row.at || access.Upstream != row.name {
			t.Errorf("%s %s: token %q at %q, %v", row.name, row.url, string(access.Authorization), at, err)
		}
		if access.Authorization != "" && !strings.HasPrefix(access.Base, "https://") {
			t.Errorf("%s: the token may go to %q", row.name, access.Base)
		}
	}
}

func TestDefaultSourceIsChecked(t *testing.T) {
	for name, out := range map[string]string{
		"no JSON":        "x",
		"no packages":    `{"packages":[]}`,
		"other registry": `{"packages":[{"dependencies":[{"name":"feedctl-probe","source":"registry+https://registry.example/index"}]}]}`,
	} {
		e := env(nil)
		e.Run = func(context.Context, string, ...string) ([]byte, error) { return []byte(out), nil }
		if got, err := DefaultSource(t.Context(), e); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}
