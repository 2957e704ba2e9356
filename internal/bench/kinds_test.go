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
	for _, k := range kinds() {
		if k.lock == "" || k.manifest == "" || len(k.natives) == 0 || len(k.upstream)+len(k.settings.loopback) == 0 {
			t.Errorf("%s: %+v", k.lock, k)
		}
		for _, n := range append(k.natives, *k.resolve) {
			if program(n.words) == "" || n.String() == "" {
				t.Errorf("%s: %+v", k.lock, n)
			}
		}
		if !slices.ContainsFunc(k.environment, func(v string) bool { return strings.Contains(v, "={fresh}") }) {
			t.Errorf("%s: the client has no cache of its own", k.lock)
		}
	}
}

func TestReady(t *testing.T) {
	dir := folder(t, "lock")
	for name, tt := range map[string]struct {
		native native
		want   bool
	}{
		"installed":       {native{words: []string{"go"}}, true},
		"its file":        {native{words: []string{"go"}, needs: "lock"}, true},
		"without it":      {native{words: []string{"go"}, needs: "other"}, false},
		"not installed":   {native{words: []string{"feedctl-no-such-client"}}, false},
		"not in a script": {native{words: shell("feedctl-no-such-client", []string{"true"})}, false},
	} {
		if got := tt.native.ready(dir); got != tt.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestClient(t *testing.T) {
	k := kind{
		lock: "lock", manifest: "manifest", others: []string{"sub/other", "missing"}, sources: []string{"src/one"},
		environment: []string{"BENCH_HOME={fresh}", "X=1"}, upstream: []string{"URL={base}/any/"},
		settings: settings{"BENCH_HOME", ".none", []string{"settings", "missing"}, "at {base}"},
	}
	t.Setenv("BENCH_HOME", folder(t, "settings", "cache"))
	from, scratch := folder(t, "lock", "manifest", "sub/other", "more"), t.TempDir()
	j, err := k.client(from, scratch, []string{"do", packageWords, "-x"}, false, place{}, []string{"a@1", "b@2"})
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
	if got, err := os.ReadFile(filepath.Join(home, "settings")); err != nil || string(got) != "settings" {
		t.Errorf("settings: %q, %v", got, err)
	}
	j, err = k.client(from, scratch, []string{"do"}, true, place{base: "http://upstream.test"}, nil)
	if err != nil || !slices.Contains(filesIn(t, scratch), "project/lock") {
		t.Error("the client does not get the lock: ", err)
	}
	if !slices.Contains(j.env, "URL=http://upstream.test/any/") {
		t.Errorf("environment %q", j.env)
	}
	if got, err := os.ReadFile(filepath.Join(home, "settings")); err != nil || string(got) != "at http://upstream.test" {
		t.Errorf("settings for the loopback upstream: %q, %v", got, err)
	}
}

// feedctl is led to the same place as the clients, and only then.
func TestLead(t *testing.T) {
	k := kind{upstream: []string{"URL={base}/any/"}, settings: settings{"BENCH_HOME", "", []string{"settings"}, "at {base}"}}
	scratch := t.TempDir()
	if env, err := (place{}).lead(&k, scratch); len(env) > 0 || err != nil {
		t.Error(env, err)
	}
	env, err := place{"https://upstream.test", "ca.pem"}.lead(&k, scratch)
	if !slices.Contains(env, "SSL_CERT_FILE=ca.pem") {
		t.Errorf("no certificate to trust: %q", env)
	}
	env = slices.DeleteFunc(env, func(v string) bool { return strings.HasSuffix(v, "=ca.pem") })
	want := []string{"URL=https://upstream.test/any/", "BENCH_HOME=" + filepath.Join(scratch, "settings")}
	if diff := cmp.Diff(want, env); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestMoveLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if err := write(path, []byte(`{"a":"https://registry.example/a.tgz","b":"https://registry.example.test/"}`)); err != nil {
		t.Fatal(err)
	}
	if err := moveLock(path, "https://registry.example/", "http://upstream.test/any/"); err != nil {
		t.Fatal(err)
	}
	const want = `{"a":"http://upstream.test/any/a.tgz","b":"https://registry.example.test/"}`
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("got %s, %v", got, err)
	}
	if moveLock(path, "https://registry.example", "http://upstream.test/any/") == nil {
		t.Error("no error though nothing is of that registry")
	}
}

func TestExamples(t *testing.T) {
	all, err := chosenExamples(allExamples)
	if err != nil || len(all) != len(exampleNames()) || len(all) < 5 {
		t.Errorf("%d examples, %v", len(all), err)
	}
	for _, k := range all {
		dir := t.TempDir()
		if err := k.writeManifest(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, k.manifest)); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
	}
	if _, err := chosenExamples("none"); err == nil {
		t.Error("an example that is not there is found")
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
