//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// goProxy is the environment that points the go command at a feed, and nothing
// else: the checksum database stays on.
func goProxy(t *testing.T, home, feed string) []string {
	t.Helper()
	env := strings.Fields(online(t, ".", nil, "go", "env", "GOCACHE", "GOROOT"))
	if len(env) != 2 {
		t.Fatalf("go env: %q", env)
	}
	return []string{
		"PATH=" + filepath.Join(env[1], "bin") + ":/usr/bin:/bin",
		"GOPATH=" + filepath.Join(home, "gopath"), "GOCACHE=" + env[0], "GOENV=off",
		"GOTOOLCHAIN=local", "GOSUMDB=sum.golang.org", "GOFLAGS=-modcacherw -mod=readonly -buildvcs=false", "CGO_ENABLED=0",
		"GOPROXY=" + feed + "go",
	}
}

// goPlace is a project that sees modules through a feed alone, with a module
// cache that nothing else has touched.
func goPlace(t *testing.T, inside *namespace, fixture, feed string) place {
	t.Helper()
	p := newPlace(t, inside, fixture)
	p.env = append(p.env, goProxy(t, filepath.Dir(p.dir), feed)...)
	return p
}

// goModules are the cells of the go command.
func goModules(t *testing.T) ecosystem {
	return ecosystem{
		name:   "go",
		inputs: []string{filepath.Join("testdata", "go")},
		cells: map[string]func(*testing.T, context.Context, *namespace){
			"frozen": func(t *testing.T, ctx context.Context, inside *namespace) {
				goFrozen(t, ctx, goPlace(t, inside, "go", feedURL))
			},
			"fresh": func(t *testing.T, ctx context.Context, inside *namespace) {
				goFresh(t, ctx, goPlace(t, inside, "go", feedURL))
			},
		},
	}
}

// goFrozen builds with the go.sum that the fixture has.
func goFrozen(t *testing.T, ctx context.Context, p place) {
	t.Helper()
	sum := p.read(t, "go.sum")
	p.do(t, ctx, "go", "build", "./...")
	p.do(t, ctx, "go", "vet", "./...")
	if out := p.do(t, ctx, "go", "run", "."); out != "ok\n" {
		t.Errorf("the program says %q", out)
	}
	if diff := gocmp.Diff(sum, p.read(t, "go.sum")); diff != "" {
		t.Errorf("go.sum changed (-before +after):\n%s", diff)
	}
	p.do(t, ctx, "go", "mod", "download", "all")
	p.do(t, ctx, "go", "list", "-m", "all")
	p.do(t, ctx, "go", "mod", "verify")
}

// goFresh lets the go command choose, with the checksum database: from a program
// without requirements to one that builds.
func goFresh(t *testing.T, ctx context.Context, p place) {
	t.Helper()
	want := p.read(t, "go.mod")
	writeFile(t, p.file("go.mod"), "module fixture.test/small\n\ngo 1.22.0\n")
	if err := os.Remove(p.file("go.sum")); err != nil {
		t.Fatal(err)
	}
	p.do(t, ctx, "go", "mod", "tidy")
	p.do(t, ctx, "go", "build", "./...")
	p.do(t, ctx, "go", "list", "-m", "-versions", "rsc.io/quote")
	p.do(t, ctx, "go", "get", "github.com/BurntSushi/toml@latest")
	if diff := gocmp.Diff(want, p.read(t, "go.mod")); diff != "" {
		t.Errorf("go mod tidy chose anew (-fixture +from the feed):\n%s", diff)
	}
	p.refuse(t, ctx, "rsc.io/missing@v1.0.0: reading", "go", "get", "rsc.io/missing@v1.0.0")
}

// TestGoFile uses a feed through file URLs, with no server at all.
func TestGoFile(t *testing.T) {
	feed := mirror(t, filepath.Join("testdata", "go"))
	feedctl(t, "verify", feed)
	inside := newNamespace(t, feed)
	ctx, cancel := context.WithTimeout(t.Context(), cellLimit)
	defer cancel()
	goFrozen(t, ctx, goPlace(t, inside, "go", "file://"+webRoot+"/"))
	goFresh(t, ctx, goPlace(t, inside, "go", "file://"+webRoot+"/"))
}

// TestGoItself does what README.md shows first: feedctl's own modules are mirrored
// from its go.sum, and feedctl is built, checked and tested from that feed.
func TestGoItself(t *testing.T) {
	feed := mirror(t, filepath.Join("..", "go.sum"))
	feedctl(t, "verify", feed)
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	for name, url := range map[string]string{"http": feedURL, "file": "file://" + webRoot + "/"} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
			defer cancel()
			p := goPlace(t, inside, "go", url)
			source, err := filepath.Abs("..")
			if err != nil {
				t.Fatal(err)
			}
			p.dir = source
			p.do(t, ctx, "go", "build", "./...")
			if name == "http" {
				p.do(t, ctx, "go", "vet", "./...")
				p.do(t, ctx, "go", "test", "./pkg/...", "./internal/upstream/...", "./internal/mirror/...")
			}
		})
	}
}

