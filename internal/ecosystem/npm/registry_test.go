package npm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/npmtest"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

const smallRegistry = `
-- alpha/1.0.0.json --
{"dependencies": {"z": "1", "a": "2"}, "scripts": {"postinstall": "x"}, "license": "MIT", "é": "<&>"}
-- alpha/1.1.0.json --
{"deprecated": "old"}
-- alpha/2.0.0-rc.1.json --
{"deprecated": true, "engines": {"node": ">=20"}, "os": "linux", "dist": {"integrity": null}}
-- alpha/tags.json --
{"latest": "1.1.0", "next": "2.0.0-rc.1", "beta": "2.0.0-rc.1", "odd": 1}
-- @s/beta/0.1.0.json --
{}
`

func openSource(t testing.TB, config ecosystem.UpstreamConfig, options web.Options) ecosystem.Source {
	t.Helper()
	options.RetryWaitMin, options.RetryWaitMax = time.Millisecond, time.Millisecond
	client, err := web.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	source, err := NewSource(config, client)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func startSmall(t testing.TB, text string, options web.Options) (*npmtest.Registry, ecosystem.Source) {
	t.Helper()
	registry := npmtest.New(t, txtar.Parse([]byte(text)))
	return registry, openSource(t, ecosystem.UpstreamConfig{Name: "up", URL: registry.URL + "/"}, options)
}

func TestVersions(t *testing.T) {
	registry, source := startSmall(t, smallRegistry, web.Options{})
	got, err := source.Versions(t.Context(), "alpha")
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(got, func(a, b feed.Version) int { return Compare(a.Version, b.Version) })
	at := func(hour int) time.Time { return time.Date(2020, 1, 1, hour, 0, 0, 0, time.UTC) }
	want := []feed.Version{
		{Version: "1.0.0", Published: at(0), Metadata: json.RawMessage(`{"dependencies":{"z":"1","a":"2"},"hasInstallScript":true}`)},
		{Version: "1.1.0", Published: at(1), Tags: []string{"latest"}, Deprecated: "old", Metadata: json.RawMessage(`{"deprecated":"old"}`)},
		{
			Version: "2.0.0-rc.1", Published: at(2), Tags: []string{"beta", "next"}, Deprecated: "this version is deprecated",
			Metadata: json.RawMessage(`{"deprecated":true,"engines":{"node":">=20"},"os":"linux"}`),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := registry.Requests()[0].Header.Get("Accept"); got != "application/json" {
		t.Errorf("Accept: %s", got)
	}
}

func TestReleases(t *testing.T) {
	registry, source := startSmall(t, smallRegistry, web.Options{})
	p, err := source.Releases(t.Context(), "alpha", []string{"2.0.0-rc.1", "7.0.0", "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != "alpha" || p.Ecosystem != "npm" || len(p.Releases) != 2 || p.Tags["latest"] != "1.1.0" || p.Tags["odd"] != "" {
		t.Errorf("%+v", p)
	}
	if got, want := string(p.Metadata), `{"time":{"created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T03:00:00.000Z"}}`; got != want {
		t.Errorf("package metadata %s, want %s", got, want)
	}
	old, rc := p.Releases[0], p.Releases[1]
	if old.Version != "1.0.0" || old.Kind != feed.Saved || old.Published.Year() != 2020 || old.Origin.URL != registry.URL+"/alpha" || old.Origin.Upstream != "up" {
		t.Errorf("%+v", old)
	}
	if head := `{"name":"alpha","version":"1.0.0","dependencies":{"z":"1","a":"2"},"scripts":{"postinstall":"x"},"license":"MIT","é":"<&>","dist":{`; !strings.HasPrefix(string(old.Metadata), head) {
		t.Errorf("metadata is not the registry's: %s", old.Metadata)
	}
	checkFile(t, source, old, registry.TarballURL("alpha", "1.0.0"), registry.Tarball("alpha", "1.0.0"), "sha1", "sha512")
	checkFile(t, source, rc, registry.TarballURL("alpha", "2.0.0-rc.1"), registry.Tarball("alpha", "2.0.0-rc.1"), "sha1")
	if rc.Deprecated == "" || registry.Count("/alpha") != 1 {
		t.Errorf("deprecated %q; requests %q", rc.Deprecated, registry.Lines())
	}
}

func checkFile(t *testing.T, source ecosystem.Source, release feed.Release, url string, content []byte, algorithms ...string) {
	t.Helper()
	if len(release.Files) != 1 {
		t.Fatalf("files %v", release.Files)
	}
	file := release.Files[0]
	if file.Path != "npm/alpha/-/alpha-"+release.Version+".tgz" || file.URL != url {
		t.Errorf("%+v, want URL %s", file, url)
	}
	hasher := feed.NewHasher(algorithms...)
	hasher.Write(content)
	if diff := cmp.Diff(hasher.Digests(), file.Digests); diff != "" {
		t.Error(diff)
	}
	r, err := source.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != string(content) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestScopedName(t *testing.T) {
	registry, source := startSmall(t, smallRegistry, web.Options{})
	p, err := source.Releases(t.Context(), "@s/beta", []string{"0.1.0"})
	if err != nil || len(p.Releases) != 1 || p.Releases[0].Files[0].Path != "npm/@s/beta/-/beta-0.1.0.tgz" {
		t.Fatalf("%+v, %v", p, err)
	}
	if diff := cmp.Diff([]string{"GET /@s%2fbeta"}, registry.Lines()); diff != "" {
		t.Error(diff)
	}
}

func TestNotFound(t *testing.T) {
	registry, source := startSmall(t, smallRegistry, web.Options{})
	for _, name := range []string{"nobody", "@s/nobody", "../alpha", "", "@s", "a/b", "a%2fb", "a?b"} {
		if _, err := source.Versions(t.Context(), name); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("Versions(%q): %v", name, err)
		}
		if _, err := source.Releases(t.Context(), name, []string{"1.0.0"}); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("Releases(%q): %v", name, err)
		}
	}
	if diff := cmp.Diff([]string{"GET /@s%2fnobody", "GET /nobody"}, slices.Compact(registry.Lines())); diff != "" {
		t.Errorf("hostile names were asked for: %s", diff)
	}
}

// Answers that are no packument are errors of the upstream, never "not found" or
// "no versions", and they are forgotten.
func TestWrongAnswers(t *testing.T) {
	for _, row := range []struct{ name, fault, says string }{
		{"captive portal", "captive-portal", "captive portal"},
		{"HTML without a type", "body application/json <html>", "captive portal"},
		{"an empty body", "body application/json ", "captive portal"},
		{"another package", `body application/json {"name":"beta","versions":{}}`, `"beta"`},
		{"an error with status 200", `body application/json {"error":"no"}`, "neither name nor versions"},
		{"JSON cut in the middle", `body application/json {"name":"alpha","versions":{"1.0.0":{`, "not JSON"},
		{"text behind the packument", `body application/json {"name":"alpha","versions":{}} <html>`, "text after"},
		{"nested without end", `body application/json {"name":"alpha","x":` + strings.Repeat("[", 600), "deeper"},
		{"a server error", "status 500", "500"},
		{"forbidden", "status 403", "403"},
		{"dropped connections", "drop", ""},
		{"a cut body", "cut 50", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			registry, source := startSmall(t, smallRegistry, web.Options{CacheDir: t.TempDir(), MaxAge: time.Hour, Retries: 1})
			if err := registry.FailText("/alpha always " + row.fault); err != nil {
				t.Fatal(err)
			}
			var upstream *feed.UpstreamError
			for range 2 {
				_, err := source.Versions(t.Context(), "alpha")
				if !errors.As(err, &upstream) || errors.Is(err, feed.ErrNotFound) || !strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), "up") {
					t.Fatalf("got %v", err)
				}
			}
			registry.Heal()
			if versions, err := source.Versions(t.Context(), "alpha"); err != nil || len(versions) != 3 {
				t.Errorf("healed: %d versions, %v", len(versions), err)
			}
		})
	}
}

