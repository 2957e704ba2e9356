package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

// grown is a package that has been mirrored for years.
func grown() feed.Package {
	p := typical(0)
	for i := range 49 {
		release := p.Releases[0]
		release.Version = fmt.Sprintf("1.3.%d", i)
		p.Releases = append(p.Releases, release)
	}
	return p
}

// BenchmarkRecord writes and reads the ledger record of a package with one release,
// and with fifty.
func BenchmarkRecord(b *testing.B) {
	for name, p := range map[string]feed.Package{"1": typical(0), "50": grown()} {
		data, err := encodePackage(p)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("write/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encodePackage(p); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("read/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				read, err := decodePackage(data, p.PackageKey)
				if err != nil || len(read.Releases) != len(p.Releases) {
					b.Fatal(len(read.Releases), err)
				}
			}
		})
	}
}

// BenchmarkArtifact streams a file of 8 MB into the stage through the hashes that
// ecosystems ask for.
func BenchmarkArtifact(b *testing.B) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 8<<20/16)
	open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	for name, algorithms := range map[string][]string{
		"sha256": {"sha256"}, "sha512": {"sha512"}, "sha1+sha256+sha512": {"sha1", "sha256", "sha512"},
	} {
		b.Run(name, func(b *testing.B) {
			w := lockFeed(b, filepath.Join(b.TempDir(), "feed"))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				file := feed.File{Path: fmt.Sprintf("%s/x/-/x-%d.tgz", eco, i%8)}
				w.mu.Lock()
				delete(w.sums, file.Path)
				delete(w.staged, file.Path)
				w.mu.Unlock()
				if _, err := w.Artifact(b.Context(), file, algorithms, open); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
