package pypi

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/dist"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// digestMetadata is the digest of a wheel that its own METADATA has: the SHA-256
// of the file WHEEL.metadata, which has the same bytes.
const digestMetadata = "metadata"

// Digest implements the contract: the digest of METADATA inside a wheel, "" for
// everything else.
func Digest(algorithm string, file feed.File, r io.ReaderAt, size int64) (string, error) {
	if algorithm != digestMetadata || !wheel.IsWheel(file.Path) {
		return "", nil
	}
	data, err := dist.WheelMetadata(r, size, path.Base(file.Path))
	if err != nil {
		return "", &feed.IntegrityError{Path: file.Path, Got: err.Error(), Want: "a wheel"}
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
