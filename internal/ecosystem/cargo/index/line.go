// Package index reads the index of a Cargo registry: the files that hold one
// line for each version of a crate, and the configuration that says where the
// crates themselves are (the Cargo book, registry index).
package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
)

// MaxSchema is the newest schema of a line that is understood.
const MaxSchema = 2

// Entry is what choosing among lines needs to know of one before it is decoded.
type Entry struct {
	Name      string
	Version   string
	Yanked    bool
	Schema    int // the member "v"; 1 when there is none
	Published time.Time
	// RustVersion is the oldest Rust that the version is for, "" for any.
	RustVersion string
	Raw         []byte // the line, without its end; shares the file's memory
}

// Line is one version of a crate.
type Line struct {
	Name         string
	Version      string
	Checksum     string // SHA-256 of the crate file, lower-case hex
	Dependencies []Dependency
	Features     map[string][]string // "features" and "features2" together
	Links        string
	RustVersion  string
	Schema       int
	Yanked       bool
}

// Dependency is one entry of a line.
type Dependency struct {
	Name            string // in the crate's own code; the new name when it was renamed
	Package         string // real name of the crate, "" when it is Name
	Requirement     string
	Features        []string
	Optional        bool
	DefaultFeatures bool
	Target          string // platform that it is for, "" for all
	Kind            string // "" for a normal one, else "dev" or "build"
	Registry        string // address of the registry's index, "" for the line's own
}

// Crate is the real name of the crate that a dependency wants.
func (d *Dependency) Crate() string {
	if d.Package != "" {
		return d.Package
	}
	return d.Name
}

// SkippedError says why a client passes over a line.
type SkippedError struct {
	Version string // "" when not even that could be read
	Reason  string
}

func (e *SkippedError) Error() string { return fmt.Sprintf("version %.100q: %s", e.Version, e.Reason) }

// Lines calls yield for each line of an index file that has something on it,
// until it returns false.
func Lines(file []byte, yield func(line []byte) bool) {
	for len(file) > 0 {
		line := file
		if end := bytes.IndexByte(file, '\n'); end >= 0 {
			line, file = file[:end], file[end+1:]
		} else {
			file = nil
		}
		if line = bytes.TrimSpace(line); len(line) > 0 && !yield(line) {
			return
		}
	}
}

// errFound ends the reading of a line early.
var errFound = errors.New("found")

// VersionOf returns the version of a line without reading the rest of it, or
// "".
func VersionOf(line []byte) string {
	c, version := &cursor{data: line}, ""
	err := c.object(func(key string) (err error) {
		if key != "vers" {
			return c.skip()
		}
		if version, err = c.str(); err == nil {
			err = errFound
		}
		return err
	})
	if err != nil && !errors.Is(err, errFound) {
		return ""
	}
	return version
}

// Scan reads an entry.
func Scan(line []byte) (Entry, error) {
	c := &cursor{data: line}
	e := Entry{Schema: 1, Raw: line}
	err := c.object(func(key string) (err error) {
		switch key {
		case "name":
			e.Name, err = c.str()
		case "vers":
			e.Version, err = c.str()
		case "yanked":
			e.Yanked, err = c.boolean(false)
		case "v":
			e.Schema, err = c.schema()
		case "rust_version":
			e.RustVersion, err = c.strOrNull()
		case "pubtime":
			e.Published, err = c.time()
		default:
			err = c.skip()
		}
		return err
	})
	if err != nil {
		return e, &SkippedError{Version: e.Version, Reason: err.Error()}
	}
	return e, check(e.Name, e.Version, e.Schema)
}

func check(name, version string, schema int) error {
	switch {
	case schema > MaxSchema || schema < 1:
		return &SkippedError{Version: version, Reason: fmt.Sprintf("schema version %d of its index line is unknown", schema)}
	case !crate.Valid(name):
		return &SkippedError{Version: version, Reason: fmt.Sprintf("%.100q is no name of a crate", name)}
	case !crate.ValidVersion(version):
		return &SkippedError{Version: version, Reason: "not a version of Semantic Versioning"}
	}
	return nil
}

func (c *cursor) schema() (int, error) {
	if c.null() {
		return 1, nil
	}
	return c.number()
}

