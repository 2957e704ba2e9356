package pypi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/dist"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Inspect checks that an artifact is a distribution of the release: a wheel whose
// files are as its RECORD says and whose METADATA is the one kept beside it, a
// source distribution, or core metadata of that name and version. Anything else
// is a *feed.IntegrityError.
func Inspect(r io.Reader, name string, release feed.Release, file feed.File) error {
	if err := checkKey(name, release.Version); err != nil {
		return err
	}
	filename := path.Base(file.Path)
	if !belongs(filename, name) {
		return &feed.IntegrityError{Path: file.Path, Got: "a file of another name", Want: "a distribution of " + name}
	}
	switch {
	case strings.HasSuffix(filename, suffixMetadata):
		return inspectMetadata(r, name, release.Version, file)
	case wheel.IsWheel(filename):
		return inspectWheel(r, release, file)
	}
	sdist, err := wheel.ParseSdist(filename, name)
	if err != nil || !isVersion(release.Version, sdist.Version) {
		return &feed.IntegrityError{Path: file.Path, Got: "a file name of another version", Want: release.Version}
	}
	return integrity(file, "a source distribution", dist.CheckSdist(r, filename))
}

func isVersion(text string, v version.Version) bool {
	w, err := version.Parse(text)
	return err == nil && w.Equal(v)
}

// integrity says that an artifact is not what it should be. Failures of reading it
// are passed on.
func integrity(file feed.File, want string, err error) error {
	var already *feed.IntegrityError
	var failed *os.PathError
	if err == nil || errors.As(err, &already) || errors.As(err, &failed) {
		return err
	}
	return &feed.IntegrityError{Path: file.Path, Got: err.Error(), Want: want}
}

// inspectMetadata checks whose core metadata a file has. That old ones have
// requirements which nobody can read does not condemn them.
func inspectMetadata(r io.Reader, name, text string, file feed.File) error {
	data, err := readMetadataFile(r)
	if err != nil {
		return integrity(file, "core metadata", err)
	}
	ownName, ownVersion := headerField(data, "Name"), headerField(data, "Version")
	v, err := version.Parse(ownVersion)
	if err != nil || wheel.NormalizeName(ownName) != name || !isVersion(text, v) {
		return &feed.IntegrityError{Path: file.Path, Got: fmt.Sprintf("core metadata of %.100q, version %.100q", ownName, ownVersion), Want: name + " " + text}
	}
	return nil
}

// headerField returns a field of core metadata, "" if it is not there.
func headerField(data []byte, name string) string {
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return ""
		}
		key, value, ok := strings.Cut(string(line), ":")
		if ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// readMetadataFile reads core metadata whole.
func readMetadataFile(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, dist.MaxMetadata+1))
	if err == nil && len(data) > dist.MaxMetadata {
		err = fmt.Errorf("more than %d bytes of core metadata", dist.MaxMetadata)
	}
	return data, err
}

// inspectWheel checks a wheel, and that the core metadata kept beside it are its
// own.
func inspectWheel(r io.Reader, release feed.Release, file feed.File) error {
	filename := path.Base(file.Path)
	w, err := wheel.ParseWheel(filename)
	if err != nil || !isVersion(release.Version, w.Version) {
		return &feed.IntegrityError{Path: file.Path, Got: "a file name of another version", Want: release.Version}
	}
	spooled, err := spool(r)
	if err != nil {
		return integrity(file, "a wheel", err)
	}
	defer spooled.Close()
	if err := dist.CheckWheel(spooled, spooled.size, filename, nil); err != nil {
		return integrity(file, "a wheel", err)
	}
	for _, other := range release.Files {
		want := other.Digests["sha256"]
		if other.Path != file.Path+suffixMetadata || other.Absent || want == "" {
			continue
		}
		got, err := Digest(digestMetadata, file, spooled, spooled.size)
		if err != nil {
			return err
		}
		if got != want {
			return &feed.IntegrityError{Path: file.Path, Got: "METADATA of sha256:" + got, Want: "that of " + path.Base(other.Path) + ", sha256:" + want}
		}
	}
	return nil
}

// Limits of what is put aside to be inspected, in bytes.
const (
	maxInMemory = 8 << 20
	maxWheel    = 16 << 30
)

// spooled is an artifact that can be read at any place, from memory or from a
// temporary file.
type spooled struct {
	io.ReaderAt
	size int64
	file *os.File
}

func spool(r io.Reader) (s *spooled, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxInMemory))
	if err != nil {
		return nil, err
	}
	if len(data) < maxInMemory {
		return &spooled{ReaderAt: bytes.NewReader(data), size: int64(len(data))}, nil
	}
	file, err := os.CreateTemp("", "feedctl-*.whl")
	if err != nil {
		return nil, err
	}
	s = &spooled{ReaderAt: file, file: file}
	rest := io.LimitReader(r, maxWheel+1-maxInMemory)
	if s.size, err = io.Copy(file, io.MultiReader(bytes.NewReader(data), rest)); err == nil && s.size > maxWheel {
		err = fmt.Errorf("a file of more than %d bytes", int64(maxWheel))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close removes the temporary file.
func (s *spooled) Close() error {
	if s.file == nil {
		return nil
	}
	return errors.Join(s.file.Close(), os.Remove(s.file.Name()))
}
