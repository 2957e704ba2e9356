package mirror

import (
	"maps"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Report is what a run came to.
type Report struct {
	To      string         `json:"to"`
	New     int            `json:"new"`   // releases saved by this run, or that it would save
	Kept    int            `json:"kept"`  // releases that were held already
	Files   int            `json:"files"` // artifacts fetched
	Bytes   int64          `json:"bytes"` // of the artifacts fetched; in a dry run what the upstreams announce
	Changed bool           `json:"changed"`
	Seconds float64        `json:"seconds"`
	Base    string         `json:"base_url,omitempty"`
	Open    int            `json:"open_edges"` // edges that the inputs leave open
	Chosen  []string       `json:"chosen,omitempty"`
	Skipped []feed.Skipped `json:"skipped,omitempty"`
	Notes   []string       `json:"notes,omitempty"`
	Fetches []Fetch        `json:"fetches,omitempty"` // of a dry run
}

// Fetch is one file that a dry run would download.
type Fetch struct {
	Package  string       `json:"package"` // ecosystem:name@version
	Upstream string       `json:"upstream"`
	File     string       `json:"file"` // path in the feed
	URL      string       `json:"url"`  // redacted
	Size     int64        `json:"size,omitempty"`
	Digests  feed.Digests `json:"digests,omitempty"`
}

// add counts what the plan of a run holds.
func (t *Report) add(o Options, jobs []*job) {
	t.To = o.To
	for _, j := range jobs {
		t.Base = j.profile.Base
		for _, name := range j.set.Missing() {
			t.Notes = append(t.Notes, j.Name+": no upstream has "+name+
				"; releases that need it were passed over, or leave it open (--upgrade asks again)")
		}
		for _, graph := range j.graphs {
			t.Skipped = append(t.Skipped, graph.Skipped...)
			t.Notes = append(t.Notes, graph.Notes...)
			t.Open += openIn(graph)
		}
		for _, p := range j.packages {
			t.Kept += p.kept
			t.New += len(p.new.Releases) - len(p.old.Releases)
			t.Notes = append(t.Notes, p.notes...)
			if o.DryRun {
				t.Fetches = append(t.Fetches, p.fetches()...)
			}
		}
	}
	for _, fetch := range t.Fetches {
		t.Files++
		t.Bytes += fetch.Size
	}
	slices.Sort(t.Notes)
	t.Notes = slices.Compact(t.Notes)
}

func openIn(graph feed.Graph) int {
	if graph.Recalled != nil {
		return len(graph.Recalled.Open)
	}
	return len(openEdges(graph))
}

func (p *planned) fetches() []Fetch {
	var all []Fetch
	for _, it := range p.items {
		release := p.new.Releases[it.release]
		file := release.Files[it.file]
		key := feed.VersionKey{PackageKey: p.new.PackageKey, Version: release.Version}
		all = append(all, Fetch{
			Package: key.String(), Upstream: p.from, File: file.Path, URL: file.URL,
			Size: file.Size, Digests: maps.Clone(file.Digests),
		})
	}
	return all
}
