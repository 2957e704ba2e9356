package simple

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/pkg/feed"
)

// TestPacked packs files and reads them back.
func TestPacked(t *testing.T) {
	sum := strings.Repeat("0f", 32)
	empty, reason := "", "broken"
	for _, row := range []struct {
		what string
		file File
	}{
		{"bare", File{Name: "demo-1.zip", URL: "https://files.test/demo-1.zip"}},
		{"everything", File{
			Name: "demo-1-py3-none-any.whl", URL: "https://files.test/packages/ab/demo-1-py3-none-any.whl", SHA256: sum, Others: feed.Digests{"sha512": strings.Repeat("ab", 64), "sha1": "00"},
			Size: 1 << 40, Uploaded: time.Date(2024, 2, 28, 14, 51, 14, 123456000, time.UTC), RequiresPython: ">=3.8", Yanked: &reason, CoreMetadata: &sum, Provenance: "https://index.test/integrity/demo/1/provenance",
		}},
		{"empty values that are there", File{Name: "demo-1.zip", URL: "https://files.test/x?y=1", Yanked: &empty, CoreMetadata: &empty}},
		{"on this machine", File{Name: "demo-1.zip", Size: 3, path: "/folder/demo-1.zip"}},
		{"before 1970", File{Name: "demo-1.zip", Uploaded: time.Date(1969, 1, 1, 0, 0, 0, 5, time.UTC)}},
		{"no address", File{Name: "demo-1.zip", URL: "demo"}},
	} {
		row.file.Version = version.MustParse("1")
		p := newPacker(1)
		p.add(&row.file)
		got := p.finish().files(0, nil)
		if diff := cmp.Diff([]File{row.file}, got, cmp.AllowUnexported(File{}, version.Version{})); diff != "" {
			t.Errorf("%s: -want +got:\n%s", row.what, diff)
		}
	}
}

// TestPackedOrder sees versions in order, with files in the order of the page.
func TestPackedOrder(t *testing.T) {
	p := newPacker(0)
	for _, one := range []string{"demo-1.10.zip", "demo-1.0.0.zip", "demo-1.9.tar.gz", "demo-1.tar.gz", "demo-1.10.tar.gz"} {
		v, err := versionOf(one, "demo")
		if err != nil {
			t.Fatal(err)
		}
		p.add(&File{Name: one, Version: v})
	}
	project := Project{Name: "demo", files: p.finish()}
	var got []string
	for v, files := range project.Versions() {
		line := v.String() + ":"
		for _, file := range files {
			line += " " + file.Name
		}
		got = append(got, line)
	}
	want := []string{"1: demo-1.0.0.zip demo-1.tar.gz", "1.9: demo-1.9.tar.gz", "1.10: demo-1.10.zip demo-1.10.tar.gz"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if v, files := project.Version(version.MustParse("1.00").Key()); v.String() != "1" || len(files) != 2 {
		t.Errorf("1.00 is %s with %d files", v, len(files))
	}
	if _, files := project.Version(version.MustParse("2").Key()); files != nil {
		t.Errorf("2 has %d files", len(files))
	}
	if file := project.file("demo-1.9.tar.gz"); file == nil || project.file("demo-1.9.zip") != nil {
		t.Errorf("by name: %+v", file)
	}
}

// TestPackedSize keeps a popular project small.
func TestPackedSize(t *testing.T) {
	const files = 20_000
	before := live()
	p := Project{Name: "demo"}
	if err := (&Index{}).fill(&p, largePage(false), pageBase); err != nil {
		t.Fatal(err)
	}
	if got := (live() - before) / files; got > 400 || p.groups() != files {
		t.Errorf("%d bytes for each of %d versions of one file", got, p.groups())
	}
	runtime.KeepAlive(&p)
}

func live() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// TestAlike reads names of wheels as ParseWheel does, whatever was read before.
func TestAlike(t *testing.T) {
	for _, names := range [][2]string{
		{"demo-1-py3-none-any.whl", "demo-2-py3-none-any.whl"},
		{"demo-1-py3-none-any.whl", "demo-1-2-py3-none-any.whl"},
		{"demo-1-py3-none-any.whl", "demo- 2-py3-none-any.whl"},
		{"demo-1-py3-none-any.whl", "demo-2*-py3-none-any.whl"},
		{"demo-1-py3-none-any.whl", "demo-new-py3-none-any.whl"},
		{"demo-1-py3-none-any.whl", "other-2-py3-none-any.whl"},
		{"demo-1-py3-none-any.whl", "demo-2-py3-none-.whl"},
		{"demo-1-py3-none-any.whl", "demo-2+" + strings.Repeat("a", 240) + "-py3-none-any.whl"},
		{"demo-1-1-py3-none-any.whl", "demo-2-1-py3-none-any.whl"},
		{"demo-1-py3-none-any.whl", "demo--py3-none-any.whl"},
	} {
		alone, both := describeNames(names[1]), describeNames(names[0], names[1])
		if alone != both {
			t.Errorf("%q is %s, and after %q %s", names[1], alone, names[0], both)
		}
	}
}

// describeNames adds wheels to a project and says what became of the last.
func describeNames(names ...string) string {
	p := Project{Name: "demo"}
	l := newList(&p, false, 0)
	for _, name := range names {
		l.add(&link{name: name, url: "https://files.test/" + name})
	}
	l.finish()
	for _, file := range p.Files() {
		if file.Name == names[len(names)-1] {
			return file.Version.String()
		}
	}
	return fmt.Sprint(p.Skipped)
}

func TestSiblingsWorthAsking(t *testing.T) {
	for _, row := range []struct {
		what           string
		found, missing int
		noRanges, want bool
	}{
		{"nothing known", 0, 0, false, true},
		{"too little known", 0, enough - 1, false, true},
		{"none", 0, enough, false, false},
		{"half", enough, enough, false, false},
		{"most", 2 * enough, enough, false, true},
		{"few, but wheels come whole", 1, 9 * enough, true, true},
		{"none, and wheels come whole", 0, enough, true, false},
	} {
		r := reading{}
		for range row.found {
			r.sibling(true)
		}
		for range row.missing {
			r.sibling(false)
		}
		if row.noRanges {
			r.without("https://files.test", true)
		}
		if got := r.mayHaveSiblings("https://files.test"); got != row.want {
			t.Errorf("%s: %t", row.what, got)
		}
	}
}
