package pypi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

// benchProject is a project of 40 releases with five wheels and a source
// distribution each, of which two wheels are held.
func benchProject(b *testing.B) feed.Package {
	b.Helper()
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "pypi", Name: "example"}}
	for i := range 40 {
		release := feed.Release{Version: fmt.Sprintf("2.%d.0", i)}
		known := facts{Python: ">=3.9"}
		for j, tag := range []string{"cp39", "cp310", "cp311", "cp312", "cp313", ""} {
			file := fmt.Sprintf("example-%s-%s-%s-manylinux_2_28_x86_64.whl", release.Version, tag, tag)
			if tag == "" {
				file = fmt.Sprintf("example-%s.tar.gz", release.Version)
			}
			known.Files = append(known.Files, fileFacts{Name: file, Uploaded: "2026-01-02T03:04:05.678901Z"})
			sum := strings.Repeat(fmt.Sprintf("%08x", i*10+j), 8)
			release.Files = append(release.Files,
				feed.File{Path: "pypi/files/" + file, Size: 123456, Digests: feed.Digests{"sha256": sum}, Absent: j != 2 && j != 3},
				feed.File{Path: "pypi/files/" + file + suffixMetadata, Size: 4567, Digests: feed.Digests{"sha256": sum}, Absent: j != 2 && j != 3},
			)
		}
		raw, err := known.encode()
		if err != nil {
			b.Fatal(err)
		}
		release.Metadata = raw
		p.Releases = append(p.Releases, release)
	}
	return p
}

func BenchmarkRender(b *testing.B) {
	p := benchProject(b)
	b.ReportAllocs()
	for b.Loop() {
		documents, err := RenderPackage(feed.Layout{}, p)
		if err != nil || len(documents) != 1 || strings.Count(string(documents[0].Bytes), "<a ") != 80 {
			b.Fatal(len(documents), err)
		}
		b.SetBytes(int64(len(documents[0].Bytes)))
	}
}
