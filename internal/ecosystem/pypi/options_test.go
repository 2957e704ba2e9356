package pypi_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
	"github.com/feedctl/feedctl/pkg/feed"
)

func TestDefaults(t *testing.T) {
	for _, row := range []struct{ what, python3, python, option, want string }{
		{"glibc", `{"implementation": "cpython", "version": [3, 11, 7], "platform": "linux-x86_64", "glibc": "2.36"}`, "", "", "cp311_7-manylinux_2_36_x86_64"},
		{"musl", `{"implementation": "cpython", "version": [3, 12, 1], "platform": "linux-aarch64", "musl": true}`, "", "", "cp312_1-musllinux_1_2_aarch64"},
		{"macOS", `{"implementation": "cpython", "version": [3, 13, 0], "threads": true, "platform": "macosx-11.0-universal2", "mac": "14.2.1", "machine": "arm64"}`, "", "", "cp313_0t-macosx_14_2_arm64"},
		{"Windows, by another name", "", `{"implementation": "pypy", "version": [3, 10, 14], "platform": "win-amd64"}`, "", "pp310_14-win_amd64"},
		{"32 bits", `{"implementation": "cpython", "version": [3, 9, 2], "platform": "win32"}`, "", "", "cp39_2-win32"},
		{"named", "", "", "3.11,3.13t", "3.11,3.13t"},
		{"none on PATH", "", "", "", ""},
		{"one that is too old to say", "2.7", "print", "", ""},
		{"not one", "", "", "ruby", ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			env := ecosystem.Environment{Run: func(_ context.Context, name string, _ ...string) ([]byte, error) {
				out := map[string]string{"python3": row.python3, "python": row.python}[name]
				if out == "" {
					return nil, errors.New("not found")
				}
				return []byte(out), nil
			}}
			options := map[string]string{}
			if row.option != "" {
				options["python"] = row.option
			}
			err := pypi.Ecosystem().Defaults(t.Context(), env, options)
			if row.want == "" && err == nil || row.want != "" && (err != nil || options["python"] != row.want) {
				t.Errorf("got %q, %v; want %q", options["python"], err, row.want)
			}
		})
	}
}

func TestBadOptions(t *testing.T) {
	for option, value := range map[string]string{"sdist": "some", "prerelease": "yes", "all-files": "1", "python": "3.11,x"} {
		options := map[string]string{option: value}
		var wrong *ecosystem.OptionError
		if err := pypi.Ecosystem().Defaults(t.Context(), ecosystem.Environment{}, options); !errors.As(err, &wrong) || wrong.Option != option {
			t.Errorf("%s=%s: got %v", option, value, err)
		}
	}
}

func TestParseRequirement(t *testing.T) {
	for text, want := range map[string]string{
		"requests":                        "requests",
		"Requests[socks]>=2":              "requests[socks]>=2",
		"requests==2.32.3":                "requests==2.32.3",
		"requests@2.32.3":                 "requests==2.32.3",
		"requests@>=2,<3":                 "requests>=2,<3",
		"requests[socks]@2":               "requests[socks]==2",
		"a; python_version < '3.9'":       `a; python_version < "3.9"`,
		"requests@latest":                 "",
		"requests@":                       "",
		"requests @ https://x.test/x.whl": "",
		"./local":                         "",
	} {
		got, err := pypi.ParseRequirement(text)
		if shown := got.Name + got.Range; shown != want || (err == nil) != (want != "") {
			t.Errorf("ParseRequirement(%q) = %q, %v; want %q", text, shown, err, want)
		}
	}
}

// TestTargets shows how Pythons and platforms make targets, by the names of what
// is chosen.
func TestTargets(t *testing.T) {
	m, _ := index(t)
	for _, row := range []struct{ what, pythons, platforms, want string }{
		{"each on each", "3.11,3.9", linux + " " + windows, "cp311-manylinux_2_28_x86_64 cp311-win_amd64 cp39-manylinux_2_28_x86_64 cp39-win_amd64"},
		{"twice the same", "3.11,cp311", linux, "cp311-manylinux_2_28_x86_64"},
		{"the interpreter's own platform", "cp311_7-manylinux_2_36_x86_64", "", "cp311_7-manylinux_2_36_x86_64"},
		{"platforms in its place", "cp311_7-manylinux_2_36_x86_64", windows, "cp311_7-win_amd64"},
	} {
		t.Run(row.what, func(t *testing.T) {
			graph, err := pypi.Ecosystem().Resolve(t.Context(), request(t, row.pythons, row.platforms, "app"), m)
			if err != nil {
				t.Fatal(err)
			}
			m.mirror(t, request(t, row.pythons, row.platforms, "app"))
			documents, err := graph.Chosen(m.release)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, document := range documents {
				if name, ok := strings.CutPrefix(document.Path, "pylock."); ok {
					names = append(names, strings.TrimSuffix(name, ".toml"))
				}
			}
			if got := strings.Join(names, " "); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func upstreamAt(dir string) ecosystem.UpstreamConfig {
	return ecosystem.UpstreamConfig{Name: "folder", Ecosystem: "pypi", URL: dir, FoundIn: "test"}
}

// TestProject takes the settings of a pyproject.toml into account.
func TestProject(t *testing.T) {
	for _, row := range []struct{ what, text, want string }{
		{"extras, groups and build requirements", `
[project]
name = "demo"
version = "1"
dependencies = ["app"]
optional-dependencies = {x = ["extra-dep"]}
[dependency-groups]
dev = ["picky"]
[build-system]
requires = ["flit-core"]
`, "app extra-dep flit-core lib picky"},
		{"overrides, excluded and constraints", `
[project]
name = "demo"
version = "1"
dependencies = ["app", "built"]
[tool.uv]
override-dependencies = ["lib==1.0"]
exclude-dependencies = ["built"]
`, "app lib@1.0"},
		{"constraint", `
[project]
name = "demo"
version = "1"
dependencies = ["app"]
[tool.uv]
constraint-dependencies = ["lib<1.5"]
`, "app lib@1.0"},
		{"conflicting extras", `
[project]
name = "demo"
version = "1"
dependencies = ["app"]
optional-dependencies = {old = ["lib<1.5"], new = ["lib>=2"]}
[tool.uv]
conflicts = [[{extra = "old"}, {extra = "new"}]]
`, "app lib@1.0 lib@2.0"},
		{"exclude-newer", `
[project]
name = "demo"
version = "1"
dependencies = ["lib"]
[tool.uv]
exclude-newer = "2019-06-01"
`, "lib@1.0"},
	} {
		t.Run(row.what, func(t *testing.T) {
			m, registry := index(t)
			graph, _ := m.mirror(t, readLock(t, registry, "pyproject.toml", row.text, "3.11", linux))
			for _, want := range strings.Fields(row.want) {
				name, version := feed.CutVersion(want)
				found := false
				for _, node := range graph.Nodes {
					found = found || node.Name == name && (version == "" || node.Version == version)
				}
				if !found {
					t.Errorf("no %s in\n%s", want, nodes(graph))
				}
			}
			if len(graph.Nodes) != len(strings.Fields(row.want)) {
				t.Errorf("got\n%s\nwant %s", nodes(graph), row.want)
			}
		})
	}
}
