package golang_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/golang"
	"github.com/feedctl/feedctl/pkg/feed"
)

// projects is a proxy, and what the tests require of it.
const projects = `
-- example.com/a@v1.0.0/go.mod --
module example.com/a

go 1.21

require (
	example.com/b v1.1.0
	example.com/c v1.0.0 // indirect
)
-- example.com/a@v1.2.0/go.mod --
module example.com/a

go 1.21
-- example.com/b@v1.1.0/go.mod --
module example.com/b

go 1.18

require example.com/c v1.0.0
-- example.com/b@v1.3.0/go.mod --
module example.com/b

go 1.16

require (
	example.com/deep v1.0.0
	example.com/gone v1.0.0
)
-- example.com/c@v1.0.0/go.mod --
module example.com/c

go 1.18

require example.com/deep v1.0.0
-- example.com/deep@v1.0.0/go.mod --
module example.com/deep
-- example.com/fork@v1.9.0/go.mod --
module example.com/b

go 1.18
-- example.com/wrong@v1.0.0/go.mod --
module example.com/other
-- example.com/new@v1.0.0/go.mod --
module example.com/new

go 1.99
-- example.com/all/retracted@v1.0.0/go.mod --
module example.com/all/retracted

retract v1.0.0 // never use this
-- example.com/legacy@v1.0.0/go.mod --
module example.com/legacy
-- example.com/legacy@v1.5.0/legacy.go --
package legacy
-- example.com/legacy@v2.0.0+incompatible/legacy.go --
package legacy
-- golang.org/toolchain@v0.0.1-go1.99.1.linux-amd64/go.mod --
module golang.org/toolchain
`

// lines draws a graph: "NAME VERSION FILES PINS", then "FROM -> TO (REQUIREMENT)".
func lines(graph feed.Graph) []string {
	var all []string
	id := func(i int) string {
		if i < 0 {
			return "-"
		}
		return strings.TrimPrefix(graph.Nodes[i].Name, "example.com/") + "@" + graph.Nodes[i].Version
	}
	for i, node := range graph.Nodes {
		line := id(i)
		for _, file := range node.Files {
			if strings.HasSuffix(file, ".zip") {
				line += " zip"
			}
		}
		for _, pin := range node.Pins {
			line += fmt.Sprintf(" %s=%.4s", pin.File[strings.LastIndexByte(pin.File, '.')+1:], pin.Digests["h1"])
		}
		all = append(all, line)
	}
	for _, edge := range graph.Edges {
		line := id(edge.From) + " > " + id(edge.To)
		if edge.To == feed.Open {
			line += " " + edge.Requirement.String() + " " + edge.Why
		}
		all = append(all, line)
	}
	for _, s := range graph.Skipped {
		all = append(all, "skipped "+s.Spec)
	}
	return append(all, graph.Notes...)
}

func resolved(t *testing.T, request feed.Request) (feed.Graph, error) {
	t.Helper()
	_, source := proxy(t, projects)
	return golang.Ecosystem().Resolve(t.Context(), request, index{source})
}

