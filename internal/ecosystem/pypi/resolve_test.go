package pypi_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/pkg/feed"
)

const (
	linux   = "manylinux_2_28_x86_64"
	windows = "win_amd64"
)

// projects is the index of the tests below.
const projects = `
-- app@1.0/METADATA --
Requires-Dist: lib>=1
Requires-Dist: winonly; sys_platform == "win32"
Requires-Dist: oldpy; python_version < "3.10"
Requires-Dist: extra-dep; extra == "more"
-- lib@1.0/METADATA --
-- lib@1.0.options --
uploaded 2019-01-01T00:00:00Z
-- lib@1.5/METADATA --
-- lib@1.5/lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl --
-- lib@1.5/lib-1.5-cp311-cp311-win_amd64.whl --
-- lib@1.5/lib-1.5-cp39-cp39-manylinux_2_17_x86_64.whl --
-- lib@1.5/lib-1.5.tar.gz --
-- lib@2.0/METADATA --
Requires-Python: >=3.11
-- lib@3.0/METADATA --
-- lib@3.0/lib-3.0-cp312-cp312-macosx_11_0_arm64.whl --
-- winonly@0.1/METADATA --
-- oldpy@1.0/METADATA --
-- extra-dep@1.0/METADATA --
-- built@1.0/METADATA --
Metadata-Version: 2.2
Requires-Dist: lib
-- built@1.0/pyproject.toml --
[build-system]
requires = ["backend>=1", "winonly; sys_platform == 'win32'"]
build-backend = "backend"
-- built@1.0/built-1.0.tar.gz --
-- legacy@0.3/setup.py --
-- legacy@0.3/legacy-0.3.tar.gz --
-- backend@1.0/METADATA --
Requires-Dist: backend-core
-- backend-core@0.1/METADATA --
-- backend-core@0.1/pyproject.toml --
[build-system]
requires = ["flit-core"]
-- backend-core@0.1/backend-core-0.1.tar.gz --
-- flit-core@3.9/METADATA --
-- setuptools@65.0/METADATA --
-- wheel@0.40/METADATA --
-- picky@1.0/METADATA --
Requires-Dist: lib<1.5
-- picky@2.0/METADATA --
Requires-Dist: lib<1
-- pre@1.0/METADATA --
-- pre@2.0rc1/METADATA --
-- loose@1.0.0/METADATA --
-- aged@1.0/aged-1.0.tar.gz --
-- aged@2.0/METADATA --
Requires-Dist: lib (>dev)
Requires-Dist: picky>=1; extra == "x"
Requires-Dist: lib <1.5
-- extras@1.0/METADATA --
Requires-Dist: winonly; extra == "on" and sys_platform == "win32"
Provides-Extra: on
-- direct@1.0/METADATA --
Requires-Dist: hidden @ https://packages.test/hidden.whl
`

func index(t testing.TB) (*miniature, *pypitest.Registry) {
	registry := pypitest.New(t, txtar.Parse([]byte(projects)))
	return newMiniature(t, upstream(registry)), registry
}

