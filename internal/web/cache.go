package web

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// cache keeps metadata documents, one file each, named by their key. Several
// processes may share a directory: a new entry is written in place, its first line
// last, and replaced by rename; one that is not whole counts as absent. A failure
// to write costs only the next request.
//
// An entry is
//
//	feedctl-metadata-1 CHECKED CRC\n   time in Unix milliseconds, 20 digits; CRC-32C of the rest, 8 hex digits
//	{"url": …}\n                       the fields of entry
//	body
//
// CHECKED has a fixed place and is not part of the checksum, so that a
// revalidated entry is renewed without writing its body again.
//
// A nil cache is always empty.
type cache struct {
	dir    string
	now    func() time.Time
	log    *slog.Logger
	warned sync.Once
	pruned sync.Once
}

// entry describes a cached document. URL and Final are redacted.
type entry struct {
	URL          string `json:"url"`
	Final        string `json:"final"` // after redirects
	ContentType  string `json:"contentType,omitempty"`
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"lastModified,omitempty"`

	checked time.Time
}

const (
	cacheMagic  = "feedctl-metadata-1 "
	checkedSize = 20
	firstLine   = len(cacheMagic) + checkedSize + 1 + 8 + 1
	maxHead     = 16 << 10

	pruneEvery = 24 * time.Hour
	pruneAfter = 30 * 24 * time.Hour
	pruneStamp = "pruned"
)

var cacheName = regexp.MustCompile(`^([0-9a-f]{62}|new-[0-9]+)$`)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func openCache(dir string, now func() time.Time, log *slog.Logger) (*cache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("metadata cache: %w", err)
	}
	return &cache{dir: dir, now: now, log: log}, nil
}

func newEntry(t *target, resp *http.Response, now time.Time) *entry {
	return &entry{
		URL:          Redact(t.URL),
		Final:        Redact(resp.Request.URL.String()),
		ContentType:  short(resp.Header.Get("Content-Type")),
		ETag:         short(resp.Header.Get("ETag")),
		LastModified: short(resp.Header.Get("Last-Modified")),
		checked:      now,
	}
}

// short drops a field that is too long to be meant seriously.
func short(field string) string {
	if len(field) > 1<<10 {
		return ""
	}
	return field
}

// path spreads the entries over 256 directories.
func (c *cache) path(key string) string { return filepath.Join(c.dir, key[:2], key[2:]) }

func checkedText(t time.Time) string { return fmt.Sprintf("%0*d", checkedSize, t.UnixMilli()) }

// createEntry opens the file that an entry is written to: a new one in place,
// where a reader sees by the checksum that it is not whole yet, else one beside
// the entry that it will replace.
func createEntry(path string) (*os.File, error) {
	const mode = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	file, err := os.OpenFile(path, mode, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		file, err = os.OpenFile(path, mode, 0o600)
	}
	if errors.Is(err, fs.ErrExist) {
		return os.CreateTemp(filepath.Dir(path), "new-*") // mode 0600
	}
	return file, err
}

// renew notes that the upstream has confirmed an entry.
func (c *cache) renew(key string) {
	if c == nil {
		return
	}
	file, err := os.OpenFile(c.path(key), os.O_WRONLY, 0)
	if err != nil {
		return
	}
	_, err = file.WriteAt([]byte(checkedText(c.now())), int64(len(cacheMagic)))
	if err := errors.Join(err, file.Close()); err != nil {
		c.warn(err)
	}
}

func (c *cache) remove(key string) {
	if c == nil {
		return
	}
	if err := os.Remove(c.path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.warn(err)
	}
}

func (c *cache) warn(err error) {
	c.warned.Do(func() { c.log.Warn("the metadata cache cannot be written", "error", err) })
}

// prune removes what was not confirmed for a month. A stamp file keeps it to
// once a day for all processes.
func (c *cache) prune() {
	stamp := filepath.Join(c.dir, pruneStamp)
	if info, err := os.Stat(stamp); err == nil && c.now().Sub(info.ModTime()) < pruneEvery {
		return
	}
	if err := os.WriteFile(stamp, nil, 0o600); err != nil {
		c.warn(err)
		return
	}
	_ = os.Chtimes(stamp, c.now(), c.now())
	for i := range 256 {
		c.pruneDir(filepath.Join(c.dir, fmt.Sprintf("%02x", i)))
	}
}

// pruneDir touches only what the cache itself writes, for the directory is
// somebody's choice and may hold other files.
func (c *cache) pruneDir(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, d := range entries {
		if !cacheName.MatchString(d.Name()) || !d.Type().IsRegular() {
			continue
		}
		if info, err := d.Info(); err == nil && c.now().Sub(info.ModTime()) > pruneAfter {
			_ = os.Remove(filepath.Join(dir, d.Name()))
		}
	}
}
