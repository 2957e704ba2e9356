package simple

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/dist"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// metadataSuffix follows the address of a wheel in that of its metadata (PEP 658).
const metadataSuffix = ".metadata"

// maxWheel is the largest wheel that is downloaded for its metadata, in bytes.
const maxWheel = 8 << 30

// Metadata returns the METADATA of a wheel and where it was read: the ".metadata"
// file that the index offers; the same untold; the wheel's own by range; the wheel
// as a whole. Of file only Name, URL, SHA256 and CoreMetadata are looked at. What
// the index says of the metadata by a digest is checked: a difference is a
// *feed.IntegrityError. What is read stays in memory for Open, up to a limit, and
// must not be changed.
func (x *Index) Metadata(ctx context.Context, file *File) (data []byte, from From, err error) {
	if !wheel.IsWheel(file.Name) {
		return nil, "", fmt.Errorf("upstream %q: %s is no wheel, and only wheels have metadata that can be read alone", x.upstream, clip(file.Name))
	}
	key := file.Name + "\n" + file.URL
	if known, ok := x.metadata.get(key); ok {
		return known.data, known.from, ctx.Err()
	}
	data, from, err = x.readMetadata(ctx, file)
	if err != nil {
		return nil, "", err
	}
	x.metadata.put(key, readFrom{data, from}, len(data)+len(key))
	return data, from, nil
}

// readFrom is the METADATA of a wheel.
type readFrom struct {
	data []byte
	from From
}

func (x *Index) readMetadata(ctx context.Context, file *File) ([]byte, From, error) {
	if file.URL == "" {
		data, err := x.localMetadata(ctx, file)
		return data, FromWheel, err
	}
	offered := file.CoreMetadata != nil
	if offered || x.reading.mayHaveSiblings(hostOf(file.URL)) {
		data, err := x.sibling(ctx, file)
		switch {
		case err == nil && offered:
			return data, FromIndex, nil
		case err == nil:
			x.reading.sibling(true)
			return data, FromSibling, nil
		case !isMissing(err, offered):
			return nil, "", err
		case !offered:
			x.reading.sibling(false)
		}
	}
	data, err := x.ranged(ctx, file)
	if err == nil || !errors.Is(err, errNoRanges) {
		return data, FromRange, err
	}
	data, err = x.wholeWheel(ctx, file)
	return data, FromWheel, err
}

// isMissing reports whether a ".metadata" file is not there. Some servers refuse
// what they do not have; where nothing was promised that is an answer.
func isMissing(err error, offered bool) bool {
	var upstream *feed.UpstreamError
	refused := errors.As(err, &upstream) && upstream.Status >= 400 && upstream.Status < 500 && !upstream.Temporary()
	return isNotFound(err) || errors.Is(err, errNoMetadata) || refused && !offered
}

// errNoMetadata says that an answer is no METADATA, such as the page of a server
// that has a page for everything.
var errNoMetadata = errors.New("no core metadata")

func checkMetadata(body []byte) error {
	start := bytes.TrimLeft(body[:min(len(body), 1<<10)], "\ufeff \r\n")
	if len(start) == 0 || start[0] == '<' || start[0] == '{' || bytes.IndexByte(start, ':') < 0 {
		return errNoMetadata
	}
	return nil
}

// sibling reads the ".metadata" file of a wheel. What has another digest than the
// index says is not cached.
func (x *Index) sibling(ctx context.Context, file *File) ([]byte, error) {
	check := func(body []byte) error {
		if err := checkMetadata(body); err != nil || file.CoreMetadata == nil || *file.CoreMetadata == "" {
			return err
		}
		sum := sha256.Sum256(body)
		if got := hex.EncodeToString(sum[:]); got != *file.CoreMetadata {
			return &feed.IntegrityError{Path: web.Redact(file.URL) + metadataSuffix, Got: "sha256:" + got, Want: "sha256:" + *file.CoreMetadata}
		}
		return nil
	}
	data, err := x.client.Get(ctx, web.Request{URL: file.URL + metadataSuffix, Limit: dist.MaxMetadata, Access: x.access, Check: check})
	if err == nil {
		err = check(data) // of the cache, or with the digest that another page gave
	}
	var integrity *feed.IntegrityError
	if errors.As(err, &integrity) {
		return nil, integrity
	}
	return data, err
}

// wholeWheel downloads a wheel to a temporary file and reads its METADATA.
func (x *Index) wholeWheel(ctx context.Context, file *File) ([]byte, error) {
	body, err := x.client.Open(ctx, web.Request{URL: file.URL, Limit: maxWheel, Access: x.access})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	temporary, err := os.CreateTemp("", "feedctl-*.whl")
	if err != nil {
		return nil, err
	}
	defer os.Remove(temporary.Name())
	defer temporary.Close()
	hasher := feed.NewHasher("sha256")
	size, err := io.Copy(io.MultiWriter(temporary, hasher), body)
	if err != nil {
		return nil, err
	}
	if got := hasher.Digests()["sha256"]; file.SHA256 != "" && got != file.SHA256 {
		return nil, &feed.IntegrityError{Path: web.Redact(file.URL), Got: "sha256:" + got, Want: "sha256:" + file.SHA256}
	}
	return x.inside(temporary, size, file)
}

// localMetadata reads a wheel on this machine. Its ".metadata" file would be a
// second truth that costs no less.
func (x *Index) localMetadata(ctx context.Context, file *File) ([]byte, error) {
	if file.path == "" {
		found, err := x.locate(ctx, file.Name)
		if err != nil {
			return nil, err
		}
		if found.URL != "" {
			data, _, err := x.readMetadata(ctx, found)
			return data, err
		}
		file = found
	}
	opened, err := x.openLocal(file.path)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return nil, err
	}
	return x.inside(opened, info.Size(), file)
}

// inside reads METADATA from inside a wheel. A wheel that is none is the upstream's
// fault.
func (x *Index) inside(r io.ReaderAt, size int64, file *File) ([]byte, error) {
	data, err := dist.WheelMetadata(r, size, file.Name)
	if wrong := (*dist.WrongError)(nil); errors.As(err, &wrong) {
		return nil, x.wrong(file.URL, err)
	}
	return data, err
}
