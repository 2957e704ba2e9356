//go:build live

package sumdb

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// TestLive mirrors the evidence for real modules in two runs through the proxy
// that the machine's go command uses; clients of either run find every record.
func TestLive(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	proxy, _, _ := strings.Cut(strings.TrimSpace(string(out)), ",")
	if !strings.HasPrefix(proxy, "http") {
		t.Skip("the go command has no proxy")
	}
	var requests atomic.Int64
	f := newFeed()
	request := f.request(newLog(t))
	request.Environment = ecosystem.Environment{Environ: []string{"GOSUMDB=sum.golang.org"}}
	request.Upstreams = func(context.Context) ([]string, error) { return []string{"main"}, nil }
	request.Read = func(ctx context.Context, _, path string) ([]byte, error) {
		requests.Add(1)
		return get(ctx, strings.TrimSuffix(proxy, "/")+"/"+path)
	}
	real := []string{
		"github.com/spf13/cobra@v1.8.1", "github.com/BurntSushi/toml@v1.4.0", "golang.org/x/mod@v0.21.0",
		"github.com/docker/docker@v20.10.7+incompatible", "github.com/russross/blackfriday@v1.6.0",
	}
	latest := ""
	for i, run := range [][]string{real[:3], real[3:]} {
		before := requests.Load()
		start := time.Now()
		files := len(f.tree)
		liveRun(t, f, request, run)
		t.Logf("run %d: %d modules, %d requests and downloads, %d new files, %s", i+1, len(run), requests.Load()-before, len(f.tree)-files, time.Since(start).Round(time.Millisecond))
		for _, order := range [][]string{real[:min(3+2*i, len(real))], {run[0]}, {run[len(run)-1], run[0]}} {
			liveLookUp(t, f, latest, order)
		}
		latest = string(f.tree["go/sumdb/sum.golang.org/latest"])
	}
	for _, p := range f.ledger {
		if err := ProveHeads(t.Context(), p, f.read); err != nil {
			t.Error(err)
		}
	}
	size := 0
	for _, data := range f.tree {
		size += len(data)
	}
	t.Logf("%d files, %d bytes", len(f.tree), size)
}

func get(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return io.ReadAll(io.LimitReader(response.Body, 1<<20))
	case http.StatusNotFound, http.StatusGone:
		return nil, feed.ErrNotFound
	}
	return nil, fmt.Errorf("status %d", response.StatusCode)
}

func liveRun(t *testing.T, f *fakeFeed, request ecosystem.EvidenceRequest, modules []string) {
	t.Helper()
	for _, one := range modules {
		path, version, _ := strings.Cut(one, "@")
		request.Added = append(request.Added, ecosystem.Added{Name: path, Release: &feed.Release{
			Version: version, Files: []feed.File{{Path: "go/x.mod"}, {Path: "go/x.zip"}},
		}})
	}
	if err := f.mirror(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	for _, one := range request.Added {
		for id, r := range f.records {
			release := *one.Release
			if strings.HasPrefix(r.Text, one.Name+" ") {
				if err := Prove(t.Context(), r, one.Name, release, f.read); err != nil {
					t.Errorf("record %d: %v", id, err)
				}
			}
		}
	}
	text, err := json.Marshal(f.ledger)
	if err != nil || slices.ContainsFunc(request.Added, func(a ecosystem.Added) bool { return a.Release.Files[1].Digests["h1"] == "" }) {
		t.Errorf("a release has no digests; the ledger has %d bytes, %v", len(text), err)
	}
}

func liveLookUp(t *testing.T, f *fakeFeed, latest string, modules []string) {
	t.Helper()
	ops := &liveClient{client{feed: f, key: defaultKey, config: map[string][]byte{"sum.golang.org/latest": []byte(latest)}, cache: map[string][]byte{}}}
	session := sumdb.NewClient(ops)
	for _, one := range modules {
		path, version, _ := strings.Cut(one, "@")
		if lines, err := session.Lookup(path, version); err != nil || len(lines) != 1 {
			t.Errorf("%s: %q, %v", one, lines, err)
		}
	}
}

// liveClient reads Go's own database from the feed.
type liveClient struct{ client }

func (c *liveClient) ReadRemote(path string) ([]byte, error) {
	return c.feed.read(context.Background(), "go/sumdb/sum.golang.org"+path)
}
