package verify

import (
	"context"
	"errors"
	"io"
	"os"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// maxEvidence is the largest file of evidence that is read, in bytes.
const maxEvidence = 16 << 20

// prove checks a package against the evidence that the feed keeps.
func (c *check) prove(ctx context.Context, e ecosystem.Ecosystem, p feed.Package) {
	if e.Prove == nil {
		return
	}
	err := e.Prove(ctx, p, func(ctx context.Context, path string) ([]byte, error) {
		return c.feed.ReadFile(ctx, path, maxEvidence)
	})
	if err == nil || ctx.Err() != nil {
		return
	}
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	for _, err := range all {
		c.findIn(feed.VersionKey{PackageKey: p.PackageKey}, Finding{Code: "unproven", Package: p.PackageKey.String(), Message: err.Error()})
	}
}

// derive computes the digests of an artifact that hashing its bytes does not
// give. body has been read to its end.
func (c *check) derive(ctx context.Context, e ecosystem.Ecosystem, file feed.File, body io.Reader) error {
	if e.Digest == nil || !hasDerived(file.Digests) {
		return nil
	}
	at, ok := body.(io.ReaderAt)
	if !ok {
		spooled, err := c.spool(ctx, file)
		if err != nil {
			return err
		}
		defer os.Remove(spooled.Name())
		defer spooled.Close()
		at = spooled
	}
	_, err := ecosystem.Derive(e, file, at, file.Size)
	return err
}

func hasDerived(digests feed.Digests) bool {
	for algorithm := range digests {
		if len(feed.NewHasher(algorithm).Digests()) == 0 {
			return true
		}
	}
	return false
}

// spool copies an artifact of a feed behind a web server into a temporary file.
func (c *check) spool(ctx context.Context, file feed.File) (*os.File, error) {
	body, err := c.feed.Open(ctx, file.Path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	spooled, err := os.CreateTemp("", "feedctl-verify-*")
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(spooled, io.LimitReader(body, file.Size)); err != nil {
		return nil, errors.Join(err, spooled.Close(), os.Remove(spooled.Name()))
	}
	return spooled, nil
}
