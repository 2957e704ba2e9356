// Package dist reads Python distributions: core metadata (1.0 to 2.5), wheels
// (PEP 427) and source distributions (PEP 517, 518, 625). It runs nothing of what
// it reads, and takes nothing of it for granted: sizes, counts, names and
// checksums are checked before anything is believed.
package dist

import (
	"fmt"
	"io"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// MaxMetadata is the largest METADATA, PKG-INFO or pyproject.toml that is read, in
// bytes.
const MaxMetadata = 16 << 20

// Limits on archives.
const (
	maxDirectory = 16 << 20 // bytes of a zip's central directory
	maxEntries   = 250_000  // of an archive
	maxUnpacked  = 64 << 30 // bytes of a whole archive
	maxRecord    = 64 << 20 // bytes of RECORD
	maxTar       = 8 << 30  // bytes of an unpacked tar, which has to be gone through to its end
)

// WrongError says that a distribution is not what its file name or its format
// promises. What follows the file name is Problem.
type WrongError struct{ Filename, Problem string }

func (e *WrongError) Error() string { return clip(e.Filename) + ": " + e.Problem }

func wrong(filename, format string, args ...any) error {
	return &WrongError{Filename: filename, Problem: fmt.Sprintf(format, args...)}
}

// sameRelease reports whether a name and a version as someone wrote them are those
// of a file name.
func sameRelease(name, versionText, wantName string, want version.Version) bool {
	got, err := version.Parse(versionText)
	return err == nil && wheel.NormalizeName(name) == wantName && got.Equal(want)
}

// readCapped reads at most limit bytes; more is an error.
func readCapped(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("larger than %d MB", limit>>20)
	}
	return data, err
}

func clip(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) > 100 {
		return text[:100] + "…"
	}
	return text
}
