package golang_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/golangtest"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

const small = `
-- example.com/Big@v1.0.0/go.mod --
module example.com/Big

go 1.21

require example.com/x v1.2.3
-- example.com/Big@v1.1.0-rc.1/go.mod --
module example.com/Big
-- example.com/Big@v0.0.0-20200101000000-0123456789ab/x.go --
package big
-- example.com/Big@main.alias --
v0.0.0-20200101000000-0123456789ab
-- example.com/young@v0.0.0-20200101000000-0123456789ab/go.mod --
module example.com/young
`

// proxy starts a fake proxy and opens it.
func proxy(t testing.TB, archive string) (*golangtest.Registry, ecosystem.Source) {
	registry := golangtest.New(t, txtar.Parse([]byte(archive)))
	return registry, openSource(t, ecosystem.UpstreamConfig{Name: "fake", Ecosystem: "go", URL: registry.URL + "/"})
}

func texts(versions []feed.Version) []string {
	var all []string
	for _, v := range versions {
		all = append(all, v.Version)
	}
	return all
}

func TestVersions(t *testing.T) {
	odd := "-- example.com/Big@list --\nv1.0.0 2020-01-01T00:00:00Z\n\nv9\nmaster\nv1.0.0\nv0.9.0\nv2.0.0\n../x\nv0.0.0-20200101000000-0123456789ab\n"
	for _, row := range []struct {
		what, archive, name string
		want                []string
	}{
		{"tagged", small, "example.com/Big", []string{"v1.0.0", "v1.1.0-rc.1"}},
		{"none tagged", small, "example.com/young", []string{"v0.0.0-20200101000000-0123456789ab"}},
		{"odd lines", small + odd, "example.com/Big", []string{"v0.9.0", "v1.0.0"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			_, source := proxy(t, row.archive)
			versions, err := source.Versions(t.Context(), row.name)
			if diff := cmp.Diff(row.want, texts(versions)); diff != "" || err != nil {
				t.Error(err, diff)
			}
		})
	}
}

// One look-up asks once for each .info and each go.mod, and their bytes are not
// asked for again.
func TestReleases(t *testing.T) {
	registry, source := proxy(t, small)
	p, err := source.Releases(t.Context(), "example.com/Big", []string{"v1.0.0", "main", "no/name"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"GET /example.com/%21big/@v/main.info",
		"GET /example.com/%21big/@v/v0.0.0-20200101000000-0123456789ab.info",
		"GET /example.com/%21big/@v/v0.0.0-20200101000000-0123456789ab.mod",
		"GET /example.com/%21big/@v/v1.0.0.info",
		"GET /example.com/%21big/@v/v1.0.0.mod",
	}
	if diff := cmp.Diff(want, registry.Lines()); diff != "" {
		t.Error(diff)
	}
	registry.Forget()
	if diff := cmp.Diff(map[string]string{"main": "v0.0.0-20200101000000-0123456789ab"}, p.Tags); diff != "" {
		t.Error(diff)
	}
	if len(p.Releases) != 2 || p.Releases[1].Version != "v1.0.0" {
		t.Fatalf("releases %+v", p.Releases)
	}
	release := p.Releases[1]
	if got := release.Published.Format("2006-01-02"); got != "2020-01-01" || release.Origin.Upstream != "fake" {
		t.Errorf("published %s, origin %+v", got, release.Origin)
	}
	var meta map[string]json.RawMessage
	if err := json.Unmarshal(release.Metadata, &meta); err != nil || string(meta["module"]) != `{"path":"example.com/Big","go":"1.21","require":["example.com/x v1.2.3"]}` {
		t.Errorf("metadata %s, %v", release.Metadata, err)
	}
	for _, file := range release.Files {
		body, err := source.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(body)
		body.Close()
		if err != nil || string(data) != string(registry.Bytes(strings.TrimPrefix(file.Path, "go/"))) {
			t.Errorf("%s: %q, %v", file.Path, data, err)
		}
	}
	if diff := cmp.Diff([]string{"GET /example.com/%21big/@v/v1.0.0.zip"}, registry.Lines()); diff != "" {
		t.Error(diff)
	}
}

func TestReleasesUnknown(t *testing.T) {
	_, source := proxy(t, small)
	p, err := source.Releases(t.Context(), "example.com/Big", []string{"v7.0.0", "nobranch"})
	if err != nil || len(p.Releases) != 0 {
		t.Errorf("unknown versions of a known module: %v, %v", p.Releases, err)
	}
	for _, name := range []string{"example.com/nobody", "../x", "", "UPPER.example/x"} {
		if _, err := source.Releases(t.Context(), name, []string{"v1.0.0"}); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("Releases of %q: %v", name, err)
		}
		if _, err := source.Versions(t.Context(), name); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("Versions of %q: %v", name, err)
		}
	}
}

