package golang

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/feedctl/feedctl/pkg/feed"
)

// zipOf makes an archive of "name", "name|content" and "name>target" (a link).
func zipOf(t testing.TB, entries ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, entry := range entries {
		name, content, _ := strings.Cut(entry, "|")
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if link, target, ok := strings.Cut(name, ">"); ok {
			header.Name, content = link, target
			header.SetMode(os.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const prefix = "example.com/x@v1.0.0/"

func digestOf(algorithm, file string, data []byte) (string, error) {
	return Digest(algorithm, feed.File{Path: file}, bytes.NewReader(data), int64(len(data)))
}

// The hashes are those of x/mod, which writes go.sum.
func TestDigest(t *testing.T) {
	data := zipOf(t, prefix+"b.go|package b", prefix+"a/", prefix+"a/a.go|package a", prefix+"go.mod|module example.com/x")
	file := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	want, err := dirhash.HashZip(file, dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ algorithm, file, want string }{
		{"h1", "go/example.com/x/@v/v1.0.0.zip", strings.TrimPrefix(want, "h1:")},
		{"h1", "go/example.com/x/@v/v1.0.0.info", ""},
		{"sha256", "go/example.com/x/@v/v1.0.0.zip", ""},
	} {
		if got, err := digestOf(row.algorithm, row.file, data); got != row.want || err != nil {
			t.Errorf("%s of %s: %q, %v; want %q", row.algorithm, row.file, got, err, row.want)
		}
	}
	// From the checksum database: golang.org/x/text v0.3.0/go.mod.
	mod, err := digestOf("h1", "x.mod", []byte("module golang.org/x/text\n"))
	if mod != "NqM8EUOU14njkJ3fqMW+pc6Ldnwhi/IjpwHt7yyuwOQ=" || err != nil {
		t.Errorf("h1 of a go.mod: %s, %v", mod, err)
	}
}

func TestDigestRefuses(t *testing.T) {
	good := zipOf(t, prefix+"a.go|package a")
	bomb := append([]byte{}, good...)
	at := bytes.LastIndex(bomb, []byte("PK\x01\x02")) + 24 // uncompressed size in the directory
	copy(bomb[at:], []byte{0, 0, 0, 0x70})
	lie := append([]byte{}, good...)
	copy(lie[at:], []byte{3, 0, 0, 0})
	for what, data := range map[string][]byte{
		"no zip":          []byte("PK"),
		"cut":             good[:len(good)-10],
		"two of a name":   zipOf(t, "x|1", "x|2"),
		"announces a lot": bomb,
		"announces less":  lie,
		"wrong content":   bytes.Replace(good, []byte("PK\x03\x04"), []byte("PK\x03\x05"), 1),
	} {
		var integrity *feed.IntegrityError
		if got, err := digestOf("h1", "x.zip", data); !errors.As(err, &integrity) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}

func FuzzDigest(f *testing.F) {
	f.Add(zipOf(f, prefix+"a.go|package a", prefix+"go.mod|module example.com/x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := digestOf("h1", "x.zip", data)
		if err == nil && len(got) != 44 {
			t.Errorf("%q", got)
		}
	})
}

func inspect(file string, data []byte, release feed.Release) error {
	return Inspect(bytes.NewReader(data), "example.com/x", release, feed.File{Path: "go/example.com/x/@v/" + file})
}

func TestInspect(t *testing.T) {
	mod := "module example.com/x\n"
	hash, err := hashMod(strings.NewReader(mod))
	if err != nil {
		t.Fatal(err)
	}
	release := feed.Release{Version: "v1.0.0", Files: []feed.File{{Path: "go/example.com/x/@v/v1.0.0.mod", Digests: feed.Digests{h1: hash}}}}
	large := strings.Repeat("x", 17<<20)
	for _, row := range []struct {
		what, file string
		data       []byte
		want       string // in the error; empty for none
	}{
		{"info", "v1.0.0.info", []byte(`{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z","Origin":{}}`), ""},
		{"info of another version", "v1.0.0.info", []byte(`{"Version":"v1.0.1"}`), `got version "v1.0.1", want v1.0.0`},
		{"info that is none", "v1.0.0.info", []byte("<html>"), "want an .info document"},
		{"endless info", "v1.0.0.info", []byte(large), "beyond the size limit"},
		{"mod", "v1.0.0.mod", []byte(mod), ""},
		{"mod that is none", "v1.0.0.mod", []byte("<html>"), "want a go.mod"},
		{"endless mod", "v1.0.0.mod", []byte(large), "beyond the size limit"},
		{"zip", "v1.0.0.zip", zipOf(t, prefix+"go.mod|"+mod, prefix+"a/b.go|package b", prefix+"a/", prefix+"LICENSE|x"), ""},
		{"zip without go.mod", "v1.0.0.zip", zipOf(t, prefix+"a.go|package a"), ""},
		{"zip with another go.mod", "v1.0.0.zip", zipOf(t, prefix+"go.mod|module example.com/y\n"), "want that of v1.0.0.mod"},
		{"no zip", "v1.0.0.zip", []byte("<html>"), "no zip archive"},
		{"other prefix", "v1.0.0.zip", zipOf(t, "example.com/x@v1.0.1/a.go|x"), "outside of"},
		{"outside", "v1.0.0.zip", zipOf(t, prefix+"../a.go|x"), "invalid path element"},
		{"not clean", "v1.0.0.zip", zipOf(t, prefix+"a//b.go|x"), "not a clean path"},
		{"absolute", "v1.0.0.zip", zipOf(t, "/etc/passwd|x"), "outside of"},
		{"backslash", "v1.0.0.zip", zipOf(t, prefix+`a\b|x`), "malformed file path"},
		{"device", "v1.0.0.zip", zipOf(t, prefix+"nul.txt|x"), "Windows"},
		{"letter case", "v1.0.0.zip", zipOf(t, prefix+"a.go|x", prefix+"A.go|x"), "letter case"},
		{"letter case of folders", "v1.0.0.zip", zipOf(t, prefix+"a/x.go|x", prefix+"A/y.go|x"), "letter case"},
		{"file and folder", "v1.0.0.zip", zipOf(t, prefix+"a|x", prefix+"a/y.go|x"), "is there twice"},
		{"twice", "v1.0.0.zip", zipOf(t, prefix+"a|x", prefix+"a|x"), "is there twice"},
		{"nested module", "v1.0.0.zip", zipOf(t, prefix+"a/go.mod|module y"), "not the module's own"},
		{"go.mod in capitals", "v1.0.0.zip", zipOf(t, prefix+"GO.MOD|module y"), "not the module's own"},
		{"link", "v1.0.0.zip", zipOf(t, prefix+"a>/etc/passwd"), "not a regular file"},
		{"large go.mod", "v1.0.0.zip", zipOf(t, prefix+"go.mod|"+large), "too large"},
		{"large license", "v1.0.0.zip", zipOf(t, prefix+"LICENSE|"+large), "too large"},
		{"other file", "v1.0.0.txt", nil, "unknown kind"},
	} {
		t.Run(row.what, func(t *testing.T) {
			err := inspect(row.file, row.data, release)
			var integrity *feed.IntegrityError
			if row.want == "" && err != nil || row.want != "" && (!errors.As(err, &integrity) || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
	if err := Inspect(strings.NewReader(""), "../x", release, feed.File{}); err == nil {
		t.Error("a hostile name is inspected")
	}
	if err := Inspect(strings.NewReader("x"), "sumdb/sum.test/tile/8/0", feed.Release{Version: "tiles"}, feed.File{}); err != nil {
		t.Errorf("evidence: %v", err)
	}
}

// An archive that is too large for memory is inspected from a temporary file,
// which is gone afterwards.
func TestInspectLarge(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := range 10 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%sdata%d", prefix, i), Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(bytes.Repeat([]byte{byte(i)}, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := inspect("v1.0.0.zip", out.Bytes(), feed.Release{Version: "v1.0.0"}); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