func TestFreshLook(t *testing.T) {
	registry, source := startSmall(t, "-- alpha/1.0.0.json --\n{}\n", web.Options{CacheDir: t.TempDir(), MaxAge: time.Hour})
	ask := func(version string) int {
		t.Helper()
		p, err := source.Releases(t.Context(), "alpha", []string{version})
		if err != nil {
			t.Fatal(err)
		}
		return len(p.Releases)
	}
	first, second := ask("1.0.0"), ask("1.0.0")
	if first != 1 || second != 1 || registry.Count("/alpha") != 1 {
		t.Errorf("a cached packument was asked for again: %q", registry.Lines())
	}
	if err := registry.Set(txtar.Parse([]byte("-- alpha/1.0.0.json --\n{}\n-- alpha/1.1.0.json --\n{}\n"))); err != nil {
		t.Fatal(err)
	}
	if ask("1.1.0") != 1 || registry.Count("/alpha") != 2 {
		t.Errorf("a new version is not seen: %q", registry.Lines())
	}
	if ask("1.2.0") != 0 || registry.Count("/alpha") != 3 {
		t.Errorf("an unknown version: %q", registry.Lines())
	}
}

// A broken field never hides the package.
func TestDirtyData(t *testing.T) {
	const dirty = `{"_id":"alpha","name":"alpha","dist-tags":{"latest":"9.9.9","a":null,"b":["1.0.0"]},
	"time":{"created":5,"modified":"2020-01-01T00:00:00.000Z","1.0.0":"yesterday","1.1.0":"2020-02-03T04:05:06+02:00","0.9.0":"2020-01-01T00:00:00Z","unpublished":{"name":"x"}},
	"versions":{
		"1.0.0":{"dependencies":["mime"],"deprecated":"","bin":"x","os":"linux","engines":["node"],"bundledDependencies":true,"scripts":"none","dist":7},
		"1.1.0":{"dependencies":{"a":1},"deprecated":false,"dist":{"shasum":"short","integrity":"md5-x sha512-notbase64"}},
		"v1.2.0":{"dist":{"integrity":"sha512-x","shasum":"0123456789ABCDEF0123456789ABCDEF01234567","tarball":"/tar/alpha.tgz"}},
		"1.0.0beta":{}, "1.0.0+build":{}, "1.3.0":null, "1.4.0":[], "1/../5":{}, "latest":{}, "":{}, "1.5.0 ":{},
		"1.6.0":{"deprecated":"first"}, "1.6.0":{"deprecated":"last"}, "1.7.0":{}, "1.7.0":0
	}}`
	for _, row := range []struct {
		name, packument string
		versions        []string
	}{
		{"fields of another form", dirty, []string{"1.0.0beta", "1.0.0", "1.0.0+build", "1.1.0", "v1.2.0", "1.6.0"}},
		{"unpublished", `{"name":"alpha","time":{"unpublished":{"versions":["1.0.0"]}}}`, nil},
		{"no versions", `{"name":"alpha","versions":{},"dist-tags":{}}`, nil},
		{"versions of another form", `{"name":"alpha","versions":[],"dist-tags":[],"time":0}`, nil},
		{"no name", `{"versions":{"1.0.0":{}}}`, []string{"1.0.0"}},
		{"versions twice", `{"name":"alpha","versions":{"1.0.0":{}},"versions":{"2.0.0":{}}}`, []string{"2.0.0"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, source := startSmall(t, "-- alpha/packument.json --\n"+row.packument+"\n", web.Options{})
			versions, err := source.Versions(t.Context(), "alpha")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, version := range versions {
				got = append(got, version.Version)
			}
			slices.SortFunc(got, Compare)
			if diff := cmp.Diff(row.versions, got); diff != "" {
				t.Fatal(diff)
			}
			p, err := source.Releases(t.Context(), "alpha", got)
			if err != nil || len(p.Releases) != len(got) {
				t.Fatalf("%d releases, %v", len(p.Releases), err)
			}
			if _, err := RenderPackage(feed.Layout{}, p); err != nil {
				t.Fatal(err)
			}
			if row.packument == dirty {
				checkDirty(t, p)
			}
		})
	}
}

