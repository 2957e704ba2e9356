package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

// stored is a cached document that is whole.
type stored struct {
	*entry
	file *os.File
	at   int64 // where the document starts in the file
	size int64
}

// open returns nil when there is no whole entry.
func (c *cache) open(key string) *stored {
	if c == nil {
		return nil
	}
	file, err := os.Open(c.path(key))
	if err != nil {
		return nil
	}
	s, err := parseEntry(file)
	if err != nil {
		_ = file.Close()
		return nil
	}
	s.file = file
	return s
}

func (s *stored) close() {
	if s != nil {
		_ = s.file.Close()
	}
}

// read lets read see the document.
func (s *stored) read(t *target, read func(*document) error) error {
	d := &document{source: io.NewSectionReader(s.file, s.at, s.size), announced: s.size, limit: t.Limit, stored: true}
	err := read(d)
	if d.fault != nil {
		err = fmt.Errorf("the metadata cache: %w", d.fault)
	}
	if err == nil {
		return nil
	}
	return t.upstreamError(0, &cleanError{t.clean(err), err})
}

var errNotWhole = errors.New("the entry is not whole")

// parseEntry reads an entry to its end.
func parseEntry(r io.Reader) (*stored, error) {
	buffer := entryBuffers.Get().(*[entryBuffer]byte)
	defer entryBuffers.Put(buffer)
	n, err := io.ReadFull(r, buffer[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, errNotWhole
	}
	data := buffer[:n]
	if len(data) < firstLine || !bytes.HasPrefix(data, []byte(cacheMagic)) || data[firstLine-1] != '\n' {
		return nil, errNotWhole
	}
	milliseconds, err := strconv.ParseInt(string(data[len(cacheMagic):][:checkedSize]), 10, 64)
	if err != nil {
		return nil, err
	}
	s := &stored{entry: &entry{checked: time.UnixMilli(milliseconds)}}
	want := string(data[firstLine-9 : firstLine-1])
	data = data[firstLine:]
	end := bytes.IndexByte(data[:min(len(data), maxHead)], '\n')
	if end < 0 {
		return nil, errNotWhole
	}
	if err := json.Unmarshal(data[:end], s.entry); err != nil {
		return nil, err
	}
	sum := crc32.Update(0, castagnoli, data)
	s.at, s.size = int64(firstLine+end+1), int64(len(data)-end-1)
	for {
		n, err := r.Read(buffer[:])
		sum = crc32.Update(sum, castagnoli, buffer[:n])
		s.size += int64(n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if want != sumText(sum) {
		return nil, errNotWhole
	}
	return s, nil
}

// entryBuffer holds the head of an entry.
const entryBuffer = 64 << 10

var entryBuffers = sync.Pool{New: func() any { return new([entryBuffer]byte) }}

func sumText(sum uint32) string { return fmt.Sprintf("%08x", sum) }

// draft is an entry that is being written. A nil draft is written nowhere.
type draft struct {
	cache *cache
	path  string
	entry *entry
	file  *os.File
	sum   uint32
	err   error
}

// draft starts an entry. It returns nil when it cannot, or when there is no cache.
func (c *cache) draft(key string, e *entry) *draft {
	if c == nil {
		return nil
	}
	c.pruned.Do(c.prune)
	head, err := json.Marshal(e)
	if err != nil || len(head) >= maxHead {
		return nil
	}
	d := &draft{cache: c, path: c.path(key), entry: e}
	if d.file, err = createEntry(d.path); err != nil {
		c.warn(err)
		return nil
	}
	head = append(head, '\n')
	d.sum = crc32.Update(0, castagnoli, head)
	_, d.err = d.file.Write(append(make([]byte, firstLine, firstLine+len(head)), head...))
	return d
}

func (d *draft) write(data []byte) {
	if d == nil || d.err != nil {
		return
	}
	d.sum = crc32.Update(d.sum, castagnoli, data)
	_, d.err = d.file.Write(data)
}

// keep makes the draft the entry.
func (d *draft) keep() {
	if d == nil {
		return
	}
	if d.err == nil {
		first := cacheMagic + checkedText(d.entry.checked) + " " + sumText(d.sum) + "\n"
		_, d.err = d.file.WriteAt([]byte(first), 0)
	}
	err := errors.Join(d.err, d.file.Close())
	if err == nil && d.file.Name() != d.path {
		err = os.Rename(d.file.Name(), d.path)
	}
	if err != nil {
		d.cache.warn(errors.Join(err, os.Remove(d.file.Name())))
	}
}

// drop removes the draft.
func (d *draft) drop() {
	if d != nil {
		_ = errors.Join(d.file.Close(), os.Remove(d.file.Name()))
	}
}
