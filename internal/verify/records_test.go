package verify

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// feedOf writes a feed of packages whose records have so many bytes of metadata.
func feedOf(t *testing.T, packages, size int) *store.Feed {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "feed")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w, err := store.Lock(t.Context(), dir, "test", now)
	if err != nil {
		t.Fatal(err)
	}
	for i := range packages {
		p := feed.Package{PackageKey: keyOf(fmt.Sprintf("p%d", i), "").PackageKey, Metadata: []byte(`"` + strings.Repeat("x", size) + `"`)}
		if err := w.PutPackage("demo", p); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Publish(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestRecordsAreKeptUpToALimit(t *testing.T) {
	const size = maxRecords / 8
	r := newRecords(feedOf(t, 12, size))
	for range 2 {
		for i := range 12 {
			p, err := r.Package(t.Context(), "demo", fmt.Sprintf("p%d", i))
			if err != nil || p.Name != fmt.Sprintf("p%d", i) || len(p.Metadata) != size+2 {
				t.Fatalf("package %d: %q, %v", i, p.Name, err)
			}
			if r.used.Bytes() > maxRecords {
				t.Fatalf("%d bytes in %d records", r.used.Bytes(), r.used.Len())
			}
		}
	}
	if n := r.used.Len(); n < 4 || n > 7 {
		t.Errorf("%d records are kept", n)
	}
	if _, ok := r.used.Get(keyOf("p11", "").PackageKey); !ok {
		t.Error("the last one is not kept")
	}
	if _, err := r.Package(t.Context(), "demo", "unknown"); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("unknown package: %v", err)
	}
}
