// Package simple is a client of Python package indexes: the simple API as HTML
// (PEP 503) and JSON (PEP 691) with yanked files (PEP 592), core metadata (PEP
// 658, 714), the API's version (PEP 629), sizes and upload times (PEP 700) and
// project status (PEP 792); flat pages and folders of files, as pip's
// --find-links takes them; and the same trees on disk.
//
// The address of an index is one of
//
//	https://HOST/PATH/simple/     an index; also http
//	file:///FOLDER, /FOLDER       an index on disk: NAME/index.html, or folders of files
//	flat+https://HOST/PAGE        a page with the files of every project
//	flat+file:///FOLDER_OR_PAGE   the same on disk; a folder that holds distributions
//	                              itself is flat without saying so
//
// The names of files are the last segments of their addresses. What is no
// distribution, is one of another project, or has no version of PEP 440 is
// listed as skipped and never a candidate.
package simple

import (
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Project is what an index offers of one project. It is shared with other callers
// and must not be changed.
type Project struct {
	Name    string    // in the normal form of PEP 503
	URL     string    // of its page, without secrets; empty for a place on this machine
	Files   []File    // in the order of the page
	Skipped []Skipped // the files that are no candidates

	Status       string // of PEP 792: "", "active", "archived", "quarantined", "deprecated"
	StatusReason string
}

// File is one distribution that an index offers.
type File struct {
	Name    string // file name, unescaped
	URL     string // absolute, without user and fragment; empty for a file on this machine
	Version version.Version
	Wheel   *wheel.Wheel // nil for a source distribution

	SHA256   string       // lower-case hex, or ""
	Others   feed.Digests // digests by other algorithms, where the index gives them
	Size     int64        // bytes; 0 when it is not told
	Uploaded time.Time    // zero when it is not told

	RequiresPython string  // as the index says it; empty means any
	Yanked         *string // the reason, which may be empty; nil when the file is not yanked
	CoreMetadata   *string // SHA-256 of the ".metadata" file, "" when it is offered without; nil when it is not offered
	Provenance     string  // address of the attestations (PEP 740), or ""

	path string // of a file on this machine
}

// Digests returns what the bytes of the file must be.
func (f *File) Digests() feed.Digests {
	if f.SHA256 == "" {
		return f.Others
	}
	return feed.Digests{"sha256": f.SHA256}.Merge(f.Others)
}

// Skipped is a file that is listed and no candidate.
type Skipped struct {
	Name   string
	Reason string // "file name …: …", one line
	Legacy bool   // a distribution of the project whose version is none of PEP 440, or of a form that nobody installs any more (eggs, installers)
}

// From says where the metadata of a file was read.
type From string

// The places that metadata is read from, in the order in which they are tried.
const (
	FromIndex   From = "core metadata" // the index names it
	FromSibling From = "sibling"       // FILE.metadata is there though the index does not say so
	FromRange   From = "range"         // read by ranges from inside the wheel
	FromWheel   From = "wheel"         // the wheel was downloaded
)
