package simple

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

const universe = `
-- Alpha.Pkg@1.0/METADATA --
Requires-Dist: beta>=1
Requires-Python: >=3.8
-- Alpha.Pkg@1.0/alpha_pkg-1.0-py3-none-any.whl --
-- Alpha.Pkg@1.0/Alpha.Pkg-1.0.tar.gz --
-- Alpha.Pkg@1.1.options --
yanked broken <build>
-- Alpha.Pkg@1.2+cpu.1/METADATA --
-- beta@1/METADATA --
`

func index(t testing.TB, address string) *Index {
	t.Helper()
	client, err := web.New(web.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	x, err := New(ecosystem.UpstreamConfig{Name: "test", URL: address}, client)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func registry(t testing.TB, more string) *pypitest.Registry {
	t.Helper()
	return pypitest.New(t, txtar.Parse([]byte(universe+more)))
}

// describe lists what matters of files.
func describe(p Project, base string) []string {
	var all []string
	for _, f := range p.Files() {
		line := f.Name + " " + f.Version.String()
		if parsed, err := wheel.ParseWheel(f.Name); err == nil {
			line += " " + fmt.Sprint(parsed.Tags())
		}
		line += " " + strings.TrimPrefix(f.URL, base)
		if f.RequiresPython != "" {
			line += " python" + f.RequiresPython
		}
		if f.Yanked != nil {
			line += fmt.Sprintf(" yanked%q", *f.Yanked)
		}
		if f.CoreMetadata != nil {
			line += fmt.Sprintf(" core%.6q", *f.CoreMetadata)
		}
		if !f.Uploaded.IsZero() {
			line += " " + f.Uploaded.Format(time.RFC3339)
		}
		all = append(all, line)
	}
	for _, one := range p.Skipped {
		all = append(all, fmt.Sprint("skipped ", one.Name, " ", one.Legacy))
	}
	return all
}

func TestProject(t *testing.T) {
	want := []string{
		"alpha_pkg-1.0-py3-none-any.whl 1.0 [py3-none-any] /files/alpha_pkg-1.0-py3-none-any.whl python>=3.8 2020-01-01T00:00:00Z",
		"Alpha.Pkg-1.0.tar.gz 1.0 /files/Alpha.Pkg-1.0.tar.gz python>=3.8 2020-01-01T00:00:00Z",
		`alpha_pkg-1.1-py3-none-any.whl 1.1 [py3-none-any] /files/alpha_pkg-1.1-py3-none-any.whl yanked"broken <build>" 2020-01-01T01:00:00Z`,
		"alpha_pkg-1.2+cpu.1-py3-none-any.whl 1.2+cpu.1 [py3-none-any] /files/alpha_pkg-1.2%2Bcpu.1-py3-none-any.whl 2020-01-01T02:00:00Z",
	}
	for _, form := range []string{"html", "json"} {
		r := registry(t, "-- page --\nform "+form+"\n")
		for _, address := range []string{r.Index(), strings.TrimSuffix(r.Index(), "/"), "flat+" + r.URL + "/files/"} {
			x := index(t, address)
			p, err := x.Project(t.Context(), "ALPHA_pkg")
			if diff := cmp.Diff(want, describe(p, r.URL)); diff != "" || err != nil {
				t.Errorf("%s %s: %v, -want +got:\n%s", form, address, err, diff)
			}
			if p.Name != "alpha-pkg" || p.Files()[0].Digests()["sha256"] != r.SHA256(p.Files()[0].Name) {
				t.Errorf("%s: %+v", form, p)
			}
			if _, err := x.Project(t.Context(), "gamma"); !errors.Is(err, feed.ErrNotFound) {
				t.Errorf("unknown project: %v", err)
			}
			if _, err := x.Project(t.Context(), "../x"); !errors.Is(err, feed.ErrNotFound) {
				t.Errorf("no name: %v", err)
			}
			for i := range p.Files() {
				checkOpen(t, r, x, &p.Files()[i])
			}
		}
	}
}

// checkOpen opens a file, and for a wheel its metadata, as the core does.
func checkOpen(t *testing.T, r *pypitest.Registry, x *Index, file *File) {
	t.Helper()
	names := []string{""}
	if file.IsWheel() {
		names = append(names, metadataSuffix)
	}
	for _, suffix := range names {
		wanted := feed.File{Path: "pypi/files/" + file.Name + suffix, URL: file.URL}
		if file.URL != "" {
			wanted.URL += suffix
		}
		body, err := x.Open(t.Context(), wanted)
		if err != nil {
			t.Errorf("%s: %v", wanted.Path, err)
			continue
		}
		data, err := io.ReadAll(body)
		if err != nil || string(data) != string(r.Bytes(file.Name+suffix)) {
			t.Errorf("%s: %d bytes, %v", wanted.Path, len(data), err)
		}
		body.Close()
	}
}

func TestFolder(t *testing.T) {
	r := registry(t, "")
	dir := t.TempDir()
	if err := r.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain", "alpha-pkg")
	if err := os.MkdirAll(plain, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(plain, "alpha_pkg-1.0-py3-none-any.whl"), r.Bytes("alpha_pkg-1.0-py3-none-any.whl"), 0o600); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "links.html")
	if err := os.WriteFile(page, []byte(`<a href="files/alpha_pkg-1.0-py3-none-any.whl">x</a>`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		address string
		files   int
	}{
		{"file://" + filepath.ToSlash(dir) + "/simple/", 4},
		{filepath.Join(dir, "simple"), 4},
		{filepath.Join(dir, "plain"), 1},
		{"flat+file://" + filepath.ToSlash(dir) + "/files", 4},
		{filepath.Join(dir, "files"), 4},
		{"flat+" + page, 1},
	} {
		t.Run(row.address[len(row.address)-8:], func(t *testing.T) {
			x := index(t, row.address)
			p, err := x.Project(t.Context(), "alpha.pkg")
			if err != nil || len(p.Files()) != row.files || len(p.Skipped) != 0 {
				t.Fatalf("%+v, %v", p, err)
			}
			for i := range p.Files() {
				if p.Files()[i].URL != "" || p.URL != "" {
					t.Errorf("an address: %+v", p.Files()[i])
				}
				checkOpen(t, r, x, &p.Files()[i])
				checkOpen(t, r, index(t, row.address), &p.Files()[i]) // in another run
			}
			if _, err := x.Project(t.Context(), "gamma"); !errors.Is(err, feed.ErrNotFound) {
				t.Errorf("unknown project: %v", err)
			}
			if _, err := x.Open(t.Context(), feed.File{Path: "pypi/files/gamma-1-py3-none-any.whl"}); !errors.Is(err, feed.ErrNotFound) {
				t.Errorf("unknown file: %v", err)
			}
			if form, err := x.Probe(t.Context()); err != nil || form == "" {
				t.Errorf("%s %v", form, err)
			}
		})
	}
	if _, err := index(t, filepath.Join(dir, "gone")).Project(t.Context(), "a"); err == nil || errors.Is(err, feed.ErrNotFound) {
		t.Errorf("no folder: %v", err)
	}
}

func TestPages(t *testing.T) {
	const wheel = "demo-1-py3-none-any.whl"
	const sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	for _, row := range []struct {
		what, page string
		want       []string // described, or "error: …"
	}{
		{"relative", `<a href="../../f/` + wheel + `">`, []string{wheel + " 1 [py3-none-any] BASE/f/" + wheel}},
		{"base", `<base href="/packages/"><a href="` + wheel + `">`, []string{wheel + " 1 [py3-none-any] BASE/packages/" + wheel}},
		{"second base", `<base href="/packages/"><base href="/x/"><a href="` + wheel + `">`, []string{wheel + " 1 [py3-none-any] BASE/packages/" + wheel}},
		{"absolute, other host", `<a href="https://files.test/a/../b/` + wheel + `#sha256=` + sum + `">`, []string{wheel + " 1 [py3-none-any] https://files.test/b/" + wheel}},
		{"without scheme", `<a href="//files.test/` + wheel + `">`, []string{wheel + " 1 [py3-none-any] http://files.test/" + wheel}},
		{"entities", `<a href='&#x2F;f/` + wheel + `?a=1&amp;copy=2' data-requires-python="&gt;=3.8,&lt;4">`, []string{wheel + " 1 [py3-none-any] BASE/f/" + wheel + "?a=1&copy=2 python>=3.8,<4"}},
		{"a user", `<a href="https://ann:pw@files.test/` + wheel + `">`, []string{wheel + " 1 [py3-none-any] https://files.test/" + wheel}},
		{"both spellings of metadata", `<a href="` + wheel + `" data-dist-info-metadata="true" data-core-metadata="sha256=` + sum + `">`, []string{wheel + ` 1 [py3-none-any] BASE/simple/demo/` + wheel + ` core"ba7816"`}},
		{"the old spelling", `<a href="` + wheel + `" data-dist-info-metadata="true">`, []string{wheel + ` 1 [py3-none-any] BASE/simple/demo/` + wheel + ` core""`}},
		{"metadata that is not offered", `<a href="` + wheel + `" data-core-metadata="false">`, []string{wheel + ` 1 [py3-none-any] BASE/simple/demo/` + wheel}},
		{"yanked without a reason", `<a href="` + wheel + `" data-yanked>`, []string{wheel + ` 1 [py3-none-any] BASE/simple/demo/` + wheel + ` yanked""`}},
		{"an upload time that is none", `<a href="` + wheel + `" data-upload-time="yesterday" data-size="-3">`, []string{wheel + ` 1 [py3-none-any] BASE/simple/demo/` + wheel}},
		{"upper case", `<A HREF=` + wheel + `>x</A>`, []string{wheel + ` 1 [py3-none-any] BASE/simple/demo/` + wheel}},
		{"comment, script", `<!-- <a href="demo-9.tar.gz"> --><script>"<a href='demo-8.tar.gz'>"</script><a href="demo-1.zip">`, []string{"demo-1.zip 1 BASE/simple/demo/demo-1.zip"}},
		{"skipped", `<a href="` + wheel + `"><a href="demo-1.exe"><a href="demo-new.tar.gz"><a href="demo-2004d-py2-none-any.whl"><a href="other-1.tar.gz"><a href="demo-1.tar.gz.asc"><a href="../">`, []string{
			wheel + ` 1 [py3-none-any] BASE/simple/demo/` + wheel, "skipped demo-1.exe true", "skipped demo-new.tar.gz true", "skipped demo-2004d-py2-none-any.whl true", "skipped other-1.tar.gz false",
		}},
		{"hostile", `<a href="` + wheel + `"><a href="javascript:demo-2.tar.gz"><a href="file:///etc/demo-3.tar.gz"><a href="demo-4.tar.gz#sha256=zz"><a href="%zz/demo-5.tar.gz"><a href="x/..%2Fdemo-6.tar.gz"><a href="demo-7%0a.tar.gz">`, []string{
			wheel + ` 1 [py3-none-any] BASE/simple/demo/` + wheel,
			"skipped javascript:demo-2.tar.gz false", "skipped demo-3.tar.gz false", "skipped demo-4.tar.gz false", "skipped demo-5.tar.gz false",
			"skipped ../demo-6.tar.gz false", `skipped "demo-7\n.tar.gz" false`,
		}},
		{"digest in upper case", `<a href="demo-1.zip#SHA256=` + strings.ToUpper(sum) + `&egg=x">`, []string{"demo-1.zip 1 BASE/simple/demo/demo-1.zip"}},
		{"version", `<meta name="pypi:repository-version" content="1.9"><a href="demo-1.zip">`, []string{"demo-1.zip 1 BASE/simple/demo/demo-1.zip"}},
		{"version of the future", `<meta name="pypi:repository-version" content="2.0"><a href="demo-1.zip">`, []string{`error: version "2.0" of the simple API`}},
		{"files of another project", `<a href="other-1.zip">`, []string{"error: files of another project, such as other-1.zip"}},
		{"portal", `<!DOCTYPE html><html><title>Sign in</title><body><form>`, []string{"error: no page of a package index"}},
		{"a page of something else", `<html><title>Welcome</title><a href="/about">`, []string{"error: no page of a package index"}},
		{"empty index", `<html><head><title>Links for demo</title></head><body><h1>Links for demo</h1></body></html>`, []string{"error: not found"}},
		{"empty", ``, []string{"error: an empty answer"}},
		{"JSON of something else", `{"hello": 1}`, []string{"error: none of the simple API"}},
		{"JSON without a version", `{"files": []}`, []string{"error: none of the simple API"}},
		{"broken JSON", `{"files": [`, []string{"error: no JSON"}},
		{"JSON of another project", `{"meta":{"api-version":"1.0"},"name":"other","files":[]}`, []string{"error: that of other came"}},
		{"JSON without files", `{"meta":{"api-version":"1.0"},"name":"demo","files":[]}`, []string{"error: not found"}},
		{"JSON of the future", `{"meta":{"api-version":"2.0"},"name":"demo","files":[]}`, []string{"error: version"}},
		{"quarantined", `{"meta":{"api-version":"1.4"},"name":"demo","files":[],"project-status":{"status":"quarantined","reason":"x"}}`, nil},
		{
			"JSON, everything",
			`{"meta":{"api-version":"1.4"},"name":"Demo","versions":["1"],"x":[1],"files":[
			{"filename":"demo-1.zip","url":"../../f/demo-1.zip","hashes":{"sha256":"` + sum + `","md5":"x"},"requires-python":">=3","core-metadata":{"sha256":"` + sum + `"},"yanked":"why","size":3,"upload-time":"2024-01-01T00:00:00.5Z","provenance":null},
			{"filename":"demo-2.zip","url":"demo-2.zip","hashes":{},"requires-python":null,"dist-info-metadata":true,"yanked":true},
			{"filename":"demo-3.zip","url":"get?file=3","hashes":{},"core-metadata":false,"yanked":false}]}`,
			[]string{
				`demo-1.zip 1 BASE/f/demo-1.zip python>=3 yanked"why" core"ba7816" 2024-01-01T00:00:00Z`, `demo-2.zip 2 BASE/simple/demo/demo-2.zip yanked"" core""`,
				"demo-3.zip 3 BASE/simple/demo/get?file=3",
			},
		},
	} {
		t.Run(row.what, func(t *testing.T) {
			server := registrytest.New(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				io.WriteString(w, row.page)
			}))
			p, err := index(t, server.URL+"/simple").Project(t.Context(), "demo")
			got := describe(p, "none")
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], server.URL, "BASE")
			}
			if len(row.want) == 1 && strings.HasPrefix(row.want[0], "error: ") {
				if err == nil || !strings.Contains(err.Error(), row.want[0][7:]) {
					t.Errorf("%q, %v; want %s", got, err, row.want[0])
				}
				return
			}
			if diff := cmp.Diff(row.want, got); diff != "" || err != nil {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	r := registry(t, "")
	x := index(t, r.Index())
	for range 3 {
		if _, err := x.Project(t.Context(), "beta"); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.Requests(); len(got) != 1 || got[0].Header.Get("Accept") != Accept {
		t.Errorf("%+v", got)
	}
	r.Fail("/simple/gamma/", 1, registrytest.Status(503))
	r.Fail("/simple/gamma/", 1, registrytest.Status(403))
	r.Fail("/simple/gamma/", 1, registrytest.Status(410))
	for _, want := range []string{"503", "403", "not found"} {
		if _, err := x.Project(t.Context(), "gamma"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestCredentials sees that they go to the host of the index, and to no other.
func TestCredentials(t *testing.T) {
	r := registry(t, "")
	other := pypitest.New(t, txtar.Parse([]byte(universe)))
	if err := r.Set(txtar.Parse([]byte(universe + "-- page --\nabsolute " + other.URL + "/files/\n-- beta.page --\n<a href=\"/files/beta-1-py3-none-any.whl\">\n"))); err != nil {
		t.Fatal(err)
	}
	client, err := web.New(web.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	x, err := New(ecosystem.UpstreamConfig{Name: "test", URL: r.Index(), Access: web.Access{Base: r.Index(), Authorization: "Basic xyz"}}, client)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alpha-pkg", "beta"} {
		p, err := x.Project(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := x.Metadata(t.Context(), &p.Files()[0]); err != nil {
			t.Error(err)
		}
	}
	for _, request := range r.Requests() {
		if request.Header.Get("Authorization") != "Basic xyz" {
			t.Errorf("%s without credentials", request.Path)
		}
	}
	if len(r.Requests()) != 3 || len(other.Requests()) != 1 || other.Requests()[0].Header.Get("Authorization") != "" {
		t.Errorf("%v %+v", r.Lines(), other.Requests())
	}
}

func TestNew(t *testing.T) {
	for _, row := range []struct{ address, want string }{
		{"", "no address"},
		{"simple", "no address"},
		{"ftp://a.test/", "no address"},
		{"https:///simple", "no address"},
		{"file://host/simple", "no address"},
		{"https://ann:s3cret@a.test/simple", "no user"},
		{"https://a.test/simple?token=s3cret", "query"},
		{"flat+", "no address"},
		{"https://a.test/simple", ""},
		{"flat+https://a.test/links?x=1", ""},
		{"flat+file:///links.html", ""},
		{"/simple", ""},
	} {
		_, err := New(ecosystem.UpstreamConfig{Name: "x", URL: row.address, FoundIn: "feedctl.yaml:3"}, nil)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v, want %q", row.address, err, row.want)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "feedctl.yaml:3")) {
			t.Errorf("%q: %v", row.address, err)
		}
	}
}
