package pypitest

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// when is the time of every file in an archive.
var when = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// entry is one file of an archive.
type entry struct {
	name string
	data []byte
}

func pack(one *file) ([]byte, error) {
	switch {
	case strings.HasSuffix(one.name, ".whl"):
		return zipped(wheelEntries(one))
	case strings.HasSuffix(one.name, ".zip"):
		return zipped(sdistEntries(one, ".zip"))
	}
	return tarred(sdistEntries(one, ".tar.gz"))
}

// wheelEntries returns the files of a wheel, the folder of metadata last. Files
// that only a source distribution has are left out.
func wheelEntries(one *file) []entry {
	var entries []entry
	for _, name := range slices.Sorted(maps.Keys(one.release.files)) {
		switch name {
		case "METADATA", "PKG-INFO", "pyproject.toml", "setup.py", "setup.cfg":
		default:
			entries = append(entries, entry{name, one.release.files[name]})
		}
	}
	parts := strings.Split(strings.TrimSuffix(one.name, ".whl"), "-")
	tags := parts[max(len(parts)-3, 0):]
	info := strings.Join(parts[:min(2, len(parts))], "-") + ".dist-info/"
	text := "Wheel-Version: 1.0\nGenerator: pypitest\nRoot-Is-Purelib: true\n"
	for _, tag := range expand(tags) {
		text += "Tag: " + tag + "\n"
	}
	entries = append(entries, entry{info + "METADATA", one.metadata}, entry{info + "WHEEL", []byte(text)})
	return append(entries, entry{info + "RECORD", record(entries, info)})
}

// expand returns the tags that a compressed tag set stands for.
func expand(sets []string) []string {
	tags := []string{""}
	for i, set := range sets {
		var longer []string
		for _, tag := range tags {
			for part := range strings.SplitSeq(set, ".") {
				if i > 0 {
					part = "-" + part
				}
				longer = append(longer, tag+part)
			}
		}
		tags = longer
	}
	return tags
}

func record(entries []entry, info string) []byte {
	var b bytes.Buffer
	for _, one := range entries {
		sum := sha256.Sum256(one.data)
		fmt.Fprintf(&b, "%s,sha256=%s,%d\n", one.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(one.data))
	}
	fmt.Fprintf(&b, "%sRECORD,,\n", info)
	return b.Bytes()
}

// sdistEntries returns the files of a source distribution.
func sdistEntries(one *file, ending string) []entry {
	folder := strings.TrimSuffix(one.name, ending) + "/"
	entries := []entry{{folder + "PKG-INFO", one.metadata}}
	for _, name := range slices.Sorted(maps.Keys(one.release.files)) {
		if name != "METADATA" && name != "PKG-INFO" {
			entries = append(entries, entry{folder + name, one.release.files[name]})
		}
	}
	return entries
}

func zipped(entries []entry) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, one := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: one.name, Method: zip.Deflate, Modified: when})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(one.data); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return out.Bytes(), err
}

func tarred(entries []entry) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	t := tar.NewWriter(z)
	folders := map[string]bool{}
	for _, one := range entries {
		if dir := path.Dir(one.name) + "/"; !folders[dir] {
			folders[dir] = true
			if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755, ModTime: when}); err != nil {
				return nil, err
			}
		}
		if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: one.name, Mode: 0o644, Size: int64(len(one.data)), ModTime: when}); err != nil {
			return nil, err
		}
		if _, err := io.Copy(t, bytes.NewReader(one.data)); err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	err := z.Close()
	return out.Bytes(), err
}
