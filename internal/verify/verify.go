// Package verify proves that a feed is whole: the ledger hangs together from
// feed.json down, every file has the bytes that its digest promises, every
// document is what rendering the ledger gives, and every edge of every release
// that a root reaches ends in the feed. It reads; it never writes.
package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Options is what to verify beside the feed itself.
type Options struct {
	Ecosystems []ecosystem.Ecosystem
	Against    []feed.Request // locks that the feed must satisfy
	Deep       bool           // look inside every artifact too
	Jobs       int            // files hashed at once
	Place      string         // the feed as the user named it, for the repair command
}

// Finding is one thing that is wrong.
type Finding struct {
	Code    string   `json:"code"`              // "missing-file", "wrong-bytes", "open-edge", …
	Path    string   `json:"path,omitempty"`    // in the feed
	Package string   `json:"package,omitempty"` // ecosystem:name@version
	Message string   `json:"message"`
	Via     []string `json:"via,omitempty"` // from a root down to the package: "name@version"
	Repair  string   `json:"repair,omitempty"`
}

// Report is what verifying came to. The feed is whole when Findings is empty.
type Report struct {
	Place    string    `json:"place"`
	Sequence int64     `json:"sequence"`
	Packages int       `json:"packages"`
	Releases int       `json:"releases"`
	Files    int       `json:"files"`
	Bytes    int64     `json:"bytes"`
	Roots    int       `json:"roots"`
	Findings []Finding `json:"findings"`
	Notes    []string  `json:"notes,omitempty"`
	Seconds  float64   `json:"seconds"`
}

// check is one verification under way.
type check struct {
	Options
	feed    *store.Feed
	records *records
	lost    map[string]*damage // by ecosystem

	mu       sync.Mutex
	report   Report
	wayless  map[feed.PackageKey][]wayless
	expected pathset // every path that belongs to the feed
}

// Run verifies f. An error means that it could not be verified at all; that the
// feed was published anew meanwhile is such an error, unless nothing was found.
func Run(ctx context.Context, f *store.Feed, o Options) (Report, error) {
	report, err := run(ctx, f, o)
	if (err != nil || len(report.Findings) > 0) && ctx.Err() == nil && f.Changed(ctx) {
		return Report{}, fmt.Errorf("%s: the feed was published anew while it was being verified; run the command again", o.Place)
	}
	return report, err
}

func run(ctx context.Context, f *store.Feed, o Options) (Report, error) {
	started := time.Now()
	c := &check{Options: o, feed: f, records: newRecords(f), lost: map[string]*damage{}, wayless: map[feed.PackageKey][]wayless{}, expected: newPathset()}
	c.report.Place = o.Place
	c.report.Findings = []Finding{}
	manifest, err := f.Manifest(ctx)
	if err != nil {
		return Report{}, err
	}
	if manifest.Sequence == 0 {
		return Report{}, errors.New("no feed here: feed.json is missing")
	}
	c.report.Sequence = manifest.Sequence
	c.expect("feed.json")
	if !f.IsCanonical() {
		c.find(Finding{Code: "damaged-ledger", Path: "feed.json", Message: "it is not as feedctl writes what it says: something in it was changed, added or taken out"})
	}
	for _, e := range o.Ecosystems {
		if _, ok := manifest.Ecosystems[e.Name]; !ok {
			continue
		}
		if err := c.ecosystem(ctx, e, manifest.Ecosystems[e.Name]); err != nil {
			return Report{}, err
		}
	}
	c.unknown(manifest)
	for _, request := range o.Against {
		if err := c.against(ctx, request); err != nil {
			return Report{}, err
		}
	}
	if err := c.surplus(ctx); err != nil {
		return Report{}, err
	}
	c.finish()
	c.report.Seconds = time.Since(started).Seconds()
	return c.report, nil
}

// unknown reports ecosystems that this build cannot verify.
func (c *check) unknown(manifest feed.Manifest) {
	for name := range manifest.Ecosystems {
		if !slices.ContainsFunc(c.Ecosystems, func(e ecosystem.Ecosystem) bool { return e.Name == name }) {
			c.find(Finding{Code: "unknown-ecosystem", Message: "the feed holds " + name + " packages, which this version of feedctl does not know"})
		}
	}
}

// finish puts the findings in an order that does not depend on timing.
func (c *check) finish() {
	slices.SortFunc(c.report.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
	slices.Sort(c.report.Notes)
	c.report.Notes = slices.Compact(c.report.Notes)
}

// find reports a finding.
func (c *check) find(f Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(f)
}

func (c *check) add(f Finding) {
	if f.Repair == "" {
		f.Repair = "feedctl mirror --repair --to " + c.Place
		if strings.Contains(c.Place, "://") {
			f.Repair = "feedctl mirror --repair --to DIR, where the feed is kept"
		}
	}
	c.report.Findings = append(c.report.Findings, f)
}

func (c *check) note(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Notes = append(c.report.Notes, text)
}

func (c *check) expect(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expected.add(path)
}

// ecosystem verifies everything of one ecosystem. Roots come after the packages:
// what is wrong with these is then known, and the graph of a root tells the way to
// it before it is forgotten.
func (c *check) ecosystem(ctx context.Context, e ecosystem.Ecosystem, summary feed.EcosystemSummary) error {
	if err := c.ledger(ctx, e); err != nil {
		return err
	}
	if err := c.packages(ctx, e, summary); err != nil {
		return err
	}
	ids, err := c.inOrder(ctx, e)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		root, err := c.feed.Root(ctx, e.Name, id)
		if err != nil {
			c.unreadable(e, Finding{}, err)
			continue
		}
		if err := c.root(ctx, e, root); err != nil {
			return err
		}
	}
	return c.rootDocuments(ctx, e, summary)
}
