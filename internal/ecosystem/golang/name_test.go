package golang

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestParseRequirement(t *testing.T) {
	for _, row := range []struct {
		text, name, query string // name is empty for an error
	}{
		{"golang.org/x/mod", "golang.org/x/mod", ""},
		{"golang.org/x/mod@latest", "golang.org/x/mod", ""},
		{"golang.org/x/mod@upgrade", "golang.org/x/mod", "upgrade"},
		{"golang.org/x/mod@v0.42.0", "golang.org/x/mod", "v0.42.0"},
		{"golang.org/x/mod@v1", "golang.org/x/mod", "v1"},
		{"golang.org/x/mod@<v2", "golang.org/x/mod", "<v2"},
		{"golang.org/x/mod@>=v1.2.3", "golang.org/x/mod", ">=v1.2.3"},
		{"golang.org/x/mod@master", "golang.org/x/mod", "master"},
		{"golang.org/x/mod@14c0d48ead0c", "golang.org/x/mod", "14c0d48ead0c"},
		{"golang.org/x/tools/cmd/stringer@v0.1.0", "golang.org/x/tools/cmd/stringer", "v0.1.0"},
		{"github.com/Masterminds/semver/v3@v3.5.0", "github.com/Masterminds/semver/v3", "v3.5.0"},
		{"github.com/x/y@v2.0.0", "github.com/x/y", "v2.0.0"},
		{"gopkg.in/yaml.v3@v3.0.1", "gopkg.in/yaml.v3", "v3.0.1"},
		{"", "", ""},
		{"fmt", "", ""},
		{"example.com/x@", "", ""},
		{"example.com/x@none", "", ""},
		{"example.com/x@<", "", ""},
		{"example.com/x@<master", "", ""},
		{"example.com/x@>v1", "", ""},
		{"example.com/x@feature/branch", "", ""},
		{"example.com/x@../../y", "", ""},
		{"example.com/x@" + strings.Repeat("a", 300), "", ""},
		{"../x", "", ""},
		{"example.com//x", "", ""},
		{"example.com/.x", "example.com/.x", ""}, // a package may be called so
		{"example.com/x\n", "", ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			got, err := ParseRequirement(row.text)
			want := feed.Requirement{Name: row.name, Range: row.query}
			if got != want || (err == nil) != (row.name != "") {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestParsePURL(t *testing.T) {
	for _, row := range []struct{ namespace, name, version, want string }{
		{"golang.org/x", "mod", "v0.42.0", "golang.org/x/mod@v0.42.0"},
		{"golang.org/x", "mod", "0.42.0", "golang.org/x/mod@v0.42.0"},
		{"golang.org/x", "mod", "", "golang.org/x/mod"},
		{"", "rsc.io", "v1.0.0", "rsc.io@v1.0.0"},
		{"github.com/Masterminds", "semver", "v3.2.0+incompatible", "github.com/Masterminds/semver@v3.2.0+incompatible"},
		{"", "fmt", "", ""},
	} {
		got, err := ParsePURL(row.namespace, row.name, row.version)
		if got.String() != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%s/%s@%s: %s, %v; want %s", row.namespace, row.name, row.version, got, err, row.want)
		}
	}
}

func FuzzParseRequirement(f *testing.F) {
	f.Add("golang.org/x/mod@v0.42.0")
	f.Add("golang.org/x/mod@<v2")
	f.Add("example.com/x/...@master")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRequirement(text)
		if err != nil {
			return
		}
		if again, err := ParseRequirement(r.String()); err != nil || again != r {
			t.Errorf("%q does not come back: %v, %v", text, again, err)
		}
		if isRevision(r.Name, r.Range) {
			if base, err := baseName(r.Range, suffixInfo); err != nil || feed.CheckPath(base) != nil {
				t.Errorf("%q: the query %q makes no file name", text, r.Range)
			}
		}
	})
}

func TestOwner(t *testing.T) {
	for _, row := range []struct{ path, want string }{
		{"go/golang.org/x/mod/@v/list", "golang.org/x/mod"},
		{"go/golang.org/x/mod/@v/v0.42.0.zip", "golang.org/x/mod"},
		{"go/golang.org/x/mod/@latest", "golang.org/x/mod"},
		{"go/github.com/!masterminds/semver/v3/@v/v3.5.0.info", "github.com/Masterminds/semver/v3"},
		{"go/sumdb/sum.golang.org/lookup/github.com/!masterminds/semver/v3@v3.5.0", "github.com/Masterminds/semver/v3"},
		{"go/sumdb/sum.golang.org/latest", "sumdb/sum.golang.org"},
		{"go/sumdb/sum.golang.org/tile/8/0/x001/067", "sumdb/sum.golang.org/tile/8/0/x001"},
		{"go/golang.org/x/mod/@v/", ""},
		{"go/golang.org/x/mod/@v/a/b", ""},
		{"go/golang.org/x/mod", ""},
		{"go/Upper.case/x/@v/list", ""},
		{"go/../x/@v/list", ""},
		{"go/@latest", ""},
		{"npm/x/index.html", ""},
		{"", ""},
	} {
		if got := Owner(row.path); got != row.want {
			t.Errorf("Owner(%q) = %q, want %q", row.path, got, row.want)
		}
	}
}

func FuzzOwner(f *testing.F) {
	f.Add("go/golang.org/x/mod/@v/list")
	f.Add("go/sumdb/sum.golang.org/lookup/golang.org/x/mod@v0.42.0")
	f.Fuzz(func(t *testing.T, path string) {
		owner := Owner(path)
		if owner == "" || strings.HasPrefix(owner, evidence) || strings.HasPrefix(path, folder+evidence) {
			return
		}
		dir, err := versionsFolder(owner)
		if err != nil || !strings.HasPrefix(path, folder+strings.TrimSuffix(dir, "@v/")) {
			t.Errorf("Owner(%q) = %q, whose files lie in %q (%v)", path, owner, dir, err)
		}
	})
}

func TestCompare(t *testing.T) {
	ascending := []string{
		"9", "71769961", "master", "v0.0.0-20200101000000-0123456789ab", "v0.1.0-rc.1", "v0.1.0", "v1.0.0",
		"v1.0.1-0.20200101000000-0123456789ab", "v1.10.0", "v2.0.0", "v2.0.0+incompatible",
	}
	for i := range ascending {
		for k := range ascending {
			if got := Compare(ascending[i], ascending[k]); (got < 0) != (i < k) || (got == 0) != (i == k) {
				t.Errorf("Compare(%s, %s) = %d", ascending[i], ascending[k], got)
			}
		}
	}
	latest := []string{"v2.0.0-20200101000000-0123456789ab", "v1.9.0-rc.1", "v1.0.0", "v1.2.0"}
	for i := 1; i < len(latest); i++ {
		if compareLatest(latest[i-1], latest[i]) >= 0 {
			t.Errorf("%s is preferred to %s", latest[i-1], latest[i])
		}
	}
}

func TestFilePath(t *testing.T) {
	for _, row := range []struct{ path, version, want string }{
		{"golang.org/x/mod", "v0.42.0", "golang.org/x/mod/@v/v0.42.0.zip"},
		{"github.com/Masterminds/semver", "v1.0.0-RC1", "github.com/!masterminds/semver/@v/v1.0.0-!r!c1.zip"},
		{"github.com/x/y", "v3.2.0+incompatible", "github.com/x/y/@v/v3.2.0+incompatible.zip"},
		{"../x", "v1.0.0", ""},
		{"example.com/x", "a/b", ""},
	} {
		got, err := filePath(row.path, row.version, suffixZip)
		if row.want == "" && err == nil || row.want != "" && got != row.want {
			t.Errorf("%s %s: %q, %v; want %q", row.path, row.version, got, err, row.want)
		}
	}
	if diff := cmp.Diff([]string{"v1.0.0.info", "v1.0.0.mod"}, fileNames("v1.0.0", suffixInfo, suffixMod)); diff != "" {
		t.Error(diff)
	}
}

func TestCheckKey(t *testing.T) {
	for _, row := range []struct {
		path, version string
		ok            bool
	}{
		{"example.com/x", "v1.0.0", true},
		{"example.com/x/v2", "v2.0.0", true},
		{"gopkg.in/x.v2", "v2.0.0", true},
		{"golang.org/toolchain", "v0.0.1-go1.27.1.linux-amd64", true},
		{"example.com/x", "v2.0.0", false},
		{"example.com/x", "v2.0.0+incompatible", true},
		{"example.com/x", "v1.0.0+meta", false},
		{"example.com/x", "v1.0", false},
		{"example.com/x", "1.0.0", false},
		{"example.com/x", "", false},
		{"x", "v1.0.0", false},
		{"example.com/../x", "v1.0.0", false},
	} {
		if err := checkKey(row.path, row.version); (err == nil) != row.ok {
			t.Errorf("checkKey(%s, %s) = %v", row.path, row.version, err)
		}
	}
}
