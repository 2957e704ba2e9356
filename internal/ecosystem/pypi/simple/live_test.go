//go:build live

package simple

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/dist"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// liveIndex is the index that this machine's pip is set to.
func liveIndex(t *testing.T) *Index {
	t.Helper()
	address := os.Getenv("PIP_INDEX_URL")
	if address == "" {
		out, err := exec.Command("python3", "-m", "pip", "download", "--help").Output()
		if err != nil {
			t.Skipf("no pip: %v", err)
		}
		match := regexp.MustCompile(`(?s)--index-url.*?\(default\s+(\S+?)\)`).FindSubmatch(out)
		if match == nil {
			t.Skip("pip tells no index")
		}
		address = string(match[1])
	}
	client, err := web.New(web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := New(ecosystem.UpstreamConfig{Name: "live", URL: address}, client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { t.Logf("%+v", client.Stats()); client.Close() })
	return x
}

func TestLive(t *testing.T) {
	x := liveIndex(t)
	for _, name := range []string{"numpy", "requests", "docopt", "boto3"} {
		start := time.Now()
		p, err := x.Project(t.Context(), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Logf("%s: %d files, %d skipped, %v", name, len(p.Files()), len(p.Skipped), time.Since(start))
		for i, one := range p.Skipped {
			if i < 3 {
				t.Logf("  skipped: %s (legacy %v)", one.Reason, one.Legacy)
			}
		}
		last := p.Files()[len(p.Files())-1]
		for i := range p.Files() {
			if p.Files()[i].IsWheel() {
				last = p.Files()[i]
			}
		}
		t.Logf("  %+v", last)
		if !last.IsWheel() {
			liveSdist(t, x, &last)
			continue
		}
		liveWheel(t, x, &last)
	}
	if _, err := x.Project(t.Context(), "feedctl-there-is-no-such-project"); !errors.Is(err, feed.ErrNotFound) {
		t.Errorf("unknown project: %v", err)
	}
	if form, err := x.Probe(t.Context()); err != nil {
		t.Errorf("probe: %s, %v", form, err)
	}
}

// liveWheel reads the metadata in every way, which must agree.
func liveWheel(t *testing.T, x *Index, file *File) {
	t.Helper()
	data, from, err := x.Metadata(t.Context(), file)
	if err != nil {
		t.Fatalf("%s: %v", file.Name, err)
	}
	ranged, err := x.ranged(t.Context(), file)
	if err != nil || string(ranged) != string(data) {
		t.Errorf("%s: by range %d bytes, %v; %s gave %d bytes", file.Name, len(ranged), err, from, len(data))
	}
	if file.Name = strings.Clone(file.Name); len(file.Name) > 0 {
		whole, err := x.wholeWheel(t.Context(), file)
		if err != nil || string(whole) != string(data) {
			t.Errorf("%s: from the wheel %d bytes, %v", file.Name, len(whole), err)
		}
	}
	m, err := dist.ReadMetadata(data)
	if err != nil || !m.Version.Equal(file.Version) {
		t.Errorf("%s: %+v, %v", file.Name, m, err)
	}
	t.Logf("  %s: %d bytes, %d requirements, python %s", from, len(data), len(m.Requires), m.RequiresPython)
}

func liveSdist(t *testing.T, x *Index, file *File) {
	t.Helper()
	body, err := x.Open(t.Context(), feed.File{Path: "pypi/files/" + file.Name, URL: file.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	sdist, err := dist.SdistMetadata(body, file.Name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := dist.ReadMetadata(sdist.PKGInfo)
	if err != nil || m.Version.IsZero() {
		t.Errorf("%s: %+v, %v", file.Name, m, err)
	}
	build, err := dist.ReadBuild(sdist.Pyproject)
	t.Logf("  %s %s, build %+v, %v", m.Name, m.Version, build, err)
}
