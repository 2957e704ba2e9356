package golang

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"

	"github.com/feedctl/feedctl/pkg/feed"
)

// h1 is the algorithm of go.sum: the hash of a list of files, each with its own
// hash. Digests hold what follows "h1:" there.
const h1 = "h1"

// Limits of what is read of an artifact, in bytes.
const (
	maxInfo      = 1 << 20
	maxMod       = modzip.MaxGoMod
	maxZip       = modzip.MaxZipFile // of the archive, and of its files together
	maxDirectory = 32 << 20          // of the archive's list of files
)

// Digest implements the contract: the "h1" of a zip or of a go.mod, "" for
// everything else.
func Digest(algorithm string, file feed.File, r io.ReaderAt, size int64) (string, error) {
	switch {
	case algorithm != h1:
		return "", nil
	case strings.HasSuffix(file.Path, suffixZip):
		archive, err := openZip(r, size)
		if err != nil {
			return "", integrity(file, err)
		}
		return hashZip(file, archive)
	case strings.HasSuffix(file.Path, suffixMod):
		return hashMod(io.NewSectionReader(r, 0, size))
	}
	return "", nil
}

// hashMod is the h1 of a go.mod.
func hashMod(r io.Reader) (string, error) {
	open := func(string) (io.ReadCloser, error) { return io.NopCloser(pooled{r}), nil }
	hash, err := dirhash.Hash1([]string{"go.mod"}, open)
	return strings.TrimPrefix(hash, h1+":"), err
}

// hashZip is the h1 of the files in an archive.
func hashZip(file feed.File, archive *zip.Reader) (string, error) {
	var names []string
	entries := map[string]*zip.File{}
	for _, entry := range archive.File {
		if entries[entry.Name] != nil {
			return "", integrity(file, fmt.Errorf("two entries %.100q", entry.Name))
		}
		entries[entry.Name] = entry
		names = append(names, entry.Name)
	}
	hash, err := dirhash.Hash1(names, func(name string) (io.ReadCloser, error) { return openEntry(entries[name]) })
	if err != nil {
		return "", integrity(file, err)
	}
	return strings.TrimPrefix(hash, h1+":"), nil
}

// integrity says that a file is no artifact of a module version.
func integrity(file feed.File, err error) error {
	want := "a module zip"
	switch {
	case strings.HasSuffix(file.Path, suffixMod):
		want = "a go.mod"
	case strings.HasSuffix(file.Path, suffixInfo):
		want = "an .info document"
	}
	return &feed.IntegrityError{Path: file.Path, Got: err.Error(), Want: want}
}

// openZip reads the list of files of an archive and refuses sizes that no module
// has.
func openZip(r io.ReaderAt, size int64) (*zip.Reader, error) {
	if size > maxZip {
		return nil, fmt.Errorf("an archive of %d bytes, and %d are allowed", size, maxZip)
	}
	budget := &budgetReader{r: r, left: maxDirectory}
	archive, err := zip.NewReader(budget, size)
	if err != nil {
		return nil, fmt.Errorf("no zip archive (%w)", err)
	}
	budget.left = 1 << 62
	var total uint64
	for _, entry := range archive.File {
		if total += entry.UncompressedSize64; total > maxZip || entry.UncompressedSize64 > maxZip {
			return nil, fmt.Errorf("files of more than %d bytes together", maxZip)
		}
	}
	return archive, nil
}

// openEntry opens a file of an archive. Package zip refuses content of another
// size or checksum than the archive says.
func openEntry(entry *zip.File) (io.ReadCloser, error) {
	body, err := entry.Open()
	if err != nil {
		return nil, fmt.Errorf("entry %.100q: %w", entry.Name, err)
	}
	return &entryReader{body, entry.Name}, nil
}

// entryReader names the entry in errors.
type entryReader struct {
	io.ReadCloser
	name string
}

func (e *entryReader) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("entry %.100q: %w", e.name, err)
	}
	return n, err
}

// WriteTo implements io.WriterTo.
func (e *entryReader) WriteTo(w io.Writer) (int64, error) {
	return pooled{readerFunc(e.Read)}.WriteTo(w)
}

// readerFunc is a function as an io.Reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// pooled lets io.Copy read without a buffer of its own: most of what is read is
// smaller.
type pooled struct{ io.Reader }

var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// WriteTo implements io.WriterTo.
func (p pooled) WriteTo(w io.Writer) (int64, error) {
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	return io.CopyBuffer(w, struct{ io.Reader }{p.Reader}, buffer[:])
}

// budgetReader bounds what is read while an archive is opened.
type budgetReader struct {
	r    io.ReaderAt
	left int64
}

func (b *budgetReader) ReadAt(p []byte, at int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, fmt.Errorf("a list of files of more than %d bytes", maxDirectory)
	}
	return b.r.ReadAt(p, at)
}
