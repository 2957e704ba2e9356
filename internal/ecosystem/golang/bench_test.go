package golang

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/sumdb"
	"github.com/feedctl/feedctl/pkg/feed"
)

// manyModules is a ledger of modules with a few versions each, in the log.
func manyModules(b *testing.B) []feed.Package {
	b.Helper()
	var packages []feed.Package
	for i := range 150 {
		p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: name, Name: fmt.Sprintf("example.com/Group/module-%d", i)}}
		for j := range 1 + i%4 {
			p.Releases = append(p.Releases, moduleRelease(b, p.Name, fmt.Sprintf("v1.%d.0", j)))
		}
		packages = append(packages, p)
	}
	return packages
}

func moduleRelease(b *testing.B, path, version string) feed.Release {
	b.Helper()
	line := path + " " + version + " h1:" + sumA + "\n"
	meta := metadata{
		Info: info{Version: version, Time: time.Unix(1e9, 0).UTC()},
		Sum:  &sumdb.Record{ID: 12345, Text: line + line, Head: strings.Repeat("a line of the signed head\n", 6)},
	}
	raw, err := json.Marshal(meta)
	if err != nil {
		b.Fatal(err)
	}
	release := feed.Release{Version: version, Metadata: raw}
	for _, suffix := range []string{suffixInfo, suffixMod, suffixZip} {
		file, err := filePath(path, version, suffix)
		if err != nil {
			b.Fatal(err)
		}
		release.Files = append(release.Files, feed.File{Path: folder + file})
	}
	return release
}

func BenchmarkRender(b *testing.B) {
	packages := manyModules(b)
	b.ReportAllocs()
	for b.Loop() {
		size := 0
		for _, p := range packages {
			documents, err := RenderPackage(feed.Layout{}, p)
			if err != nil || len(documents) < 3 {
				b.Fatal(len(documents), err)
			}
			for _, d := range documents {
				size += len(d.Bytes)
			}
		}
		b.SetBytes(int64(size))
	}
}

func BenchmarkOwner(b *testing.B) {
	for kind, path := range map[string]string{
		"file":   "go/github.com/!group/module/v2/@v/v2.10.3.zip",
		"latest": "go/github.com/!group/module/v2/@latest",
		"lookup": "go/sumdb/sum.golang.org/lookup/github.com/!group/module/v2@v2.10.3",
		"tile":   "go/sumdb/sum.golang.org/tile/8/0/x045/123",
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

// BenchmarkSum reads a go.sum of 2000 lines and makes the graph of it.
func BenchmarkSum(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		version := fmt.Sprintf("github.com/group/module-%d v1.%d.0", i/3, i)
		fmt.Fprintf(&text, "%s h1:%s\n%s/go.mod h1:%s\n", version, sumA, version, sumB)
	}
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		listed := sums{}
		if err := listed.add("go.sum", data); err != nil {
			b.Fatal(err)
		}
		if nodes := listed.nodes(); len(nodes) != 1000 {
			b.Fatal(len(nodes))
		}
	}
}

// BenchmarkDigest hashes a zip of 500 files, 2 MB together, and a go.mod.
func BenchmarkDigest(b *testing.B) {
	var entries []string
	size := 0
	for i := range 500 {
		content := strings.Repeat(fmt.Sprintf("func f%d() error { return nil }\n", i), 128)
		size += len(content)
		entries = append(entries, fmt.Sprintf("%sfile%d.go|%s", prefix, i, content))
	}
	mod := "module example.com/x\n\nrequire (\n" + strings.Repeat("\texample.com/y v1.0.0\n", 100) + ")\n"
	for _, one := range []struct {
		name string
		data []byte
		size int
	}{{"v1.0.0.zip", zipOf(b, entries...), size}, {"v1.0.0.mod", []byte(mod), len(mod)}} {
		b.Run(one.name[len("v1.0.0."):], func(b *testing.B) {
			b.SetBytes(int64(one.size))
			b.ReportAllocs()
			for b.Loop() {
				if digest, err := digestOf(h1, one.name, one.data); err != nil || digest == "" {
					b.Fatal(digest, err)
				}
			}
		})
	}
}