// time reads a date; one in another form is as good as none.
func (c *cursor) time() (time.Time, error) {
	text, err := c.strOrNull()
	if err != nil {
		return time.Time{}, err
	}
	t, parseErr := time.Parse(time.RFC3339, text)
	if parseErr != nil {
		return time.Time{}, nil
	}
	return t.UTC(), nil
}

// Decode reads a whole line. A line that clients pass over is a *SkippedError.
func Decode(line []byte) (Line, error) {
	c := &cursor{data: line}
	l := Line{Schema: 1}
	if err := c.object(func(key string) error { return c.lineMember(&l, key) }); err != nil {
		return l, &SkippedError{Version: l.Version, Reason: err.Error()}
	}
	if c.next() != 0 {
		return l, &SkippedError{Version: l.Version, Reason: "more follows the object"}
	}
	if err := check(l.Name, l.Version, l.Schema); err != nil {
		return l, err
	}
	if !isSHA256(l.Checksum) {
		return l, &SkippedError{Version: l.Version, Reason: fmt.Sprintf("cksum %.80q is no SHA-256", l.Checksum)}
	}
	return l, nil
}

func (c *cursor) lineMember(l *Line, key string) (err error) {
	switch key {
	case "name":
		l.Name, err = c.str()
	case "vers":
		l.Version, err = c.str()
	case "cksum":
		l.Checksum, err = c.str()
	case "deps":
		l.Dependencies, err = c.dependencies()
	case "features", "features2":
		err = c.features(l)
	case "links":
		l.Links, err = c.strOrNull()
	case "rust_version":
		l.RustVersion, err = c.strOrNull()
	case "yanked":
		l.Yanked, err = c.boolean(false)
	case "v":
		l.Schema, err = c.schema()
	default:
		err = c.skip()
	}
	return err
}

func (c *cursor) features(l *Line) error {
	if c.null() {
		return nil
	}
	return c.object(func(name string) error {
		values, err := c.strings()
		if l.Features == nil {
			l.Features = map[string][]string{}
		}
		l.Features[name] = append(l.Features[name], values...)
		return err
	})
}

func (c *cursor) dependencies() ([]Dependency, error) {
	var all []Dependency
	err := c.array(func() error {
		d := Dependency{DefaultFeatures: true}
		err := c.object(func(key string) error { return c.dependencyMember(&d, key) })
		if err == nil && (!crate.Valid(d.Crate()) || !crate.Valid(d.Name)) {
			err = fmt.Errorf("%.100q is no name of a crate", d.Crate())
		}
		all = append(all, d)
		return err
	})
	return all, err
}

func (c *cursor) dependencyMember(d *Dependency, key string) (err error) {
	switch key {
	case "name":
		d.Name, err = c.str()
	case "package":
		d.Package, err = c.strOrNull()
	case "req":
		d.Requirement, err = c.str()
	case "features":
		d.Features, err = c.strings()
	case "optional":
		d.Optional, err = c.boolean(false)
	case "default_features":
		d.DefaultFeatures, err = c.boolean(true)
	case "target":
		d.Target, err = c.strOrNull()
	case "kind":
		if d.Kind, err = c.strOrNull(); d.Kind == "normal" {
			d.Kind = ""
		}
	case "registry":
		d.Registry, err = c.strOrNull()
	default:
		err = c.skip()
	}
	return err
}

func isSHA256(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) == 64
}

// Compact returns a line without insignificant blanks, everything else as it
// was; this is how the ledger, which is JSON, can keep it. What is not JSON is an
// error.
func Compact(line []byte) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(line))
	if err := json.Compact(&b, line); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// SetYanked returns a line that says whether its version is yanked, with nothing
// else changed.
func SetYanked(line []byte, yanked bool) ([]byte, error) {
	c := &cursor{data: line}
	word := strconv.AppendBool(nil, yanked)
	var changed []byte
	last := 0 // behind the last member
	err := c.object(func(key string) error {
		c.next()
		start := c.at
		err := c.skip()
		if key == "yanked" && err == nil {
			changed = slices.Concat(line[:start], word, line[c.at:])
		}
		last = c.at
		return err
	})
	if err != nil || last == 0 {
		return nil, fmt.Errorf("%.200q is no index line", line)
	}
	if changed == nil {
		changed = slices.Concat(line[:last], []byte(`,"yanked":`), word, line[last:])
	}
	return changed, nil
}
