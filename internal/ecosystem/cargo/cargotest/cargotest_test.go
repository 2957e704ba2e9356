package cargotest

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const archive = `
-- a/1.0.0.toml --
[dependencies]
b = "1"
-- b/1.0.0.json --
{"yanked": true}
-- b/1.0.0/src/main.rs --
fn main() {}
-- c/index --
as it is
-- faults --
/index/1/b 1 status 503
`

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestRegistry(t *testing.T) {
	r := New(t, txtar.Parse([]byte(archive)))
	for _, row := range []struct {
		path string
		code int
		want string
	}{
		{"/index/config.json", 200, `{"dl":"` + r.URL + `/dl"}`},
		{"/index/1/a", 200, `{"name":"a","vers":"1.0.0","deps":[{"name":"b","req":"^1"`},
		{"/index/1/b", 503, ""},
		{"/index/1/b", 200, `"yanked":true`},
		{"/index/1/c", 200, "as it is"},
		{"/index/1/d", 404, ""},
		{"/dl/a/1.0.0/download", 200, "a-1.0.0/Cargo.toml"},
		{"/dl/a/2.0.0/download", 404, ""},
	} {
		code, body := get(t, r.URL+row.path)
		if code != row.code || !strings.Contains(body, row.want) {
			t.Errorf("%s: %d %.200s", row.path, code, body)
		}
	}
	if r.IndexURL() != "sparse+"+r.URL+"/index/" || r.Crate("b", "2.0.0") != nil {
		t.Error("wrong address, or a crate that nobody has")
	}
}

func TestFilesAreTheSame(t *testing.T) {
	first, _, err := Files(txtar.Parse([]byte(archive)), "http://x.test")
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := Files(txtar.Parse([]byte(archive)), "http://x.test")
	if err != nil || len(again) != len(first) {
		t.Fatal(err)
	}
	for name, data := range first {
		if !bytes.Equal(data, again[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestBadArchives(t *testing.T) {
	for _, text := range []string{
		"-- x --\n", "-- a/b/c --\n", "-- a/1.0.0.toml --\n[\n", "-- a/1.0.0.json --\n[\n", "-- a/1.0.0.toml --\n-- faults --\nx\n",
	} {
		if r, err := Start(txtar.Parse([]byte(text))); err == nil {
			r.Close()
			t.Errorf("%q starts", text)
		}
	}
}

func TestReadDir(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "1.0.0.toml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := ReadDir(dir)
	if err != nil || len(got.Files) != 1 || got.Files[0].Name != "a/1.0.0.toml" {
		t.Errorf("%+v, %v", got, err)
	}
}
