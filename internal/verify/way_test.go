package verify

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

func keyOf(name, version string) feed.VersionKey {
	return feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: "demo", Name: name}, Version: version}
}

func TestTheFirstRootTellsTheWay(t *testing.T) {
	c := &check{wayless: map[feed.PackageKey][]wayless{}}
	c.findIn(keyOf("a", "1"), Finding{Code: "release"})
	c.findIn(keyOf("a", ""), Finding{Code: "package"})
	c.findIn(keyOf("a", "2"), Finding{Code: "other release"})
	c.findIn(keyOf("lost", "1"), Finding{Code: "reached by none"})
	c.findIn(feed.VersionKey{}, Finding{Code: "of the whole"})
	e := ecosystem.Ecosystem{Name: "demo"}
	for _, root := range []*rootGraph{
		{record: feed.RootRecord{Request: feed.Request{Input: "first"}, Releases: []string{"a@1", "b@1"}}, paths: map[string][]string{"a@1": {"b@1", "a@1"}}},
		{record: feed.RootRecord{Request: feed.Request{Input: "second"}, Releases: []string{"a@1", "a@2"}}, paths: map[string][]string{"a@1": {"a@1"}, "a@2": {"a@2"}}},
	} {
		c.leadTo(e, root)
	}
	got := map[string][]string{}
	for _, f := range c.report.Findings {
		got[f.Code] = f.Via
	}
	want := map[string][]string{
		"release": {"first", "b@1", "a@1"}, "package": {"first", "b@1", "a@1"}, "other release": {"second", "a@2"},
		"reached by none": nil, "of the whole": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(c.wayless) != 1 {
		t.Errorf("still without a way: %v", c.wayless)
	}
}

func TestPathset(t *testing.T) {
	s := newPathset()
	s.add("a/b")
	if !s.has("a/b") || s.has("a/c") {
		t.Error("want a/b and nothing else")
	}
}
