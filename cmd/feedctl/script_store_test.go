package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// cmdPushed makes the releases of a package in a feed such as its owner
// published there.
func cmdPushed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pushed DIR NAME")
	}
	ts.Check(rewrite(ts.MkAbs(args[0]), func(w *store.Writer) error {
		p, err := w.Feed().Package(context.Background(), "npm", args[1])
		if err != nil {
			return err
		}
		for i := range p.Releases {
			p.Releases[i].Kind, p.Releases[i].Origin = feed.Pushed, feed.Origin{}
		}
		return w.PutPackage("npm", p)
	}))
}

// cmdDropped takes a package out of the ledger of a feed, and its files, as
// somebody might who does not know who needs it.
func cmdDropped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: dropped DIR NAME")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(rewrite(dir, func(w *store.Writer) error { return w.RemovePackage("npm", args[1]) }))
	ts.Check(os.RemoveAll(filepath.Join(dir, "npm", filepath.FromSlash(args[1]))))
}

// rewrite publishes a change of a feed's ledger.
func rewrite(dir string, change func(*store.Writer) error) (err error) {
	ctx := context.Background()
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	w, err := store.Lock(ctx, dir, "script", now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if err := change(w); err != nil {
		return err
	}
	_, err = w.Publish(ctx, now)
	return err
}
