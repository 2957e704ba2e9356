package simple

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
	"github.com/feedctl/feedctl/pkg/feed"
)

const betaWheel = "beta-1-py3-none-any.whl"

func TestMetadata(t *testing.T) {
	large := func(text string) string { return "-- beta@1/beta/data.bin --\n" + text + "\n" }
	noise := make([]byte, 600<<10)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	for i := range noise {
		noise[i] = '!' + noise[i]%90
	}
	for _, row := range []struct {
		what, more string
		want       From
		requests   []string // besides the page's
	}{
		{"offered", "-- page --\ncore-metadata yes\n", FromIndex, []string{"GET /files/" + betaWheel + ".metadata"}},
		{"sibling", "", FromSibling, []string{"GET /files/" + betaWheel + ".metadata"}},
		{"offered without a digest", "-- " + betaWheel + ".options --\ncore-metadata true\n", FromIndex, []string{"GET /files/" + betaWheel + ".metadata"}},
		{"range", "-- page --\nsiblings no\n", FromRange, []string{"GET /files/" + betaWheel, "GET /files/" + betaWheel + ".metadata"}},
		{"offered and gone", "-- " + betaWheel + ".options --\ncore-metadata true\nno-metadata\n", FromRange, []string{"GET /files/" + betaWheel, "GET /files/" + betaWheel + ".metadata"}},
		{"range, size known", "-- page --\nsiblings no\nsizes yes\nform html\n", FromRange, []string{"GET /files/" + betaWheel, "GET /files/" + betaWheel + ".metadata"}},
		{"range of a large wheel", "-- page --\nsiblings no\n" + large(string(noise)), FromRange, []string{"GET /files/" + betaWheel, "GET /files/" + betaWheel + ".metadata"}},
		{"no ranges", "-- page --\nsiblings no\nranges no\n", FromWheel, []string{"GET /files/" + betaWheel, "GET /files/" + betaWheel, "GET /files/" + betaWheel + ".metadata"}},
		{"no ranges, large", "-- page --\nsiblings no\nranges no\n" + large(string(noise)), FromWheel, []string{"GET /files/" + betaWheel, "GET /files/" + betaWheel, "GET /files/" + betaWheel + ".metadata"}},
		{"a page for everything", "-- faults --\n/files/" + betaWheel + ".metadata always captive-portal\n", FromRange, []string{"GET /files/" + betaWheel, "GET /files/" + betaWheel + ".metadata"}},
		{"refused", "-- faults --\n/files/" + betaWheel + ".metadata always status 403\n", FromRange, []string{"GET /files/" + betaWheel, "GET /files/" + betaWheel + ".metadata"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			r := registry(t, row.more)
			x := index(t, r.Index())
			p, err := x.Project(t.Context(), "beta")
			if err != nil {
				t.Fatal(err)
			}
			r.Forget()
			for range 2 {
				data, from, err := x.Metadata(t.Context(), &p.Files()[0])
				if err != nil || from != row.want || !strings.Contains(string(data), "Name: beta\nVersion: 1\n") {
					t.Fatalf("%q from %s, %v", data, from, err)
				}
			}
			body, err := x.Open(t.Context(), feed.File{Path: "pypi/files/" + betaWheel + ".metadata", URL: p.Files()[0].URL + ".metadata"})
			if err != nil {
				t.Fatal(err)
			}
			body.Close()
			if diff := cmp.Diff(row.requests, r.Lines()); diff != "" {
				t.Errorf("requests, -want +got:\n%s", diff)
			}
		})
	}
}

// TestSiblingsAreForgotten sees that an index without ".metadata" files is not asked
// for each of them.
func TestSiblingsAreForgotten(t *testing.T) {
	var text strings.Builder
	text.WriteString("-- page --\nsiblings no\n")
	const versions = 30
	for i := range versions {
		text.WriteString("-- many@" + strings.Repeat("1", i+1) + "/METADATA --\n")
	}
	r := pypitest.New(t, txtar.Parse([]byte(text.String())))
	x := index(t, r.Index())
	p, err := x.Project(t.Context(), "many")
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Files() {
		if _, from, err := x.Metadata(t.Context(), &p.Files()[i]); err != nil || from != FromRange {
			t.Fatalf("%s %v", from, err)
		}
	}
	asked := 0
	for _, request := range r.Requests() {
		if strings.HasSuffix(request.Path, metadataSuffix) {
			asked++
		}
	}
	if asked != enough || len(r.Requests()) != 1+enough+versions {
		t.Errorf("%d asked for, %d requests", asked, len(r.Requests()))
	}
}

