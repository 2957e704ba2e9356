package cargo_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
	"github.com/feedctl/feedctl/pkg/feed"
)

// entries makes a crate file of headers, each with its text.
func entries(t *testing.T, pairs ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	archive := tar.NewWriter(z)
	for i := 0; i < len(pairs); i += 2 {
		header, text := pairs[i].(tar.Header), pairs[i+1].(string)
		header.Size = int64(len(text))
		if err := archive.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644} }

const cargoToml = `[package]
name = "alpha"
version = "1.0.0"
[features]
std = ["b/std", "dep:c"]
[dependencies.b]
version = "1.2"
features = ["y", "x"]
[dependencies.c]
version = ">= 1, < 3"
optional = true
default-features = false
package = "real-c"
[target.'cfg(target_os = "windows")'.build-dependencies]
w = "0.3"
`

const inspectLine = `{"name":"alpha","vers":"1.0.0","deps":[
	{"name":"b","req":"^1.2","features":["x","y"],"optional":false,"default_features":true,"target":null,"kind":"normal"},
	{"name":"c","req":">=1, <3","features":[],"optional":true,"default_features":false,"target":null,"kind":null,"package":"real-c"},
	{"name":"w","req":"^0.3","features":[],"optional":false,"default_features":true,"target":"cfg(target_os=\"windows\")","kind":"build"}
],"cksum":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","features":{},"features2":{"std":["dep:c","b/std"]},"v":2}`

func inspect(line string, data []byte) error {
	release := feed.Release{Version: "1.0.0", Metadata: json.RawMessage(line)}
	return cargo.Inspect(bytes.NewReader(data), "alpha", release, feed.File{Path: "cargo/alpha-1.0.0.crate"})
}

func TestInspect(t *testing.T) {
	const top = "alpha-1.0.0/"
	manifest, orig := file(top+"Cargo.toml"), file(top+"Cargo.toml.orig")
	link := tar.Header{Name: top + "x", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}
	good := entries(t, tar.Header{Name: top, Typeflag: tar.TypeDir, Mode: 0o755}, "", manifest, cargoToml, orig, "", file(top+"src/lib.rs"), "x")
	for name, row := range map[string]struct {
		data []byte
		line string
		want string
	}{
		"good":                {good, inspectLine, ""},
		"empty":               {nil, inspectLine, "an empty file"},
		"no gzip":             {[]byte("<html>"), inspectLine, "no gzip data"},
		"cut":                 {good[:len(good)-20], inspectLine, "gzip"},
		"no manifest":         {entries(t, orig, ""), inspectLine, "got none"},
		"no TOML":             {entries(t, manifest, "["), inspectLine, "cannot be read"},
		"another name":        {entries(t, manifest, strings.Replace(cargoToml, "alpha", "beta", 1)), inspectLine, `a Cargo.toml of "beta"`},
		"another version":     {entries(t, manifest, strings.Replace(cargoToml, "1.0.0", "1.0.1", 1)), inspectLine, `version "1.0.1"`},
		"another folder":      {entries(t, file("beta-1.0.0/Cargo.toml"), cargoToml), inspectLine, "below alpha-1.0.0/"},
		"outside":             {entries(t, manifest, cargoToml, file(top+"../../x"), ""), inspectLine, "inside the crate"},
		"absolute":            {entries(t, manifest, cargoToml, file("/x"), ""), inspectLine, "below alpha-1.0.0/"},
		"backslash":           {entries(t, manifest, cargoToml, file(top+`a\..\b`), ""), inspectLine, "plain paths"},
		"link":                {entries(t, manifest, cargoToml, link, ""), inspectLine, "regular files only"},
		"missing dependency":  {entries(t, manifest, strings.Replace(cargoToml, "[dependencies.b]", "[dev-dependencies.b]", 1), orig, ""), inspectLine, "dependency b ^1.2 [x, y]"},
		"hidden dependency":   {entries(t, manifest, cargoToml+"[dependencies.evil]\nversion = \"1\"\n", orig, ""), inspectLine, "dependency evil ^1 [], which the index line does not have"},
		"hidden feature":      {entries(t, manifest, strings.Replace(cargoToml, "std =", "x = []\nstd =", 1), orig, ""), inspectLine, "feature x = []"},
		"other feature":       {entries(t, manifest, strings.Replace(cargoToml, `, "dep:c"`, "", 1), orig, ""), inspectLine, "feature std"},
		"no line":             {good, `{}`, "index line in the ledger"},
		"manifest of an age":  {entries(t, manifest, strings.Replace(cargoToml, "1.2", "1.3", 1)), inspectLine, "clients go by the index line"},
		"the last one counts": {entries(t, manifest, "[", manifest, cargoToml, orig, ""), inspectLine, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := inspect(row.line, row.data)
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
			var integrity *feed.IntegrityError
			var differs *cargo.DifferenceError
			if err != nil && name != "no line" && !errors.As(err, &integrity) && !errors.As(err, &differs) {
				t.Errorf("%T is no error of the file", err)
			}
		})
	}
}

func FuzzInspect(f *testing.F) {
	data, err := cargotest.Crate("alpha", "1.0.0", map[string][]byte{"Cargo.toml": []byte(cargoToml), "Cargo.toml.orig": nil})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var integrity *feed.IntegrityError
		var differs *cargo.DifferenceError
		if err := inspect(inspectLine, data); err != nil && !errors.As(err, &integrity) && !errors.As(err, &differs) {
			t.Fatal(err)
		}
	})
}
