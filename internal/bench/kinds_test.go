package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder makes a folder with files that hold their own names.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := write(filepath.Join(dir, name), []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	for name, tt := range map[string]struct {
		files      []string
		path, want string // below the folder
	}{
		"a folder":          {[]string{"Cargo.toml", "Cargo.lock"}, "", "Cargo.lock"},
		"a manifest leads":  {[]string{"go.mod", "go.sum"}, "", "go.mod"},
		"a sum by its name": {[]string{"go.mod", "go.sum"}, "go.sum", "go.sum"},
		"a sum alone":       {[]string{"go.sum"}, "", "go.sum"},
		"an npm lock":       {[]string{"package-lock.json"}, "package-lock.json", "package-lock.json"},
		"no lock":           {[]string{"Cargo.toml"}, "Cargo.toml", ""},
		"an empty folder":   {nil, "", ""},
		"nothing":           {nil, "go.mod", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, tt.files...)
			got, k, err := find(filepath.Join(dir, tt.path))
			switch {
			case tt.want == "" && err == nil:
				t.Errorf("got %s, want an error", got)
			case tt.want != "" && (err != nil || got != filepath.Join(dir, tt.want) || k.lock != tt.want):
				t.Errorf("got %s (%s), %v; want %s", got, k.lock, err, tt.want)
			}
		})
	}
}

// Every row of the table says all that a measurement needs.
func TestKinds(t *testing.T) {
	for _, k := range kinds {
		if k.lock == "" || k.manifest == "" || k.artifact == "" || len(k.fetch) == 0 || len(k.resolve) == 0 {
			t.Errorf("%s: %+v", k.lock, k)
		}
		if !slices.ContainsFunc(k.environment, func(v string) bool { return strings.HasSuffix(v, "={fresh}") }) {
			t.Errorf("%s: the client has no cache of its own", k.lock)
		}
	}
}

func TestClient(t *testing.T) {
	k := kind{
		lock: "lock", manifest: "manifest", others: []string{"sub/other", "missing"}, sources: []string{"src/one"},
		environment: []string{"BENCH_HOME={fresh}", "X=1"}, settings: settings{"BENCH_HOME", ".none", []string{"settings", "missing"}},
	}
	t.Setenv("BENCH_HOME", folder(t, "settings", "cache"))
	from, scratch := folder(t, "lock", "manifest", "sub/other", "more"), t.TempDir()
	j, err := k.client(from, scratch, []string{"do", packageWords, "-x"}, false, []string{"a@1", "b@2"})
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(scratch, "home")
	want := job{
		args: []string{"do", "a@1", "b@2", "-x"}, env: []string{"BENCH_HOME=" + home, "X=1"}, dir: filepath.Join(scratch, "project"),
	}
	if diff := cmp.Diff(want, j, cmp.AllowUnexported(job{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"home/settings", "project/manifest", "project/src/one", "project/sub/other"}, filesIn(t, scratch)); diff != "" {
		t.Error(diff)
	}
	if _, err := k.client(from, scratch, []string{"do"}, true, nil); err != nil || !slices.Contains(filesIn(t, scratch), "project/lock") {
		t.Error("the client does not get the lock: ", err)
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*/*", "*/*/*"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				names = append(names, filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator))))
			}
		}
	}
	slices.Sort(names)
	return names
}
