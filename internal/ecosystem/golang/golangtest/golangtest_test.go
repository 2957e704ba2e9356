package golangtest

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
-- example.com/Alpha@v1.0.0/go.mod --
module example.com/Alpha
-- example.com/Alpha@v1.0.0/alpha.go --
package alpha
-- example.com/Alpha@v1.1.0-rc.1/alpha.go --
package alpha
-- example.com/Alpha@v1.1.0-rc.1.info --
odd
-- example.com/Alpha@main.alias --
v1.0.0
-- example.com/young@v0.0.0-20200101000000-0123456789ab.mod --
module example.com/young
-- example.com/young@v0.0.0-20200101000000-0123456789ab/x.go --
package x
-- unlogged --
example.com/young
-- faults --
/example.com/%21alpha/@v/list 1 status 500
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
	const info = `{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z"}`
	for _, row := range []struct {
		path   string
		status int
		body   string // how it begins
	}{
		{"/example.com/%21alpha/@v/list", 500, ""},
		{"/example.com/%21alpha/@v/list", 200, "v1.0.0\nv1.1.0-rc.1\n"},
		{"/example.com/%21alpha/@latest", 200, info},
		{"/example.com/%21alpha/@v/v1.0.0.info", 200, info},
		{"/example.com/%21alpha/@v/main.info", 200, info},
		{"/example.com/%21alpha/@v/v1.0.0.mod", 200, "module example.com/Alpha\n"},
		{"/example.com/%21alpha/@v/v1.1.0-rc.1.mod", 200, "module example.com/Alpha\n"},
		{"/example.com/%21alpha/@v/v1.1.0-rc.1.info", 200, "odd\n"},
		{"/example.com/%21alpha/@v/v1.0.0.zip", 200, "PK"},
		{"/example.com/young/@v/list", 200, ""},
		{"/example.com/young/@latest", 200, `{"Version":"v0.0.0-2020`},
		{"/example.com/Alpha/@v/list", 404, "not found"},
		{"/sumdb/sum.test/supported", 200, ""},
		{"/sumdb/sum.test/latest", 200, "go.sum database tree\n2\n"},
		{"/sumdb/sum.test/lookup/example.com/%21alpha@v1.0.0", 200, "0\nexample.com/Alpha v1.0.0 h1:"},
		{"/sumdb/sum.test/lookup/example.com/young@v0.0.0-20200101000000-0123456789ab", 404, ""},
		{"/sumdb/sum.test/tile/8/0/000.p/2", 200, ""},
		{"/sumdb/sum.test/tile/8/0/001", 404, ""},
		{"/sumdb/other.test/supported", 404, ""},
	} {
		status, body := get(t, r.URL+row.path)
		if status != row.status || !strings.HasPrefix(body, row.body) {
			t.Errorf("GET %s: %d %.100q", row.path, status, body)
		}
	}
	if !strings.HasPrefix(r.Sum("example.com/Alpha", "v1.0.0"), "example.com/Alpha v1.0.0 h1:") || r.Sum("example.com/Alpha", "v9.0.0") != "" {
		t.Error("the lines of go.sum are wrong")
	}
}

func TestSet(t *testing.T) {
	r := New(t, txtar.Parse([]byte(archive)))
	if err := r.Set(txtar.Parse([]byte("-- example.com/new@v1.0.0/go.mod --\nmodule example.com/new\n"))); err != nil {
		t.Fatal(err)
	}
	if _, body := get(t, r.URL+"/sumdb/sum.test/latest"); !strings.HasPrefix(body, "go.sum database tree\n3\n") {
		t.Errorf("the log did not grow: %s", body)
	}
	if status, _ := get(t, r.URL+"/example.com/%21alpha/@latest"); status != 404 {
		t.Errorf("the old modules are still there: %d", status)
	}
	if err := r.Set(txtar.Parse([]byte("-- database --\nnone\n"))); err != nil {
		t.Fatal(err)
	}
	if status, _ := get(t, r.URL+"/sumdb/sum.test/supported"); status != 404 {
		t.Errorf("the database is still there: %d", status)
	}
}

func TestDeterministic(t *testing.T) {
	one, two := New(t, txtar.Parse([]byte(archive))), New(t, txtar.Parse([]byte(archive)))
	const file = "example.com/!alpha/@v/v1.0.0.zip"
	if one.Bytes(file) == nil || !bytes.Equal(one.Bytes(file), two.Bytes(file)) {
		t.Error("two archives, two zips")
	}
}

func TestDirectories(t *testing.T) {
	dir := t.TempDir()
	for _, file := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, file.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	read, err := ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, tree := New(t, read), t.TempDir()
	if err := r.WriteDir(tree); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(tree, "example.com", "!alpha", "@v", "list")); err != nil || string(data) != "v1.0.0\nv1.1.0-rc.1\n" {
		t.Errorf("%s, %v", data, err)
	}
}

func TestBadArchives(t *testing.T) {
	for _, text := range []string{
		"-- alpha --\n", "-- alpha@v1.0.0/x --\n", "-- example.com/a@v1.0.0 --\n", "-- example.com/a@v1/x --\n", "-- faults --\n/a 1 explode",
		"-- example.com/a@main.alias --\nv1.0.0\n",
	} {
		if r, err := Start(txtar.Parse([]byte(text))); err == nil {
			r.Close()
			t.Errorf("%q gives no error", text)
		}
	}
}
