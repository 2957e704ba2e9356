package upstream

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

// ledger is another feed.
type ledger map[string]feed.Package

func (l ledger) Package(_ context.Context, ecosystem, name string) (feed.Package, error) {
	p, ok := l[ecosystem+":"+name]
	if !ok {
		return feed.Package{}, feed.ErrNotFound
	}
	return p, nil
}

func (l ledger) Open(_ context.Context, path string) (io.ReadCloser, error) {
	if strings.Contains(path, "absent") {
		return nil, feed.ErrNotFound
	}
	return io.NopCloser(strings.NewReader("bytes of " + path)), nil
}

func other() ledger {
	x := held("x", feed.Pushed, "1.0.0", "2.0.0")
	x.Tags["old"] = "1.0.0"
	x.Releases[1].Origin = feed.Origin{Upstream: "theirs", URL: "https://first.test/x", Time: x.Releases[1].Published}
	x.Releases[1].Files = []feed.File{{Path: "npm/x/-/x-2.0.0.tgz", Size: 3}, {Path: "npm/x/absent.tgz", Absent: true}}
	return ledger{"npm:x": x, "npm:liar": x, "npm:empty": {PackageKey: feed.PackageKey{Ecosystem: "npm", Name: "empty"}}}
}

func TestFeedSource(t *testing.T) {
	set := setOf(named("mirror", NewFeedSource("npm", other())))
	versions, err := set.Versions(t.Context(), "x")
	if list(versions) != "1.0.0, 2.0.0" || err != nil {
		t.Errorf("got %s, %v", list(versions), err)
	}
	p, from, err := set.Releases(t.Context(), "x", []string{"2.0.0", "3.0.0"})
	if err != nil || from != "mirror" {
		t.Fatalf("from %s, %v", from, err)
	}
	want := feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: "npm", Name: "x"},
		Tags:       map[string]string{"latest": "2.0.0"},
		Releases: []feed.Release{{
			Version: "2.0.0",
			Kind:    feed.Saved,
			Origin:  feed.Origin{Upstream: "mirror", URL: "https://first.test/x"},
			Files:   []feed.File{{Path: "npm/x/-/x-2.0.0.tgz", Size: 3}, {Path: "npm/x/absent.tgz"}},
		}},
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	body, err := set.Open(t.Context(), "mirror", p.Releases[0].Files[0])
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := io.ReadAll(body); string(data) != "bytes of npm/x/-/x-2.0.0.tgz" {
		t.Errorf("got %s", data)
	}
	_, err = set.Open(t.Context(), "mirror", p.Releases[0].Files[1])
	checkError(t, err, `npm/x/absent.tgz: upstream "mirror": the other feed does not give the file; it may lack this platform: not found`)
}

func TestFeedSourceUnknown(t *testing.T) {
	set := setOf(named("mirror", NewFeedSource("npm", other())), named("next", &fake{packages: map[string]string{"none": "1.0.0", "empty": "1.0.0"}}))
	for _, name := range []string{"none", "empty"} {
		if versions, err := set.Versions(t.Context(), name); list(versions) != "1.0.0" || err != nil {
			t.Errorf("%s: got %s, %v", name, list(versions), err)
		}
	}
	_, err := set.Versions(t.Context(), "liar")
	if err == nil || notFoundErr(err) || !strings.Contains(err.Error(), `the feed's ledger record is one of "npm:x"`) {
		t.Errorf("a record of another name: %v", err)
	}
}
