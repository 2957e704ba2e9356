package pypi_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/pkg/feed"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(file, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s, -want +got\n%s", name, diff)
	}
}

// TestRenderGolden mirrors with everything that a page can say.
func TestRenderGolden(t *testing.T) {
	m := newMiniature(t, start(t, conformant))
	graph, _ := m.mirror(t, request(t, "3.11", linux+" "+windows, "alpha[fast]==1.0", "beta", "odd_name"))
	m.mirror(t, request(t, "3.11", linux, "alpha==1.1"))
	for _, name := range []string{"alpha", "beta", "localver", "odd-name"} {
		page, err := os.ReadFile(filepath.Join(m.dir, "pypi", "simple", name, "index.html"))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".html", page)
	}
	root, err := os.ReadFile(filepath.Join(m.dir, "pypi", "simple", "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "index.html", root)
	documents, err := graph.Chosen(m.release)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, document := range documents {
		names = append(names, document.Path)
		if strings.Contains(document.Path, linux) {
			golden(t, document.Path, document.Bytes)
		}
	}
	want := []string{
		"pylock.cp311-manylinux_2_28_x86_64.toml", "requirements.cp311-manylinux_2_28_x86_64.txt",
		"pylock.cp311-win_amd64.toml", "requirements.cp311-win_amd64.txt",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestRenderSimple reads the feed's own pages as an upstream: nothing gets lost.
func TestRenderSimple(t *testing.T) {
	m := newMiniature(t, start(t, conformant))
	m.mirror(t, request(t, "3.11", linux, "alpha[fast]==1.1", "localver", "odd-name"))
	again := newMiniature(t, upstreamAt(filepath.Join(m.dir, "pypi", "simple")))
	graph, _ := again.mirror(t, request(t, "3.11", linux, "alpha==1.1", "localver", "odd-name"))
	for name := range again.held {
		for _, kind := range []string{"simple/" + name + "/index.html"} {
			got, err := os.ReadFile(filepath.Join(again.dir, "pypi", kind))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(m.dir, "pypi", kind))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s, -want +got\n%s", kind, diff)
			}
		}
	}
	if len(graph.Nodes) < 5 {
		t.Errorf("only %d releases", len(graph.Nodes))
	}
}

func TestRenderErrors(t *testing.T) {
	file := feed.File{Path: "pypi/files/a-1-py3-none-any.whl", Digests: feed.Digests{"sha256": "0", "metadata": "1"}}
	beside := feed.File{Path: file.Path + ".metadata", Digests: feed.Digests{"sha256": "2"}}
	facts := []byte(`{"files":[{"name":"a-1-py3-none-any.whl"}]}`)
	for _, row := range []struct {
		what string
		p    feed.Package
		want string
	}{
		{"metadata that are another wheel's", packageOf("a", feed.Release{Version: "1", Metadata: facts, Files: []feed.File{file, beside}}), "sha256:2"},
		{"a name that is not normal", packageOf("A", feed.Release{Version: "1", Metadata: facts}), "normal form"},
		{"a name that is a path", packageOf("../a", feed.Release{Version: "1", Metadata: facts}), "normal form"},
		{"no version", packageOf("a", feed.Release{Version: "1 <script>", Metadata: facts}), "no version"},
		{"no facts", packageOf("a", feed.Release{Version: "1", Metadata: []byte("[")}), "files"},
		{"a file twice", packageOf("a", feed.Release{Version: "1", Metadata: facts, Files: []feed.File{{Path: file.Path}, {Path: file.Path}}}), "for 1 and for 1"},
	} {
		t.Run(row.what, func(t *testing.T) {
			documents, err := pypi.RenderPackage(feed.Layout{}, row.p)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %d documents, %v; want an error with %q", len(documents), err, row.want)
			}
		})
	}
	documents, err := pypi.RenderPackage(feed.Layout{}, packageOf("a", feed.Release{Version: "1", Metadata: facts, Files: []feed.File{{Path: file.Path, Absent: true}}}))
	if len(documents) > 0 || err != nil {
		t.Errorf("a project without a file has %d documents, %v; want none", len(documents), err)
	}
}

