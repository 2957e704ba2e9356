package store

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Problem is one ledger file that is not what the hash tree says.
type Problem struct {
	Path string
	Got  string // "sha256:…", "no such file", or what is wrong inside
	Want string
}

// CheckTree follows the hash tree of one ecosystem from feed.json down to every
// record, and calls yield for each file that is wrong or missing, that says
// something else than the list above it, or, in a directory, that no list names.
// Below a list that cannot be read nothing is checked.
func (f *Feed) CheckTree(ctx context.Context, ecosystem string, yield func(Problem)) error {
	c := &treeCheck{feed: f, ecosystem: ecosystem, yield: yield, listed: map[string]bool{}, lost: map[trie][]string{}}
	for _, t := range []trie{packagesOf(ecosystem), rootsOf(ecosystem)} {
		if digest := f.first(t); digest != "" {
			if err := c.list(ctx, t, "", digest, -1); err != nil {
				return err
			}
		}
	}
	c.totals()
	return c.unlisted(ctx)
}

type treeCheck struct {
	feed      *Feed
	ecosystem string
	yield     func(Problem)
	listed    map[string]bool   // paths that the tree names
	lost      map[trie][]string // prefixes of the lists that cannot be read
	damaged   bool              // a record could not be counted
	total     tally
}

// report turns damage into a problem; other errors stay errors.
func (c *treeCheck) report(err error) error {
	var integrity *feed.IntegrityError
	if !errors.As(err, &integrity) {
		return err
	}
	c.yield(Problem{Path: integrity.Path, Got: integrity.Got, Want: integrity.Want})
	return nil
}

// list checks a list and all below it. The list above says that it has count
// records, or -1 when there is none.
func (c *treeCheck) list(ctx context.Context, t trie, prefix, digest string, count int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := t.path(prefix)
	c.listed[path] = true
	l, err := c.feed.list(ctx, t, prefix, digest)
	if err != nil {
		c.lost[t] = append(c.lost[t], prefix)
		return c.report(err)
	}
	if count >= 0 && l.count() != count {
		c.yield(Problem{Path: path, Got: fmt.Sprintf("%d records", l.count()), Want: fmt.Sprintf("%d records, as the list above says", count)})
	}
	for _, e := range l.Entries {
		check := c.record
		if t.roots {
			check = c.root
		}
		if err := check(ctx, e); err != nil {
			return err
		}
	}
	for _, child := range l.Children {
		if err := c.list(ctx, t, child.Prefix, child.Digest, child.Count); err != nil {
			return err
		}
	}
	return nil
}

func (c *treeCheck) record(ctx context.Context, e entry) error {
	path, err := RecordPath(c.ecosystem, e.Name)
	if err != nil {
		c.damaged = true
		c.yield(Problem{Path: listPath(c.ecosystem, ""), Got: fmt.Sprintf("lists the name %.80q", e.Name), Want: "names that a feed can hold"})
		return nil
	}
	c.listed[path] = true
	p, err := c.feed.Package(ctx, c.ecosystem, e.Name)
	if err != nil {
		c.damaged = true
		return c.report(err)
	}
	if newest := latest(p); newest != e.Latest {
		c.yield(Problem{Path: path, Got: "newest version " + newest, Want: e.Latest + ", as its list says"})
	}
	c.total = c.total.plus(count(p), 1)
	return nil
}

func (c *treeCheck) root(ctx context.Context, e entry) error {
	c.listed[rootPath(c.ecosystem, e.Name)] = true
	if _, err := c.feed.root(ctx, c.ecosystem, e); err != nil {
		return c.report(err)
	}
	return nil
}

// totals compares what the manifest counts with the records, once all of them
// could be read.
func (c *treeCheck) totals() {
	if c.damaged || len(c.lost[packagesOf(c.ecosystem)]) > 0 {
		return
	}
	says := c.feed.manifest.Ecosystems[c.ecosystem]
	want := tally{packages: says.Packages, releases: says.Releases, files: says.Files, bytes: says.Bytes}
	if c.total != want {
		c.yield(Problem{Path: ManifestPath, Got: want.String(), Want: c.total.String() + ", as the records say"})
	}
}

func (t tally) String() string {
	return fmt.Sprintf("%d packages, %d releases, %d files, %d bytes", t.packages, t.releases, t.files, t.bytes)
}

// unlisted reports ledger files that the tree does not name.
func (c *treeCheck) unlisted(ctx context.Context) error {
	if c.feed.dir == nil {
		return nil
	}
	for found, err := range c.feed.dir.walk(ctx, ledgerDir+"/"+c.ecosystem) {
		if err != nil {
			return err
		}
		if !c.listed[found.Path] && !c.isBelowLost(found.Path) {
			c.yield(Problem{Path: found.Path, Got: "a file", Want: "none: no list of the ledger names it"})
		}
	}
	return nil
}

// isBelowLost reports whether a list that cannot be read may name the path.
func (c *treeCheck) isBelowLost(p string) bool {
	for t, lost := range c.lost {
		var hash string
		if name, ok := strings.CutPrefix(p, t.folder()+"/"); ok {
			if name, ok = t.recordName(name); ok {
				hash = t.hash(name)
			}
		}
		if hash == "" && path.Dir(p) == path.Dir(t.path("")) {
			hash, _ = t.prefixOf(path.Base(p))
		}
		if hash != "" && slices.ContainsFunc(lost, func(prefix string) bool { return strings.HasPrefix(hash, prefix) }) {
			return true
		}
	}
	return false
}
