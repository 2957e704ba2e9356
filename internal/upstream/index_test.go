package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

var _ ecosystem.Index = (*Index)(nil)

// savedIn returns a feed that holds some packages.
func savedIn(packages ...feed.Package) ledger {
	l := ledger{}
	for _, p := range packages {
		l["npm:"+p.Name] = p
	}
	return l
}

// broken is a feed whose ledger cannot be read.
type broken struct{ error }

func (b broken) Package(context.Context, string, string) (feed.Package, error) {
	return feed.Package{}, b.error
}

func (b broken) Open(context.Context, string) (io.ReadCloser, error) { return nil, b.error }

func held(name string, kind feed.Kind, versions ...string) feed.Package {
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "npm", Name: name}, Tags: map[string]string{}}
	for _, v := range versions {
		p.Releases = append(p.Releases, feed.Release{Version: v, Kind: kind, Origin: feed.Origin{Upstream: "past"}})
		p.Tags["latest"] = v
	}
	return p
}

func is(version string) func(feed.Version) bool {
	return func(v feed.Version) bool { return v.Version == version }
}

func TestIndexVersions(t *testing.T) {
	for name, test := range map[string]struct {
		saved   []feed.Package
		suits   func(feed.Version) bool
		upgrade bool
		want    string
		asked   string
		err     string
	}{
		"nothing saved":       {suits: is("1.0.0"), want: "1.0.0, 2.0.0", asked: "versions x"},
		"a saved one suits":   {saved: []feed.Package{held("x", feed.Saved, "0.9.0", "1.0.0")}, suits: is("1.0.0"), want: "0.9.0 saved, 1.0.0 saved"},
		"no saved one suits":  {saved: []feed.Package{held("x", feed.Saved, "1.0.0")}, suits: is("2.0.0"), want: "1.0.0 saved, 2.0.0", asked: "versions x"},
		"every version":       {saved: []feed.Package{held("x", feed.Saved, "1.0.0")}, want: "1.0.0 saved, 2.0.0", asked: "versions x"},
		"upgrade":             {saved: []feed.Package{held("x", feed.Saved, "1.0.0")}, suits: is("1.0.0"), upgrade: true, want: "1.0.0 saved, 2.0.0", asked: "versions x"},
		"lost upstream":       {saved: []feed.Package{held("x", feed.Saved, "0.9.0")}, suits: is("2.0.0"), want: "1.0.0, 2.0.0, 0.9.0 saved", asked: "versions x"},
		"name lost upstream":  {saved: []feed.Package{held("gone", feed.Saved, "1.0.0")}, suits: is("2.0.0"), want: "1.0.0 saved", asked: "versions gone"},
		"pushed":              {saved: []feed.Package{held("x", feed.Pushed, "1.0.0")}, suits: is("2.0.0"), want: "1.0.0 saved"},
		"pushed, upgrade":     {saved: []feed.Package{held("x", feed.Pushed, "1.0.0")}, upgrade: true, want: "1.0.0 saved"},
		"one of them pushed":  {saved: []feed.Package{both(held("x", feed.Saved, "1.0.0"), held("x", feed.Pushed, "3.0.0"))}, want: "1.0.0 saved, 3.0.0 saved"},
		"upstream down":       {saved: []feed.Package{held("down", feed.Saved, "1.0.0")}, suits: is("2.0.0"), asked: "versions down", err: `npm:down: upstream "a": https://host.test/x: 503 Service Unavailable`},
		"down, but one suits": {saved: []feed.Package{held("down", feed.Saved, "1.0.0")}, suits: is("1.0.0"), want: "1.0.0 saved"},
		"unknown":             {suits: is("1.0.0"), asked: "versions gone", err: `npm:gone: not found in upstream "a" (feedctl.yaml:1)`},
	} {
		t.Run(name, func(t *testing.T) {
			a := &fake{packages: map[string]string{"x": "1.0.0 2.0.0"}, errs: map[string]error{"down": errDown}}
			index := NewIndex("npm", savedIn(test.saved...), setOf(named("a", a)), test.upgrade)
			lookFor := "x"
			if strings.Contains(test.asked+test.err, "gone") {
				lookFor = "gone"
			} else if len(test.saved) > 0 {
				lookFor = test.saved[0].Name
			}
			for range 2 {
				versions, err := index.Versions(t.Context(), lookFor, test.suits)
				if list(versions) != test.want {
					t.Errorf("got %s, want %s", list(versions), test.want)
				}
				checkError(t, err, test.err)
			}
			if a.asked() != test.asked {
				t.Errorf("asked %q, want %q", a.asked(), test.asked)
			}
		})
	}
}

func both(a, b feed.Package) feed.Package {
	a.Releases = append(a.Releases, b.Releases...)
	return a
}

func TestIndexVersionFields(t *testing.T) {
	when := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := feed.Package{
		PackageKey: feed.PackageKey{Ecosystem: "npm", Name: "x"},
		Tags:       map[string]string{"next": "2.0.0", "latest": "1.0.0", "beta": "2.0.0"},
		Releases: []feed.Release{
			{Version: "1.0.0", Published: when, Deprecated: "old", Metadata: json.RawMessage(`{"a":1}`)},
			{Version: "2.0.0", Yanked: &feed.Yank{}},
		},
	}
	index := NewIndex("npm", savedIn(p), setOf(), false)
	got, err := index.Versions(t.Context(), "x", is("1.0.0"))
	want := []feed.Version{
		{Version: "1.0.0", Tags: []string{"latest"}, Published: when, Deprecated: "old", Saved: true, Metadata: json.RawMessage(`{"a":1}`)},
		{Version: "2.0.0", Tags: []string{"beta", "next"}, Yanked: true, Saved: true},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n-want +got:\n%s", err, diff)
	}
}

