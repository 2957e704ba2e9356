package sumdb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// fakeFeed is what the core makes of the evidence: a ledger, and the tree of
// files that clients read.
type fakeFeed struct {
	ledger  map[string]feed.Package
	tree    map[string][]byte
	ids     []int64 // of the records, in the order they came in
	records map[int64]Record
	release map[int64]feed.Release
	notes   []string
}

func newFeed() *fakeFeed {
	return &fakeFeed{
		ledger: map[string]feed.Package{}, tree: map[string][]byte{},
		records: map[int64]Record{}, release: map[int64]feed.Release{},
	}
}

// addedAt is the release of the module with the given record, as the core hands
// it to Gather.
func addedAt(id int64) ecosystem.Added {
	path, version := moduleAt(id)
	base := "go/" + strings.ToLower(path) + "/@v/" + version
	return ecosystem.Added{Name: path, Upstream: "main", Release: &feed.Release{
		Version: version,
		Files:   []feed.File{{Path: base + ".info"}, {Path: base + ".mod"}, {Path: base + ".zip", Digests: feed.Digests{"sha256": "00"}}},
	}}
}

// request is one for the given records; the upstream "other" comes first and
// does not serve the database.
func (f *fakeFeed) request(l *fakeLog, ids ...int64) ecosystem.EvidenceRequest {
	request := ecosystem.EvidenceRequest{
		Environment: ecosystem.Environment{Environ: []string{"GOSUMDB=" + l.verifier + " https://db.test"}},
		Saved: func(_ context.Context, name string) (feed.Package, error) {
			if p, ok := f.ledger[name]; ok {
				return p, nil
			}
			return feed.Package{}, feed.ErrNotFound
		},
		Upstreams: func(context.Context) ([]string, error) { return []string{"other", "main"}, nil },
		Read: func(ctx context.Context, upstream, path string) ([]byte, error) {
			if upstream != "main" {
				return nil, feed.ErrNotFound
			}
			return l.read(ctx, path)
		},
	}
	for _, id := range ids {
		request.Added = append(request.Added, addedAt(id))
	}
	return request
}

// mirror adds the records to the feed and renders it.
func (f *fakeFeed) mirror(ctx context.Context, request ecosystem.EvidenceRequest) error {
	records := map[string]Record{}
	evidence, err := Gather(ctx, request, func(added ecosystem.Added, r Record) error {
		records[added.Name] = r
		return nil
	})
	if err != nil {
		return err
	}
	f.notes = evidence.Notes
	for _, p := range evidence.Packages {
		f.ledger[p.Name] = p
		if err := f.render(ctx, request, p); err != nil {
			return err
		}
	}
	for _, one := range request.Added {
		r, ok := records[one.Name]
		if !ok {
			continue
		}
		path, err := LookupPath(r, one.Name, one.Release.Version)
		if err != nil {
			return err
		}
		f.tree[path] = Lookup(r)
		f.ids, f.records[r.ID], f.release[r.ID] = append(f.ids, r.ID), r, *one.Release
	}
	return nil
}

func (f *fakeFeed) render(ctx context.Context, request ecosystem.EvidenceRequest, p feed.Package) error {
	documents, err := Documents(p)
	if err != nil {
		return err
	}
	for _, document := range documents {
		f.tree[document.Path] = document.Bytes
	}
	for _, release := range p.Releases {
		for _, file := range release.Files {
			if f.tree[file.Path] != nil {
				continue
			}
			data, err := request.Read(ctx, release.Origin.Upstream, file.URL)
			if err != nil {
				return err
			}
			if got := feed.SHA256(data); got != "sha256:"+file.Digests["sha256"] || int64(len(data)) != file.Size {
				return fmt.Errorf("%s: the download is not what the evidence says", file.Path)
			}
			f.tree[file.Path] = data
		}
	}
	return nil
}

func (f *fakeFeed) read(_ context.Context, path string) ([]byte, error) {
	if data := f.tree[path]; data != nil {
		return data, nil
	}
	return nil, fmt.Errorf("test feed: %w", feed.ErrNotFound)
}

// proveAll proves the whole feed.
func (f *fakeFeed) proveAll(ctx context.Context) error {
	var all []error
	for _, p := range f.ledger {
		all = append(all, ProveHeads(ctx, p, f.read))
	}
	for id, r := range f.records {
		path, _ := moduleAt(id)
		all = append(all, Prove(ctx, r, path, f.release[id], f.read))
	}
	return errors.Join(all...)
}

// latest returns the newest head of the feed.
func (f *fakeFeed) latest() string { return string(f.tree["go/sumdb/"+testName+"/latest"]) }

// client implements sumdb.ClientOps over the feed's files alone.
type client struct {
	feed *fakeFeed
	key  string

	mu     sync.Mutex
	config map[string][]byte
	cache  map[string][]byte
	alarm  string
}

func newClient(f *fakeFeed, l *fakeLog, latest string) *client {
	return &client{feed: f, key: l.verifier, config: map[string][]byte{testName + "/latest": []byte(latest)}, cache: map[string][]byte{}}
}

func (c *client) ReadRemote(path string) ([]byte, error) {
	return c.feed.read(context.Background(), "go/sumdb/"+testName+path)
}

func (c *client) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(c.key), nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.config[file], nil
}

func (c *client) WriteConfig(file string, old, data []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.config[file], old) {
		return sumdb.ErrWriteConflict
	}
	c.config[file] = data
	return nil
}

func (c *client) ReadCache(file string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if data, ok := c.cache[file]; ok {
		return data, nil
	}
	return nil, feed.ErrNotFound
}

func (c *client) WriteCache(file string, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache[file] = data
}

func (c *client) Log(string)               {}
func (c *client) SecurityError(msg string) { c.alarm = msg }

// lookUp reads the records in this order as one go command does.
func (c *client) lookUp(ids []int64) error {
	session := sumdb.NewClient(c)
	for _, id := range ids {
		path, version := moduleAt(id)
		for _, v := range []string{version, version + "/go.mod"} {
			lines, err := session.Lookup(path, v)
			if err != nil || len(lines) != 1 || !strings.Contains(recordText(path, version), lines[0]) {
				return fmt.Errorf("record %d: lines %q, alarm %q: %w", id, lines, c.alarm, err)
			}
		}
	}
	return nil
}

func mustMirror(t testing.TB, f *fakeFeed, l *fakeLog, size int64, ids ...int64) {
	t.Helper()
	l.size = size
	if err := f.mirror(t.Context(), f.request(l, ids...)); err != nil {
		t.Fatalf("mirroring %d at size %d: %v", ids, size, err)
	}
}