func TestRenderStatus(t *testing.T) {
	p := packageOf("a", feed.Release{Version: "1", Metadata: []byte(`{"files":[]}`), Files: []feed.File{{Path: "pypi/files/a-1.tar.gz"}}})
	p.Metadata = []byte(`{"status":"archived","reason":"\"><script>"}`)
	documents, err := pypi.RenderPackage(feed.Layout{}, p)
	if err != nil {
		t.Fatal(err)
	}
	want := `<meta name="pypi:project-status" content="archived"><meta name="pypi:project-status-reason" content="&#34;&gt;&lt;script&gt;">`
	if !bytes.Contains(documents[0].Bytes, []byte(want)) {
		t.Errorf("got %s, want %s", documents[0].Bytes, want)
	}
}

func packageOf(name string, releases ...feed.Release) feed.Package {
	return feed.Package{PackageKey: feed.PackageKey{Ecosystem: "pypi", Name: name}, Releases: releases}
}

func TestOwner(t *testing.T) {
	for path, want := range map[string]string{
		"pypi/simple/index.html":                                   "",
		"pypi/simple/odd-name/index.html":                          "odd-name",
		"pypi/simple/Odd.Name/index.html":                          "",
		"pypi/simple/odd-name/other.html":                          "",
		"pypi/files/Odd_Name-0.9-py3-none-any.whl":                 "odd-name",
		"pypi/files/Odd_Name-0.9-py3-none-any.whl.metadata":        "odd-name",
		"pypi/files/Odd.Name-0.9.tar.gz":                           "odd-name",
		"pypi/files/two-words-1.0.zip":                             "two-words",
		"pypi/files/old-1.0-beta1.tar.gz":                          "old",
		"pypi/files/localver-1.0+cpu.1-py3-none-any.whl":           "localver",
		"pypi/files/index.html":                                    "",
		"pypi/files/nothing":                                       "",
		"locks/pypi/0123456789ab/requirements.cp311-win_amd64.txt": "",
		"npm/simple/a/index.html":                                  "",
	} {
		if got := pypi.Owner(path); got != want {
			t.Errorf("Owner(%s) = %q, want %q", path, got, want)
		}
	}
}

