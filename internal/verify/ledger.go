package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// damage is what of one ecosystem's ledger cannot be believed. It is reported
// once, where it is; what follows from it is no finding of its own.
type damage struct {
	paths    map[string]bool // of the ledger's files
	packages map[string]bool // names whose record cannot be read
	lists    bool            // some packages are not known
	roots    bool            // some roots are not known
}

// ledger verifies the hash tree over the records of one ecosystem.
func (c *check) ledger(ctx context.Context, e ecosystem.Ecosystem) error {
	lost := &damage{paths: map[string]bool{}, packages: map[string]bool{}}
	c.lost[e.Name] = lost
	return c.feed.CheckTree(ctx, e.Name, func(p store.Problem) {
		lost.paths[p.Path] = true
		c.find(Finding{Code: "damaged-ledger", Path: p.Path, Message: fmt.Sprintf("got %s, want %s", p.Got, p.Want)})
	})
}

// unreadable reports a part of the ledger that cannot be read, unless the hash
// tree has shown that already.
func (c *check) unreadable(e ecosystem.Ecosystem, f Finding, err error) {
	var integrity *feed.IntegrityError
	if errors.As(err, &integrity) && c.lost[e.Name].paths[integrity.Path] {
		return
	}
	f.Code, f.Message = "unreadable-ledger", err.Error()
	c.find(f)
}

// surplus reports files that nothing in the feed names. Over HTTP there is no
// list of files to compare with.
func (c *check) surplus(ctx context.Context) error {
	if c.feed.Dir() == nil {
		return nil
	}
	manifest, err := c.feed.Manifest(ctx)
	if err != nil {
		return err
	}
	for entry, err := range c.feed.Walk(ctx) {
		if err != nil {
			return err
		}
		if !c.expected.has(entry.Path) && !inLedger(manifest, entry.Path) && !c.follows(entry.Path) {
			c.find(Finding{Code: "surplus-file", Path: entry.Path, Message: "nothing in the ledger names this file", Repair: "delete it if you did not put it there on purpose"})
		}
	}
	return nil
}

// inLedger reports whether a path is below the ledger of an ecosystem that the
// manifest knows; such a path is compared with the hash tree.
func inLedger(manifest feed.Manifest, path string) bool {
	rest, ok := strings.CutPrefix(path, "ledger/")
	name, _, below := strings.Cut(rest, "/")
	_, known := manifest.Ecosystems[name]
	return ok && below && known
}

// follows reports whether a path may belong to what a damaged part of the ledger
// says.
func (c *check) follows(path string) bool {
	for _, e := range c.Ecosystems {
		lost := c.lost[e.Name]
		switch {
		case lost == nil:
		case lost.roots && strings.HasPrefix(path, "locks/"+e.Name+"/"),
			lost.lists && strings.HasPrefix(path, e.Name+"/"),
			lost.packages[e.Owner(path)]:
			return true
		}
	}
	return false
}
