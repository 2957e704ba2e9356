package dist

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

const distInfo = ".dist-info"

// WheelMetadata returns METADATA of a wheel. Its .dist-info folder must be the
// only one, and that of the name and version in the file name. Of r only the
// zip's directory and that file are read. What is no such wheel is a *WrongError;
// errors of r come as they are.
func WheelMetadata(r io.ReaderAt, size int64, filename string) ([]byte, error) {
	archive, err := openWheel(r, size, filename)
	if err != nil {
		return nil, err
	}
	return archive.read("METADATA", MaxMetadata)
}

// wheelArchive is an opened wheel.
type wheelArchive struct {
	filename string
	zip      *zip.Reader
	info     string // "NAME-VERSION.dist-info/"
	r        *errorReader
}

func openWheel(r io.ReaderAt, size int64, filename string) (*wheelArchive, error) {
	parsed, err := wheel.ParseWheel(filename)
	if err != nil {
		return nil, err
	}
	guarded := &errorReader{r: r}
	archive, err := openZip(guarded, size, filename)
	if err != nil {
		return nil, err
	}
	w := &wheelArchive{filename: filename, zip: archive, r: guarded}
	return w, w.findInfo(parsed)
}

// openZip opens a zip whose directory has an acceptable size.
func openZip(r *errorReader, size int64, filename string) (*zip.Reader, error) {
	start, err := directoryStart(r, size)
	if err == nil && size-start > maxDirectory {
		err = fmt.Errorf("its directory is larger than %d MB", maxDirectory>>20)
	}
	var archive *zip.Reader
	if err == nil {
		archive, err = zip.NewReader(r, size)
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case err != nil:
		return nil, wrong(filename, "no zip archive that can be read: %v", err)
	case len(archive.File) > maxEntries:
		return nil, wrong(filename, "more than %d entries", maxEntries)
	}
	return archive, nil
}

// directoryStart returns where the central directory begins, from the record at
// the end of the archive (APPNOTE 4.3.16, and 4.3.14 for large archives).
func directoryStart(r io.ReaderAt, size int64) (int64, error) {
	const recordSize, maxComment = 22, 1<<16 - 1
	tail := make([]byte, min(size, recordSize+maxComment))
	if n := min(size, 1<<10); true { // the comment is empty almost always
		if _, err := r.ReadAt(tail[int64(len(tail))-n:], size-n); err != nil && size > 0 {
			return 0, err
		}
		if at, ok := endRecord(tail[int64(len(tail))-n:]); ok {
			return startFrom(r, size, tail[int64(len(tail))-n:][at:], size-n+int64(at))
		}
	}
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil {
		return 0, err
	}
	at, ok := endRecord(tail)
	if !ok {
		return 0, zip.ErrFormat
	}
	return startFrom(r, size, tail[at:], size-int64(len(tail))+int64(at))
}

// endRecord finds the last record that ends the archive, whose comment reaches
// the end.
func endRecord(tail []byte) (int, bool) {
	for at := len(tail) - 22; at >= 0; at-- {
		if tail[at] == 'P' && tail[at+1] == 'K' && tail[at+2] == 5 && tail[at+3] == 6 &&
			at+22+int(binary.LittleEndian.Uint16(tail[at+20:])) <= len(tail) {
			return at, true
		}
	}
	return 0, false
}

// startFrom reads the place of the directory from the record at a given offset.
func startFrom(r io.ReaderAt, size int64, record []byte, offset int64) (int64, error) {
	length := int64(binary.LittleEndian.Uint32(record[12:]))
	start := int64(binary.LittleEndian.Uint32(record[16:]))
	if length == 1<<32-1 || start == 1<<32-1 || binary.LittleEndian.Uint16(record[10:]) == 1<<16-1 {
		var locator, large [56]byte
		if _, err := r.ReadAt(locator[:20], max(offset-20, 0)); err != nil {
			return 0, err
		}
		if at := int64(binary.LittleEndian.Uint64(locator[8:])); string(locator[:4]) == "PK\x06\x07" && at >= 0 && at+56 <= size {
			if _, err := r.ReadAt(large[:], at); err != nil {
				return 0, err
			}
			length, start = int64(binary.LittleEndian.Uint64(large[40:])), int64(binary.LittleEndian.Uint64(large[48:]))
			offset = at
		}
	}
	// What lies before the archive shifts the offsets; the directory ends where
	// the records begin.
	if base := offset - length - start; base > 0 {
		start += base
	}
	if start < 0 || start > size {
		return 0, zip.ErrFormat
	}
	return start, nil
}

// findInfo finds the only .dist-info folder.
func (w *wheelArchive) findInfo(parsed wheel.Wheel) error {
	for _, file := range w.zip.File {
		folder, _, ok := strings.Cut(file.Name, "/")
		if !ok || !strings.HasSuffix(folder, distInfo) || w.info == folder+"/" {
			continue
		}
		if w.info != "" {
			return wrong(w.filename, "two folders of metadata, %q and %q", clip(w.info), clip(folder))
		}
		w.info = folder + "/"
	}
	if w.info == "" {
		return wrong(w.filename, "no folder %s-%s.dist-info", parsed.Name, parsed.Version)
	}
	stem := strings.TrimSuffix(w.info, distInfo+"/")
	name, versionText, _ := cutLast(stem, '-')
	if !sameRelease(name, versionText, parsed.Name, parsed.Version) {
		return wrong(w.filename, "the file name says %s %s, its folder of metadata %q", parsed.Name, parsed.Version, clip(stem))
	}
	return nil
}

func cutLast(text string, at byte) (before, after string, ok bool) {
	if i := strings.LastIndexByte(text, at); i >= 0 {
		return text[:i], text[i+1:], true
	}
	return text, "", false
}

// read reads a file of the .dist-info folder, which must be there once.
func (w *wheelArchive) read(name string, limit int64) ([]byte, error) {
	var found *zip.File
	for _, file := range w.zip.File {
		if file.Name != w.info+name {
			continue
		}
		if found != nil {
			return nil, wrong(w.filename, "%s is there twice", name)
		}
		found = file
	}
	if found == nil {
		return nil, wrong(w.filename, "no %s%s", clip(w.info), name)
	}
	return w.readFile(found, limit)
}

func (w *wheelArchive) readFile(file *zip.File, limit int64) ([]byte, error) {
	if file.UncompressedSize64 > uint64(limit) {
		return nil, wrong(w.filename, "%s is larger than %d MB", clip(file.Name), limit>>20)
	}
	var data bytes.Buffer
	body, err := file.Open()
	if err == nil {
		defer body.Close()
		_, err = data.ReadFrom(io.LimitReader(body, limit+1))
	}
	switch {
	case w.r.err != nil:
		return nil, w.r.err
	case err != nil:
		return nil, wrong(w.filename, "%s: %v", clip(file.Name), err)
	case int64(data.Len()) > limit:
		return nil, wrong(w.filename, "%s is larger than %d MB", clip(file.Name), limit>>20)
	}
	return data.Bytes(), nil
}

// errorReader remembers an error of the place that an archive is read from, which
// says nothing about the archive.
type errorReader struct {
	r   io.ReaderAt
	err error
}

func (e *errorReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := e.r.ReadAt(p, off)
	if err != nil && err != io.EOF && e.err == nil {
		e.err = err
	}
	return n, err
}
