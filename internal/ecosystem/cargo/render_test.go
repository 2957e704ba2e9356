package cargo_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/pkg/feed"
)

var update = flag.Bool("update", false, "write the golden files anew")

const renderUniverse = universe + small + `
-- Mixed_Case/0.1.0.toml --
[dependencies]
ab = "1"
`

// golden compares text with a file.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		write(t, path, got)
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (run with -update to accept):\n%s", path, diff)
	}
}

func TestRenderGolden(t *testing.T) {
	for name, base := range map[string]string{"with-base": "https://feed.test/some/place", "without-base": ""} {
		t.Run(name, func(t *testing.T) {
			other := start(t, small)
			other.Name, other.Include = "corp", []string{"corp.example/*"}
			m := open(t, start(t, renderUniverse), other)
			var b bytes.Buffer
			var summaries []feed.Summary
			for _, row := range []struct{ name, versions string }{
				{"Bar_Baz", "1.0.0 1.1.0+meta.1"}, {"Mixed_Case", "0.1.0"}, {"a", "1.0.1 1.0.0"}, {"abc", "0.1.9"}, {"beta", "2.1.0"}, {"corp.example/Bar_Baz", "1.0.0"},
			} {
				p, _, err := m.packageOf(testContext(t), row.name, strings.Fields(row.versions)...)
				if err != nil {
					t.Fatal(err)
				}
				documents, err := cargo.RenderPackage(feed.Layout{Base: base}, p)
				if err != nil {
					t.Fatal(err)
				}
				showDocuments(&b, documents)
				summaries = append(summaries, feed.Summary{Name: p.Name})
			}
			documents, err := cargo.RenderRoot(feed.Layout{Base: base}, func(yield func(feed.Summary, error) bool) {
				for _, s := range summaries {
					if !yield(s, nil) {
						return
					}
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			showDocuments(&b, documents)
			golden(t, filepath.Join("render", name+".txt"), b.Bytes())
		})
	}
}

func showDocuments(b *bytes.Buffer, documents []feed.Document) {
	for _, d := range documents {
		if d.Link != "" {
			fmt.Fprintf(b, "%s = %s\n", d.Path, d.Link)
			continue
		}
		fmt.Fprintf(b, "%s entry=%t\n%s", d.Path, d.Entry, d.Bytes)
	}
}

func TestRenderFollowsTheLedger(t *testing.T) {
	m := open(t, start(t, small))
	p, _, err := m.packageOf(testContext(t), "Bar_Baz", "1.0.0", "1.1.0+meta.1")
	if err != nil {
		t.Fatal(err)
	}
	p.Releases[0].Yanked, p.Releases[1].Yanked = &feed.Yank{}, nil
	p.Releases[1].Files[0].Absent = true
	documents, err := cargo.RenderPackage(feed.Layout{}, p)
	if err != nil {
		t.Fatal(err)
	}
	index := slices.IndexFunc(documents, func(d feed.Document) bool { return d.Path == "cargo/index/ba/r_/bar_baz" })
	lines := strings.Split(strings.TrimSpace(string(documents[index].Bytes)), "\n")
	if len(documents) != 2 || !strings.Contains(lines[0], `"yanked":true`) || !strings.Contains(lines[1], `"yanked":false`) {
		t.Errorf("%d documents:\n%s", len(documents), strings.Join(lines, "\n"))
	}
	for name, spoil := range map[string]func(*feed.Release){
		"no line":      func(r *feed.Release) { r.Metadata = nil },
		"another line": func(r *feed.Release) { r.Metadata = p.Releases[1].Metadata },
		"twice":        func(r *feed.Release) { *r = p.Releases[1] },
		"bad version":  func(r *feed.Release) { r.Version = "../1" },
	} {
		bad := p
		bad.Releases = slices.Clone(p.Releases)
		spoil(&bad.Releases[0])
		if _, err := cargo.RenderPackage(feed.Layout{}, bad); err == nil {
			t.Errorf("%s: rendered", name)
		}
	}
}

func TestOwner(t *testing.T) {
	for path, want := range map[string]string{
		"cargo/index/se/rd/serde":                     "serde",
		"cargo/index/1/a":                             "a",
		"cargo/index/3/a/abc":                         "abc",
		"cargo/Bar_Baz-1.1.0+meta.1.crate":            "Bar_Baz",
		"cargo/a-1-2.0.0-rc.1-x.crate":                "a-1",
		"cargo/dl/Bar_Baz-1.0.0.bin":                  "Bar_Baz",
		"cargo/registries/corp.example/dl/a-1.0.bin":  "",
		"cargo/registries/corp.example/a-1.0.0.crate": "corp.example/a",
		"cargo/registries/corp.example/index/1/a":     "corp.example/a",
		"cargo/registries/Corp/index/1/a":             "",
		"cargo/registries/corp/index/config.json":     "",
		"cargo/index/config.json":                     "",
		"cargo/index/se/rd/Serde":                     "",
		"cargo/index/xx/rd/serde":                     "",
		"cargo/a.crate":                               "",
		"cargo/a-1.0.0.zip":                           "",
		"npm/x":                                       "",
		"":                                            "",
	} {
		if got := cargo.Owner(path); got != want {
			t.Errorf("Owner(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestClients(t *testing.T) {
	for _, row := range []struct{ base, want, not string }{
		{"https://feed.test/x", `registry = "sparse+https://feed.test/x/cargo/index/"`, "no base URL"},
		{"", "no base URL", "{"},
	} {
		var all strings.Builder
		for _, s := range cargo.Clients(feed.Layout{Base: row.base}) {
			all.WriteString(s.Text)
		}
		if text := all.String(); !strings.Contains(text, row.want) || strings.Contains(text, row.not) {
			t.Errorf("%q: %s", row.base, text)
		}
	}
}

func TestRequirement(t *testing.T) {
	for _, row := range []struct{ text, name, wanted string }{
		{"serde", "serde", ""},
		{"serde@1", "serde", "1"},
		{"serde@1.0.200", "serde", "=1.0.200"},
		{"serde@=1.0.200", "serde", "=1.0.200"},
		{"serde@^1.0.200", "serde", "^1.0.200"},
		{"serde@>=1, <2", "serde", ">=1, <2"},
		{"serde@latest", "serde", ""},
		{"tokio@1[full]", "tokio", "1[full]"},
		{"tokio[rt, full,rt]", "tokio", "[full,rt]"},
		{"tokio@1[-default,rt]", "tokio", "1[-default,rt]"},
		{"corp.example_index/x@2", "corp.example_index/x", "2"},
	} {
		got, err := cargo.ParseRequirement(row.text)
		if err != nil || got != (feed.Requirement{Name: row.name, Range: row.wanted}) {
			t.Errorf("%q: %+v, %v", row.text, got, err)
		}
	}
	for _, text := range []string{"", "@1", "x@", "x@foo", "x[", "x[]", "x[a", "x[a]b", "x[a b]", "a b", "../x", "x@1/2", "x@" + strings.Repeat("1", 500)} {
		if got, err := cargo.ParseRequirement(text); err == nil {
			t.Errorf("%.20q is read as %+v", text, got)
		}
	}
	if got, err := cargo.ParsePURL("", "serde", "1.0.0+x"); err != nil || got.Range != "=1.0.0+x" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, row := range [][3]string{{"ns", "a", ""}, {"", "../a", ""}, {"", "a", "1"}} {
		if got, err := cargo.ParsePURL(row[0], row[1], row[2]); err == nil {
			t.Errorf("%v is read as %+v", row, got)
		}
	}
}

func FuzzRequirement(f *testing.F) {
	for _, text := range []string{"serde", "tokio@1[full,-default]", "a/b@>=1,<2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := cargo.ParseRequirement(text)
		if err != nil {
			return
		}
		if again, err := cargo.ParseRequirement(got.String()); err != nil || again != got {
			t.Fatalf("%q is %+v, which is %+v, %v", text, got, again, err)
		}
	})
}
