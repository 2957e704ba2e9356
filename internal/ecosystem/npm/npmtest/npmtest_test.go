package npmtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

const archive = `
-- alpha/1.0.0.json --
{"dependencies": {"zeta": "1", "@s/beta": "^2.0.0"}}
-- alpha/1.0.0/lib/index.js --
module.exports = 1
-- alpha/1.1.0.json --
{"dist": {"shasum": null, "tarball": "/odd/alpha.tgz", "signatures": []}}
-- alpha/time.json --
{"1.1.0": null, "created": "yesterday"}
-- @s/beta/2.0.0.json --
{}
-- @s/beta/tags.json --
{"next": "2.0.0"}
-- raw/packument.json --
[]
-- faults --
/-/ping 1 status 500
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
		path   string
		status int
		body   string // "" is not compared
	}{
		{"/-/ping", 500, ""},
		{"/-/ping", 200, "{}"},
		{"/nobody", 404, `{"error":"not_found"}`},
		{"/raw", 200, "[]\n"},
		{"/alpha/-/alpha-1.0.0.tgz", 200, string(r.Tarball("alpha", "1.0.0"))},
		{"/odd/alpha.tgz", 200, string(r.Tarball("alpha", "1.1.0"))},
		{"/@s/beta/-/beta-2.0.0.tgz", 200, string(r.Tarball("@s/beta", "2.0.0"))},
		{"/alpha/-/alpha-9.9.9.tgz", 404, ""},
		{"/@s%2fbeta", 200, ""},
		{"/@s/beta", 200, ""},
	} {
		status, body := get(t, r.URL+row.path)
		if status != row.status || row.body != "" && body != row.body {
			t.Errorf("GET %s: %d %.100q", row.path, status, body)
		}
	}
}

func TestPackument(t *testing.T) {
	r := New(t, txtar.Parse([]byte(archive)))
	_, body := get(t, r.URL+"/alpha")
	var got struct {
		Name     string
		Tags     map[string]string `json:"dist-tags"`
		Versions map[string]struct {
			Name, Version string
			Dependencies  json.RawMessage
			Dist          map[string]any
		}
		Time map[string]string
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	old, odd := got.Versions["1.0.0"], got.Versions["1.1.0"]
	if got.Name != "alpha" || old.Name != "alpha" || old.Version != "1.0.0" || got.Tags["latest"] != "1.1.0" {
		t.Error(body)
	}
	if string(old.Dependencies) != `{"zeta": "1", "@s/beta": "^2.0.0"}` {
		t.Errorf("the order of dependencies is lost: %s", old.Dependencies)
	}
	if _, there := odd.Dist["shasum"]; there || odd.Dist["tarball"] != "/odd/alpha.tgz" || len(odd.Dist) != 3 {
		t.Errorf("dist %v", odd.Dist)
	}
	want := map[string]string{"created": "yesterday", "modified": "2020-01-01T02:00:00.000Z", "1.0.0": "2020-01-01T00:00:00.000Z"}
	if diff := cmp.Diff(want, got.Time); diff != "" {
		t.Error(diff)
	}
}

func TestDeterministic(t *testing.T) {
	one, two := New(t, txtar.Parse([]byte(archive))), New(t, txtar.Parse([]byte(archive)))
	if !bytes.Equal(one.Tarball("alpha", "1.0.0"), two.Tarball("alpha", "1.0.0")) || one.Tarball("alpha", "1.0.0") == nil {
		t.Error("two archives, two tarballs")
	}
	if one.Tarball("alpha", "3.0.0") != nil || one.Tarball("nobody", "1.0.0") != nil {
		t.Error("tarballs of unknown releases")
	}
}

func TestReadDir(t *testing.T) {
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
	r := New(t, read)
	if status, _ := get(t, r.URL+"/@s%2fbeta"); status != 200 {
		t.Errorf("status %d", status)
	}
}

func TestBadArchives(t *testing.T) {
	for _, text := range []string{"-- alpha --\n", "-- alpha/1.0.0.json --\n{", "-- faults --\n/a 1 explode", "-- alpha/1.0.0.json --\n{\"dist\": {\"a\" 1}}"} {
		if r, err := Start(txtar.Parse([]byte(text))); err == nil {
			r.Close()
			t.Errorf("%q gives no error", text)
		}
	}
}
