package pypitest

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const archive = `
-- Alpha.Pkg@1.0/METADATA --
Requires-Dist: beta>=1
Requires-Python: >=3.8
-- Alpha.Pkg@1.0/alpha_pkg/__init__.py --
print("alpha")
-- Alpha.Pkg@1.0/alpha_pkg-1.0-py2.py3-none-any.whl --
-- Alpha.Pkg@1.0/alpha_pkg-1.0.tar.gz --
-- Alpha.Pkg@1.0/pyproject.toml --
[build-system]
requires = ["setuptools"]
-- Alpha.Pkg@1.1.options --
yanked "broken" build
-- gamma.page --
<html>mine</html>
-- extra/other/file.txt --
text
-- faults --
/simple/gone/ always status 410
`

func get(t *testing.T, address, accept string) (int, string, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(body)
}

func TestRegistry(t *testing.T) {
	r := New(t, txtar.Parse([]byte(archive)))
	wheel := "alpha_pkg-1.0-py2.py3-none-any.whl"
	for _, row := range []struct {
		path, accept string
		status       int
		want         []string
	}{
		{"/simple/alpha-pkg/", "text/html", 200, []string{`href="../../files/` + wheel + "#sha256=" + r.SHA256(wheel), `data-requires-python="&gt;=3.8"`, `data-yanked="&#34;broken&#34; build"`, "data-upload-time"}},
		{"/simple/alpha-pkg/", typeJSON + ", text/html", 200, []string{`"filename":"` + wheel, `"requires-python":"\u003e=3.8"`, `"yanked":"\"broken\" build"`}},
		{"/simple/", "", 200, []string{`href="alpha-pkg/"`}},
		{"/simple/beta/", "", 404, nil},
		{"/simple/gone/", "", 410, nil},
		{"/simple/gamma/", "", 200, []string{"<html>mine</html>"}},
		{"/files/", "", 200, []string{`href="` + wheel + "#"}},
		{"/files/" + wheel + ".metadata", "", 200, []string{"Metadata-Version: 2.1\nName: Alpha.Pkg\nVersion: 1.0\nRequires-Dist: beta>=1\n"}},
		{"/other/file.txt", "", 200, []string{"text"}},
		{"/files/alpha_pkg-1.1-py3-none-any.whl", "", 200, []string{"PK"}},
	} {
		status, _, body := get(t, r.URL+row.path, row.accept)
		if status != row.status {
			t.Errorf("%s: %d", row.path, status)
		}
		for _, part := range row.want {
			if !strings.Contains(body, part) {
				t.Errorf("%s: no %q in\n%s", row.path, part, body)
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	a, b := New(t, txtar.Parse([]byte(archive))), New(t, txtar.Parse([]byte(archive)))
	for name := range a.content.files {
		if string(a.Bytes(name)) != string(b.Bytes(name)) {
			t.Errorf("%s differs", name)
		}
	}
	dir := t.TempDir()
	if err := a.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"simple/alpha-pkg/index.html", "files/alpha_pkg-1.0.tar.gz"} {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	for _, text := range []string{
		"-- x --\n", "-- a@1 --\n", "-- page --\nwhat yes\n", "-- faults --\nnonsense\n", "-- a@1/x-1.whl --\n-- a@1/x-1.whl --\n", "-- a@1.options --\nuploaded yesterday\n",
	} {
		if r, err := Start(txtar.Parse([]byte(text))); err == nil {
			r.Close()
			t.Errorf("%q is an index", text)
		}
	}
}

func TestReadDir(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a@1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a@1", "METADATA"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r := New(t, read); r.Bytes("a-1-py3-none-any.whl") == nil {
		t.Error("no wheel")
	}
}
