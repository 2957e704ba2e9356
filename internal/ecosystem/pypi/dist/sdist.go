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

// SdistMetadata returns PKG-INFO and pyproject.toml of a source distribution, nil
// for what it does not have. Both lie in its only folder; those deeper down belong
// to others. Another archive than the name says is a *WrongError.
func SdistMetadata(r io.Reader, filename string) (pkgInfo, pyproject []byte, err error) {
	s := sdist{filename: filename}
	if err := s.open(r, s.metadata); err != nil {
		return nil, nil, err
	}
	return s.pkgInfo, s.pyproject, nil
}

// CheckSdist checks that a source distribution is a whole archive with one folder,
// that no entry leaves it, and that its PKG-INFO, if it has one, is of the name
// and version in the file name.
func CheckSdist(r io.Reader, filename string) error {
	s := sdist{filename: filename, whole: true}
	if err := s.open(r, s.metadata); err != nil {
		return err
	}
	if s.folder == "" {
		return wrong(filename, "it is empty")
	}
	if s.pkgInfo == nil {
		return nil
	}
	name, version, err := identity(s.pkgInfo)
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
	filename           string
	whole              bool   // go on to the end, and be strict
	folder             string // "NAME-VERSION/"
	pkgInfo, pyproject []byte
	entries            int
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
	limited := &io.LimitedReader{R: r, N: maxUnpacked}
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

// metadata picks the two files that are wanted.
func (s *sdist) metadata(name string, _ int64, body io.Reader) error {
	if err := s.place(name); err != nil {
		return err
	}
	_, inner, _ := strings.Cut(strings.TrimPrefix(name, "./"), "/")
	var target *[]byte
	switch inner {
	case "PKG-INFO":
		target = &s.pkgInfo
	case "pyproject.toml":
		target = &s.pyproject
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
	if s.pkgInfo != nil && s.pyproject != nil && !s.whole {
		return errEnough
	}
	return nil
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
