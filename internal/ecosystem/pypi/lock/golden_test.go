package lock

import (
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

var update = flag.Bool("update", false, "write golden files anew")

// fixtures are inputs of one project, made or written by its tools; see
// testdata/demo/README.md.
var fixtures = []struct{ dir, file string }{
	{"pylock", "pylock.toml"},
	{"uv", "uv.lock"},
	{"uv0", "uv.lock"},
	{"poetry1", "poetry.lock"},
	{"poetry2", "poetry.lock"},
	{"pdm", "pdm.lock"},
	{"pdm-static", "pdm.lock"},
	{"pdm4", "pdm.lock"},
	{"pipenv", "Pipfile.lock"},
	{"requirements", "requirements.txt"},
	{"requirements-universal", "requirements.txt"},
	{"uv", "pyproject.toml"},
	{"poetry2", "pyproject.toml"},
	{"pdm", "pyproject.toml"},
	{"pipenv", "Pipfile"},
}

var environment = map[string]string{"NAME": "named", "USER": "someone", "TOKEN": "s3cret", "HOST": "registry.example"}

func getenv(name string) (string, bool) {
	value, ok := environment[name]
	return value, ok
}

// readerOf returns the reader of a file by its name.
func readerOf(t testing.TB, file string) Reader {
	t.Helper()
	for _, readers := range []map[string]Reader{Locks(), Manifests(getenv), Scripts()} {
		for _, pattern := range slices.Sorted(maps.Keys(readers)) {
			if ok, err := path.Match(pattern, file); ok && err == nil {
				return readers[pattern]
			}
		}
	}
	t.Fatalf("no reader for %s", file)
	return nil
}

func mustRead(t testing.TB, fsys fs.FS, file string) feed.Request {
	t.Helper()
	request, err := readerOf(t, file)(fsys, file)
	if err != nil {
		t.Fatal(err)
	}
	checkRequest(t, request)
	if request.Input != file {
		t.Errorf("input is %q", request.Input)
	}
	return request
}

func readFixture(t testing.TB, dir, file string) feed.Request {
	t.Helper()
	return mustRead(t, os.DirFS(filepath.Join("testdata", "demo", dir)), file)
}

func TestGolden(t *testing.T) {
	for _, fixture := range fixtures {
		t.Run(fixture.dir+"/"+fixture.file, func(t *testing.T) {
			got := drawing(t, readFixture(t, fixture.dir, fixture.file))
			golden := filepath.Join("testdata", "demo", fixture.dir, fixture.file+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("request differs (-want +got):\n%s", diff)
			}
		})
	}
}

// checkRequest checks what holds for everything that is read.
func checkRequest(t testing.TB, request feed.Request) {
	t.Helper()
	if request.Ecosystem != Ecosystem {
		t.Errorf("ecosystem is %q", request.Ecosystem)
	}
	settings, err := ParseSettings(request.Settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, requirement := range request.Requirements {
		checkRequirement(t, requirement)
	}
	for _, index := range settings.Indexes {
		if strings.ContainsAny(index.URL, "@?#") {
			t.Errorf("the index %q may hold a secret", index.URL)
		}
	}
	if request.Lock != nil {
		checkGraph(t, *request.Lock, settings)
	}
}

func checkRequirement(t testing.TB, r feed.Requirement) {
	t.Helper()
	parsed, err := marker.ParseRequirement(r.Name + r.Range)
	if err != nil || parsed.Name != r.Name || parsed.URL != "" || r.Alias != "" {
		t.Errorf("requirement %+v is not one of PEP 508: %v", r, err)
	}
}

func checkGraph(t testing.TB, graph feed.Graph, settings Settings) {
	t.Helper()
	ids := map[string]bool{}
	for _, node := range graph.Nodes {
		id := node.Name + "@" + node.Version
		v, err := version.Parse(node.Version)
		if ids[id] || err != nil || v.String() != node.Version || wheel.NormalizeName(node.Name) != node.Name {
			t.Errorf("%s is there twice, or not in normal form", id)
		}
		ids[id] = true
		for _, pin := range node.Pins {
			if pin.File != "" && feed.CheckPath(pin.File) != nil || strings.ContainsAny(pin.URL, "@?#") {
				t.Errorf("%s: bad pin %+v", id, pin)
			}
		}
	}
	for id := range settings.Releases {
		if !ids[id] {
			t.Errorf("the settings tell of %s, which is no release", id)
		}
	}
	for _, edge := range graph.Edges {
		if edge.From < feed.Root || edge.From >= len(graph.Nodes) || edge.To < feed.Open || edge.To >= len(graph.Nodes) {
			t.Errorf("edge %v leaves the graph", edge)
		}
		if (edge.To == feed.Open) != (edge.Why != "") {
			t.Errorf("edge %v: open edges alone have a reason", edge)
		}
		checkRequirement(t, edge.Requirement)
	}
}

// drawing shows a request: settings, requirements, and a line for each node with
// its pins, then what it requires.
func drawing(t testing.TB, request feed.Request) string {
	t.Helper()
	var b strings.Builder
	settings, err := ParseSettings(request.Settings)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%s\n", text)
	for _, r := range request.Requirements {
		fmt.Fprintf(&b, "%s%s <%s>\n", r.Name, r.Range, r.Kind)
	}
	if request.Lock != nil {
		drawGraph(&b, *request.Lock)
	}
	return b.String()
}

func drawGraph(b *strings.Builder, graph feed.Graph) {
	outgoing := map[int][]string{}
	for _, e := range graph.Edges {
		to := "OPEN " + e.Why
		if e.To >= 0 {
			to = graph.Nodes[e.To].Name + "@" + graph.Nodes[e.To].Version
		}
		outgoing[e.From] = append(outgoing[e.From], fmt.Sprintf("%s: %s%s <%s>", to, e.Requirement.Name, e.Requirement.Range, e.Requirement.Kind))
	}
	fmt.Fprintf(b, "root\n\t%s\n", strings.Join(outgoing[feed.Root], "\n\t"))
	for i, node := range graph.Nodes {
		fmt.Fprintf(b, "%s@%s\n", node.Name, node.Version)
		for _, pin := range node.Pins {
			fmt.Fprintf(b, "\t= %s %s", pin.File, pin.URL)
			for _, algorithm := range slices.Sorted(maps.Keys(pin.Digests)) {
				fmt.Fprintf(b, " %s:%.8s", algorithm, pin.Digests[algorithm])
			}
			b.WriteByte('\n')
		}
		for _, line := range outgoing[i] {
			fmt.Fprintf(b, "\t%s\n", line)
		}
	}
	for _, s := range graph.Skipped {
		fmt.Fprintf(b, "skipped %s: %s: %s (%s)\n", s.Name, s.Spec, s.Reason, s.Where)
	}
	for _, note := range graph.Notes {
		fmt.Fprintf(b, "note %s\n", note)
	}
}

// TestDigestsAgree checks that every format gives the same digests of a file.
func TestDigestsAgree(t *testing.T) {
	known := map[string]string{} // by file: its SHA-256
	sums := map[string]bool{}
	checked := 0
	for _, fixture := range fixtures {
		request := readFixture(t, fixture.dir, fixture.file)
		if request.Lock == nil {
			continue
		}
		for _, node := range request.Lock.Nodes {
			for _, pin := range node.Pins {
				sum := pin.Digests["sha256"]
				if pin.File != "" && known[pin.File] != "" && known[pin.File] != sum {
					t.Errorf("%s: %s has another digest", fixture.dir, pin.File)
				}
				if pin.File != "" {
					known[pin.File] = sum
				}
				sums[sum] = true
				checked++
			}
		}
	}
	if checked < 300 || len(known) < 40 {
		t.Errorf("only %d digests of %d files were compared", checked, len(known))
	}
}

// TestFormatsAgree compares the releases of the universal locks.
func TestFormatsAgree(t *testing.T) {
	base := releases(readFixture(t, "uv", "uv.lock"))
	for _, row := range []struct {
		dir, file        string
		missing, surplus []string
	}{
		{"pylock", "pylock.toml", nil, nil},
		{"poetry2", "poetry.lock", nil, nil},
		{"pdm", "pdm.lock", nil, nil},
	} {
		t.Run(row.dir, func(t *testing.T) {
			got := releases(readFixture(t, row.dir, row.file))
			if diff := cmp.Diff(row.missing, without(base, got)); diff != "" {
				t.Errorf("missing: %s", diff)
			}
			if diff := cmp.Diff(row.surplus, without(got, base)); diff != "" {
				t.Errorf("surplus: %s", diff)
			}
		})
	}
}

func releases(request feed.Request) []string {
	var ids []string
	for _, node := range request.Lock.Nodes {
		ids = append(ids, node.Name+"@"+node.Version)
	}
	return ids
}

func without(list, other []string) []string {
	var left []string
	for _, id := range list {
		if !slices.Contains(other, id) {
			left = append(left, id)
		}
	}
	return left
}