func TestResolveModules(t *testing.T) {
	for _, row := range []struct {
		what, requirements string
		options            map[string]string
		want               []string
		err                string
	}{
		{
			what: "one version", requirements: "example.com/a@v1.0.0",
			want: []string{"a@v1.0.0 zip", "b@v1.1.0 zip", "c@v1.0.0 zip", "deep@v1.0.0 zip", "- > a@v1.0.0", "a@v1.0.0 > b@v1.1.0", "a@v1.0.0 > c@v1.0.0", "b@v1.1.0 > c@v1.0.0", "c@v1.0.0 > deep@v1.0.0"},
		},
		{what: "latest", requirements: "example.com/a", want: []string{"a@v1.2.0 zip", "- > a@v1.2.0"}},
		{what: "prefix", requirements: "example.com/a@v1.0", want: []string{"a@v1.0.0 zip", "b@v1.1.0 zip", "c@v1.0.0 zip", "deep@v1.0.0 zip", "- > a@v1.0.0", "a@v1.0.0 > b@v1.1.0", "a@v1.0.0 > c@v1.0.0", "b@v1.1.0 > c@v1.0.0", "c@v1.0.0 > deep@v1.0.0"}},
		{what: "upgrade is latest", requirements: "example.com/a@upgrade", want: []string{"a@v1.2.0 zip", "- > a@v1.2.0"}},
		{what: "package in a module", requirements: "example.com/deep/er/still@v1", want: []string{"deep@v1.0.0 zip", "- > deep@v1.0.0"}},
		{what: "incompatible counts without go.mod", requirements: "example.com/legacy", want: []string{"legacy@v2.0.0+incompatible zip", "- > legacy@v2.0.0+incompatible"}},
		{
			what: "toolchain", requirements: "example.com/new example.com/deep", options: map[string]string{"go": "1.26.1", "toolchain": "go1.99.1/linux-amd64"},
			want: []string{"deep@v1.0.0 zip", "new@v1.0.0 zip", "golang.org/toolchain@v0.0.1-go1.99.1.linux-amd64 zip", "- > new@v1.0.0", "- > deep@v1.0.0", "- > golang.org/toolchain@v0.0.1-go1.99.1.linux-amd64"},
		},
		{
			what: "newer Go", requirements: "example.com/new", options: map[string]string{"go": "1.26.1"},
			want: []string{"new@v1.0.0 zip", "- > new@v1.0.0", "example.com/new@v1.0.0 needs go1.99.0, and the Go here is 1.26.1; where consumers have no newer one, mirror it with the option toolchain=go1.99.0/linux-amd64"},
		},
		{what: "newer Go, nobody asked", requirements: "example.com/new", options: map[string]string{"go": "none"}, want: []string{"new@v1.0.0 zip", "- > new@v1.0.0"}},
		{what: "unknown module", requirements: "example.com/nobody@v1.0.0 example.com/deep", err: "nothing satisfies example.com/nobody@v1.0.0"},
		{what: "unknown version", requirements: "example.com/a@v7.0.0+incompatible", err: "nothing satisfies example.com/a@v7.0.0+incompatible"},
		{what: "nothing suits", requirements: "example.com/a@v0", err: "no version suits"},
		{what: "all retracted", requirements: "example.com/all/retracted", err: `v1.0.0 is retracted: "never use this"`},
		{what: "missing below", requirements: "example.com/b@v1.3.0", err: "nothing satisfies example.com/gone@v1.0.0\n  required by example.com/b@v1.3.0"},
		{what: "other name", requirements: "example.com/wrong@v1.0.0", err: "the module calls itself example.com/other but is required as example.com/wrong"},
		{what: "unknown toolchain", requirements: "example.com/deep", options: map[string]string{"toolchain": "go1.99.9/linux-amd64"}, err: "nothing satisfies golang.org/toolchain@v0.0.1-go1.99.9.linux-amd64"},
	} {
		t.Run(row.what, func(t *testing.T) {
			request := requestFor(t, strings.Fields(row.requirements)...)
			request.Options = row.options
			graph, err := resolved(t, request)
			if row.err == "" && err != nil || row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)) {
				t.Fatalf("error %v, want %q", err, row.err)
			}
			if got := lines(graph); !equalSets(got, row.want) {
				t.Error(cmp.Diff(row.want, got))
			}
		})
	}
}