func checkDirty(t *testing.T, p feed.Package) {
	t.Helper()
	got := map[string]string{}
	for _, r := range p.Releases {
		if r.Published.Location() != time.UTC {
			t.Errorf("%s: %v is not in UTC", r.Version, r.Published)
		}
		_, path, _ := strings.Cut(strings.TrimPrefix(r.Files[0].URL, "http://"), "/")
		got[r.Version] = fmt.Sprint(r.Deprecated, " ", timeText(r.Published), " ", path, " ", len(r.Files[0].Digests))
	}
	want := map[string]string{
		"1.0.0": "  alpha/-/alpha-1.0.0.tgz 0", "1.1.0": " 2020-02-03T02:05:06.000Z alpha/-/alpha-1.1.0.tgz 0",
		"v1.2.0": "  tar/alpha.tgz 1", "1.0.0beta": "  alpha/-/alpha-1.0.0beta.tgz 0",
		"1.0.0+build": "  alpha/-/alpha-1.0.0+build.tgz 0", "1.6.0": "last  alpha/-/alpha-1.6.0.tgz 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.Tags["latest"] != "9.9.9" || len(p.Tags) != 1 || string(p.Metadata) != `{"time":{"modified":"2020-01-01T00:00:00.000Z"}}` {
		t.Errorf("tags %v, metadata %s", p.Tags, p.Metadata)
	}
}