func TestFree(t *testing.T) {
	for _, row := range []struct {
		what, pythons, platforms string
		options                  string
		texts                    string
		want                     string
	}{
		{
			"a wheel of its own for each target", "3.9,3.11", linux + " " + windows, "", "app lib<2",
			"app@1.0 app-1.0-py3-none-any.whl\n" +
				"lib@1.5 lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl lib-1.5-cp311-cp311-win_amd64.whl lib-1.5-cp39-cp39-manylinux_2_17_x86_64.whl lib-1.5.tar.gz\n" +
				"oldpy@1.0 oldpy-1.0-py3-none-any.whl\nsetuptools@65.0 setuptools-65.0-py3-none-any.whl\nwheel@0.40 wheel-0.40-py3-none-any.whl\nwinonly@0.1 winonly-0.1-py3-none-any.whl",
		},
		{
			"no source distributions", "3.9", windows, "sdist=none", "app",
			"app@1.0 app-1.0-py3-none-any.whl\nlib@1.0 lib-1.0-py3-none-any.whl\noldpy@1.0 oldpy-1.0-py3-none-any.whl\nwinonly@0.1 winonly-0.1-py3-none-any.whl",
		},
		{
			"source distributions beside wheels", "3.11", linux, "sdist=all", "lib==1.5",
			"lib@1.5 lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl lib-1.5.tar.gz",
		},
		{"every file", "3.11", linux, "all-files=true", "lib==1.5", "lib@1.5 *"},
		{
			"Requires-Python", "3.10,3.11", linux, "", "lib>=2;python_version>='3.11'",
			"lib@2.0 lib-2.0-py3-none-any.whl",
		},
		{"extras", "3.11", linux, "", "app[more]", "app@1.0 app-1.0-py3-none-any.whl\nextra-dep@1.0 extra_dep-1.0-py3-none-any.whl\nlib@2.0 lib-2.0-py3-none-any.whl"},
		{
			"built from source", "3.11", linux, "", "built",
			"backend@1.0 backend-1.0-py3-none-any.whl\nbackend-core@0.1 backend-core-0.1.tar.gz\nbuilt@1.0 built-1.0.tar.gz\nflit-core@3.9 flit_core-3.9-py3-none-any.whl\nlib@2.0 lib-2.0-py3-none-any.whl",
		},
		{
			"built with an old setuptools", "3.11", linux, "", "legacy",
			"legacy@0.3 legacy-0.3.tar.gz\nsetuptools@65.0 setuptools-65.0-py3-none-any.whl\nwheel@0.40 wheel-0.40-py3-none-any.whl",
		},
		{"pre-releases", "3.11", linux, "prerelease=allow", "pre", "pre@2.0rc1 pre-2.0rc1-py3-none-any.whl"},
		{"no pre-releases", "3.11", linux, "", "pre", "pre@1.0 pre-1.0-py3-none-any.whl"},
		{"metadata with a fault of old", "3.11", linux, "", "aged", "aged@2.0 aged-2.0-py3-none-any.whl\nlib@1.0 lib-1.0-py3-none-any.whl"},
		{
			"no way out through an old sdist", "3.11", linux, "", "lib aged",
			"aged@2.0 aged-2.0-py3-none-any.whl\nlib@1.0 lib-1.0-py3-none-any.whl",
		},
		{
			"an old sdist where nothing else is left", "3.11", linux, "", "lib>=2 aged",
			"aged@1.0 aged-1.0.tar.gz\nlib@2.0 lib-2.0-py3-none-any.whl\nsetuptools@65.0 setuptools-65.0-py3-none-any.whl\nwheel@0.40 wheel-0.40-py3-none-any.whl",
		},
		{"an old sdist that is asked for", "3.11", linux, "", "aged==1.0", "aged@1.0 aged-1.0.tar.gz\nsetuptools@65.0 setuptools-65.0-py3-none-any.whl\nwheel@0.40 wheel-0.40-py3-none-any.whl"},
		{"free-threaded", "3.13t", linux, "", "lib", "lib@2.0 lib-2.0-py3-none-any.whl"},
	} {
		t.Run(row.what, func(t *testing.T) {
			m, _ := index(t)
			asked := request(t, row.pythons, row.platforms, strings.Fields(row.texts)...)
			if option, value, ok := strings.Cut(row.options, "="); ok {
				asked.Options[option] = value
			}
			graph, kept := m.mirror(t, asked)
			if diff := cmp.Diff(row.want, nodes(graph)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff(edges(graph), edges(m.verify(t, kept))); diff != "" {
				t.Errorf("from the feed alone, -want +got\n%s", diff)
			}
			if strings.Contains(edges(graph), "> open") {
				t.Errorf("open edges:\n%s", edges(graph))
			}
		})
	}
}

func TestEdges(t *testing.T) {
	m, _ := index(t)
	graph, _ := m.mirror(t, request(t, "3.9,3.11", windows, "app[more]", "built", "lib<2"))
	want := strings.Join([]string{
		`app@1.0 > extra-dep@1.0 extra-dep; extra == "more"`,
		`app@1.0 > lib@1.5 lib>=1`,
		`app@1.0 > oldpy@1.0 oldpy; python_version < "3.10"`,
		`app@1.0 > winonly@0.1 winonly; sys_platform == "win32"`,
		`backend-core@0.1 > flit-core@3.9 flit-core build`,
		`backend@1.0 > backend-core@0.1 backend-core`,
		`built@1.0 > backend@1.0 backend>=1 build`,
		`built@1.0 > lib@1.5 lib`,
		`built@1.0 > winonly@0.1 winonly; sys_platform == "win32" build`,
		`lib@1.5 > setuptools@65.0 setuptools>=40.8.0 build`,
		`root > app@1.0 app[more]`,
		`root > built@1.0 built`,
		`root > lib@1.5 lib<2`,
	}, "\n")
	got := strings.Join(slices.DeleteFunc(strings.Split(edges(graph), "\n"), func(line string) bool { return strings.Contains(line, "wheel") }), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !slices.ContainsFunc(graph.Notes, func(note string) bool {
		return strings.Contains(note, "built 1.0") && strings.Contains(note, "not known")
	}) {
		t.Errorf("no note says what building needs: %q", graph.Notes)
	}
}

func TestConflict(t *testing.T) {
	m, _ := index(t)
	_, err := pypi.Ecosystem().Resolve(t.Context(), request(t, "3.11,3.12", linux, "app", "picky", "lib>=1.5"), m)
	var unmet *feed.ResolveError
	if !errors.As(err, &unmet) || len(unmet.Unmet) != 1 {
		t.Fatalf("got %v, want one *feed.ResolveError for both targets", err)
	}
	for _, want := range []string{"Python 3.11 on " + linux, "Python 3.12 on " + linux, "picky", "lib"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error says nothing of %s:\n%v", want, err)
		}
	}
}

func TestTargetErrors(t *testing.T) {
	m, _ := index(t)
	for _, row := range []struct{ what, pythons, platforms, texts, want string }{
		{"no Python", "", linux, "lib", "--python"},
		{"no platform", "3.11", "", "lib", "--platform"},
		{"no such Python", "2.7", linux, "lib", "3.11"},
		{"unknown project", "3.11", linux, "nobody", "no package nobody"},
		{"unsuited wheel", "3.11", linux, "lib==3.0", "no wheel"},
		{"address in the metadata", "3.11", linux, "direct", ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			graph, err := pypi.Ecosystem().Resolve(t.Context(), request(t, row.pythons, row.platforms, row.texts), m)
			switch {
			case row.want == "" && (err != nil || len(graph.Skipped) != 1):
				t.Errorf("got %v, %v; want it skipped", graph.Skipped, err)
			case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)):
				t.Errorf("got %v, want an error with %q", err, row.want)
			}
		})
	}
}