func TestInspect(t *testing.T) {
	registry := pypitest.New(t, txtar.Parse([]byte(conformant)))
	read := func(name string) []byte {
		data := registry.Bytes(name)
		if data == nil {
			t.Fatalf("the index has no %s", name)
		}
		return data
	}
	const alpha = "alpha-1.0-py3-none-any.whl"
	other := read("gamma-1.0-py3-none-any.whl")
	wrong := feed.Digests{"sha256": strings.Repeat("0", 64)}
	for _, row := range []struct {
		what, name, version, file string
		data                      []byte
		files                     []feed.File
		ok                        bool
	}{
		{"wheel", "alpha", "1.0", alpha, read(alpha), nil, true},
		{"wheel, other spelling of the version", "alpha", "1", alpha, read(alpha), nil, true},
		{"core metadata", "alpha", "1.0", alpha + ".metadata", read(alpha + ".metadata"), nil, true},
		{"sdist", "odd-name", "0.9", "Odd.Name-0.9.tar.gz", read("Odd.Name-0.9.tar.gz"), nil, true},
		{"another project's wheel", "alpha", "1.0", alpha, other, nil, false},
		{"another version's wheel", "alpha", "1.1", alpha, read(alpha), nil, false},
		{"another project's metadata", "alpha", "1.0", alpha + ".metadata", read("gamma-1.0-py3-none-any.whl.metadata"), nil, false},
		{"a page", "alpha", "1.0", alpha, []byte("<html>"), nil, false},
		{"a cut wheel", "alpha", "1.0", alpha, read(alpha)[:200], nil, false},
		{"a cut sdist", "odd-name", "0.9", "Odd.Name-0.9.tar.gz", read("Odd.Name-0.9.tar.gz")[:60], nil, false},
		{"metadata beside that are not its own", "alpha", "1.0", alpha, read(alpha), []feed.File{{Path: "pypi/files/" + alpha + ".metadata", Digests: wrong}}, false},
		{"a file of another name", "alpha", "1.0", "gamma-1.0-py3-none-any.whl", other, nil, false},
	} {
		t.Run(row.what, func(t *testing.T) {
			release := feed.Release{Version: row.version, Files: row.files}
			err := pypi.Inspect(bytes.NewReader(row.data), row.name, release, feed.File{Path: "pypi/files/" + row.file})
			var integrity *feed.IntegrityError
			if row.ok && err != nil || !row.ok && !errors.As(err, &integrity) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	ordered := []string{"", "nonsense", "0.9", "1.0.dev1", "1.0a1", "1.0", "1.0.1", "1.0.10", "2!0.1"}
	for i, a := range ordered {
		for k, b := range ordered {
			if got := pypi.Compare(a, b); (got < 0) != (i < k) || (got > 0) != (i > k) {
				t.Errorf("Compare(%q, %q) = %d", a, b, got)
			}
		}
	}
	if slices.IsSortedFunc([]string{"1.0", "1.0.0"}, pypi.Compare) && pypi.Compare("1.0", "1.0.0") != 0 {
		t.Error("1.0 and 1.0.0 differ")
	}
}

func TestClients(t *testing.T) {
	for base, want := range map[string]string{
		"":                               "http://HOST/pypi/simple/",
		"http://packages.test:8080/feed": "trusted-host = packages.test:8080",
		"https://packages.test":          "UV_DEFAULT_INDEX=https://packages.test/pypi/simple/",
	} {
		var text string
		for _, snippet := range pypi.Clients(feed.Layout{Base: base}) {
			text += snippet.Text
			if strings.Contains(snippet.Text, "{") {
				t.Errorf("%s: a placeholder is left: %s", snippet.Client, snippet.Text)
			}
		}
		if !strings.Contains(text, want) {
			t.Errorf("base %q: no %q in\n%s", base, want, text)
		}
		if base == "https://packages.test" && strings.Contains(text, "trusted-host") {
			t.Error("an index behind TLS needs no trusted-host")
		}
	}
}

func FuzzOwner(f *testing.F) {
	f.Add("pypi/files/Odd.Name-0.9.tar.gz")
	f.Add("pypi/files/a-1.0-py3-none-any.whl.metadata")
	f.Add("pypi/simple/a/index.html")
	f.Fuzz(func(t *testing.T, path string) {
		owner := pypi.Owner(path)
		if owner != "" && owner != strings.ToLower(owner) || strings.ContainsAny(owner, "/_. ") {
			t.Errorf("Owner(%q) = %q, which is not in normal form", path, owner)
		}
	})
}

func FuzzParseRequirement(f *testing.F) {
	for _, text := range []string{"requests[socks]>=2", "a@1.0", "a@>=1,<2", "a; python_version < '3'"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := pypi.ParseRequirement(text)
		if err != nil {
			return
		}
		if again, err := pypi.ParseRequirement(r.Name + r.Range); err != nil || again != r {
			t.Errorf("%q: %v comes back as %v, %v", text, r, again, err)
		}
	})
}

// TestContradiction has an index that serves other core metadata than the wheel
// has: nothing is rendered.
func TestContradiction(t *testing.T) {
	m := newMiniature(t, start(t, "-- a@1.0/METADATA --\nRequires-Dist: b\n-- a-1.0-py3-none-any.whl.options --\nmetadata Metadata-Version: 2.1\\nName: a\\nVersion: 1.0\n"))
	p, err := m.source.Releases(t.Context(), "a", []string{"1.0"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Releases[0].Files {
		if err := m.fetchOne(t.Context(), t, &p.Releases[0].Files[i]); err != nil {
			t.Fatal(err)
		}
	}
	var integrity *feed.IntegrityError
	if documents, err := pypi.RenderPackage(feed.Layout{}, p); !errors.As(err, &integrity) {
		t.Errorf("got %d documents, %v; want a *feed.IntegrityError", len(documents), err)
	}
}
