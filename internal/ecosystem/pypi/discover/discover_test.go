package discover

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

const help = `  -i, --index-url <url>       Base URL of the Python Package Index (default
                              https://default.test/simple). This should point to a
  --extra-index-url <url>     Extra URLs`

// world is an environment in a folder of its own: "home/…" and "project/…" are files.
func world(t *testing.T, files map[string]string, variables ...string) ecosystem.Environment {
	t.Helper()
	root := t.TempDir()
	env := ecosystem.Environment{Dir: filepath.Join(root, "project"), Home: filepath.Join(root, "home"), Environ: append([]string{"XDG_CONFIG_DIRS=" + filepath.Join(root, "etc")}, variables...)}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(env.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	env.ReadFile = func(path string) ([]byte, error) {
		if rel, err := filepath.Rel(root, path); err != nil || !filepath.IsLocal(rel) {
			return nil, os.ErrNotExist // nothing of this machine
		}
		return os.ReadFile(path)
	}
	env.Run = func(_ context.Context, name string, args ...string) ([]byte, error) {
		switch line := strings.Join(append([]string{name}, args...), " "); line {
		case "python3 -m pip download --help":
			return []byte(help), nil
		case "keyring get https://private.test/simple ann":
			return []byte("from-keyring\n"), nil
		case "keyring --mode creds get private.test":
			return []byte("bob\nfrom-keyring\n"), nil
		}
		return nil, errors.New("no such program")
	}
	return env
}

// lines describes upstreams: name, address, credentials, patterns and place.
func lines(t *testing.T, env ecosystem.Environment, configs []ecosystem.UpstreamConfig) []string {
	t.Helper()
	var all []string
	for _, c := range configs {
		line := c.Name + " " + strings.ReplaceAll(c.URL, filepath.ToSlash(filepath.Dir(env.Dir)), "ROOT")
		if c.Access.Authorization != "" {
			plain, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(c.Access.Authorization), "Basic "))
			if err != nil {
				t.Error(err)
			}
			line += " " + string(plain)
		}
		if len(c.Include) > 0 {
			line += fmt.Sprint(" ", c.Include)
		}
		all = append(all, line+" | "+c.FoundIn)
		if c.Ecosystem != "pypi" || c.Access.Upstream != c.Name && c.Access.Base != "" {
			t.Errorf("%+v", c)
		}
	}
	return all
}

