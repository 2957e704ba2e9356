package synthetic_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/synthetic"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

func universe(t *testing.T, ecosystem string, seed uint64, packages int) *synthetic.Universe {
	t.Helper()
	u, err := synthetic.New(ecosystem, seed, packages)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// source opens a universe as feedctl does.
func source(t *testing.T, u *synthetic.Universe, name string) (ecosystem.Ecosystem, ecosystem.Source) {
	t.Helper()
	server := httptest.NewServer(u)
	t.Cleanup(server.Close)
	client, err := web.New(web.Options{Retries: -1, HeaderTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all.Ecosystems() {
		if e.Name != name {
			continue
		}
		opened, err := e.NewSource(ecosystem.UpstreamConfig{Name: "main", Ecosystem: name, URL: u.Upstream(server.URL)}, client)
		if err != nil {
			t.Fatal(err)
		}
		return e, opened
	}
	t.Fatalf("no ecosystem %s", name)
	return ecosystem.Ecosystem{}, nil
}

func TestFeedctlReadsIt(t *testing.T) {
	for _, name := range synthetic.Ecosystems() {
		t.Run(name, func(t *testing.T) {
			u := universe(t, name, 1, 60)
			e, from := source(t, u, name)
			for _, want := range []synthetic.Release{u.First(0), u.First(5), u.First(59), u.AddRelease(7), u.AddPackage()} {
				p, err := from.Releases(t.Context(), want.Name, []string{want.Version})
				if err != nil {
					t.Fatal(err)
				}
				release := p.Release(want.Version)
				if release == nil {
					t.Fatalf("%v is not there", want)
				}
				if _, err := e.Requirement(strings.TrimPrefix(want.Requirement, name+":")); err != nil {
					t.Error(err)
				}
				for _, file := range release.Files {
					check(t, e, from, want.Name, *release, file)
				}
			}
			if _, err := from.Releases(t.Context(), strings.Replace(u.First(3).Name, "-3", "-999", 1), []string{"1.0.0"}); !errors.Is(err, feed.ErrNotFound) {
				t.Errorf("unknown package: %v", err)
			}
		})
	}
}

// check compares an artifact with what the index says of it, and looks inside.
func check(t *testing.T, e ecosystem.Ecosystem, from ecosystem.Source, name string, release feed.Release, file feed.File) {
	t.Helper()
	body, err := from.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	hasher := file.Digests.Hasher()
	hasher.Write(data)
	if algorithm := hasher.Digests().Conflict(file.Digests); algorithm != "" {
		t.Errorf("%s: another %s than the index says", file.Path, algorithm)
	}
	if _, err := ecosystem.Derive(e, file, bytes.NewReader(data), int64(len(data))); err != nil {
		t.Error(err)
	}
	if err := e.Inspect(bytes.NewReader(data), name, release, file); err != nil {
		t.Errorf("%s: %v", file.Path, err)
	}
}

func TestListsNameEveryReleaseOnce(t *testing.T) {
	for _, name := range synthetic.Ecosystems() {
		u := universe(t, name, 1, 100)
		if u.Packages() != 100 || u.Releases() != 500 {
			t.Fatalf("%d packages, %d releases", u.Packages(), u.Releases())
		}
		seen, in := map[string]bool{}, map[string]int{}
		for number, list := range u.Lists(30) {
			names := map[string]bool{}
			for line := range strings.Lines(list) {
				name := line[:strings.LastIndexAny(strings.TrimSpace(line), "@=")]
				if before, ok := in[name]; seen[line] || ok && before != number {
					t.Errorf("%s: %q again", name, line)
				}
				seen[line], names[name], in[name] = true, true, number
			}
			if len(names) > 30 {
				t.Errorf("%s: a list of %d packages", name, len(names))
			}
		}
		if len(seen) != 500 {
			t.Errorf("%s: the lists have %d releases", name, len(seen))
		}
	}
}

func TestTheSeedDecides(t *testing.T) {
	body := func(u *synthetic.Universe, path string) string {
		answer := httptest.NewRecorder()
		u.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://registry.example/"+path, nil))
		if answer.Code != http.StatusOK {
			t.Fatalf("%s: %d", path, answer.Code)
		}
		return answer.Body.String()
	}
	one := universe(t, "npm", 1, 50)
	path := one.First(40).Name
	if a, b := body(one, path), body(universe(t, "npm", 1, 50), path); a != b {
		t.Error("the same seed gives other bytes")
	}
	if a, b := body(one, path), body(universe(t, "npm", 2, 50), path); a == b {
		t.Error("another seed gives the same bytes")
	}
	if a, b := body(one, path), body(universe(t, "npm", 1, 5000), path); a != b {
		t.Error("a package is another one in a larger universe")
	}
}

func TestNew(t *testing.T) {
	for _, row := range []struct {
		ecosystem string
		packages  int
	}{{"gopher", 10}, {"npm", 0}, {"npm", 1 << 30}} {
		if _, err := synthetic.New(row.ecosystem, 1, row.packages); err == nil {
			t.Errorf("%v is taken", row)
		}
	}
}
