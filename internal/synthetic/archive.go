package synthetic

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

// when is the time of every release and of every file in an archive; releases
// come a day apart.
var when = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func published(r int) time.Time { return when.AddDate(0, 0, r) }

// digests are those of an artifact.
type digests struct {
	size   int
	sha1   [20]byte
	sha256 [32]byte
	sha512 [64]byte
}

// digestsOf computes the digests of an artifact, once.
func (u *Universe) digestsOf(p at) digests {
	u.mu.Lock()
	known, ok := u.digests[p]
	u.mu.Unlock()
	if ok {
		return known
	}
	data := u.protocol.artifact(u, p)
	hasher := feed.NewHasher("sha1", "sha256", "sha512")
	hasher.Write(data) //nolint:errcheck // a hash never fails
	d := digests{size: len(data)}
	for algorithm, to := range map[string][]byte{"sha1": d.sha1[:], "sha256": d.sha256[:], "sha512": d.sha512[:]} {
		_, _ = hex.Decode(to, []byte(hasher.Digests()[algorithm])) // digests are hex digits
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.digests[p] = d
	return d
}

// part is one file of an archive.
type part struct{ name, text string }

// tarball is a tar archive in a gzip frame that compresses nothing.
func tarball(parts []part) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, one := range parts {
		_ = w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: one.name, Mode: 0o644, Size: int64(len(one.text)), ModTime: when, Format: tar.FormatUSTAR})
		_, _ = w.Write([]byte(one.text)) // memory takes everything
	}
	_ = w.Close()
	return gzipStored(b.Bytes())
}

// gzipStored frames data as RFC 1952 and RFC 1951 have it, in stored blocks. A
// writer of package gzip would allocate a megabyte for each archive.
func gzipStored(data []byte) []byte {
	out := append(make([]byte, 0, len(data)+64), 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
	sum, size := crc32.ChecksumIEEE(data), uint32(len(data))
	for last := false; !last; {
		block := data[:min(len(data), 0xffff)]
		data = data[len(block):]
		last = len(data) == 0
		final := byte(0)
		if last {
			final = 1
		}
		out = append(out, final)
		out = binary.LittleEndian.AppendUint16(out, uint16(len(block)))
		out = binary.LittleEndian.AppendUint16(out, ^uint16(len(block)))
		out = append(out, block...)
	}
	out = binary.LittleEndian.AppendUint32(out, sum)
	return binary.LittleEndian.AppendUint32(out, size)
}

// zipped is a zip archive that compresses nothing.
func zipped(parts []part) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, one := range parts {
		data := []byte(one.text)
		w, err := z.CreateRaw(&zip.FileHeader{
			Name: one.name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data),
			CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data)),
		})
		if err == nil {
			_, _ = w.Write(data) // memory takes everything
		}
	}
	_ = z.Close()
	return b.Bytes()
}
