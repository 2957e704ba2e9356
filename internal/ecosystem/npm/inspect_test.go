package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/feedctl/feedctl/pkg/feed"
)

// entry is one entry of a test archive; a file unless kind says otherwise.
type entry struct {
	name, content string
	kind          byte
	link          string
}

func packTar(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		if e.kind == 0 {
			e.kind = tar.TypeReg
		}
		header := &tar.Header{Typeflag: e.kind, Name: e.name, Linkname: e.link, Size: int64(len(e.content)), Mode: 0o644}
		if e.kind == tar.TypeXGlobalHeader {
			header = &tar.Header{Typeflag: e.kind, PAXRecords: map[string]string{"comment": "x"}}
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, e.content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zip(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write(data)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pack(t testing.TB, entries ...entry) []byte { return zip(t, packTar(t, entries...)) }

var (
	goodManifest = entry{name: "package/package.json", content: `{"name":"@s/n","version":"1.0.0"}`}
	release100   = feed.Release{Version: "1.0.0"}
	file100      = feed.File{Path: "npm/@s/n/-/n-1.0.0.tgz"}
)

func TestInspectAccepts(t *testing.T) {
	manifest := func(text string) entry { return entry{name: "package/package.json", content: text} }
	for _, row := range []struct {
		name    string
		tarball []byte
	}{
		{"plain", pack(t, goodManifest, entry{name: "package/a/b.js", content: "x"})},
		{"another top folder", pack(t, entry{name: "n-1.0.0", kind: tar.TypeDir}, entry{name: "./n-1.0.0/package.json", content: goodManifest.content})},
		{"global header", pack(t, entry{kind: tar.TypeXGlobalHeader}, goodManifest)},
		{"links", pack(t, goodManifest, entry{name: "package/x", kind: tar.TypeSymlink, link: "../../etc/passwd"}, entry{name: "package/y", kind: tar.TypeLink, link: "package/z"})},
		{"byte order mark", pack(t, manifest("\xef\xbb\xbf"+goodManifest.content))},
		{"version with v", pack(t, manifest(`{"name":"@s/n","version":" v1.0.0+build "}`))},
		{"the same package.json twice", pack(t, goodManifest, goodManifest)},
		{"a nested package.json", pack(t, entry{name: "package/node_modules/x/package.json", content: "{"}, goodManifest)},
		{"last of a key that comes twice", pack(t, manifest(`{"name":"x","name":"@s/n","version":"1.0.0"}`))},
		{"bytes behind the archive", append(zip(t, packTar(t, goodManifest)), make([]byte, 100)...)},
		{"two gzip members", append(zip(t, packTar(t, goodManifest)[:700]), zip(t, packTar(t, goodManifest)[700:])...)},
	} {
		t.Run(row.name, func(t *testing.T) {
			if err := Inspect(iotest.OneByteReader(bytes.NewReader(row.tarball)), "@s/n", release100, file100); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	good := pack(t, goodManifest, entry{name: "package/x", content: strings.Repeat("some text ", 1000)})
	manifest := func(text string) []byte { return pack(t, entry{name: "package/package.json", content: text}) }
	for _, row := range []struct {
		name    string
		tarball []byte
		says    string
	}{
		{"empty", nil, "an empty file"},
		{"HTML", []byte("<!DOCTYPE html><html></html>"), "no gzip data"},
		{"cut", good[:len(good)-20], "unexpected EOF"},
		{"cut at the start", good[:15], "unexpected EOF"},
		{"wrong checksum", flip(good, len(good)-6), "checksum"},
		{"gzip of something else", zip(t, []byte(strings.Repeat("no tar ", 200))), "no tar archive"},
		{"gzip of nothing", zip(t, nil), "no tar archive"},
		{"no entries", pack(t), "no tar archive"},
		{"tar without gzip", packTar(t, goodManifest), "no gzip data"},
		{"no package.json", pack(t, entry{name: "package/x"}), "a package.json in the top folder"},
		{"package.json without a folder", pack(t, entry{name: "package.json", content: goodManifest.content}), "package.json"},
		{"two top folders", pack(t, goodManifest, entry{name: "other/x"}), `"other"`},
		{"two package.json that differ", pack(t, goodManifest, entry{name: "package//package.json", content: "{}"}), "two that differ"},
		{"climbs out", pack(t, goodManifest, entry{name: "package/../../x"}), "package/../../x"},
		{"absolute", pack(t, goodManifest, entry{name: "/etc/passwd"}), "/etc/passwd"},
		{"backslash", pack(t, goodManifest, entry{name: `package\..\x`}), "relative paths"},
		{"device", pack(t, goodManifest, entry{name: "package/x", kind: tar.TypeChar}), "type '3'"},
		{"pipe", pack(t, goodManifest, entry{name: "package/x", kind: tar.TypeFifo}), "type '6'"},
		{"package.json is no JSON", manifest("{"), "JSON object"},
		{"package.json is a list", manifest("[]"), "JSON object"},
		{"package.json and more", manifest(goodManifest.content + "}"), "JSON object"},
		{"another name", manifest(`{"name":"@s/m","version":"1.0.0"}`), `"@s/m"`},
		{"another version", manifest(`{"name":"@s/n","version":"1.0.1"}`), `"1.0.1"`},
		{"no version", manifest(`{"name":"@s/n"}`), `version ""`},
		{"version of another form", manifest(`{"name":"@s/n","version":1}`), `version ""`},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := Inspect(bytes.NewReader(row.tarball), "@s/n", release100, file100)
			var integrity *feed.IntegrityError
			if !errors.As(err, &integrity) || integrity.Path != file100.Path || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func flip(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 1
	return data
}

func TestInspectLimits(t *testing.T) {
	tiny := limits{entries: 3, total: 1 << 20, free: 1 << 16, ratio: 50, manifest: 100}
	many := []entry{goodManifest, {name: "package/a"}, {name: "package/b"}, {name: "package/c"}}
	for _, row := range []struct {
		name    string
		tarball []byte
		says    string
	}{
		{"entries", pack(t, many...), "more than 3 entries"},
		{"three entries are fine", pack(t, many[:3]...), ""},
		{"ratio", pack(t, goodManifest, entry{name: "package/z", content: strings.Repeat("\x00", 1<<18)}), "bomb"},
		{"a ratio that is fine while small", pack(t, goodManifest, entry{name: "package/z", content: strings.Repeat("\x00", 1<<15)}), ""},
		{"total", pack(t, goodManifest, entry{name: "package/z", content: noise(2 << 20)}), "bomb"},
		{"bomb behind the archive", zip(t, append(packTar(t, goodManifest), make([]byte, 4<<20)...)), "bomb"},
		{"package.json", pack(t, entry{name: "package/package.json", content: goodManifest.content + strings.Repeat(" ", 100)}), "modest size"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := tiny.inspect(bytes.NewReader(row.tarball), "@s/n", release100, file100)
			if row.says == "" && err != nil || row.says != "" && (err == nil || !strings.Contains(err.Error(), row.says)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// noise does not compress.
func noise(n int) string {
	data := make([]byte, n)
	state := uint32(1)
	for i := range data {
		state = state*1664525 + 1013904223
		data[i] = byte(state >> 24)
	}
	return string(data)
}

func TestInspectScripts(t *testing.T) {
	for _, row := range []struct {
		name, inside, metadata string
		gyp, warns             bool
	}{
		{name: "none", inside: `{}`, metadata: `{}`},
		{name: "announced", inside: `{"scripts":{"install":"x"}}`, metadata: `{"hasInstallScript":true}`},
		{name: "seen in the scripts", inside: `{"scripts":{"install":"x"}}`, metadata: `{"scripts":{"postinstall":"y"}}`},
		{name: "concealed", inside: `{"scripts":{"postinstall":"x"}}`, metadata: `{"scripts":{"test":"x"}}`, warns: true},
		{name: "no metadata", inside: `{"scripts":{"postinstall":"x"}}`, warns: true},
		{name: "binding.gyp", inside: `{}`, metadata: `{}`, gyp: true, warns: true},
		{name: "binding.gyp announced", inside: `{}`, metadata: `{"gypfile":true}`, gyp: true},
		{name: "binding.gyp unused", inside: `{"gypfile":false}`, metadata: `{}`, gyp: true},
		{name: "announced for nothing", inside: `{}`, metadata: `{"hasInstallScript":true}`},
		{name: "its own word", inside: `{"hasInstallScript":true}`, metadata: `{}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			entries := []entry{{name: "p/package.json", content: `{"name":"@s/n","version":"1.0.0",` + strings.TrimPrefix(strings.Replace(row.inside, "{}", `{"x":0}`, 1), "{")}}
			if row.gyp {
				entries = append(entries, entry{name: "p/binding.gyp"}, entry{name: "p/deps/binding.gyp"})
			} else {
				entries = append(entries, entry{name: "p/deps/binding.gyp"})
			}
			release := feed.Release{Version: "1.0.0", Metadata: json.RawMessage(row.metadata)}
			err := Inspect(bytes.NewReader(pack(t, entries...)), "@s/n", release, file100)
			var warning interface{ Warning() bool }
			if warns := errors.As(err, &warning) && warning.Warning(); warns != row.warns || err != nil && !warns {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestInspectReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	r := io.MultiReader(bytes.NewReader(pack(t, goodManifest)[:30]), iotest.ErrReader(broken))
	err := Inspect(r, "@s/n", release100, file100)
	if integrity := (*feed.IntegrityError)(nil); !errors.Is(err, broken) || errors.As(err, &integrity) {
		t.Errorf("got %v", err)
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(packTar(f, goodManifest, entry{name: "package/x", kind: tar.TypeSymlink, link: "y"}))
	f.Add(packTar(f, entry{kind: tar.TypeXGlobalHeader}, entry{name: "a/../b"}))
	f.Fuzz(func(t *testing.T, archive []byte) {
		small := limits{entries: 100, total: 1 << 20, free: 1 << 16, ratio: 100, manifest: 1 << 16}
		err := small.inspect(bytes.NewReader(zip(t, archive)), "@s/n", release100, file100)
		if integrity := (*feed.IntegrityError)(nil); err != nil && !errors.As(err, &integrity) {
			if warning := (*ScriptError)(nil); !errors.As(err, &warning) {
				t.Errorf("%v", err)
			}
		}
	})
}

func BenchmarkInspect(b *testing.B) {
	tarball := pack(b, goodManifest, entry{name: "package/x", content: strings.Repeat(noise(1000)+strings.Repeat("text ", 1000), 1000)})
	b.SetBytes(int64(len(tarball)))
	for b.Loop() {
		if err := Inspect(bytes.NewReader(tarball), "@s/n", release100, file100); err != nil {
			b.Fatal(err)
		}
	}
}
