package dist

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// ErrArchive says that a source distribution is an archive of a kind that is not
// read, such as .tar.xz.
var ErrArchive = errors.New("an archive of a kind that is not read; known are .tar.gz, .tgz, .tar.bz2, .tar and .zip")

// Sdist is what a source distribution says of itself; nil for what it does not.
type Sdist struct {
	PKGInfo   []byte
	Pyproject []byte // pyproject.toml
	Requires  []byte // requires.txt of its .egg-info folder, see ReadRequires; only where PKGInfo does not tell the requirements for certain
}

// SdistMetadata reads a source distribution. PKG-INFO and pyproject.toml lie in its
// only folder; those deeper down belong to others. Another archive than the name
// says is a *WrongError.
func SdistMetadata(r io.Reader, filename string) (Sdist, error) {
	s := sdist{filename: filename, limit: maxTar}
	if err := s.open(r, s.metadata); err != nil {
		return Sdist{}, err
	}
	if s.isStatic() {
		s.found.Requires = nil
	}
	return s.found, nil
}

// CheckSdist checks that a source distribution is a whole archive with one folder,
// that no entry leaves it, and that its PKG-INFO, if it has one, is of the name
// and version in the file name.
func CheckSdist(r io.Reader, filename string) error {
	s := sdist{filename: filename, whole: true, limit: maxTar}
	if err := s.open(r, s.metadata); err != nil {
		return err
	}
	if s.folder == "" {
		return wrong(filename, "it is empty")
	}
	if s.found.PKGInfo == nil {
		return nil
	}
	name, version, err := identity(s.found.PKGInfo)
	if err != nil {
		return wrong(filename, "%v", err)
	}
	parsed, err := wheel.ParseSdist(filename, name)
	if err != nil || !sameRelease(name, version, parsed.Name, parsed.Version) {
		return wrong(filename, "its PKG-INFO says %s %s", clip(name), clip(version))
	}
	return nil
}

// sdist goes through a source distribution.
type sdist struct {
	filename string
	limit    int64  // bytes that a tar may unpack to
	whole    bool   // go on to the end, and be strict
	folder   string // "NAME-VERSION/"
	found    Sdist
	entries  int
}

// errEnough ends the walk through an archive.
var errEnough = errors.New("enough")

// open calls visit for every file of the archive.
func (s *sdist) open(r io.Reader, visit func(name string, size int64, body io.Reader) error) error {
	lower := strings.ToLower(s.filename)
	var err error
	switch {
	case strings.HasSuffix(lower, ".zip"):
		err = s.zip(r, visit)
	case strings.HasSuffix(lower, ".tar.gz"), strings.HasSuffix(lower, ".tgz"):
		var unpacked *gzip.Reader
		if unpacked, err = gzip.NewReader(bufio.NewReaderSize(r, 64<<10)); err == nil {
			err = s.tar(unpacked, visit)
		}
	case strings.HasSuffix(lower, ".tar.bz2"), strings.HasSuffix(lower, ".tbz"):
		err = s.tar(bzip2.NewReader(bufio.NewReaderSize(r, 64<<10)), visit)
	case strings.HasSuffix(lower, ".tar"):
		err = s.tar(r, visit)
	default:
		return fmt.Errorf("%s: %w", clip(s.filename), ErrArchive)
	}
	var known *WrongError
	switch {
	case err == nil || errors.Is(err, errEnough):
		return nil
	case errors.As(err, &known):
		return err
	case isFormat(err):
		return wrong(s.filename, "no archive that can be read: %v", err)
	}
	return fmt.Errorf("%s: %w", clip(s.filename), err)
}

// isFormat tells what an archive is from what a reader says.
func isFormat(err error) bool {
	var corrupt bzip2.StructuralError
	for _, one := range []error{gzip.ErrHeader, gzip.ErrChecksum, tar.ErrHeader, zip.ErrFormat, zip.ErrChecksum, zip.ErrAlgorithm, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, one) {
			return true
		}
	}
	return errors.As(err, &corrupt) || strings.Contains(err.Error(), "flate: ")
}

func (s *sdist) tar(r io.Reader, visit func(name string, size int64, body io.Reader) error) error {
	limited := &cappedReader{r: r, left: s.limit, filename: s.filename}
	files := tar.NewReader(limited)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return s.end(limited)
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return err
		}
		if err := s.count(); err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			if err := s.place(header.Name); err != nil {
				return err
			}
			continue
		}
		if err := visit(header.Name, header.Size, files); err != nil {
			return err
		}
	}
}

