package lock

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// Limits on what is read.
const (
	maxBytes    = 64 << 20 // of one file
	maxReleases = 200_000  // of one lock
	maxSame     = 500      // of one name
	maxPins     = 10_000   // of one release
	maxEdges    = 4_000_000
	maxIndexes  = 1_000
)

// source is an input file in memory.
type source struct {
	file   string // base name, or the path below the input's folder
	advice string // how to get a good file again
	data   []byte
}

// read reads a file of at most maxBytes.
func read(fsys fs.FS, name, advice string) (*source, error) {
	s := &source{file: path.Base(name), advice: advice}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open input: %w", err)
	}
	defer f.Close()
	s.data, err = io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	if len(s.data) > maxBytes {
		return nil, s.fail("", "the file is larger than %d MiB, which no real file of this kind is", maxBytes>>20)
	}
	return s, nil
}

// open reads a file that must be UTF-8 text, and takes a byte order mark off.
func open(fsys fs.FS, name, advice string) (*source, error) {
	s, err := read(fsys, name, advice)
	if err != nil {
		return nil, err
	}
	s.data = bytes.TrimPrefix(s.data, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(s.data)) == 0 {
		return nil, s.fail("", "the file is empty")
	}
	if !utf8.Valid(s.data) {
		return nil, &Error{File: s.file, Line: s.lineAt(invalidAt(s.data)), Problem: "the file is not UTF-8 text", Advice: "save it as UTF-8"}
	}
	return s, s.checkConflict()
}

// fail returns an error about an entry, with the advice for the whole file.
func (s *source) fail(key, format string, args ...any) error {
	return &Error{File: s.file, Key: key, Problem: fmt.Sprintf(format, args...), Advice: s.advice}
}

// wrap is fail with the error that lies behind it.
func (s *source) wrap(key string, err error) error {
	return &Error{File: s.file, Key: key, Problem: err.Error(), Advice: s.advice, Err: err}
}

// where names an entry of the file.
func (s *source) where(key string) string { return s.file + ": " + clip(key) }

// lineAt returns the line, from 1, that holds a byte.
func (s *source) lineAt(offset int) int {
	return 1 + bytes.Count(s.data[:min(max(offset, 0), len(s.data))], []byte("\n"))
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
	for _, marker := range []string{"<<<<<<< ", ">>>>>>> "} {
		if at := bytes.Index(append([]byte("\n"), s.data...), []byte("\n"+marker)); at >= 0 {
			return &Error{
				File: s.file, Line: s.lineAt(at), Problem: "the file holds merge conflict markers",
				Advice: "resolve the conflict, let the tool write the file again, and run this again",
			}
		}
	}
	return nil
}

// toml decodes the file. Keys that into does not have are passed over.
func (s *source) toml(into any) error {
	err := toml.Unmarshal(s.data, into)
	if err == nil {
		return nil
	}
	e := &Error{File: s.file, Problem: "the file is not valid TOML: " + clip(err.Error()), Advice: s.advice, Err: err}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		e.Line, _ = wrong.Position()
		e.Key = dotted(wrong.Key())
	}
	return e
}

func dotted(key toml.Key) string {
	var b bytes.Buffer
	for i, part := range key {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(part)
	}
	return b.String()
}

// json decodes the file.
func (s *source) json(into any) error {
	err := json.Unmarshal(s.data, into)
	if err == nil {
		return nil
	}
	e := &Error{File: s.file, Problem: "the file is not valid JSON: " + clip(err.Error()), Advice: s.advice, Err: err}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		e.Line = s.lineAt(int(syntax.Offset) - 1)
	case errors.As(err, &kind):
		e.Line, e.Key = s.lineAt(int(kind.Offset)-1), kind.Field
		e.Problem = fmt.Sprintf("a %s stands where none belongs", kind.Value)
	}
	return e
}
