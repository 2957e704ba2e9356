package cargo

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// limits cap what is read of a crate file, in bytes where not said otherwise.
// They are Cargo's own: it unpacks half a gigabyte, or twenty times the size of
// the file where that is more.
type limits struct {
	entries int   // number of them
	free    int64 // unpacked size up to which the ratio does not count
	ratio   int64 // unpacked to packed
	text    int64 // a file that is read
}

var crateLimits = limits{entries: 1 << 18, free: 512 << 20, ratio: 20, text: 16 << 20}

// formatError says what is wrong with a crate file.
type formatError struct{ got, want string }

func (e *formatError) Error() string { return "got " + e.got + ", want " + e.want }

func wrongFormat(want, got string, args ...any) error {
	return &formatError{got: fmt.Sprintf(got, args...), want: want}
}

// errStop ends the reading of an archive early.
var errStop = errors.New("stop")

// walk reads a crate file and calls visit for each regular file in it, with its
// path below the only folder, top. Its errors are a *formatError when the bytes
// are wrong, else those of the reader and of visit.
func (l limits) walk(r io.Reader, top string, visit func(path string, size int64, content io.Reader) error) error {
	in := &counter{r: r}
	z, err := gzip.NewReader(in)
	if err != nil {
		return in.explain(err, "no gzip data")
	}
	out := &counter{r: z, check: func(n int64) error {
		if n > l.free && n > l.ratio*in.n {
			return wrongFormat("a crate", "more than %d bytes out of %d: a decompression bomb", n-1, in.n)
		}
		return nil
	}}
	archive := tar.NewReader(out)
	for entries := 0; ; entries++ {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) && entries > 0 {
			break
		}
		if err != nil {
			return in.explain(err, "no tar archive")
		}
		if entries >= l.entries {
			return wrongFormat("a crate", "more than %d entries", l.entries)
		}
		path, err := entryPath(header, top)
		if err == nil && path != "" {
			err = visit(path, header.Size, archive)
		}
		if err != nil {
			return in.explain(err, "a broken tar archive")
		}
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		return in.explain(err, "broken gzip data")
	}
	return nil
}

// entryPath returns the path of a regular file below the top folder, "" for what
// needs no look.
func entryPath(header *tar.Header, top string) (string, error) {
	switch header.Typeflag {
	case tar.TypeXGlobalHeader:
		return "", nil
	case tar.TypeReg, tar.TypeDir:
	default:
		return "", wrongFormat("regular files only", "%.200q, an entry of type %q", header.Name, header.Typeflag)
	}
	name := strings.TrimSuffix(header.Name, "/")
	if strings.ContainsAny(name, "\\\x00") {
		return "", wrongFormat("plain paths", "the path %.200q", header.Name)
	}
	path, below := strings.CutPrefix(name, top+"/")
	if !below && (name != top || header.Typeflag != tar.TypeDir) {
		return "", wrongFormat("every file below "+top+"/", "the path %.200q", header.Name)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", wrongFormat("paths inside the crate", "the path %.200q", header.Name)
		}
	}
	if header.Typeflag == tar.TypeDir {
		return "", nil
	}
	return path, nil
}

// readText reads one file of an archive.
func (l limits) readText(path string, size int64, content io.Reader) ([]byte, error) {
	if size > l.text {
		return nil, wrongFormat("a "+path+" of modest size", "one of %d bytes", size)
	}
	return io.ReadAll(content)
}

// counter counts what is read, keeps the reader's error, and stops where check
// says so.
type counter struct {
	r     io.Reader
	n     int64
	err   error
	check func(n int64) error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	if c.check != nil && err == nil {
		err = c.check(c.n)
	}
	return n, err
}

// explain tells errors of the reader from wrong bytes.
func (c *counter) explain(err error, what string) error {
	if wrong := (*formatError)(nil); errors.As(err, &wrong) || errors.Is(err, errStop) || c.err != nil {
		return err
	}
	if c.n == 0 {
		what = "an empty file"
	}
	return wrongFormat("a gzip'd tar archive", "%s (%v)", what, err)
}
