package golang

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"unicode"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Inspect checks that an artifact is what the go command takes for a file of the
// module version: an .info of that version, a go.mod that can be read, or a zip
// by the rules of the Go modules reference, whose go.mod is the release's. What
// is something else is a *feed.IntegrityError. Of evidence the digests say all.
func Inspect(r io.Reader, name string, release feed.Release, file feed.File) error {
	if strings.HasPrefix(name, evidence) {
		return nil
	}
	if err := checkKey(name, release.Version); err != nil {
		return err
	}
	switch {
	case strings.HasSuffix(file.Path, suffixInfo):
		return inspectInfo(r, release, file)
	case strings.HasSuffix(file.Path, suffixMod):
		return inspectMod(r, file)
	case strings.HasSuffix(file.Path, suffixZip):
		return inspectZip(r, name, release, file)
	}
	return integrity(file, errors.New("a file of an unknown kind"))
}

// readCapped reads a small artifact whole.
func readCapped(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errTooLarge
	}
	return data, err
}

var errTooLarge = errors.New("a file beyond the size limit")

func inspectInfo(r io.Reader, release feed.Release, file feed.File) error {
	data, err := readCapped(r, maxInfo)
	if err != nil && !errors.Is(err, errTooLarge) {
		return err
	}
	var found info
	if err == nil {
		err = json.Unmarshal(data, &found)
	}
	if err != nil {
		return integrity(file, err)
	}
	if found.Version != release.Version {
		return &feed.IntegrityError{Path: file.Path, Got: fmt.Sprintf("version %.100q", found.Version), Want: release.Version}
	}
	return nil
}

func inspectMod(r io.Reader, file feed.File) error {
	data, err := readCapped(r, maxMod)
	if err != nil && !errors.Is(err, errTooLarge) {
		return err
	}
	if err == nil {
		_, err = parseMod(data)
	}
	if err != nil {
		return integrity(file, err)
	}
	return nil
}

func inspectZip(r io.Reader, name string, release feed.Release, file feed.File) error {
	spooled, err := spool(r)
	if errors.Is(err, errTooLarge) {
		return integrity(file, err)
	}
	if err != nil {
		return err
	}
	defer spooled.Close()
	archive, err := openZip(spooled, spooled.size)
	if err != nil {
		return integrity(file, err)
	}
	mod, err := checkZip(archive, name+"@"+release.Version+"/")
	if err != nil {
		return integrity(file, err)
	}
	if mod == nil {
		return nil
	}
	return compareMod(mod, release, file)
}

// compareMod checks that the go.mod in a zip is the one that is offered beside
// it.
func compareMod(mod *zip.File, release feed.Release, file feed.File) error {
	body, err := openEntry(mod)
	if err != nil {
		return integrity(file, err)
	}
	defer body.Close()
	inside, err := hashMod(body)
	if err != nil {
		return integrity(file, err)
	}
	for _, other := range release.Files {
		if want := other.Digests[h1]; strings.HasSuffix(other.Path, suffixMod) && want != "" && want != inside {
			return &feed.IntegrityError{Path: file.Path, Got: "a go.mod inside of h1:" + inside, Want: "that of " + path.Base(other.Path) + ", h1:" + want}
		}
	}
	return nil
}

// checkZip applies the rules for module zips to the names and sizes of an
// archive, and returns its go.mod, nil when it has none.
func checkZip(archive *zip.Reader, prefix string) (*zip.File, error) {
	var mod *zip.File
	seen := collisions{}
	for _, entry := range archive.File {
		name, ok := strings.CutPrefix(entry.Name, prefix)
		if !ok {
			return nil, fmt.Errorf("the entry %.200q outside of %q", entry.Name, prefix)
		}
		if name == "" {
			continue
		}
		if err := checkEntry(entry, name, seen); err != nil {
			return nil, fmt.Errorf("the entry %.200q: %w", entry.Name, err)
		}
		if name == "go.mod" {
			mod = entry
		}
	}
	return mod, nil
}

func checkEntry(entry *zip.File, name string, seen collisions) error {
	name, isDir := strings.CutSuffix(name, "/")
	if path.Clean(name) != name {
		return errors.New("not a clean path")
	}
	if err := module.CheckFilePath(name); err != nil {
		return err
	}
	if mode := entry.Mode(); !isDir && !mode.IsRegular() {
		return fmt.Errorf("not a regular file (%s)", mode)
	}
	if strings.EqualFold(path.Base(name), "go.mod") && !isDir && name != "go.mod" {
		return errors.New("a go.mod that is not the module's own")
	}
	size := entry.UncompressedSize64
	if name == "go.mod" && size > modzip.MaxGoMod || name == "LICENSE" && size > modzip.MaxLICENSE {
		return fmt.Errorf("%d bytes, which is too large", size)
	}
	return seen.add(name, isDir)
}

// collisions finds names that are one on a disk that does not tell letter case
// apart.
type collisions map[string]entryName

type entryName struct {
	name  string
	isDir bool
}

func (c collisions) add(name string, isDir bool) error {
	key := fold(name)
	before, taken := c[key]
	switch {
	case !taken:
	case before.name != name:
		return fmt.Errorf("differs from %.200q by letter case only", before.name)
	case !isDir || !before.isDir:
		return errors.New("is there twice")
	default:
		return nil
	}
	c[key] = entryName{name, isDir}
	if parent := path.Dir(name); parent != "." {
		return c.add(parent, true)
	}
	return nil
}

// fold maps texts that differ by letter case only to one.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		for next := unicode.SimpleFold(r); next > r; next = unicode.SimpleFold(r) {
			r = next
		}
		return r
	}, text)
}

// spooled is an artifact that can be read at any place.
type spooled struct {
	io.ReaderAt
	size int64
	file *os.File // nil when it is in memory
}

// maxInMemory is the largest archive that is not written to a temporary file.
const maxInMemory = 8 << 20

// spool reads an archive into memory or into a temporary file.
func spool(r io.Reader) (s *spooled, err error) {
	data, err := io.ReadAll(io.LimitReader(r, maxInMemory))
	if err != nil {
		return nil, err
	}
	if len(data) < maxInMemory {
		return &spooled{ReaderAt: bytes.NewReader(data), size: int64(len(data))}, nil
	}
	file, err := os.CreateTemp("", "feedctl-*.zip")
	if err != nil {
		return nil, err
	}
	s = &spooled{ReaderAt: file, file: file}
	rest := io.LimitReader(r, maxZip+1-maxInMemory)
	if s.size, err = io.Copy(file, io.MultiReader(bytes.NewReader(data), rest)); err == nil && s.size > maxZip {
		err = errTooLarge
	}
	if err != nil {
		s.Close()
		return nil, err
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
