package cargo

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/pkg/feed"
)

// extraVendor is the optional group that holds the files of every crate.
const extraVendor = "vendor"

// vendorFolder is the folder of a release in a directory source.
func vendorFolder(registry, base, version string) string {
	return root(registry) + "vendor/" + base + "-" + version + "/"
}

// unpack returns the files of a crate as Cargo's directory source wants them: a
// folder for each release, with a .cargo-checksum.json that names the crate's own
// digest and leaves the files' out.
func unpack(layout feed.Layout, name string, release feed.Release, file feed.File, r io.Reader) ([]feed.Document, error) {
	if !layout.Extra(extraVendor) {
		return nil, nil
	}
	registry, base, err := checkKey(name, release.Version)
	if err != nil {
		return nil, err
	}
	folder := vendorFolder(registry, base, release.Version)
	checksum, err := json.Marshal(struct {
		Files   struct{} `json:"files"`
		Package string   `json:"package"`
	}{Package: file.Digests["sha256"]})
	if err != nil {
		return nil, err
	}
	documents := []feed.Document{{Path: folder + ".cargo-checksum.json", Bytes: checksum}}
	err = crateLimits.walk(r, base+"-"+release.Version, func(path string, size int64, content io.Reader) error {
		document := feed.Document{Path: folder + path}
		if err := feed.CheckPath(document.Path); err != nil {
			return fmt.Errorf("%s@%s cannot be unpacked into the feed, leave --extra %s out: %w", name, release.Version, extraVendor, err)
		}
		if path == ".cargo-checksum.json" {
			return nil
		}
		var err error
		document.Bytes, err = io.ReadAll(io.LimitReader(content, size))
		documents = append(documents, document)
		return err
	})
	return documents, err
}

// vendored returns the name of the crate that a path behind "vendor/" belongs to.
func vendored(registry, rest string) string {
	folder, _, _ := strings.Cut(rest, "/")
	base, version, ok := cutVersion(folder)
	if !ok || !crate.Valid(base) || !crate.ValidVersion(version) {
		return ""
	}
	return crate.Join(registry, base)
}
