package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// measured has every row that a goal looks at.
func measured(factor float64) *table {
	t := &table{title: "title"}
	for _, one := range []struct {
		group group
		name  string
		wall  float64
	}{
		{floorMetadata, "documents", 1},
		{floorArtifacts, "files", 3},
		{cold, "cold", 5 * factor},
		{warm, "warm", 0.05},
		{checking, "verify", 1},
		{sums, "sums", 2},
		{nativeFetching, "client", 10},
		{starting, "version", 0.012},
	} {
		t.add(one.group, one.name, usage{wall: time.Duration(one.wall * float64(time.Second)), memory: 100 << 20})
	}
	return t
}

func TestGoals(t *testing.T) {
	all := reach{floor: 1.3, native: 0.4, warm: 0.1, memory: 128 << 20, verify: 1.2, latency: 1.5}
	for name, tt := range map[string]struct {
		reach  reach
		tables []*table
		want   []goal
	}{
		"all": {all, []*table{measured(1), measured(2)}, []goal{
			{"cold ÷ floor of curl", "≤ 1.30", "1.25", true},
			{"cold ÷ client", "≤ 0.40", "0.50", false},
			{"warm", "≤ 100 ms", "50 ms", true},
			{"warm", "0 requests, 0 files touched", "0 requests, 0 files touched", true},
			{"verify ÷ sha256sum", "≤ 1.20", "0.50", true},
			{"resident memory, cold", "≤ 128 MB", "100 MB", true},
			{"cold with the delay ÷ cold without", "≤ 1.50", "2.00", false},
			{"feedctl version", "≤ 15.0 ms", "12.0 ms", true},
		}},
		"few": {reach{native: 0.5}, []*table{measured(1)}, []goal{
			{"cold ÷ client", "≤ 0.50", "0.50", true},
			{"warm", "0 requests, 0 files touched", "0 requests, 0 files touched", true},
			{"feedctl version", "≤ 15.0 ms", "12.0 ms", true},
		}},
		"nothing measured": {all, []*table{{}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.reach.goals(tt.tables), cmp.AllowUnexported(goal{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func aResult() result {
	tables := []*table{measured(1)}
	return result{
		lock: "lock", example: "any", mode: onLoopback, from: "here", runs: 3, day: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
		machine: machine{cores: 2, memory: 24 << 30, fileSystem: "ext4", platform: "linux/amd64", toolchain: "go1.99"},
		planned: plan{metadata: []string{"a"}, artifacts: []string{"b", "c"}}, tables: tables, goals: reach{floor: 1.3, native: 0.4}.goals(tables),
	}
}

func TestSection(t *testing.T) {
	text, err := aResult().section()
	if err != nil {
		t.Fatal(err)
	}
	const want = "lock, 1 metadata documents and 2 artifacts from here, 3 runs, 2026-03-04, 2 cores, 24 GiB, ext4, go1.99, linux/amd64.\n" +
		"\n| measure | reach | measured | |\n|---|---|---|---|\n" +
		"| cold ÷ floor of curl | ≤ 1.30 | 1.25 | met |\n| cold ÷ client | ≤ 0.40 | 0.50 | **not met** |\n"
	if !strings.HasPrefix(text, want) {
		t.Error(cmp.Diff(want, text))
	}
	if !strings.Contains(text, "\n```\ntitle\n") || !strings.HasSuffix(text, "\n```\n") {
		t.Errorf("no table: %s", text)
	}
}

func TestWriteTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "performance.md")
	const before = "# Title\n<!-- bench: registries any -->\nkept\n<!-- /bench -->\ntext\n<!-- bench: loopback any -->\n"
	const after = "<!-- /bench -->\nend\n"
	if err := os.WriteFile(path, []byte(before+"old\n"+after), 0o600); err != nil {
		t.Fatal(err)
	}
	section, err := aResult().section()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time changes nothing
		if err := aResult().writeTo(path); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if diff := cmp.Diff(before+section+after, string(got)); err != nil || diff != "" {
			t.Error(err, diff)
		}
	}
}

func TestMarkersMissing(t *testing.T) {
	for name, document := range map[string]string{
		"none":          "# Title\n",
		"another":       "<!-- bench: loopback other -->\n<!-- /bench -->\n",
		"not closed":    "<!-- bench: loopback any -->\n",
		"closed before": "<!-- /bench -->\n<!-- bench: loopback any -->\n",
		"nested":        "<!-- bench: loopback any -->\n<!-- bench: loopback other -->\n<!-- /bench -->\n",
	} {
		if got, err := replaceSection(document, onLoopback, "any", "text\n"); err == nil {
			t.Errorf("%s: no error, but %q", name, got)
		}
	}
}

// The document of the project has a section for every example, so that a run finds
// its place.
func TestDocument(t *testing.T) {
	for _, looped := range []bool{false, true} {
		b := &bench{out: filepath.Join("..", "..", "docs", "performance.md"), loopback: looped}
		chosen, err := chosenExamples(allExamples)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.checkOut(chosen); err != nil {
			t.Error(err)
		}
	}
}

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		args string
		want *bench // nil is an error
	}{
		"nothing":          {"", &bench{example: "all", native: true, runs: 2, delay: 20 * time.Millisecond}},
		"an example":       {"-example npm -runs 3", &bench{example: "npm", runs: 3, delay: 20 * time.Millisecond}},
		"a lock":           {"-lock x -native", &bench{lock: "x", native: true, runs: 2, delay: 20 * time.Millisecond}},
		"loopback":         {"-loopback -delay 0 -example go", &bench{example: "go", runs: 2, loopback: true}},
		"both":             {"-lock x -example npm", nil},
		"no runs":          {"-runs 0", nil},
		"long delay":       {"-delay 2s", nil},
		"negative delay":   {"-delay -1ms", nil},
		"a word":           {"npm", nil},
		"a lock to a file": {"-lock x -out y", nil},
		"an unknown flag":  {"-none", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse(strings.Fields(tt.args))
			if tt.want == nil {
				if err == nil {
					t.Errorf("got %+v, want an error", got)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(bench{}, table{})); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestMachine(t *testing.T) {
	for text, want := range map[string]int64{
		"MemTotal:       24685580 kB\nMemFree: 1 kB\n": 24685580 << 10,
		"MemFree: 1 kB\n": 0,
		"MemTotal: x kB":  0,
		"":                0,
	} {
		if got := totalMemory(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
	m := thisMachine(t.Context(), t.TempDir())
	if m.cores < 1 || !strings.Contains(m.String(), m.toolchain) {
		t.Errorf("%s", m)
	}
}

// Requests are those that feedctl tells of, not other lines.
func TestLogged(t *testing.T) {
	used := usage{output: []byte("time=1 level=DEBUG msg=request upstream=a url=https://registry.example/msg=request\n" +
		"time=1 level=DEBUG msg=\"request did not succeed\" upstream=a\ntime=2 level=DEBUG msg=request upstream=b\n")}
	if got := used.logged(); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
}
