package main

import (
	"context"
	"errors"
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
	ts.Check(markPushed(ts.MkAbs(args[0]), args[1]))
}

func markPushed(dir, name string) (err error) {
	ctx := context.Background()
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	w, err := store.Lock(ctx, dir, "script", now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	p, err := w.Feed().Package(ctx, "npm", name)
	if err != nil {
		return err
	}
	for i := range p.Releases {
		p.Releases[i].Kind, p.Releases[i].Origin = feed.Pushed, feed.Origin{}
	}
	if err := w.PutPackage("npm", p); err != nil {
		return err
	}
	_, err = w.Publish(ctx, now)
	return err
}
