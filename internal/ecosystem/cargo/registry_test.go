package cargo_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

const small = `
-- Bar_Baz/1.0.0.toml --
-- Bar_Baz/1.0.0.json --
{"pubtime": "2026-01-02T03:04:05Z", "unknown": {"kept": [1, "two"]}}
-- Bar_Baz/1.1.0+meta.1.toml --
-- Bar_Baz/1.1.0+meta.1.json --
{"yanked": true}
-- Bar_Baz/2.0.0.toml --
-- Bar_Baz/2.0.0.json --
{"v": 3}
-- Bar_Baz/3.0.0.toml --
-- Bar_Baz/3.0.0.json --
{"cksum": "none"}
`

func source(t testing.TB, config ecosystem.UpstreamConfig) ecosystem.Source {
	t.Helper()
	return open(t, config).sources[0]
}

func TestVersions(t *testing.T) {
	versions, err := source(t, start(t, small)).Versions(testContext(t), "Bar_Baz")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range versions {
		text := v.Version
		if v.Yanked {
			text += " yanked"
		}
		if !v.Published.IsZero() {
			text += " " + v.Published.Format("2006-01-02")
		}
		got = append(got, text)
	}
	if diff := cmp.Diff([]string{"1.0.0 2026-01-02", "1.1.0+meta.1 yanked", "3.0.0"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReleases(t *testing.T) {
	registry := cargotest.New(t, txtar.Parse([]byte(small)))
	s := source(t, upstream(registry))
	p, err := s.Releases(testContext(t), "Bar_Baz", []string{"1.0.0", "1.1.0+meta.1", "2.0.0", "3.0.0", "4.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Releases) != 2 || p.Name != "Bar_Baz" || p.Ecosystem != "cargo" {
		t.Fatalf("%+v", p)
	}
	first, second := p.Releases[0], p.Releases[1]
	if !strings.Contains(string(first.Metadata), `"unknown":{"kept":[1,"two"]}`) || first.Yanked != nil || first.Published.IsZero() {
		t.Errorf("metadata %s", first.Metadata)
	}
	file := second.Files[0]
	if second.Yanked == nil || file.Path != "cargo/Bar_Baz-1.1.0+meta.1.crate" || file.URL != registry.URL+"/dl/Bar_Baz/1.1.0+meta.1/download" || len(file.Digests["sha256"]) != 64 {
		t.Errorf("%+v", second)
	}
	for _, reason := range []string{`"2.0.0":`, "schema version 3", `"3.0.0":`, "no SHA-256"} {
		if !strings.Contains(string(p.Metadata), reason) {
			t.Errorf("the package says %s, without %s", p.Metadata, reason)
		}
	}
	if _, err := s.Releases(testContext(t), "bar_baz", []string{"1.0.0"}); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("another letter case: %v", err)
	}
	body, err := s.Open(testContext(t), file)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if data, err := io.ReadAll(body); err != nil || string(data) != string(registry.Crate("Bar_Baz", "1.1.0+meta.1")) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if n := registry.Count("/index/config.json"); n != 1 {
		t.Errorf("config.json was asked for %d times", n)
	}
}

// The blanks of a registry that writes its lines anew do not survive the ledger.
func TestBlanksAreDropped(t *testing.T) {
	archive := small + "-- ab/index --\n" + `{"name": "ab", "vers": "1.0.0", "deps": [], "cksum": "` + strings.Repeat("a", 64) + `", "features": {"x y": []}}` + "\n"
	p, err := source(t, start(t, archive)).Releases(testContext(t), "ab", []string{"1.0.0"})
	if err != nil || len(p.Releases) != 1 {
		t.Fatal(p, err)
	}
	want := `{"name":"ab","vers":"1.0.0","deps":[],"cksum":"` + strings.Repeat("a", 64) + `","features":{"x y":[]}}`
	if got := string(p.Releases[0].Metadata); got != want {
		t.Errorf("got %s", got)
	}
}

func TestSourceErrors(t *testing.T) {
	for name, row := range map[string]struct {
		faults   string
		notFound bool
		want     string
	}{
		"410":                  {"/index/** always status 410", false, "no config.json"},
		"index file gone":      {"/index/ba/** always status 410", true, ""},
		"index file refused":   {"/index/ba/** always status 451", true, ""},
		"forbidden":            {"/index/ba/** always status 403", false, "403"},
		"down":                 {"/index/ba/** always status 503", false, "503"},
		"login page":           {"/index/ba/** always captive-portal", false, "HTML page"},
		"login page at once":   {"/** always captive-portal", false, "HTML page"},
		"config that is none":  {"/index/config.json always body application/json {\"dl\":\"file:///etc\"}", false, "want an http or https address"},
		"config without index": {"/index/config.json always status 404", false, "no sparse index"},
	} {
		t.Run(name, func(t *testing.T) {
			s := source(t, start(t, small+"-- faults --\n"+row.faults+"\n"))
			_, err := s.Versions(testContext(t), "Bar_Baz")
			if err == nil || errors.Is(err, feed.ErrNotFound) != row.notFound || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	for name, row := range map[string]struct {
		config, faults   string
		index, downloads bool // whether the token is sent
	}{
		"nobody asks":        {"", "", false, false},
		"config.json is 401": {"", "/index/config.json 1 unauthorized tok", true, false},
		"auth-required":      {`{"dl":"{url}/dl","auth-required":true}`, "/** always unauthorized tok", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			archive := small + "-- faults --\n" + row.faults + "\n"
			if row.config != "" {
				archive += "-- config.json --\n" + row.config
			}
			registry := cargotest.New(t, txtar.Parse([]byte(archive)))
			config := upstream(registry)
			config.Access.Authorization = "tok"
			s := source(t, config)
			p, err := s.Releases(testContext(t), "Bar_Baz", []string{"1.0.0"})
			if err != nil {
				t.Fatal(err)
			}
			body, err := s.Open(testContext(t), p.Releases[0].Files[0])
			if err != nil {
				t.Fatal(err)
			}
			body.Close()
			for _, r := range registry.Requests() {
				sent := r.Header.Get("Authorization") == "tok"
				if want := map[bool]bool{true: row.downloads, false: row.index}[strings.HasPrefix(r.Path, "/dl/")]; sent != want && r.Path != "/index/config.json" {
					t.Errorf("%s: token sent: %t, want %t", r.Path, sent, want)
				}
			}
			if first := registry.Requests()[0]; first.Header.Get("Authorization") != "" {
				t.Error("the first request has the token already")
			}
		})
	}
}

// A download template may point to another host, which never sees the token.
func TestDownloadsElsewhere(t *testing.T) {
	registry := cargotest.New(t, txtar.Parse([]byte(small)))
	elsewhere := registrytest.New(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(registry.Crate("Bar_Baz", "1.0.0"))
	}))
	archive := small + "-- config.json --\n" + `{"dl":"` + elsewhere.URL + `/{lowerprefix}/{crate}/{version}/{sha256-checksum}","auth-required":true}`
	if err := registry.Set(txtar.Parse([]byte(archive))); err != nil {
		t.Fatal(err)
	}
	config := upstream(registry)
	config.Access.Authorization = "tok"
	s := source(t, config)
	p, err := s.Releases(testContext(t), "Bar_Baz", []string{"1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := s.Open(testContext(t), p.Releases[0].Files[0])
	if err != nil {
		t.Fatal(err)
	}
	body.Close()
	requests := elsewhere.Requests()
	if len(requests) != 1 || requests[0].Header.Get("Authorization") != "" || !strings.HasPrefix(requests[0].Path, "/ba/r_/Bar_Baz/1.0.0/") {
		t.Errorf("%+v", requests)
	}
}

func TestOtherRegistry(t *testing.T) {
	config := start(t, small)
	config.Include = []string{"corp.example_index/*", "corp/*"}
	s := source(t, config)
	p, err := s.Releases(testContext(t), "corp.example_index/Bar_Baz", []string{"1.0.0"})
	if err != nil || p.Name != "corp.example_index/Bar_Baz" || p.Releases[0].Files[0].Path != "cargo/registries/corp.example_index/Bar_Baz-1.0.0.crate" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := s.Versions(testContext(t), "Bar_Baz"); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("another registry answers for the default one: %v", err)
	}
	config.Include = nil
	if _, err := source(t, config).Versions(testContext(t), "corp/Bar_Baz"); !errors.Is(err, feed.ErrNotFound) || !strings.Contains(err.Error(), `include: ["corp/*"]`) {
		t.Errorf("the default registry answers for another one: %v", err)
	}
}

func TestNewSource(t *testing.T) {
	client, err := web.New(web.Options{CacheDir: t.TempDir(), Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	for _, row := range []struct{ url, newErr, askErr string }{
		{"sparse+ftp://registry.example/", "no address of a Cargo index", ""},
		{"sparse+https://user:secret@registry.example/", "must hold no user", ""},
		{"", "no address of a Cargo index", ""},
		{"registry+https://registry.example/index", "", "git repository"},
		{"ssh://git@registry.example/index", "", "git repository"},
		{"/nowhere/at/all", "", "nowhere"},
	} {
		config := ecosystem.UpstreamConfig{Name: "u", URL: row.url, FoundIn: "test"}
		s, err := cargo.NewSource(config, client)
		if row.newErr != "" {
			if err == nil || !strings.Contains(err.Error(), row.newErr) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v, want %q", row.url, err, row.newErr)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.url, err)
			continue
		}
		if _, err := s.Versions(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), row.askErr) {
			t.Errorf("%s: %v, want %q", row.url, err, row.askErr)
		}
		if _, err := cargo.Probe(t.Context(), config, client); err == nil || !strings.Contains(err.Error(), row.askErr) {
			t.Errorf("probe of %s: %v, want %q", row.url, err, row.askErr)
		}
	}
	probe, err := cargo.Probe(testContext(t), start(t, small), client)
	if err != nil || probe.Protocol != "Cargo sparse index" || !strings.Contains(probe.Detail, "/dl/CRATE/VERSION/download") {
		t.Errorf("%+v, %v", probe, err)
	}
}

// A feed that was written is read as a local registry, by path and by address.
func TestLocalRegistry(t *testing.T) {
	m := open(t, start(t, small))
	dir := t.TempDir()
	build(t, m, resolve(t, m, requestFor(t, "Bar_Baz@1.0.0")), dir, "")
	folder := filepath.Join(dir, "cargo")
	for _, address := range []string{folder, "file://" + filepath.ToSlash(folder)} {
		s := source(t, ecosystem.UpstreamConfig{Name: "disk", URL: address})
		p, err := s.Releases(t.Context(), "Bar_Baz", []string{"1.0.0", "1.1.0+meta.1"})
		if err != nil || len(p.Releases) != 1 {
			t.Fatalf("%s: %+v, %v", address, p, err)
		}
		body, err := s.Open(t.Context(), p.Releases[0].Files[0])
		if err != nil {
			t.Fatal(err)
		}
		body.Close()
		if _, err := s.Versions(t.Context(), "unknown"); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("an unknown crate: %v", err)
		}
		if _, err := s.Open(t.Context(), feed.File{Path: "cargo/x-1.0.0.crate"}); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("an unknown file: %v", err)
		}
	}
	if err := os.RemoveAll(filepath.Join(folder, "index")); err != nil {
		t.Fatal(err)
	}
	if _, err := source(t, ecosystem.UpstreamConfig{Name: "disk", URL: folder}).Versions(t.Context(), "Bar_Baz"); err == nil || errors.Is(err, feed.ErrNotFound) {
		t.Errorf("a folder without index/: %v", err)
	}
}