func TestMetadataRefuses(t *testing.T) {
	for _, row := range []struct {
		what, more, want string
		integrity        bool
	}{
		{"another digest", "-- " + betaWheel + ".options --\ncore-metadata sha256=" + strings.Repeat("0", 64) + "\n", "want sha256:000", true},
		{"no wheel", "-- page --\nsiblings no\n-- " + betaWheel + ".options --\nraw hello\n", "no zip archive", false},
		{"no wheel, no ranges", "-- page --\nsiblings no\nranges no\n-- " + betaWheel + ".options --\nraw hello\n", "no zip archive", false},
		{"another wheel, no ranges", "-- page --\nsiblings no\nranges no\n-- " + betaWheel + ".options --\ndigest " + strings.Repeat("0", 64) + "\n", "want sha256:000", true},
		{"gone", "-- page --\nsiblings no\n-- faults --\n/files/" + betaWheel + " always status 404\n", "not found", false},
		{"down", "-- faults --\n/files/" + betaWheel + ".metadata always status 503\n", "503", false},
		{"denied", "-- page --\nsiblings no\n-- faults --\n/files/" + betaWheel + " always status 401\n", "401", false},
	} {
		t.Run(row.what, func(t *testing.T) {
			r := registry(t, row.more)
			x := index(t, r.Index())
			p, err := x.Project(t.Context(), "beta")
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = x.Metadata(t.Context(), &p.Files()[0])
			integrity := (*feed.IntegrityError)(nil)
			if err == nil || !strings.Contains(err.Error(), row.want) || errors.As(err, &integrity) != row.integrity {
				t.Errorf("%v, want %s", err, row.want)
			}
		})
	}
	x := index(t, registry(t, "").Index())
	if _, _, err := x.Metadata(t.Context(), &File{Name: "a-1.tar.gz"}); err == nil {
		t.Error("metadata of a source distribution")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Project(ctx, "beta"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestRanges counts requests against servers that know ranges in one way or
// another, and a wheel whose metadata is not at its end.
func TestRanges(t *testing.T) {
	r := registry(t, "-- page --\nsiblings no\n")
	data := r.Bytes(betaWheel)
	padding := make([]byte, 5<<20)
	front := append(bytes.Clone(padding), data...) // offsets are shifted, which zip readers forgive
	for _, row := range []struct {
		what   string
		data   []byte
		size   int64
		suffix bool // the server knows suffix ranges
		from   From
		want   int
	}{
		{"suffix", data, 0, true, FromRange, 1},
		{"no suffix", front, 0, false, FromRange, 3},
		{"no suffix, small", data, 0, false, FromWheel, 2},
		{"size known", data, int64(len(data)), false, FromRange, 1},
		{"wrong size", data, int64(len(data)) - 7, false, FromRange, 2},
		{"something before it", front, 0, true, FromRange, 2},
	} {
		t.Run(row.what, func(t *testing.T) {
			server := registrytest.New(t, http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
				if !row.suffix && strings.HasPrefix(request.Header.Get("Range"), "bytes=-") {
					request.Header.Del("Range")
				}
				http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(row.data))
			}))
			x := index(t, server.URL)
			x.reading.missing = enough
			got, from, err := x.Metadata(t.Context(), &File{Name: betaWheel, URL: server.URL + "/" + betaWheel, Size: row.size})
			if err != nil || from != row.from || !strings.Contains(string(got), "Name: beta") {
				t.Fatalf("%q from %s, %v", got, from, err)
			}
			if n := len(server.Requests()); n != row.want {
				t.Errorf("%d requests, want %d", n, row.want)
			}
		})
	}
}

func TestMemory(t *testing.T) {
	m := memory[int]{limit: 10}
	m.put("a", 1, 4)
	m.put("b", 2, 4)
	m.put("large", 3, 6)
	if _, ok := m.get("large"); ok {
		t.Error("kept what is more than half")
	}
	m.put("c", 3, 4)
	if _, ok := m.get("a"); ok {
		t.Error("the oldest is still there")
	}
	if v, ok := m.get("b"); !ok || v != 2 || m.size != 8 {
		t.Errorf("%d %v %d", v, ok, m.size)
	}
}