func equalSets(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

const (
	sumA = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	sumB = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
)

func TestResolveProjects(t *testing.T) {
	const aSum = "-- go.sum --\nexample.com/a v1.0.0 h1:" + sumA + "\nexample.com/a v1.0.0/go.mod h1:" + sumB + "\nexample.com/stale v1.0.0 h1:" + sumB + "\n"
	const requireA = "-- go.mod --\nmodule example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n"
	for _, row := range []struct {
		what, file, archive string
		options             map[string]string
		want                []string
		chosen              string // names of the files that feedctl writes
		err                 string
	}{
		{
			what: "go.mod with its go.sum", file: "go.mod", archive: requireA + aSum,
			want: []string{"a@v1.0.0 zip mod=AQEB zip=AAAA", "b@v1.1.0 zip", "c@v1.0.0 zip", "- > a@v1.0.0", "a@v1.0.0 > b@v1.1.0", "a@v1.0.0 > c@v1.0.0", "b@v1.1.0 > c@v1.0.0"},
		},
		{
			what: "zips=build", file: "go.mod", archive: requireA, options: map[string]string{"zips": "build"}, chosen: "go.sum",
			want: []string{"a@v1.0.0 zip", "b@v1.1.0", "c@v1.0.0", "- > a@v1.0.0", "a@v1.0.0 > b@v1.1.0", "a@v1.0.0 > c@v1.0.0", "b@v1.1.0 > c@v1.0.0"},
		},
		{
			what: "zips=build before pruning", file: "go.mod", archive: strings.Replace(requireA, "1.21", "1.16", 1), options: map[string]string{"zips": "build"}, chosen: "go.sum",
			want: []string{"a@v1.0.0 zip", "b@v1.1.0 zip", "c@v1.0.0 zip", "deep@v1.0.0 zip", "- > a@v1.0.0", "a@v1.0.0 > b@v1.1.0", "a@v1.0.0 > c@v1.0.0", "b@v1.1.0 > c@v1.0.0", "c@v1.0.0 > deep@v1.0.0"},
		},
		{
			what: "replaced by a module", file: "go.mod", archive: requireA + "\nreplace example.com/b => example.com/fork v1.9.0\n", chosen: "go.sum",
			want: []string{"a@v1.0.0 zip", "c@v1.0.0 zip", "fork@v1.9.0 zip", "- > a@v1.0.0", "a@v1.0.0 > fork@v1.9.0", "a@v1.0.0 > c@v1.0.0"},
		},
		{
			what: "replaced by a folder", file: "go.mod", archive: requireA + "\nrequire example.com/b v1.1.0\n\nreplace example.com/b => ./b\n-- b/go.mod --\nmodule example.com/b\n\nrequire example.com/deep v1.0.0\n", chosen: "go.sum",
			want: []string{"a@v1.0.0 zip", "c@v1.0.0 zip", "deep@v1.0.0 zip", "- > a@v1.0.0", "a@v1.0.0 > c@v1.0.0", "c@v1.0.0 > deep@v1.0.0"},
		},
		{
			what: "replaced by a folder elsewhere", file: "go.mod", archive: requireA + "\nrequire example.com/b v1.1.0\n\nreplace example.com/b => /home/me/b\n", chosen: "go.sum",
			want: []string{"a@v1.0.0 zip", "c@v1.0.0 zip", "- > a@v1.0.0", "a@v1.0.0 > c@v1.0.0", "skipped replace example.com/b => ../b"},
		},
		{
			what: "a replacement that nothing needs", file: "go.mod", archive: "-- go.mod --\nmodule example.com/main\n\ngo 1.21\n\nrequire example.com/deep v1.0.0\n\nreplace example.com/b => ../b\n", chosen: "go.sum",
			want: []string{"deep@v1.0.0 zip", "- > deep@v1.0.0"},
		},
		{
			what: "workspace", file: "go.work", chosen: "go.work.sum",
			archive: "-- go.work --\ngo 1.21\n\nuse (\n\t./one\n\t./two\n\t../three\n)\n-- one/go.mod --\nmodule example.com/one\n\ngo 1.21\n\nrequire example.com/deep v1.0.0\n" +
				"-- two/go.mod --\nmodule example.com/two\n\ngo 1.21\n\nrequire example.com/a v1.2.0\n\nreplace example.com/deep => ../inner\n-- inner/go.mod --\nmodule example.com/deep\n",
			want: []string{"a@v1.2.0 zip", "- > a@v1.2.0", "skipped use ../three"},
		},
		{
			what: "newer toolchain", file: "go.mod", archive: strings.Replace(requireA, "go 1.21\n", "go 1.21\n\ntoolchain go1.98.3\n", 1), options: map[string]string{"go": "1.26.1"}, chosen: "go.sum",
			want: []string{"a@v1.0.0 zip", "b@v1.1.0 zip", "c@v1.0.0 zip", "- > a@v1.0.0", "a@v1.0.0 > b@v1.1.0", "a@v1.0.0 > c@v1.0.0", "b@v1.1.0 > c@v1.0.0", "example.com/main needs go1.98.3, and the Go here is 1.26.1; where consumers have no newer one, mirror it with the option toolchain=go1.98.3/linux-amd64"},
		},
		{what: "missing", file: "go.mod", archive: strings.Replace(requireA, "a v1.0.0", "b v1.3.0", 1), err: "nothing satisfies example.com/gone@v1.0.0\n  required by example.com/b@v1.3.0"},
		{what: "no module line", file: "go.mod", archive: "-- go.mod --\ngo 1.21\n", err: "go.mod: no module line"},
		{what: "broken", file: "go.mod", archive: "-- go.mod --\nmodule x.y/z\nrequire (\n", err: "go.mod:3"},
		{what: "broken go.sum", file: "go.mod", archive: requireA + "-- go.sum --\nx\n", err: "go.sum:1: 1 words"},
		{what: "broken folder", file: "go.mod", archive: requireA + "\nreplace example.com/b => ./b\n-- b/go.mod --\nmodule (\n", err: "b/go.mod: go.mod of a dependency"},
		{what: "folder of a workspace without go.mod", file: "go.work", archive: "-- go.work --\ngo 1.21\n\nuse ./one\n", err: "go work edit -dropuse=./one"},
	} {
		t.Run(row.what, func(t *testing.T) {
			graph, err := resolveFile(t, row.file, row.archive, row.options)
			if row.err == "" && err != nil || row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)) {
				t.Fatalf("error %v, want %q", err, row.err)
			}
			if got := lines(graph); !equalSets(got, row.want) {
				t.Error(cmp.Diff(row.want, got))
			}
			if row.err == "" {
				checkChosen(t, graph, row.chosen)
			}
		})
	}
}