func TestDiscover(t *testing.T) {
	const uvProject = "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"torch\"]\n"
	for _, row := range []struct {
		what      string
		files     map[string]string
		variables []string
		want      []string
	}{
		{"nothing", nil, nil, []string{"pypi https://default.test/simple | python3 -m pip download --help"}},
		{"variable", nil, []string{"PIP_INDEX_URL=https://a.test/simple/"}, []string{"pypi https://a.test/simple/ | PIP_INDEX_URL"}},
		{
			"pip.conf of the user, with more than one extra",
			map[string]string{"home/.config/pip/pip.conf": "[global]\nindex-url = https://a.test/simple\nextra-index-url =\n    https://b.test/simple\n    # comment\n    https://c.test/simple\n"},
			nil,
			[]string{"pypi https://a.test/simple | ~/.config/pip/pip.conf", "pypi-2 https://b.test/simple | ~/.config/pip/pip.conf", "pypi-3 https://c.test/simple | ~/.config/pip/pip.conf"},
		},
		{
			"levels of pip.conf",
			map[string]string{
				"etc/pip/pip.conf": "[global]\nindex-url=https://machine.test/s\nextra-index-url=https://extra.test/s\n", "home/.config/pip/pip.conf": "[global]\nindex_url: https://user.test/s\n",
				"home/venv/pip.conf": "[install]\nindex-url=https://venv.test/s\n",
			},
			nil,
			[]string{"pypi https://user.test/s | ~/.config/pip/pip.conf", "pypi-2 https://extra.test/s | ROOT/etc/pip/pip.conf"},
		},
		{
			"a variable before files, extras replaced",
			map[string]string{"home/.config/pip/pip.conf": "[global]\nextra-index-url=https://a.test/s\n"},
			[]string{"PIP_EXTRA_INDEX_URL=https://b.test/s https://c.test/s"},
			[]string{"pypi https://default.test/simple | python3 -m pip download --help", "pypi-2 https://b.test/s | PIP_EXTRA_INDEX_URL", "pypi-3 https://c.test/s | PIP_EXTRA_INDEX_URL"},
		},
		{"no configuration at all", map[string]string{"home/.config/pip/pip.conf": "[global]\nindex-url=https://a.test/s\n"}, []string{"PIP_CONFIG_FILE=" + os.DevNull}, []string{"pypi https://default.test/simple | python3 -m pip download --help"}},
		{
			"folder and page of files, one that is not there",
			map[string]string{"project/wheels/x": ""},
			[]string{"PIP_FIND_LINKS=wheels gone https://a.test/links.html"},
			[]string{"pypi https://default.test/simple | python3 -m pip download --help", "pypi-2 flat+file://ROOT/project/wheels | PIP_FIND_LINKS", "pypi-3 flat+https://a.test/links.html | PIP_FIND_LINKS"},
		},
		{"no index", map[string]string{"project/wheels/x": ""}, []string{"PIP_NO_INDEX=1", "PIP_INDEX_URL=https://a.test/s", "PIP_FIND_LINKS=wheels"}, []string{"pypi flat+file://ROOT/project/wheels | PIP_FIND_LINKS"}},
		{
			"requirements file",
			map[string]string{"project/requirements.txt": "-i https://ann:s3cret@r.test/simple\n--extra-index-url https://e.test/s\n-f wheels\nrequests\n", "project/wheels/x": ""},
			[]string{"PIP_INDEX_URL=https://a.test/s"},
			[]string{
				"pypi flat+file://ROOT/project/wheels | requirements.txt:3", "pypi-2 https://r.test/simple ann:s3cret | requirements.txt:1, with the credentials in the address",
				"pypi-3 https://e.test/s | requirements.txt:2",
			},
		},
		{"uv's variables alone", nil, []string{"UV_DEFAULT_INDEX=https://d.test/s", "UV_INDEX=own=https://o.test/s", "UV_INDEX_OWN_USERNAME=ann", "UV_INDEX_OWN_PASSWORD=pw"}, []string{
			"pypi-own https://o.test/s ann:pw | UV_INDEX, with credentials of UV_INDEX_OWN_USERNAME", "pypi https://d.test/s | UV_DEFAULT_INDEX",
		}},
		{"pip before uv in no project of uv", nil, []string{"UV_DEFAULT_INDEX=https://d.test/s", "PIP_INDEX_URL=https://a.test/s"}, []string{"pypi https://a.test/s | PIP_INDEX_URL"}},
		{"uv before pip in a project of uv", map[string]string{"project/uv.lock": "version = 1\n"}, []string{"UV_DEFAULT_INDEX=https://d.test/s", "PIP_INDEX_URL=https://a.test/s"}, []string{"pypi https://d.test/s | UV_DEFAULT_INDEX"}},
		{
			"uv's tables",
			map[string]string{
				"project/pyproject.toml":    uvProject + "[[tool.uv.index]]\nname = \"pytorch\"\nurl = \"https://t.test/cpu\"\nexplicit = true\n[[tool.uv.index]]\nname=\"team\"\nurl=\"https://team.test/s\"\n[[tool.uv.index]]\nurl=\"https://d.test/s\"\ndefault=true\n[tool.uv.sources]\ntorch = {index = \"pytorch\"}\n",
				"home/.config/uv/uv.toml":   "[[index]]\nurl=\"https://user.test/s\"\n[[index]]\nurl=\"https://user-default.test/s\"\ndefault=true\n",
				"home/.config/pip/pip.conf": "[global]\nindex-url=https://a.test/s\n",
			},
			nil,
			[]string{
				"pypi-pytorch https://t.test/cpu [torch] | pyproject.toml", "pypi-team https://team.test/s | pyproject.toml", "pypi https://user.test/s | ~/.config/uv/uv.toml",
				"pypi-2 https://d.test/s | pyproject.toml",
			},
		},
		{"uv.toml before pyproject.toml", map[string]string{"project/uv.toml": "index-url = \"https://u.test/s\"\n", "project/pyproject.toml": uvProject + "[tool.uv]\nindex-url = \"https://p.test/s\"\n"}, nil, []string{"pypi https://u.test/s | uv.toml"}},
		{
			"poetry's sources",
			map[string]string{"project/pyproject.toml": "[tool.poetry]\nname=\"x\"\n[tool.poetry.dependencies]\npython=\"^3.9\"\nown = {version=\"1\", source=\"own\"}\n[[tool.poetry.source]]\nname=\"main\"\nurl=\"https://m.test/s\"\n[[tool.poetry.source]]\nname=\"more\"\nurl=\"https://more.test/s\"\npriority=\"supplemental\"\n[[tool.poetry.source]]\nname=\"own\"\nurl=\"https://own.test/s\"\npriority=\"explicit\"\n"},
			[]string{"POETRY_HTTP_BASIC_OWN_USERNAME=ann", "POETRY_HTTP_BASIC_OWN_PASSWORD=pw"},
			[]string{
				"pypi-own https://own.test/s ann:pw [own] | pyproject.toml, with credentials of POETRY_HTTP_BASIC_OWN_USERNAME", "pypi-main https://m.test/s | pyproject.toml",
				"pypi-more https://more.test/s | pyproject.toml",
			},
		},
		{
			"pdm's source",
			map[string]string{"project/pyproject.toml": uvProject + "[[tool.pdm.source]]\nname=\"pypi\"\nurl=\"https://p.test/s\"\n"},
			nil,
			[]string{"pypi https://p.test/s | pyproject.toml"},
		},
		{
			"Pipfile",
			map[string]string{"project/Pipfile": "[[source]]\nname=\"main\"\nurl=\"https://$PIPUSER:${PIPPASS}@m.test/s\"\nverify_ssl=true\n[[source]]\nname=\"two\"\nurl=\"https://two.test/s\"\n[[source]]\nname=\"three\"\nurl=\"https://three.test/s\"\n[packages]\nx = {version=\"*\", index=\"two\"}\n"},
			[]string{"PIPUSER=ann", "PIPPASS=pw"},
			[]string{"pypi-two https://two.test/s [x] | Pipfile", "pypi-main https://m.test/s ann:pw | Pipfile, with the credentials in the address"},
		},
		{"netrc", map[string]string{"home/.netrc": "machine a.test login ann password pw\n"}, []string{"PIP_INDEX_URL=https://a.test/s"}, []string{"pypi https://a.test/s ann:pw | PIP_INDEX_URL, with credentials of ~/.netrc"}},
		{"netrc of another user", map[string]string{"home/.netrc": "machine a.test login ann password pw\n"}, []string{"PIP_INDEX_URL=https://bob@a.test/s"}, []string{"pypi https://a.test/s bob: | PIP_INDEX_URL, with the credentials in the address"}},
		{".pypirc", map[string]string{"home/.pypirc": "[distutils]\nindex-servers = own\n[own]\nrepository = https://a.test/upload/\nusername = ann\npassword = p%w\n"}, []string{"PIP_INDEX_URL=https://a.test/s"}, []string{"pypi https://a.test/s ann:p%w | PIP_INDEX_URL, with credentials of ~/.pypirc"}},
		{"keyring, unasked", nil, []string{"PIP_INDEX_URL=https://private.test/simple"}, []string{"pypi https://private.test/simple | PIP_INDEX_URL"}},
		{"keyring, for a user", nil, []string{"PIP_INDEX_URL=https://ann@private.test/simple", "PIP_KEYRING_PROVIDER=subprocess"}, []string{"pypi https://private.test/simple ann:from-keyring | PIP_INDEX_URL, with credentials of the keyring"}},
		{"keyring, for anyone", nil, []string{"PIP_INDEX_URL=https://private.test/simple", "UV_KEYRING_PROVIDER=subprocess"}, []string{"pypi https://private.test/simple bob:from-keyring | PIP_INDEX_URL, with credentials of the keyring"}},
		{"variables in an address", nil, []string{"PIP_INDEX_URL=https://${WHO}:${WORD}@a.test/s", "WHO=ann", "WORD=p[w"}, []string{"pypi https://a.test/s ann:p[w | PIP_INDEX_URL, with the credentials in the address"}},
		{"a variable that is not set", nil, []string{"PIP_INDEX_URL=https://${WHO}:${WORD}@a.test/s", "WHO=ann"}, []string{"pypi https://a.test/s | PIP_INDEX_URL, without credentials because ${WORD} (PIP_INDEX_URL) is not set"}},
		{"the same twice", nil, []string{"PIP_INDEX_URL=https://a.test/s", "PIP_EXTRA_INDEX_URL=https://A.test/s/ https://b.test/s"}, []string{"pypi https://a.test/s | PIP_INDEX_URL", "pypi-2 https://b.test/s | PIP_EXTRA_INDEX_URL"}},
		{"an index on disk", nil, []string{"PIP_INDEX_URL=."}, []string{"pypi file://ROOT/project | PIP_INDEX_URL"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			env := world(t, row.files, row.variables...)
			configs, err := Discover(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			got := lines(t, env, configs)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], filepath.ToSlash(filepath.Dir(env.Dir)), "ROOT")
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestDiscoverRecorded(t *testing.T) {
	lock := `version = 1
requires-python = ">=3.9"
[[package]]
name = "a"
version = "1"
source = { registry = "https://main.test/simple" }
[[package]]
name = "b"
version = "1"
source = { registry = "https://main.test/simple" }
[[package]]
name = "c"
version = "1"
source = { registry = "https://other.test/simple" }
`
	env := world(t, map[string]string{"project/uv.lock": lock})
	env.Recorded = []feed.Node{{}}
	configs, err := Discover(t.Context(), env)
	want := []string{"pypi https://other.test/simple [c] | uv.lock", "pypi-2 https://main.test/simple | uv.lock"}
	if diff := cmp.Diff(want, lines(t, env, configs)); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	env.Recorded = nil // another input of the same folder
	configs, err = Discover(t.Context(), env)
	if err != nil || len(configs) != 1 || configs[0].URL != "https://default.test/simple" {
		t.Errorf("%+v, %v", configs, err)
	}
}

func TestDiscoverErrors(t *testing.T) {
	for _, row := range []struct {
		what      string
		files     map[string]string
		variables []string
		want      []string
	}{
		{"no client", nil, nil, []string{"no package index is configured", "pip.conf", "index-url = "}},
		{"no index at all", nil, []string{"PIP_NO_INDEX=true"}, []string{"no package index"}},
		{"no address", nil, []string{"PIP_INDEX_URL=ftp://ann:s3cret@a.test/s"}, []string{"PIP_INDEX_URL", "no address of a package index"}},
		{"no host", nil, []string{"PIP_INDEX_URL=https://ann:s3cret@/s"}, []string{"no address of a package index"}},
		{"no TOML", map[string]string{"project/uv.toml": "index-url = \"https://ann:s3cret@a.test\n"}, nil, []string{"uv.toml: line 1"}},
		{"another kind of TOML", map[string]string{"project/uv.toml": "index = \"https://ann:s3cret@a.test\"\n"}, nil, []string{"uv.toml"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			env := world(t, row.files, row.variables...)
			env.Run = func(context.Context, string, ...string) ([]byte, error) { return nil, errors.New("no such program") }
			configs, err := Discover(t.Context(), env)
			if err == nil {
				t.Fatalf("%+v", configs)
			}
			for _, part := range row.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v, want %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a password in %v", err)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	env := world(t, nil)
	env.Run = func(context.Context, string, ...string) ([]byte, error) { cancel(); return nil, context.Canceled }
	if _, err := Discover(ctx, env); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	env := world(t, map[string]string{"home/.netrc": "machine n.test login ann password pw\n"},
		"UV_INDEX=own=https://bob:word@own.test/s", "PIP_CERT=/certs.pem")
	for _, row := range []struct{ url, want, at string }{
		{"https://n.test/simple/", "ann:pw", "~/.netrc"},
		{"flat+https://n.test/links.html", "ann:pw", "~/.netrc"},
		{"https://own.test/s/", "bob:word", "UV_INDEX"},
		{"https://other.test/s", "", ""},
		{"file:///folder", "", ""},
	} {
		access, at, err := Credentials(env, ecosystem.UpstreamConfig{Name: "x", URL: row.url})
		plain, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(access.Authorization), "Basic "))
		if err != nil || string(plain) != row.want || at != row.at {
			t.Errorf("%s: %q from %q, %v; want %q from %q", row.url, plain, at, err, row.want, row.at)
		}
		if strings.HasPrefix(row.url, "https") && (access.Upstream != "x" || len(access.CAFiles) != 1) {
			t.Errorf("%s: %+v", row.url, access)
		}
	}
}

func FuzzParseINI(f *testing.F) {
	f.Add("[global]\nindex-url = https://a.test\n  more\n; x\n[b]\nk: v")
	f.Fuzz(func(t *testing.T, text string) {
		for section, values := range parseINI(text) {
			for key := range values {
				if strings.ContainsAny(section+key, "\n") {
					t.Errorf("%q %q", section, key)
				}
			}
		}
	})
}
