package relocate

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

const sum = "c647aa4a12dfbad9333ca4e71fe62ddc36f4e63b2d260a37a8b83d2f043ac309"

// TestRead finds addresses, and changes each: the rest of the text stays.
func TestRead(t *testing.T) {
	rows := []struct {
		name, file, text string
		want             []string // package version file digest
		after            string   // the text once each address is "http://feed.test/N"
	}{
		{
			"uv", "uv.lock", `
# a comment
version = 1
[[package]]
name = "Al.pha"
version = "1.0"
source = { registry = "https://registry.example/simple" }
sdist = { url = "https://files.test/a/alpha-1.0.tar.gz", hash = "sha256:` + sum + `", size = 1 }
wheels = [
    { url = "https://files.test/b/alpha-1.0%2Bcpu-py3-none-any.whl#sha256=x", hash = "sha256:` + strings.ToUpper(sum) + `" }, # kept
    { url = 'https://files.test/c.whl' },
    { path = "c.whl" },
]
[[package]]
name = "direct"
version = "1.0"
source = { url = "https://files.test/direct-1.0.tar.gz" }
sdist = { hash = "sha256:` + sum + `" }
[[package]]
name = "project"
version = "0.1.0"
source = { virtual = "." }
`,
			[]string{"al-pha 1.0 alpha-1.0.tar.gz sha256:" + sum, "al-pha 1.0 alpha-1.0+cpu-py3-none-any.whl sha256:" + sum, "al-pha 1.0 c.whl no digest"},
			`
# a comment
version = 1
[[package]]
name = "Al.pha"
version = "1.0"
source = { registry = "https://registry.example/simple" }
sdist = { url = "http://feed.test/0", hash = "sha256:` + sum + `", size = 1 }
wheels = [
    { url = "http://feed.test/1", hash = "sha256:` + strings.ToUpper(sum) + `" }, # kept
    { url = 'http://feed.test/2' },
    { path = "c.whl" },
]
[[package]]
name = "direct"
version = "1.0"
source = { url = "https://files.test/direct-1.0.tar.gz" }
sdist = { hash = "sha256:` + sum + `" }
[[package]]
name = "project"
version = "0.1.0"
source = { virtual = "." }
`,
		},
		{
			"uv, before 0.2.30", "tool.py.lock", `[[distribution]]
name = "alpha"
version = "1.0"
source = "registry+https://registry.example/simple"
[distribution.sdist]
url = "https://files.test/alpha-1.0.tar.gz"
hash = "sha256:` + sum + `"
`, []string{"alpha 1.0 alpha-1.0.tar.gz sha256:" + sum}, `[[distribution]]
name = "alpha"
version = "1.0"
source = "registry+https://registry.example/simple"
[distribution.sdist]
url = "http://feed.test/0"
hash = "sha256:` + sum + `"
`,
		},
		{
			"pylock with headers, and a byte order mark", "pylock.dev.toml", mark + `lock-version = "1.0"
[[packages]]
name = "alpha"
version = "1.0"
[[packages.wheels]]
name = "a.whl"
url = "https://files.test/1.whl"
[packages.wheels.hashes]
sha256 = "` + sum + `"
[[packages.wheels]]
name = "b.whl"
url = "https://files.test/"
hashes.sha512 = "ab"
[[packages]]
name = "far"
[packages.archive]
url = "https://files.test/far.zip"
`, []string{"alpha 1.0 1.whl sha256:" + sum, "alpha 1.0 b.whl sha512:ab"}, mark + `lock-version = "1.0"
[[packages]]
name = "alpha"
version = "1.0"
[[packages.wheels]]
name = "a.whl"
url = "http://feed.test/0"
[packages.wheels.hashes]
sha256 = "` + sum + `"
[[packages.wheels]]
name = "b.whl"
url = "http://feed.test/1"
hashes.sha512 = "ab"
[[packages]]
name = "far"
[packages.archive]
url = "https://files.test/far.zip"
`,
		},
		{
			"pdm with static URLs, Windows line ends", "pdm.lock",
			"[[package]]\r\nname = \"alpha\"\r\nversion = \"1.0\"\r\nfiles = [\r\n    {url = \"https://files.test/a.whl\", hash = \"sha256:" + sum + "\"},\r\n    {file = \"b.whl\"},\r\n]\r\n",
			[]string{"alpha 1.0 a.whl sha256:" + sum},
			"[[package]]\r\nname = \"alpha\"\r\nversion = \"1.0\"\r\nfiles = [\r\n    {url = \"http://feed.test/0\", hash = \"sha256:" + sum + "\"},\r\n    {file = \"b.whl\"},\r\n]\r\n",
		},
		{"another lock", "Pipfile.lock", "{}", nil, "{}"},
	}
	for _, row := range rows {
		l, err := Read(row.file, []byte(row.text))
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		var got []string
		var edits []Edit
		for i, a := range l.Addresses {
			got = append(got, a.Package+" "+a.Version+" "+a.File+" "+a.Digests.String())
			edits = append(edits, a.URL.To("http://feed.test/"+string(rune('0'+i))))
		}
		if diff := gocmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: addresses (-want +got):\n%s", row.name, diff)
		}
		after, err := l.Edit(edits)
		if diff := gocmp.Diff(row.after, string(after)); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", row.name, err, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	if _, err := Read("uv.lock", []byte("a = [")); err == nil {
		t.Error("no TOML: no error")
	}
}