// pastProxy is this machine's module proxy at the time when it first told of a
// module: its checksum database has the tree head that it signed then.
func pastProxy(t *testing.T, module string) string {
	t.Helper()
	first, _, _ := strings.Cut(strings.TrimSpace(online(t, ".", nil, "go", "env", "GOPROXY")), ",")
	proxy, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(proxy)
			r.Out.Header.Del("Accept-Encoding")
			if strings.HasSuffix(r.In.URL.Path, "/latest") {
				r.Out.URL.Path = proxy.Path + "/sumdb/sum.golang.org/lookup/" + module
			}
		},
		ModifyResponse: func(r *http.Response) error {
			if !strings.HasSuffix(r.Request.URL.Path, "/lookup/"+module) {
				return nil
			}
			answer, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
			_, head, _ := strings.Cut(string(answer), "\n\n")
			if strings.HasSuffix(r.Request.Header.Get("X-Asked"), "/latest") {
				answer = []byte(head)
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
			r.Header.Set("Content-Length", strconv.Itoa(len(answer)))
			return err
		},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Asked", r.URL.Path)
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestGoUpdate publishes a feed twice, the second time with a newer tree head, and
// uses it with a client of the first publication and with a fresh one.
func TestGoUpdate(t *testing.T) {
	present := os.Getenv("GOPROXY")
	t.Setenv("GOPROXY", pastProxy(t, "rsc.io/quote@v1.5.2"))
	feed := mirror(t, "go:rsc.io/quote@v1.5.2")
	t.Setenv("GOPROXY", present)
	before := readText(t, filepath.Join(feed, "go", "sumdb", "sum.golang.org", "latest"))
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	ctx, cancel := context.WithTimeout(t.Context(), cellLimit)
	defer cancel()
	old := goPlace(t, inside, "go", feedURL)
	get := func(p place, module string) {
		writeFile(t, p.file("go.mod"), "module fixture.test/update\n\ngo 1.22.0\n")
		p.do(t, ctx, "sh", "-c", "rm -f go.sum && go clean -modcache && go get "+module)
	}
	get(old, "rsc.io/quote@v1.5.2")
	feedctl(t, "mirror", "--to", feed, "go:golang.org/x/mod@v0.42.0", "go:github.com/BurntSushi/toml@v1.4.0")
	feedctl(t, "verify", feed)
	if readText(t, filepath.Join(feed, "go", "sumdb", "sum.golang.org", "latest")) == before {
		t.Fatal("the second publication has no newer tree head")
	}
	for name, p := range map[string]place{"client of the first publication": old, "fresh client": goPlace(t, inside, "go", feedURL)} {
		t.Log(name)
		for _, module := range []string{"golang.org/x/mod", "rsc.io/quote@v1.5.2", "github.com/BurntSushi/toml"} {
			get(p, module)
		}
	}
}

// TestGoLarge compares what the go command says online and from a feed of two
// large module graphs, one of them from before graphs were pruned.
func TestGoLarge(t *testing.T) {
	const latest = "github.com/pkg/errors@latest"
	fixtures := []string{"golarge", "go116"}
	feed := mirror(t, filepath.Join("testdata", fixtures[0]), filepath.Join("testdata", fixtures[1]), "go:"+latest)
	feedctl(t, "verify", feed)
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	for _, fixture := range fixtures {
		t.Run(fixture, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
			defer cancel()
			dir := t.TempDir()
			copyTree(t, filepath.Join("testdata", fixture), dir)
			p := goPlace(t, inside, fixture, feedURL)
			for _, command := range []string{
				"go mod graph", "go list -m all", "go mod tidy", "go list -deps ./...", "go get " + latest, "go mod download all", "go mod verify", "go list -m all",
			} {
				want := answer(online(t, dir, []string{"GOFLAGS=-mod=readonly", "GOTOOLCHAIN=local", "CGO_ENABLED=0"}, strings.Fields(command)...))
				got := answer(p.do(t, ctx, strings.Fields(command)...))
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-online +from the feed):\n%s", command, diff)
				}
				if diff := gocmp.Diff(readText(t, filepath.Join(dir, "go.sum")), p.read(t, "go.sum")); diff != "" {
					t.Errorf("go.sum after %s (-online +from the feed):\n%s", command, diff)
				}
			}
		})
	}
}

// answer is what the go command says, without what it downloads meanwhile.
func answer(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "go: downloading ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