func resolveFile(t *testing.T, file, archive string, options map[string]string) (feed.Graph, error) {
	t.Helper()
	dir := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		dir[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	read := map[string]func(fs.FS, string) (feed.Request, error){"go.mod": golang.ReadMod, "go.work": golang.ReadWork}[file]
	request, err := read(dir, file)
	if err != nil {
		return feed.Graph{}, err
	}
	if strings.Contains(string(request.Settings), "/home/me") {
		t.Errorf("the settings tell of this machine: %s", request.Settings)
	}
	request.Options = options
	graph, err := resolved(t, request)
	if err == nil {
		checkLocked(t, request, graph)
	}
	return graph, err
}

// checkLocked resolves what was chosen as verify does: as a lock, with the
// request's own settings. The same edges must come out.
func checkLocked(t *testing.T, request feed.Request, graph feed.Graph) {
	t.Helper()
	lock := feed.Graph{}
	for _, node := range graph.Nodes {
		lock.Nodes = append(lock.Nodes, feed.Node{Name: node.Name, Version: node.Version, Files: node.Files})
	}
	request.Lock = &lock
	again, err := resolved(t, request)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(graph.Edges, again.Edges) {
		t.Errorf("as a lock: %s", cmp.Diff(graph.Edges, again.Edges))
	}
}

func checkChosen(t *testing.T, graph feed.Graph, want string) {
	t.Helper()
	var names []string
	if graph.Chosen != nil {
		documents, err := graph.Chosen(func(name, version string) (feed.Release, error) { return feed.Release{Version: version}, nil })
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range documents {
			names = append(names, document.Path)
		}
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("feedctl writes %q, want %q", got, want)
	}
}

// A go.sum is taken as it is: stale versions stay, and what it lacks is nobody's
// business but that of unpruned modules, whose edges stay open.
func TestResolveSum(t *testing.T) {
	text := "example.com/a v1.0.0 h1:" + sumA + "\nexample.com/a v1.0.0/go.mod h1:" + sumB + "\nexample.com/b v1.3.0/go.mod h1:" + sumB + "\n"
	request, err := golang.ReadSum(fstest.MapFS{"go.sum": {Data: []byte(text)}}, "go.sum")
	if err != nil {
		t.Fatal(err)
	}
	graph, err := resolved(t, request)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a@v1.0.0 zip mod=AQEB zip=AAAA", "b@v1.3.0 mod=AQEB", "- > a@v1.0.0", "a@v1.0.0 > b@v1.3.0",
		"b@v1.3.0 > - example.com/deep@v1.0.0 not part of the module graph", "b@v1.3.0 > - example.com/gone@v1.0.0 not part of the module graph",
	}
	if got := lines(graph); !equalSets(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	request.Lock.Nodes[0].Version = "v9.0.0"
	if _, err := resolved(t, request); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("a version that nobody has: %v", err)
	}
}

// What the feed holds is enough; only when none of it suits are all versions
// asked for.
func TestResolveKeepsSaved(t *testing.T) {
	_, source := proxy(t, projects)
	for _, row := range []struct{ query, want string }{
		{"", "v1.0.0"}, {"@v1", "v1.0.0"}, {"@>v1.0.0", "v1.2.0"},
	} {
		held := heldIndex{index{source}, "v1.0.0"}
		graph, err := golang.Ecosystem().Resolve(t.Context(), requestFor(t, "example.com/a"+row.query), held)
		if err != nil || !slices.ContainsFunc(graph.Nodes, func(n feed.Node) bool { return n.Name == "example.com/a" && n.Version == row.want }) {
			t.Errorf("%q: %v, %v", row.query, lines(graph), err)
		}
	}
}

// heldIndex has one saved version of everything.
type heldIndex struct {
	index
	version string
}

func (h heldIndex) Versions(ctx context.Context, name string, suits func(feed.Version) bool) ([]feed.Version, error) {
	saved := feed.Version{Version: h.version, Saved: true}
	if suits != nil && suits(saved) {
		return []feed.Version{saved}, nil
	}
	return h.index.Versions(ctx, name, suits)
}
