package cargo_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/pkg/feed"
)

func TestUnpack(t *testing.T) {
	e := cargo.Ecosystem()
	release := feed.Release{Version: "1.0.0"}
	artifact := feed.File{Path: "cargo/alpha-1.0.0.crate", Digests: feed.Digests{"sha256": "abc"}}
	vendor := feed.Layout{Extras: []string{"vendor"}}
	for what, row := range map[string]struct {
		layout feed.Layout
		crate  []byte
		want   string // path=text of each document
		err    string
	}{
		"not asked for": {crate: entries(t, file("alpha-1.0.0/Cargo.toml"), "x")},
		"files": {
			layout: vendor, crate: entries(t, file("alpha-1.0.0/Cargo.toml"), "x", file("alpha-1.0.0/src/lib.rs"), "y"),
			want: `cargo/vendor/alpha-1.0.0/.cargo-checksum.json={"files":{},"package":"abc"} ` +
				"cargo/vendor/alpha-1.0.0/Cargo.toml=x cargo/vendor/alpha-1.0.0/src/lib.rs=y",
		},
		"own checksums": {
			layout: vendor, crate: entries(t, file("alpha-1.0.0/.cargo-checksum.json"), "forged"),
			want: `cargo/vendor/alpha-1.0.0/.cargo-checksum.json={"files":{},"package":"abc"}`,
		},
		"way out":        {layout: vendor, crate: entries(t, file("alpha-1.0.0/../../feed.json"), "x"), err: "paths inside the crate"},
		"another folder": {layout: vendor, crate: entries(t, file("beta-1.0.0/Cargo.toml"), "x"), err: "every file below alpha-1.0.0/"},
		"device":         {layout: vendor, crate: entries(t, file("alpha-1.0.0/src/aux.rs"), "x"), err: "leave --extra vendor out"},
	} {
		t.Run(what, func(t *testing.T) {
			documents, err := e.Unpack(row.layout, "alpha", release, artifact, bytes.NewReader(row.crate))
			if row.err != "" {
				if err == nil || !strings.Contains(err.Error(), row.err) {
					t.Errorf("got %v, want %s", err, row.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, document := range documents {
				got = append(got, document.Path+"="+string(document.Bytes))
				if owner := e.Owner(document.Path); owner != "alpha" {
					t.Errorf("Owner(%s) = %q", document.Path, owner)
				}
			}
			if text := strings.Join(got, " "); text != row.want {
				t.Errorf("got  %s\nwant %s", text, row.want)
			}
		})
	}
}