func TestMerge(t *testing.T) {
	saved := []feed.Version{
		{Version: "1", Tags: []string{"latest", "own"}, Saved: true, Deprecated: "", Metadata: json.RawMessage(`"ours"`)},
		{Version: "2", Tags: []string{"next"}, Saved: true, Yanked: true},
	}
	offered := []feed.Version{
		{Version: "3", Tags: []string{"latest"}},
		{Version: "2", Tags: []string{"next"}, Deprecated: "do not use", Metadata: json.RawMessage(`"theirs"`)},
		{Version: "3", Tags: []string{"twice"}},
	}
	want := []feed.Version{
		{Version: "3", Tags: []string{"latest"}},
		{Version: "2", Tags: []string{"next"}, Saved: true, Deprecated: "do not use"},
		{Version: "1", Tags: []string{"own"}, Saved: true, Metadata: json.RawMessage(`"ours"`)},
	}
	got, err := merge(saved, offered, nil)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n-want +got:\n%s", err, diff)
	}
	want[1].Metadata = json.RawMessage(`["","theirs"]`)
	got, err = merge(saved, offered, func(saved, offered json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(fmt.Sprintf(`[%q,%s]`, saved, offered)), nil
	})
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("metadata of both: %v\n-want +got:\n%s", err, diff)
	}
	if saved[0].Tags[0] != "latest" {
		t.Error("the feed's own versions were changed")
	}
}

func TestIndexRelease(t *testing.T) {
	a := &fake{packages: map[string]string{"x": "1.0.0 2.0.0", "mine": "6.6.6"}, errs: map[string]error{"down": errDown}}
	saved := savedIn(held("x", feed.Saved, "1.0.0"), held("down", feed.Saved, "1.0.0"), held("mine", feed.Pushed, "1.0.0"))
	index := NewIndex("npm", saved, setOf(named("a", a)), true)
	for name, test := range map[string]struct{ name, version, from, err string }{
		"saved":            {"x", "1.0.0", "past", ""},
		"saved, all dead":  {"down", "1.0.0", "past", ""},
		"upstream":         {"x", "2.0.0", "a", ""},
		"upstream, again":  {"x", "2.0.0", "a", ""},
		"no such version":  {"x", "9.0.0", "", `npm:x@9.0.0: upstream "a": not found`},
		"no such name":     {"none", "1.0.0", "", `npm:none: not found in upstream "a" (feedctl.yaml:1)`},
		"upstream is down": {"down", "2.0.0", "", `npm:down: upstream "a": https://host.test/x: 503 Service Unavailable`},
		"pushed":           {"mine", "1.0.0", "past", ""},
		"pushed elsewhere": {"mine", "6.6.6", "", `npm:mine@6.6.6: not found`},
	} {
		t.Run(name, func(t *testing.T) {
			release, err := index.Release(t.Context(), test.name, test.version)
			checkError(t, err, test.err)
			if err == nil && (release.Version != test.version || release.Origin.Upstream != test.from) {
				t.Errorf("got %+v", release)
			}
		})
	}
	if strings.Count(a.asked(), "releases x 2.0.0") != 1 || strings.Contains(a.asked(), "mine") {
		t.Errorf("asked %s", a.asked())
	}
}

func TestIndexBrokenLedger(t *testing.T) {
	damage := errors.New("the ledger record is broken")
	index := NewIndex("npm", broken{damage}, setOf(), false)
	if _, err := index.Versions(t.Context(), "x", nil); !errors.Is(err, damage) {
		t.Errorf("got %v", err)
	}
	if _, err := index.Release(t.Context(), "x", "1.0.0"); !errors.Is(err, damage) {
		t.Errorf("got %v", err)
	}
}

func TestIndexOpen(t *testing.T) {
	x := held("x", feed.Saved, "1.0.0", "2.0.0")
	x.Releases[0].Files = []feed.File{{Path: "npm/x/1.tgz"}}
	x.Releases[1].Files = []feed.File{{Path: "npm/x/2.tgz", Absent: true}}
	index := NewIndex("npm", savedIn(x), setOf(named("a", &fake{packages: map[string]string{"x": "2.0.0"}})), false)
	for version, want := range map[string]string{"1.0.0": "bytes of npm/x/1.tgz", "2.0.0": "npm/x/2.tgz"} {
		file := feed.File{Path: "npm/x/" + version[:1] + ".tgz"}
		body, err := index.Open(t.Context(), "x", version, file)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(body); string(data) != want || err != nil {
			t.Errorf("%s: got %s, %v", version, data, err)
		}
	}
}

func TestIndexMovingName(t *testing.T) {
	x := held("x", feed.Saved, "1.0.0")
	x.Tags = map[string]string{"trunk": "1.0.0"}
	index := NewIndex("npm", savedIn(x), setOf(), false)
	if release, err := index.Release(t.Context(), "x", "trunk"); release.Version != "1.0.0" || err != nil {
		t.Errorf("got %s, %v", release.Version, err)
	}
}

func TestIndexConcurrent(t *testing.T) {
	a := &fake{packages: map[string]string{"x": "1.0.0 2.0.0"}}
	index := NewIndex("npm", savedIn(held("x", feed.Saved, "1.0.0")), setOf(named("a", a)), false)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if v, err := index.Versions(t.Context(), "x", nil); list(v) != "1.0.0 saved, 2.0.0" || err != nil {
				t.Errorf("got %s, %v", list(v), err)
			}
			if _, err := index.Release(t.Context(), "x", "2.0.0"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := len(a.calls); n != 2 {
		t.Errorf("%d requests: %s", n, a.asked())
	}
}
