package dist

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"hash"
	"io"
	"path"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// CheckWheel checks the inside of a wheel: that it is a zip archive with the name
// and version of its file name, that no entry leaves its folder or is there twice,
// that its files are what RECORD says, and that its METADATA has the given bytes;
// nil means any. Files that RECORD does not name are let pass, as installers do.
func CheckWheel(r io.ReaderAt, size int64, filename string, metadata []byte) error {
	archive, err := openWheel(r, size, filename)
	if err != nil {
		return err
	}
	files, err := archive.files()
	if err != nil {
		return err
	}
	own, err := archive.read("METADATA", MaxMetadata)
	if err != nil {
		return err
	}
	if metadata != nil && !bytes.Equal(own, metadata) {
		return wrong(filename, "its METADATA is not what was given as its metadata")
	}
	if err := archive.checkMetadata(own); err != nil {
		return err
	}
	if _, err := archive.read("WHEEL", MaxMetadata); err != nil {
		return err
	}
	return archive.checkRecord(files)
}

// files returns the files by their names, which must be fit to be unpacked.
func (w *wheelArchive) files() (map[string]*zip.File, error) {
	files := make(map[string]*zip.File, len(w.zip.File))
	var unpacked uint64
	for _, file := range w.zip.File {
		name := strings.TrimSuffix(file.Name, "/")
		switch {
		case name == "" || path.IsAbs(name) || path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../"),
			strings.ContainsAny(name, "\\\x00"), len(name) > 1 && name[1] == ':':
			return nil, wrong(w.filename, "the entry %q leaves the folder", clip(file.Name))
		case name != file.Name:
			continue
		case files[name] != nil:
			return nil, wrong(w.filename, "%q is there twice", clip(name))
		}
		files[name] = file
		if unpacked += min(file.UncompressedSize64, maxUnpacked+1); unpacked > maxUnpacked {
			return nil, wrong(w.filename, "larger than %d GB when unpacked", maxUnpacked>>30)
		}
	}
	return files, nil
}

func (w *wheelArchive) checkMetadata(data []byte) error {
	parsed, err := wheel.ParseWheel(w.filename)
	if err != nil {
		return err
	}
	name, version, err := identity(data)
	if err != nil {
		return wrong(w.filename, "%v", err)
	}
	if !sameRelease(name, version, parsed.Name, parsed.Version) {
		return wrong(w.filename, "the file name says %s %s, its METADATA %s %s", parsed.Name, parsed.Version, clip(name), clip(version))
	}
	return nil
}

// identity returns the name and version in METADATA as they are written.
func identity(data []byte) (name, version string, err error) {
	err = fields(data, func(field, value string) error {
		switch {
		case field == "name" && name == "":
			name = value
		case field == "version" && version == "":
			version = value
		}
		return nil
	})
	if err == nil && (name == "" || version == "") {
		err = errors.New("its metadata has no Name or no Version")
	}
	return name, version, err
}

// recordHashes are the algorithms of RECORD (PEP 376, 427).
var recordHashes = map[string]func() hash.Hash{"sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

// checkRecord compares the files with RECORD: "path,algorithm=digest,size".
func (w *wheelArchive) checkRecord(files map[string]*zip.File) error {
	data, err := w.read("RECORD", maxRecord)
	if err != nil {
		return err
	}
	lines := csv.NewReader(bytes.NewReader(data))
	lines.FieldsPerRecord, lines.ReuseRecord = -1, true
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return wrong(w.filename, "RECORD: %v", err)
		}
		if len(line) < 2 || line[1] == "" {
			continue // RECORD itself, and signatures
		}
		file := files[strings.TrimPrefix(line[0], "./")]
		if file == nil {
			return wrong(w.filename, "RECORD names %q, which is not there", clip(line[0]))
		}
		if err := w.checkFile(file, line[1]); err != nil {
			return err
		}
	}
}

func (w *wheelArchive) checkFile(file *zip.File, recorded string) error {
	algorithm, want, _ := strings.Cut(recorded, "=")
	newHash := recordHashes[strings.ToLower(algorithm)]
	if newHash == nil {
		return nil // MD5 and SHA-1, which prove nothing
	}
	sum := newHash()
	body, err := file.Open()
	if err == nil {
		defer body.Close()
		_, err = io.Copy(sum, io.LimitReader(body, maxUnpacked))
	}
	switch {
	case w.r.err != nil:
		return w.r.err
	case err != nil:
		return wrong(w.filename, "%s: %v", clip(file.Name), err)
	}
	if got := base64.RawURLEncoding.EncodeToString(sum.Sum(nil)); got != strings.TrimRight(want, "=") {
		return wrong(w.filename, "%s is not what RECORD says: got %s=%s, want %s", clip(file.Name), algorithm, got, clip(recorded))
	}
	return nil
}
