package lock

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

var update = flag.Bool("update", false, "write golden files anew")

// fixtures are locks that the clients themselves wrote for one project.
var fixtures = []struct{ dir, file string }{
	{"npm1", "package-lock.json"},
	{"npm2", "package-lock.json"},
	{"npm3", "package-lock.json"},
	{"yarn1", "yarn.lock"},
	{"yarn3", "yarn.lock"},
	{"yarn4", "yarn.lock"},
	{"pnpm7", "pnpm-lock.yaml"},
	{"pnpm8", "pnpm-lock.yaml"},
	{"pnpm9", "pnpm-lock.yaml"},
	{"pnpm12", "pnpm-lock.yaml"},
	{"pnpm11multi", "pnpm-lock.yaml"},
	{"bun11", "bun.lock"},
	{"bun13", "bun.lock"},
	{"bun14", "bun.lock"},
}

func readFixture(t testing.TB, dir, file string) feed.Graph {
	t.Helper()
	return read(t, os.DirFS(filepath.Join("testdata", "nasty", dir)), file)
}

func read(t testing.TB, fsys fs.FS, file string) feed.Graph {
	t.Helper()
	request, err := Locks()[file](fsys, file)
	if err != nil {
		t.Fatal(err)
	}
	if request.Ecosystem != "npm" || request.Input != file {
		t.Errorf("request is of %s, input %q", request.Ecosystem, request.Input)
	}
	return *request.Lock
}

func TestGolden(t *testing.T) {
	for _, fixture := range fixtures {
		t.Run(fixture.dir, func(t *testing.T) {
			graph := readFixture(t, fixture.dir, fixture.file)
			checkGraph(t, graph)
			path := filepath.Join("testdata", "nasty", fixture.dir+".golden")
			got := drawing(graph)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("graph differs (-want +got):\n%s", diff)
			}
		})
	}
}

// checkGraph checks what holds for every lock.
func checkGraph(t *testing.T, graph feed.Graph) {
	t.Helper()
	seen := map[string]bool{}
	for _, node := range graph.Nodes {
		id := node.Name + "@" + node.Version
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		if CheckName(node.Name) != nil || CheckVersion(node.Version) != nil || len(node.Pins) > 1 {
			t.Errorf("%s: bad name, version or pins", id)
		}
	}
	for _, edge := range graph.Edges {
		if edge.From < feed.Root || edge.From >= len(graph.Nodes) || edge.To < feed.Open || edge.To >= len(graph.Nodes) {
			t.Errorf("edge %v leaves the graph", edge)
		}
		if (edge.To == feed.Open) != (edge.Why != "") {
			t.Errorf("edge %v: only open edges have a reason", edge)
		}
	}
}