func TestTarballAddress(t *testing.T) {
	for _, row := range []struct{ tarball, want, says string }{
		{"https://files.test/x.tgz?sig=1#frag", "https://files.test/x.tgz?sig=1", ""},
		{"/top/x.tgz", "{registry}/top/x.tgz", ""},
		{"alpha/-/x.tgz", "{registry}/alpha/-/x.tgz", ""},
		{"//files.test/x.tgz", "http://files.test/x.tgz", ""},
		{"", "{registry}/alpha/-/alpha-1.0.0.tgz", ""},
		{"javascript:alert(1)", "", "javascript"},
		{"file:///etc/passwd", "", "file"},
		{"data:text/plain,x", "", "data"},
		{"ftp://files.test/x.tgz", "", "ftp"},
		{"https://user:hunter2@files.test/x.tgz", "", "password"},
		{"https:///x.tgz", "", "http"},
		{"https:opaque", "", "http"},
		{"http://[::1/x.tgz", "", "no URL"},
		{"\x7f://x", "", "no URL"},
	} {
		t.Run(row.tarball, func(t *testing.T) {
			quoted, _ := json.Marshal(row.tarball)
			registry, source := startSmall(t, "-- alpha/1.0.0.json --\n{\"dist\": {\"tarball\": "+string(quoted)+"}}\n", web.Options{})
			p, err := source.Releases(t.Context(), "alpha", []string{"1.0.0"})
			if row.says != "" {
				if err == nil || !strings.Contains(err.Error(), row.says) || !strings.Contains(err.Error(), "npm:alpha@1.0.0") || strings.Contains(err.Error(), "hunter2") {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, want := p.Releases[0].Files[0].URL, strings.ReplaceAll(row.want, "{registry}", registry.URL); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// Credentials stay below the registry's address.
func TestCredentials(t *testing.T) {
	const token = "Bearer verysecrettoken"
	files := registrytest.New(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "tarball") }))
	registry := npmtest.New(t, txtar.Parse([]byte("-- alpha/1.0.0.json --\n{\"dist\": {\"tarball\": \""+files.URL+"/x.tgz\"}}\n-- alpha/1.1.0.json --\n{}\n")))
	registry.Fail("*", -1, registrytest.Unauthorized(token))
	config := ecosystem.UpstreamConfig{Name: "up", URL: registry.URL, Access: web.Access{Authorization: token}}
	source := openSource(t, config, web.Options{})
	p, err := source.Releases(t.Context(), "alpha", []string{"1.0.0", "1.1.0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range p.Releases {
		r, err := source.Open(t.Context(), release.Files[0])
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, r)
		r.Close()
	}
	if requests := files.Requests(); len(requests) != 1 || requests[0].Header.Get("Authorization") != "" {
		t.Errorf("the other host was told %v", requests)
	}
	config.Access.Authorization = "Bearer anothersecret"
	_, err = openSource(t, config, web.Options{}).Versions(t.Context(), "alpha")
	if upstream := (*feed.UpstreamError)(nil); !errors.As(err, &upstream) || upstream.Status != 401 || strings.Contains(err.Error(), "anothersecret") {
		t.Errorf("got %v", err)
	}
}

func TestNewSourceRefuses(t *testing.T) {
	client, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"", "registry.test", "ftp://registry.test", "https://", "https://user:hunter2@registry.test/", "https://registry.test/?q", "https://registry.test/#f", "http://[::1"} {
		_, err := NewSource(ecosystem.UpstreamConfig{Name: "up", URL: url, FoundIn: "feedctl.yaml:3"}, client)
		if err == nil || !strings.Contains(err.Error(), "feedctl.yaml:3") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("NewSource(%q): %v", url, err)
		}
	}
}

func TestOpenWithoutAddress(t *testing.T) {
	_, source := startSmall(t, smallRegistry, web.Options{})
	if _, err := source.Open(t.Context(), feed.File{Path: "npm/x"}); err == nil {
		t.Error("no error")
	}
}

func TestCancelled(t *testing.T) {
	registry, source := startSmall(t, smallRegistry, web.Options{})
	registry.Fail("*", -1, registrytest.Silence())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := source.Versions(ctx, "alpha"); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestProbe(t *testing.T) {
	for _, row := range []struct {
		name, faults, detail, says string
	}{
		{"ping", "", "answers to ping", ""},
		{"no ping", "/-/ping always status 404", "answers with packuments; it has no ping", ""},
		{"ping for members only", "/-/ping always status 401", "answers with packuments; it has no ping", ""},
		{"ping is broken", "/-/ping always status 500", "", "500"},
		{"ping with a page", "/-/ping always captive-portal", "answers with packuments; it has no ping", ""},
		{"nothing", "* always status 404", "", "nothing shows that it is an npm registry"},
		{"only pages", "* always captive-portal", "", "captive portal"},
		{"credentials refused", "* always status 401", "", "401"},
		{"down", "* always status 503", "", "503"},
	} {
		t.Run(row.name, func(t *testing.T) {
			registry := npmtest.New(t, txtar.Parse([]byte("-- npm/1.0.0.json --\n{}\n-- faults --\n"+row.faults+"\n")))
			client, err := web.New(web.Options{Retries: -1})
			if err != nil {
				t.Fatal(err)
			}
			probe, err := Probe(t.Context(), ecosystem.UpstreamConfig{Name: "up", URL: registry.URL}, client)
			if row.says != "" {
				if err == nil || !strings.Contains(err.Error(), row.says) {
					t.Fatalf("got %v, %v", probe, err)
				}
				return
			}
			if err != nil || probe.Protocol != "npm registry" || probe.Detail != row.detail {
				t.Errorf("got %+v, %v", probe, err)
			}
		})
	}
}

// The releases of a registry, rendered, inspected and served again, are those of
// the registry.
func TestRoundTrip(t *testing.T) {
	_, source := startSmall(t, smallRegistry, web.Options{})
	p, err := source.Releases(t.Context(), "alpha", []string{"1.0.0", "1.1.0", "2.0.0-rc.1"})
	if err != nil {
		t.Fatal(err)
	}
	documents, err := RenderPackage(feed.Layout{Base: "http://feed.test"}, p)
	if err != nil {
		t.Fatal(err)
	}
	mirror := openSource(t, ecosystem.UpstreamConfig{Name: "mirror", URL: registrytest.New(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(documents[0].Bytes)
	})).URL}, web.Options{})
	again, err := mirror.Releases(t.Context(), "alpha", []string{"1.0.0", "1.1.0", "2.0.0-rc.1"})
	if err != nil || len(again.Releases) != 3 {
		t.Fatalf("%v, %v", again, err)
	}
	if diff := cmp.Diff(map[string]string{"latest": "1.1.0", "next": "2.0.0-rc.1", "beta": "2.0.0-rc.1"}, again.Tags); diff != "" {
		t.Error(diff)
	}
	for i, release := range again.Releases {
		// What is left out upstream (here integrity) is made up for from the digests.
		if diff := cmp.Diff(p.Releases[i].Files[0].Digests, release.Files[0].Digests); diff != "" {
			t.Error(diff)
		}
		if release.Published != p.Releases[i].Published || release.Deprecated != p.Releases[i].Deprecated || !strings.HasPrefix(release.Files[0].URL, "http://feed.test/npm/alpha/-/") {
			t.Errorf("%+v", release)
		}
	}
}