// TestHeld resolves once more what the feed holds: no upstream is asked, and a
// newer version is no reason to leave the held one.
func TestHeld(t *testing.T) {
	m, registry := index(t)
	m.mirror(t, request(t, "3.11", linux, "lib<2"))
	m.asked = 0
	graph, _ := m.mirror(t, request(t, "3.11", linux, "lib"))
	if got, want := nodes(graph), "lib@1.5 lib-1.5-cp311-cp311-manylinux_2_17_x86_64.whl"; got != want || m.asked > 0 {
		t.Errorf("got %s with %d look-ups, want %s with none", got, m.asked, want)
	}
	graph, _ = m.mirror(t, request(t, "3.11", linux, "lib>=2"))
	if got, want := nodes(graph), "lib@2.0 lib-2.0-py3-none-any.whl"; got != want {
		t.Errorf("got %s, want %s: what the feed holds does not meet the requirement", got, want)
	}
	graph, _ = m.mirror(t, request(t, "3.11", linux, "picky", "lib"))
	if got, want := nodes(graph), "lib@1.0 lib-1.0-py3-none-any.whl\npicky@1.0 picky-1.0-py3-none-any.whl"; got != want {
		t.Errorf("got %s, want %s: nothing held fits", got, want)
	}
	registry.Close()
	if _, err := pypi.Ecosystem().Resolve(t.Context(), request(t, "3.11", linux, "picky", "lib"), m.alone()); err != nil {
		t.Error(err)
	}
}

// TestSpelling takes a version as the index writes it.
func TestSpelling(t *testing.T) {
	m, _ := index(t)
	lock := feed.Request{Ecosystem: "pypi", Input: "lock", Lock: &feed.Graph{Nodes: []feed.Node{{Name: "loose", Version: "1"}}}}
	graph, _ := m.mirror(t, lock)
	if got, want := nodes(graph), "loose@1.0.0 loose-1.0.0-py3-none-any.whl"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestHashes has an input that is no lock but has digests for some of its packages.
func TestHashes(t *testing.T) {
	m, registry := index(t)
	text := "app\nlib>=1 --hash={lib-1.0-py3-none-any.whl}\n"
	graph, _ := m.mirror(t, readLock(t, registry, "requirements.txt", text, "3.11", linux))
	if got, want := nodes(graph), "app@1.0 app-1.0-py3-none-any.whl\nlib@1.0 lib-1.0-py3-none-any.whl"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestPrereleasesOf has an input that takes pre-releases of single packages.
func TestPrereleasesOf(t *testing.T) {
	for text, want := range map[string]string{
		"pre\n":                                "pre@1.0 pre-1.0-py3-none-any.whl",
		"--all-releases pre\npre\n":            "pre@2.0rc1 pre-2.0rc1-py3-none-any.whl",
		"--all-releases :all:\npre\n":          "pre@2.0rc1 pre-2.0rc1-py3-none-any.whl",
		"--all-releases lib\npre\n":            "pre@1.0 pre-1.0-py3-none-any.whl",
		"--all-releases Pre --pre\npre<2.0a\n": "pre@1.0 pre-1.0-py3-none-any.whl",
	} {
		m, registry := index(t)
		graph, _ := m.mirror(t, readLock(t, registry, "requirements.txt", text, "3.11", linux))
		if got := nodes(graph); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