// drawing shows a graph in a line for each node: pins, then what it requires.
func drawing(graph feed.Graph) string {
	outgoing := map[int][]string{}
	for _, e := range graph.Edges {
		to := "OPEN " + e.Why
		if e.To >= 0 {
			to = graph.Nodes[e.To].Name + "@" + graph.Nodes[e.To].Version
		}
		outgoing[e.From] = append(outgoing[e.From], strings.TrimSpace(fmt.Sprintf("%s <%s> %s", to, e.Requirement, e.Requirement.Kind)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "root\n\t%s\n", strings.Join(outgoing[feed.Root], "\n\t"))
	for i, node := range graph.Nodes {
		fmt.Fprintf(&b, "%s@%s%s\n", node.Name, node.Version, pins(node))
		for _, line := range outgoing[i] {
			fmt.Fprintf(&b, "\t%s\n", line)
		}
	}
	for _, s := range graph.Skipped {
		fmt.Fprintf(&b, "skipped %s: %s: %s (%s)\n", s.Name, s.Spec, s.Reason, s.Where)
	}
	for _, note := range graph.Notes {
		fmt.Fprintf(&b, "note %s\n", note)
	}
	return b.String()
}

func pins(node feed.Node) string {
	var b strings.Builder
	for _, pin := range node.Pins {
		if pin.URL != "" {
			b.WriteString(" " + pin.URL)
		}
		for _, algorithm := range sortedKeys(pin.Digests) {
			fmt.Fprintf(&b, " %s:%.8s", algorithm, pin.Digests[algorithm])
		}
	}
	return b.String()
}

// releases returns "name@version" of every node.
func releases(graph feed.Graph) []string {
	var ids []string
	for _, node := range graph.Nodes {
		ids = append(ids, node.Name+"@"+node.Version)
	}
	return ids
}

// The clients chose alike except for this: which version of a range (pnpm and bun
// keep one that is there already), the packages that @tailwindcss/oxide-wasm32-wasi
// bundles, and node-gyp, which yarn adds to whatever is built from source. The
// git dependency, which wants wrappy, could not be made with every client.
var (
	older   = []string{"debug@4.4.3", "semver@6.3.2"}
	wrappy  = []string{"wrappy@1.0.2"}
	bundled = []string{
		"@emnapi/core@1.11.3", "@emnapi/runtime@1.11.3", "@emnapi/wasi-threads@1.2.3", "@napi-rs/wasm-runtime@0.2.12",
		"@tybys/wasm-util@0.10.5", "@tybys/wasm-util@0.9.0", "tslib@2.9.1",
	}
	nodeGyp = []string{
		"@isaacs/fs-minipass@4.0.1", "abbrev@5.0.0", "chownr@3.0.0", "env-paths@2.2.1", "exponential-backoff@3.1.3",
		"fdir@6.5.0", "graceful-fs@4.2.12", "isexe@4.0.0", "minipass@7.1.3", "minizlib@3.1.0", "node-gyp@13.1.0",
		"nopt@10.0.1", "picomatch@4.0.7", "proc-log@7.0.0", "semver@7.8.6", "tar@7.5.23", "tinyglobby@0.2.17",
		"undici@8.12.4", "which@7.0.0", "yallist@5.0.0",
	}
	inBundle = []string{"@tybys/wasm-util@0.10.5"} // bun lists it without its "bundled" mark
)

func TestFormatsAgree(t *testing.T) {
	base := releases(readFixture(t, "npm3", "package-lock.json"))
	if len(base) != 152 {
		t.Errorf("npm's lock has %d releases", len(base))
	}
	for _, row := range []struct {
		dir, file        string
		missing, surplus [][]string
	}{
		{"npm1", "package-lock.json", nil, nil},
		{"npm2", "package-lock.json", nil, nil},
		{"yarn1", "yarn.lock", nil, [][]string{bundled}},
		{"yarn3", "yarn.lock", [][]string{wrappy}, [][]string{bundled, nodeGyp}},
		{"yarn4", "yarn.lock", [][]string{wrappy}, [][]string{bundled, nodeGyp}},
		{"pnpm7", "pnpm-lock.yaml", [][]string{older}, [][]string{bundled}},
		{"pnpm8", "pnpm-lock.yaml", [][]string{older, wrappy}, nil},
		{"pnpm9", "pnpm-lock.yaml", [][]string{older}, nil},
		{"pnpm12", "pnpm-lock.yaml", nil, nil},
		{"bun11", "bun.lock", [][]string{older}, [][]string{inBundle}},
		{"bun13", "bun.lock", [][]string{older}, [][]string{inBundle}},
		{"bun14", "bun.lock", [][]string{older}, [][]string{inBundle}},
	} {
		t.Run(row.dir, func(t *testing.T) {
			got := releases(readFixture(t, row.dir, row.file))
			compare(t, "missing", without(base, got), slices.Concat(row.missing...))
			compare(t, "surplus", without(got, base), slices.Concat(row.surplus...))
		})
	}
}

// TestDigestsAgree checks that every format gives the same digest of a release.
func TestDigestsAgree(t *testing.T) {
	known := map[string]feed.Digests{}
	checked := 0
	for _, fixture := range fixtures {
		for _, node := range readFixture(t, fixture.dir, fixture.file).Nodes {
			id := node.Name + "@" + node.Version
			for _, pin := range node.Pins {
				if algorithm := known[id].Conflict(pin.Digests); algorithm != "" {
					t.Errorf("%s: %s has another %s digest", fixture.dir, id, algorithm)
				}
				known[id] = known[id].Merge(pin.Digests)
				checked++
			}
		}
	}
	if checked < 1000 {
		t.Errorf("only %d digests were compared", checked)
	}
}

func compare(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(other, id) })
}