// end reads what follows a tar's last entry, so that a checksum behind it counts.
func (s *sdist) end(r io.Reader) error {
	if !s.whole {
		return nil
	}
	_, err := io.Copy(io.Discard, r)
	return err
}

// zip keeps the archive in a temporary file, because a zip is read from its end.
func (s *sdist) zip(r io.Reader, visit func(name string, size int64, body io.Reader) error) error {
	at, size, done, err := seekable(r)
	if err != nil {
		return err
	}
	defer done()
	guarded := &errorReader{r: at}
	archive, err := openZip(guarded, size, s.filename)
	if err != nil {
		return err
	}
	for _, file := range archive.File {
		if err := s.count(); err != nil {
			return err
		}
		if strings.HasSuffix(file.Name, "/") {
			if err := s.place(file.Name); err != nil {
				return err
			}
			continue
		}
		if err := s.visitZip(file, visit); err != nil {
			return err
		}
	}
	return guarded.err
}

func (s *sdist) visitZip(file *zip.File, visit func(name string, size int64, body io.Reader) error) error {
	body, err := file.Open()
	if err != nil {
		return err
	}
	defer body.Close()
	return visit(file.Name, int64(min(file.UncompressedSize64, maxUnpacked)), body)
}

func (s *sdist) count() error {
	if s.entries++; s.entries > maxEntries {
		return wrong(s.filename, "more than %d entries", maxEntries)
	}
	return nil
}

// place checks the name of an entry, and finds the archive's folder.
func (s *sdist) place(name string) error {
	name = strings.TrimPrefix(name, "./")
	if name == "" || name == "pax_global_header" {
		return nil
	}
	folder, rest, ok := strings.Cut(name, "/")
	if !ok || rest == "" {
		rest = ""
	}
	if folder == "" || folder == ".." || strings.Contains("/"+rest+"/", "/../") || strings.ContainsAny(name, "\x00") {
		return wrong(s.filename, "the entry %q leaves the folder", clip(name))
	}
	if ok && s.folder == "" {
		s.folder = folder + "/"
	}
	if s.whole && s.folder != folder+"/" && (ok || s.folder != "") {
		return wrong(s.filename, "two folders, %q and %q", clip(s.folder), clip(folder))
	}
	return nil
}

// metadata picks the files that are wanted.
func (s *sdist) metadata(name string, _ int64, body io.Reader) error {
	if err := s.place(name); err != nil {
		return err
	}
	_, inner, _ := strings.Cut(strings.TrimPrefix(name, "./"), "/")
	var target *[]byte
	switch {
	case inner == "PKG-INFO":
		target = &s.found.PKGInfo
	case inner == "pyproject.toml":
		target = &s.found.Pyproject
	case isRequires(s.filename, inner) && s.found.Requires == nil:
		target = &s.found.Requires
	default:
		return nil
	}
	if *target != nil {
		return wrong(s.filename, "%s is there twice", inner)
	}
	data, err := readCapped(body, MaxMetadata)
	if err != nil {
		return err
	}
	*target = append([]byte{}, data...)
	if s.found.PKGInfo != nil && s.found.Pyproject != nil && !s.whole && (s.found.Requires != nil || s.isStatic()) {
		return errEnough
	}
	return nil
}

// isStatic reports whether PKG-INFO tells the requirements for certain.
func (s *sdist) isStatic() bool {
	m, err := ReadMetadata(s.found.PKGInfo)
	return err == nil && m.IsStatic()
}

// cappedReader gives so many bytes; more is a *WrongError.
type cappedReader struct {
	r        io.Reader
	left     int64
	filename string
}

func (c *cappedReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, wrong(c.filename, "larger than %d GB when unpacked", maxTar>>30)
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// seekable returns what r holds as something that is read in any order: itself if
// it can do that, else a temporary file, which done removes.
func seekable(r io.Reader) (at io.ReaderAt, size int64, done func(), err error) {
	if file, ok := r.(interface {
		io.ReaderAt
		io.Seeker
	}); ok {
		if size, err := file.Seek(0, io.SeekEnd); err == nil {
			return file, size, func() {}, nil
		}
	}
	file, err := os.CreateTemp("", "feedctl-*.zip")
	if err != nil {
		return nil, 0, nil, err
	}
	done = func() {
		file.Close()
		os.Remove(file.Name())
	}
	size, err = io.Copy(file, io.LimitReader(r, maxSdist+1))
	if err == nil && size > maxSdist {
		err = fmt.Errorf("larger than %d GB", maxSdist>>30)
	}
	if err != nil {
		done()
		return nil, 0, nil, err
	}
	return file, size, done, nil
}

// maxSdist is the largest zip that is kept in a temporary file, in bytes.
const maxSdist = 4 << 30
