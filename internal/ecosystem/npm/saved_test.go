package npm

import (
	"context"
	"io"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// savedFirst is an Index that answers with what it holds when that suits, and
// otherwise fails as an upstream that is down does.
type savedFirst struct{ held []feed.Version }

func (s savedFirst) Versions(_ context.Context, _ string, suits func(feed.Version) bool) ([]feed.Version, error) {
	for _, v := range s.held {
		if suits != nil && suits(v) {
			return s.held, nil
		}
	}
	return nil, &feed.UpstreamError{Upstream: "dead", Status: 503}
}

func (savedFirst) Release(context.Context, string, string) (feed.Release, error) {
	return feed.Release{}, feed.ErrNotFound
}

func (savedFirst) Open(context.Context, string, string, feed.File) (io.ReadCloser, error) {
	return nil, feed.ErrNotFound
}

var _ ecosystem.Index = savedFirst{}

// TestSavedReleasesSuffice resolves ranges, versions and tags from what is held.
func TestSavedReleasesSuffice(t *testing.T) {
	index := savedFirst{held: []feed.Version{
		{Version: "1.0.0", Metadata: []byte(`{}`)},
		{Version: "1.2.0", Metadata: []byte(`{}`), Tags: []string{"latest", "stable"}},
	}}
	for text, want := range map[string]string{
		"alpha": "1.2.0", "alpha@^1": "1.2.0", "alpha@1.0.0": "1.0.0", "alpha@stable": "1.2.0", "alpha@2": "", "alpha@next": "",
	} {
		requirement, err := Ecosystem().Requirement(text)
		if err != nil {
			t.Fatal(err)
		}
		graph, err := resolve(t.Context(), feed.Request{Ecosystem: "npm", Requirements: []feed.Requirement{requirement}}, index)
		switch {
		case want == "" && err == nil:
			t.Errorf("%s: the upstream was not asked", text)
		case want != "" && err != nil:
			t.Errorf("%s: %v", text, err)
		case want != "" && graph.Nodes[0].Version != want:
			t.Errorf("%s: got %s, want %s", text, graph.Nodes[0].Version, want)
		}
	}
}