func TestUpstreamTrouble(t *testing.T) {
	const list, info, mod = "/example.com/%21big/@v/list", "/example.com/%21big/@v/v1.0.0.info", "/example.com/%21big/@v/v1.0.0.mod"
	for _, row := range []struct {
		what, faults string
		unknown      bool   // feed.ErrNotFound, on which the search goes on
		want         string // in the error; empty for none
	}{
		{"unknown module is 400", "/** always status 400", false, "/example.com/%21big/@v/"},
		{"forbidden", "/** always status 403", false, "403"},
		{"gone", "/** always status 410", true, "not found"},
		{"server error", info + " always status 500", false, "500"},
		{"login page", "/** always captive-portal", false, "HTML"},
		{"go.mod forbidden, .info unknown", mod + " always status 403\n" + info + " always status 404", false, ""},
		{"go.mod unknown", mod + " always status 404", false, ""},
		{"other version", info + ` always body application/json {"Version":"v1.0.1"}`, false, "the .info of v1.0.0 is one of v1.0.1"},
		{"hostile version", info + ` always body application/json {"Version":"../../x"}`, false, "no version of this module"},
		{"no JSON", info + " always body text/plain v1.0.0", false, "no .info document"},
		{"broken go.mod", mod + " always body text/plain module (", false, "go.mod of a dependency"},
		{"login page as go.mod", mod + " always captive-portal", false, "HTML"},
		{"cut go.mod", mod + " always cut 10", false, "@v/v1.0.0.mod"},
	} {
		t.Run(row.what, func(t *testing.T) {
			_, source := proxy(t, small+"-- faults --\n"+row.faults+"\n")
			_, err := source.Releases(t.Context(), "example.com/Big", []string{"v1.0.0"})
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
			if errors.Is(err, feed.ErrNotFound) != row.unknown {
				t.Errorf("the search would go on: %v", err)
			}
		})
	}
	_, source := proxy(t, small+"-- faults --\n"+list+" always captive-portal\n")
	if _, err := source.Versions(t.Context(), "example.com/Big"); err == nil || errors.Is(err, feed.ErrNotFound) {
		t.Errorf("a login page as list: %v", err)
	}
}

func TestFolder(t *testing.T) {
	registry := golangtest.New(t, txtar.Parse([]byte(small)))
	dir := t.TempDir()
	if err := registry.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	source := openSource(t, ecosystem.UpstreamConfig{Name: "disk", URL: "file://" + filepath.ToSlash(dir)})
	versions, err := source.Versions(t.Context(), "example.com/Big")
	if diff := cmp.Diff([]string{"v1.0.0", "v1.1.0-rc.1"}, texts(versions)); diff != "" || err != nil {
		t.Error(err, diff)
	}
	p, err := source.Releases(t.Context(), "example.com/Big", []string{"v1.0.0", "main", "v3.0.0"})
	if err != nil || len(p.Releases) != 2 {
		t.Fatalf("%v, %v", p.Releases, err)
	}
	for _, release := range p.Releases {
		if release.Origin.URL != "" {
			t.Errorf("origin %s tells of this machine", release.Origin.URL)
		}
		for _, file := range release.Files {
			body, err := source.Open(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			body.Close()
			if file.URL != "" {
				t.Errorf("%s tells of this machine", file.URL)
			}
		}
	}
	for _, name := range []string{"example.com/nobody", "../x"} {
		if _, err := source.Versions(t.Context(), name); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if data, err := source.(ecosystem.Reader).Read(t.Context(), "example.com/!big/@latest"); err != nil || !strings.Contains(string(data), "v1.0.0") {
		t.Errorf("%s, %v", data, err)
	}
	if _, err := source.(ecosystem.Reader).Read(t.Context(), "../secret"); err == nil {
		t.Error("a path outside is read")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := source.Versions(ctx, "example.com/Big"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNewSourceRefuses(t *testing.T) {
	for _, address := range []string{
		"", "registry.example", "ftp://registry.example", "https://u:secret@registry.example/go", "https://registry.example/go?x=secret",
		"file://host/dir", "file:", "direct", "https:///x", "%",
	} {
		_, err := golang.NewSource(ecosystem.UpstreamConfig{Name: "x", URL: address, FoundIn: "feedctl.yaml:3"}, nil)
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "feedctl.yaml:3") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestProbe(t *testing.T) {
	client, err := web.New(web.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, row := range []struct{ what, archive, detail, fault string }{
		{"knows it", "-- golang.org/x/mod@v0.1.0/go.mod --\nmodule golang.org/x/mod\n", "answers with versions of golang.org/x/mod", ""},
		{"does not", small, "answers, and does not know golang.org/x/mod", ""},
		{"refuses", small, "", "status 401"},
		{"login page", small, "", "captive-portal"},
	} {
		registry := golangtest.New(t, txtar.Parse([]byte(row.archive)))
		if row.fault != "" {
			fault, err := registrytest.ParseFault(row.fault)
			if err != nil {
				t.Fatal(err)
			}
			registry.Fail("*", -1, fault)
		}
		probe, err := golang.Probe(t.Context(), ecosystem.UpstreamConfig{Name: "x", URL: registry.URL}, client)
		if probe.Detail != row.detail || (err == nil) != (row.fault == "") {
			t.Errorf("%s: %+v, %v", row.what, probe, err)
		}
	}
}

func TestReader(t *testing.T) {
	registry, source := proxy(t, small)
	reader := source.(ecosystem.Reader)
	for range 2 {
		if data, err := reader.Read(t.Context(), "sumdb/"+golangtest.Database+"/latest"); err != nil || !strings.HasPrefix(string(data), "go.sum database tree\n") {
			t.Errorf("%s, %v", data, err)
		}
	}
	if n := registry.Count("/sumdb/" + golangtest.Database + "/latest"); n != 2 {
		t.Errorf("the newest head was asked for %d times, want 2", n)
	}
	if _, err := reader.Read(t.Context(), "sumdb/other.test/supported"); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("unknown database: %v", err)
	}
}
