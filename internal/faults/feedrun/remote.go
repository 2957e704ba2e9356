package feedrun

import (
	"testing"

	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/web"
)

// Remote is a feed at an address, without a cache.
func Remote(t testing.TB, address string) store.Tree {
	t.Helper()
	client, err := web.New(web.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := store.NewHTTP(client, address, web.Access{})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
