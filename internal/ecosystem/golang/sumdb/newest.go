package sumdb

import (
	"context"
	"errors"
	"fmt"

	"github.com/feedctl/feedctl/pkg/feed"
)

// chooseHead returns the head under which the answers are proven: the newest
// that the feed has when its tree holds all their records, else one that the
// upstream serves, checked to extend those of the feed. The tiles that clients
// need for that are then among the proven ones.
//
// It is enough to prove that the new head m extends the newest head p of the
// feed. For any hash x of an older tree o, a client reads in a tree the tile of
// x and those above it up to the first that is partial, and all partial tiles on
// the tree's right edge. A tile that is complete in p is the same file in m, and
// was saved when x was proven in p. One that is partial in p lies on p's right
// edge, so it holds hashes of which the root hash of p is made: proving that m
// extends p reads just this tile as m has it, and what lies above it in m. So
// what could be proven in p can be proven in m: by induction, every head against
// every later one, and every record in its own tree and all later ones.
func (g *gathering) chooseHead(ctx context.Context, saved feed.Package) (head, bool, error) {
	heads, err := g.savedHeads(saved)
	if err != nil {
		return head{}, false, err
	}
	var newest head
	if len(heads) > 0 {
		newest = heads[len(heads)-1]
	}
	need := int64(0) // size of the smallest tree that holds all records
	for _, a := range g.answers {
		need = max(need, a.id+1)
	}
	if need <= newest.N {
		return newest, false, nil
	}
	offered, err := g.offeredHead(ctx, need)
	if err != nil {
		return head{}, false, err
	}
	if err := g.checkSize(offered.N, newest.N, need); err != nil || newest.N == 0 {
		return offered, true, err
	}
	return offered, true, g.tiles.extends(ctx, offered.Tree, newest.Tree, g.where("latest"))
}

func (g *gathering) savedHeads(saved feed.Package) ([]head, error) {
	if len(saved.Releases) == 0 {
		return nil, nil
	}
	heads, db, err := readHeads(saved)
	if err == nil && db.key != g.database.key {
		err = fmt.Errorf("the feed's checksum database %s has another verifier key than GOSUMDB gives", db.name)
	}
	return heads, err
}

// offeredHead returns the newest head that the upstream serves. Caches may hold
// "latest" back; then the heads in the answers to the lookups count, each of
// which is signed no earlier than its record was added.
func (g *gathering) offeredHead(ctx context.Context, need int64) (head, error) {
	var newest head
	data, err := g.source.read(ctx, g.database.path("latest"))
	if err == nil {
		newest, err = g.database.open(string(data))
	}
	if err != nil && !errors.Is(err, feed.ErrNotFound) {
		return head{}, g.headError("latest", err)
	}
	if newest.N >= need {
		return newest, nil
	}
	for i, a := range g.answers {
		if a.id < newest.N {
			continue
		}
		h, err := g.database.open(a.head)
		if err != nil {
			return head{}, g.headError("lookup of "+g.logged[i].Name+"@"+g.logged[i].Release.Version, err)
		}
		if h.N > newest.N {
			newest = h
		}
	}
	return newest, nil
}

func (g *gathering) headError(document string, err error) error {
	return fmt.Errorf("%s: %w", g.where(document), err)
}

// checkSize refuses a head that is older than what it must hold.
func (g *gathering) checkSize(offered, newest, need int64) error {
	switch {
	case offered < newest:
		return fmt.Errorf("%s: the newest tree has size %d, older than the feed's, of size %d; the upstream lags behind or was rolled back: use another, or run again later", g.where("latest"), offered, newest)
	case offered < need:
		return fmt.Errorf("%s: the newest tree has size %d, older than record %d that a lookup gave; the upstream lags behind: run again later", g.where("latest"), offered, need-1)
	}
	return nil
}