// TestApplyRefuses keeps what would break the text out of it.
func TestApplyRefuses(t *testing.T) {
	text := []byte(`url = "old"`)
	rows := map[string][]Edit{
		"a quote":       {{6, 11, `a"b`}},
		"a line end":    {{6, 11, "a\nb"}},
		"no quotes":     {{0, 3, "new"}},
		"beyond":        {{6, 99, "new"}},
		"one in one":    {{6, 11, "new"}, {6, 11, "new"}},
		"empty":         {{6, 6, "new"}},
		"another place": {{5, 11, "new"}},
	}
	for name, edits := range rows {
		if out, err := Apply(text, edits); !errors.Is(err, errEdit) {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
}

const project = `
[project]
name = "fixture"
requires-python = ">=3.11"
dependencies = ["alpha>=1 ; python_version < '3.13'", "béta"]
[[tool.poetry.source]]
name = "team"
url = "https://registry.example/simple/"
priority = "primary"
[tool.poetry.group.dev]
optional = true
[tool.poetry.group.dev.dependencies]
gamma = {version = "^2", extras = ["a", "b"]}
[dependency-groups]
test = ["delta"]
`

// TestProject compares content-hashes with those of poetry 2.5.
func TestProject(t *testing.T) {
	p, err := ReadProject([]byte(project))
	if err != nil {
		t.Fatal(err)
	}
	moved := map[string]string{"team": "http://feed.test/pypi/simple/"}
	for name, row := range map[string]struct {
		text      string
		addresses map[string]string
		want      string
	}{
		"as it is":            {project, nil, "d240e462084a7ed97ce371ed642c7887959531f519c5a340cdb3375e7ceef010"},
		"moved":               {project, moved, "3f811d32f34de9180b5e00d61b0b7f9004ea8fe6c403fda0ea4f5a3f60cffb79"},
		"poetry's own tables": {"[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\npython = \"^3.11\"\nalpha = \"*\"\n", nil, "f698a337b0c3a3bebf7117f0286bfd0f0cf75a162748b6bc6a5e75154508a3e1"},
		"no source":           {"[project]\ndependencies = []\n", moved, "1c4b7d03605c20e6f96a02bca2daeba973554885fab37a188c1e5effbd8e352c"},
	} {
		one, err := ReadProject([]byte(row.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := one.Hash(row.addresses); got != row.want || err != nil {
			t.Errorf("%s: content-hash %s, %v; want %s", name, got, err, row.want)
		}
	}
	after, err := p.Edit(moved)
	want := strings.ReplaceAll(project, "https://registry.example/simple/", "http://feed.test/pypi/simple/")
	if err != nil || string(after) != want {
		t.Errorf("%v\n%s", err, gocmp.Diff(want, string(after)))
	}
	if _, err := ReadProject([]byte("[")); err == nil {
		t.Error("no TOML: no error")
	}
	odd, err := ReadProject([]byte("[tool.poetry]\nextras = {a = 1.5}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := odd.Hash(nil); err == nil {
		t.Error("a number with a fraction: no error")
	}
}

// FuzzRead checks that no text panics, and that an edit changes addresses alone.
func FuzzRead(f *testing.F) {
	f.Add([]byte("[[package]]\nname='a'\nsource={registry='x'}\nwheels=[{url='u',hash='sha256:0'}]\n[[packages]]\nwheels=[{url=\"u\"}]"))
	f.Add([]byte("[[package]]\n[package.source]\ntype='legacy'\nurl=\"u\"\n[metadata]\ncontent-hash='x'"))
	f.Add([]byte("[[package]]\nfiles=[{url=\"\"\"u\"\"\"}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"uv.lock", "pylock.toml", "pdm.lock", "poetry.lock"} {
			l, err := Read(name, data)
			if err != nil {
				continue
			}
			same, err := l.Edit(nil)
			if err != nil || !bytes.Equal(same, data) {
				t.Fatalf("%s: no edits: %v", name, err)
			}
			var edits []Edit
			length := 0
			for i := range l.Addresses {
				text := l.Addresses[i].URL
				edits = append(edits, text.To("http://feed.test/"))
				length += len(`"http://feed.test/"`) - (text.end - text.start)
			}
			if out, err := l.Edit(edits); err == nil && len(out) != len(data)+length {
				t.Fatalf("%s: %d bytes, want %d", name, len(out), len(data)+length)
			}
		}
	})
}
