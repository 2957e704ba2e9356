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
	"iter"
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
	Skipped []Skipped // the files that are no candidates

	Status       string // of PEP 792: "", "active", "archived", "quarantined", "deprecated"
	StatusReason string

	files *packed
}

// Files returns every file: by version, ascending, and the files of one version in
// the order of the page.
func (p *Project) Files() []File {
	var all []File
	for _, files := range p.Versions() {
		all = append(all, files...)
	}
	return all
}

// Versions goes through the versions, ascending, and the files of each in the order
// of the page. The list of files is valid until the next step.
func (p *Project) Versions() iter.Seq2[version.Version, []File] {
	return func(yield func(version.Version, []File) bool) {
		var files []File
		for i := range p.groups() {
			files = p.files.files(i, files[:0])
			if !yield(p.files.groups[i].version, files) {
				return
			}
		}
	}
}

// Version returns a version, in the text that the index has for it, and its files
// in the order of the page. It is asked for by version.Version.Key.
func (p *Project) Version(key string) (version.Version, []File) {
	if p.files != nil {
		if i, ok := p.files.find(key); ok {
			return p.files.groups[i].version, p.files.files(i, nil)
		}
	}
	return version.Version{}, nil
}

// file returns the file of a name, or nil.
func (p *Project) file(name string) *File {
	v, err := versionOf(name, p.Name)
	if err != nil {
		return nil
	}
	_, files := p.Version(v.Key())
	for i := range files {
		if files[i].Name == name {
			return &files[i]
		}
	}
	return nil
}

// size is about how much memory the project takes, in bytes.
func (p *Project) size() int {
	size := 512
	if p.files != nil {
		size += p.files.size()
	}
	for i := range p.Skipped {
		size += len(p.Skipped[i].Name) + len(p.Skipped[i].Reason) + 48
	}
	return size
}

func (p *Project) groups() int {
	if p.files == nil {
		return 0
	}
	return len(p.files.groups)
}

// File is one distribution that an index offers.
type File struct {
	Name    string // file name, unescaped
	URL     string // absolute, without user and fragment; empty for a file on this machine
	Version version.Version

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

// IsWheel reports whether the file is a wheel, and no source distribution.
func (f *File) IsWheel() bool { return wheel.IsWheel(f.Name) }

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
