package cargo

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/pkg/feed"
)

func benchLine(name, version string) []byte {
	dependencies := strings.Repeat(`{"name":"other","req":"^1.2","features":["std"],"optional":false,"default_features":true,"target":null,"kind":"normal"},`, 10)
	return fmt.Appendf(nil, `{"name":"%s","vers":"%s","deps":[%s{"name":"last","req":"*"}],"cksum":"%s","features":{"default":[]},"yanked":false}`,
		name, version, dependencies, strings.Repeat("ab", 32))
}

// BenchmarkRender writes the index of 400 crates with one or two releases each.
func BenchmarkRender(b *testing.B) {
	var packages []feed.Package
	for i := range 400 {
		p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "cargo", Name: fmt.Sprint("crate-", i)}}
		for j := range 1 + i%2 {
			version := fmt.Sprintf("%d.0.0", j)
			p.Releases = append(p.Releases, feed.Release{
				Version: version, Metadata: benchLine(p.Name, version), Files: []feed.File{{Path: cratePath("", p.Name, version)}},
			})
		}
		packages = append(packages, p)
	}
	b.ReportAllocs()
	for b.Loop() {
		size := 0
		for _, p := range packages {
			documents, err := RenderPackage(feed.Layout{Base: "https://feed.test"}, p)
			if err != nil || len(documents) != 1+len(p.Releases) {
				b.Fatal(len(documents), err)
			}
			size += len(documents[len(documents)-1].Bytes)
		}
		b.SetBytes(int64(size))
	}
}

func BenchmarkOwner(b *testing.B) {
	for kind, path := range map[string]string{
		"index":    "cargo/index/ex/am/example-crate",
		"crate":    "cargo/example-crate-1.22.3.crate",
		"download": "cargo/dl/example-crate-1.22.3.bin",
		"registry": "cargo/registries/corp.test/dl/example-crate-1.22.3.bin",
	} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if Owner(path) == "" {
					b.Fatal(path)
				}
			}
		})
	}
}

// BenchmarkFile reads an index file of 500 versions: all of them, and one.
func BenchmarkFile(b *testing.B) {
	var file bytes.Buffer
	for i := range 500 {
		file.Write(append(benchLine("example", fmt.Sprintf("1.%d.0", i)), '\n'))
	}
	config := index.Config{Download: "https://registry.example/dl"}
	r := reading{name: "example", base: "example", address: config.URL}
	for name, read := range map[string]func() int{
		"versions": func() int { return len(versionsIn(file.Bytes(), "example")) - 499 },
		"release": func() int {
			p, err := r.releases(file.Bytes(), []string{"1.450.0"})
			if err != nil {
				b.Fatal(err)
			}
			return len(p.Releases)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(file.Len()))
			b.ReportAllocs()
			for b.Loop() {
				if got := read(); got != 1 {
					b.Fatal(got)
				}
			}
		})
	}
}
