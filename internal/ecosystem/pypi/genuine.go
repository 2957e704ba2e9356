package pypi

import (
	"context"
	"errors"
	"io"
	"path"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/pkg/feed"
)

// lostError says that a file is not where its index says. It is no
// feed.ErrNotFound: what an index lists and does not have is no reason to choose
// an older release without a word.
type lostError struct {
	file string
	err  error
}

func (e *lostError) Error() string {
	return e.file + " is in the index, and not where that says: " + e.err.Error()
}

// blame says whose fault it is that a file cannot be read: the transfer's, when it
// failed or the bytes are not those that the index gives a digest of; else that of
// the file, which is a *metadataError. rest is what was not read yet.
func (r *reader) blame(ctx context.Context, name, text string, file feed.File, hasher *feed.Hasher, rest io.Reader, err error) error {
	var upstream *feed.UpstreamError
	if errors.As(err, &upstream) || ctx.Err() != nil {
		return err
	}
	if _, failed := io.Copy(hasher, rest); failed != nil {
		return failed
	}
	filename := path.Base(file.Path)
	release, failed := r.index.Release(ctx, name, text)
	if failed != nil {
		return failed
	}
	got := hasher.Digests()
	for _, known := range release.Files {
		if algorithm := got.Conflict(known.Digests); path.Base(known.Path) == filename && algorithm != "" {
			wrong := &feed.IntegrityError{Path: file.Path, Got: algorithm + ":" + got[algorithm], Want: algorithm + ":" + known.Digests[algorithm]}
			key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: lock.Ecosystem, Name: name}, Version: text}
			return &feed.PackageError{Key: key, Upstream: release.Origin.Upstream, Err: wrong}
		}
	}
	return &metadataError{filename, err}
}
