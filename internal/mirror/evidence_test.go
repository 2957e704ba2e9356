package mirror

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// logged is a toy whose releases are proved by a log: one file of evidence for
// each release, in a package of evidence.
type logged struct {
	toy
	says string // the digest that the log gives of every file
}

func (u *logged) Read(_ context.Context, path string) ([]byte, error) {
	if err := u.ask(); err != nil {
		return nil, err
	}
	return []byte("entry " + path), nil
}

func (u *logged) Open(ctx context.Context, file feed.File) (io.ReadCloser, error) {
	if name, ok := strings.CutPrefix(file.Path, "toy/log/"); ok {
		return io.NopCloser(strings.NewReader("entry " + name)), u.ask()
	}
	return u.toy.Open(ctx, file)
}

// count is a digest that the bytes alone do not give: how many letters "o" there
// are.
func count(algorithm string, file feed.File, r io.ReaderAt, size int64) (string, error) {
	if strings.HasPrefix(file.Path, "toy/log/") {
		return "", nil
	}
	data, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	return fmt.Sprint(strings.Count(string(data), "o")), err
}

func (u *logged) evidence(ctx context.Context, request ecosystem.EvidenceRequest) (ecosystem.Evidence, error) {
	p, err := request.Saved(ctx, "log")
	if err != nil && !errors.Is(err, feed.ErrNotFound) {
		return ecosystem.Evidence{}, err
	}
	upstreams, err := request.Upstreams(ctx)
	if err != nil {
		return ecosystem.Evidence{}, err
	}
	p.PackageKey, p.Evidence = feed.PackageKey{Ecosystem: "toy", Name: "log"}, true
	if p.Releases == nil {
		p.Releases = []feed.Release{{Version: "entries", Kind: feed.Saved, Origin: feed.Origin{Upstream: upstreams[0]}}}
	}
	for _, added := range request.Added {
		data, err := request.Read(ctx, upstreams[0], added.Name+added.Release.Version)
		if err != nil {
			return ecosystem.Evidence{}, err
		}
		hasher := feed.NewHasher("sha256")
		hasher.Write(data)
		p.Releases[0].Files = append(p.Releases[0].Files, feed.File{
			Path: "toy/log/" + added.Name + added.Release.Version, Size: int64(len(data)), Digests: hasher.Digests(),
		})
		for i := range added.Release.Files {
			if u.says != "" {
				added.Release.Files[i].Digests = added.Release.Files[i].Digests.Merge(feed.Digests{"count": u.says})
			}
		}
	}
	return ecosystem.Evidence{Packages: []feed.Package{p}, Notes: []string{"logged"}}, nil
}

func mirrorLogged(t *testing.T, u *logged, o Options) (Report, error) {
	t.Helper()
	e := u.ecosystem()
	e.Digests, e.Digest, e.Evidence = []string{"sha256", "count"}, count, u.evidence
	e.RenderPackage = func(_ feed.Layout, p feed.Package) ([]feed.Document, error) { return nil, nil }
	e.NewSource = func(ecosystem.UpstreamConfig, *web.Client) (ecosystem.Source, error) { return u, nil }
	o.Time = epoch
	return Run(t.Context(), o, surroundings(e))
}

func TestEvidence(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	u := &logged{toy: *newToy()}
	report, err := mirrorLogged(t, u, Options{To: dir, Inputs: []string{"toy:car@1"}})
	if err != nil {
		t.Fatal(err)
	}
	if report.New != 2 || report.Files != 8 || len(report.Notes) != 1 {
		t.Errorf("got %+v", report)
	}
	if _, err := mirrorLogged(t, u, Options{To: dir, Inputs: []string{"toy:car@2"}}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"car1", "wheel1", "car2", "engine2"} {
		if data, err := os.ReadFile(filepath.Join(dir, "toy", "log", name)); string(data) != "entry "+name {
			t.Errorf("%s: %s, %v", name, data, err)
		}
	}
	u.down = true
	if _, err := mirrorLogged(t, u, Options{To: dir, Inputs: []string{"toy:car@2"}}); err != nil {
		t.Errorf("nothing is added, and the log was asked: %v", err)
	}
}

// TestEvidenceIsRepaired damages a file of evidence.
func TestEvidenceIsRepaired(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	u := &logged{toy: *newToy()}
	if _, err := mirrorLogged(t, u, Options{To: dir, Inputs: []string{"toy:car@1"}}); err != nil {
		t.Fatal(err)
	}
	entry := filepath.Join(dir, "toy", "log", "car1")
	if err := os.WriteFile(entry, []byte("forged car"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, inputs := range map[string][]string{"whole feed": nil, "one input": {"toy:car@1"}} {
		if _, err := mirrorLogged(t, u, Options{To: dir, Inputs: inputs, Repair: true}); err != nil {
			t.Fatal(err)
		}
		if data, _ := os.ReadFile(entry); string(data) != "entry car1" {
			t.Errorf("%s: got %s", name, data)
		}
		_ = os.Remove(entry)
	}
}

// TestDerivedDigests lets the log say another digest than the artifacts have.
func TestDerivedDigests(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feed")
	u := &logged{toy: *newToy(), says: "77"}
	_, err := mirrorLogged(t, u, Options{To: dir, Inputs: []string{"toy:car@1"}})
	var integrity *feed.IntegrityError
	if !errors.As(err, &integrity) || integrity.Want != "count:77" {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "feed.json")); err == nil {
		t.Error("a feed was written")
	}
	u.says = ""
	if _, err := mirrorLogged(t, u, Options{To: dir, Inputs: []string{"toy:car@1"}}); err != nil {
		t.Fatal(err)
	}
	record, err := os.ReadFile(filepath.Join(dir, "ledger", "toy", "packages", "wheel.json"))
	if !strings.Contains(string(record), `"count": "1"`) && !strings.Contains(string(record), `"count":"1"`) {
		t.Errorf("the digest is not in the ledger: %s, %v", record, err)
	}
}

// TestLead mirrors a folder whose lock has a lead.
func TestLead(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"toy.lock": "car 1 zip", "toy.whole": "car 2 zip"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	e := newToy().ecosystem()
	e.Leads = map[string]string{"toy.lock": "toy.whole"}
	e.Manifests = map[string]func(fs.FS, string) (feed.Request, error){"toy.whole": readToyLock}
	for input, want := range map[string]string{dir: "2", filepath.Join(dir, "toy.lock"): "1"} {
		requests, err := Read([]ecosystem.Ecosystem{e}, []string{input}, nil)
		if err != nil || len(requests) != 1 || requests[0].Lock.Nodes[0].Version != want {
			t.Errorf("%s: got %v, %v", input, requests, err)
		}
	}
}
