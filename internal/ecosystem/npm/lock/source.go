package lock

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"unicode/utf8"
)

// Limits on what is read. YAML costs far more memory than its size.
const (
	maxBytes       = 256 << 20
	maxYAML        = 64 << 20
	maxMemberBytes = 16 << 20
)

// source is an input file in memory.
type source struct {
	file   string // base name
	advice string // how to get a good file again
	data   []byte // UTF-8 without a byte order mark
}

// open reads a file and checks that it is text that can be parsed at all.
func open(fsys fs.FS, name, advice string, limit int64) (*source, error) {
	s := &source{file: path.Base(name), advice: advice}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open input: %w", err)
	}
	defer f.Close()
	s.data, err = io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	if int64(len(s.data)) > limit {
		return nil, s.fail(0, "", "the file is larger than %d MiB, which no real file of this kind is", limit>>20)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, nil
}

// fail returns an error at a line, with the advice for the whole file.
func (s *source) fail(line int, key, format string, args ...any) error {
	return &Error{File: s.file, Line: line, Key: key, Problem: fmt.Sprintf(format, args...), Advice: s.advice}
}

// where names a line of the file.
func (s *source) where(line int) string { return fmt.Sprintf("%s:%d", s.file, line) }

// lineAt returns the line, from 1, that holds a byte.
func (s *source) lineAt(offset int) int {
	return 1 + bytes.Count(s.data[:min(max(offset, 0), len(s.data))], []byte("\n"))
}

// check refuses what is no UTF-8 text, and takes a byte order mark off.
func (s *source) check() error {
	if bytes.HasPrefix(s.data, []byte("\xff\xfe")) || bytes.HasPrefix(s.data, []byte("\xfe\xff")) {
		return &Error{File: s.file, Problem: "the file is UTF-16 text", Advice: "save it as UTF-8"}
	}
	s.data = bytes.TrimPrefix(s.data, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(s.data)) == 0 {
		return s.fail(0, "", "the file is empty")
	}
	if at := bytes.IndexByte(s.data, 0); at >= 0 {
		return s.fail(s.lineAt(at), "", "the file holds binary data")
	}
	if !utf8.Valid(s.data) {
		return &Error{File: s.file, Line: s.lineAt(invalidAt(s.data)), Problem: "the file is not UTF-8 text", Advice: "save it as UTF-8"}
	}
	return s.checkConflict()
}

func invalidAt(data []byte) int {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return at
}

// checkConflict refuses a file that version control could not merge.
func (s *source) checkConflict() error {
	for _, marker := range []string{"<<<<<<< ", "=======\n", ">>>>>>> "} {
		at := lineStart(s.data, marker)
		if at >= 0 {
			return &Error{
				File: s.file, Line: s.lineAt(at), Problem: "the file holds merge conflict markers",
				Advice: "resolve the conflict, let the package manager write the file again, and run this again",
			}
		}
	}
	return nil
}

// lineStart returns where a line begins with the given text, or -1.
func lineStart(data []byte, text string) int {
	if bytes.HasPrefix(data, []byte(text)) {
		return 0
	}
	if at := bytes.Index(data, []byte("\n"+text)); at >= 0 {
		return at + 1
	}
	return -1
}
