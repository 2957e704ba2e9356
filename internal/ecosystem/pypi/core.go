package pypi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/dist"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// core is what a distribution file says of its dependencies.
type core struct {
	requires []marker.Requirement
	python   version.Set

	// Of a source distribution.
	build      []marker.Requirement // what building it needs, as far as it can be read
	setuptools bool                 // setuptools builds it
	unsure     bool                 // only a build would tell the requirements for certain
	recorded   bool                 // they are what setuptools wrote down when it made the file

	mu     sync.Mutex
	solved map[string][]solve.Requirement // by target
	shown  []feed.Requirement             // of requires
}

// requiresFor returns what of the requirements can hold for a target.
func (c *core) requiresFor(t *target) []solve.Requirement {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.solved[t.name]
	if ok {
		return known
	}
	for i := range c.requires {
		if r, ok := t.requirement(&c.requires[i]); ok {
			known = append(known, r)
		}
	}
	if c.solved == nil {
		c.solved = map[string][]solve.Requirement{}
	}
	c.solved[t.name] = known
	return known
}

// requirements returns the requirements as the graph shows them.
func (c *core) requirements() []feed.Requirement {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown == nil {
		c.shown = make([]feed.Requirement, len(c.requires))
		for i := range c.requires {
			c.shown[i] = requirementOf(c.requires[i], "")
		}
	}
	return c.shown
}

// metadataError says that the metadata of a file cannot be used.
type metadataError struct {
	file string
	err  error
}

func (e *metadataError) Error() string { return e.file + ": " + e.err.Error() }

func (e *metadataError) Unwrap() error { return e.err }

// reader reads the metadata of files, each once as long as there is room.
type reader struct {
	index ecosystem.Index

	mu    sync.Mutex
	calls map[string]*call // by file name
	room  int              // requirements that may still be kept
}

// maxKept is how many requirements of files are kept for the next target that
// wants them, requirementBytes about how many bytes one takes.
const (
	maxKept          = 40_000
	requirementBytes = 2500
)

// coreKey is the key of a file's metadata that an index remembers.
type coreKey struct{ name, version, file string }

// call is one file that is read, or was.
type call struct {
	done chan struct{}
	core *core
	err  error
}

func newReader(index ecosystem.Index) *reader {
	return &reader{index: index, calls: map[string]*call{}, room: maxKept}
}

// read returns what a file of a release says.
func (r *reader) read(ctx context.Context, name, version, filename string) (*core, error) {
	for {
		r.mu.Lock()
		c, known := r.calls[filename]
		if !known {
			c = &call{done: make(chan struct{})}
			r.calls[filename] = c
		}
		r.mu.Unlock()
		if !known {
			return r.fill(ctx, c, name, version, filename)
		}
		select {
		case <-c.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !errors.Is(c.err, context.Canceled) {
			return c.core, c.err
		} // who asked first has given up
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func (r *reader) fill(ctx context.Context, c *call, name, version, filename string) (*core, error) {
	c.core, c.err = ecosystem.Remember(r.index, coreKey{name, version, filename}, func() (*core, int, error) {
		found, err := r.open(ctx, name, version, filename)
		if err != nil {
			return nil, 0, err
		}
		return found, requirementBytes * (1 + len(found.requires) + len(found.build)), nil
	})
	r.mu.Lock()
	if c.err == nil {
		r.room -= 1 + len(c.core.requires) + len(c.core.build)
	}
	switch {
	case r.room < 0:
		r.calls, r.room = map[string]*call{}, maxKept
	case c.err != nil && ctx.Err() != nil:
		delete(r.calls, filename)
	}
	r.mu.Unlock()
	close(c.done)
	return c.core, c.err
}

// open reads a file: the core metadata beside a wheel, or a source distribution.
func (r *reader) open(ctx context.Context, name, text, filename string) (*core, error) {
	file := feed.File{Path: filePath(filename)}
	isWheel := wheel.IsWheel(filename)
	if isWheel {
		file.Path += suffixMetadata
	}
	body, err := r.index.Open(ctx, name, text, file)
	if errors.Is(err, feed.ErrNotFound) {
		return nil, &lostError{filename, err}
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	hasher := feed.NewHasher("sha256")
	hashed := io.TeeReader(body, hasher)
	var c *core
	if isWheel {
		c, err = readWheel(hashed, name, text)
	} else {
		c, err = readSdist(hashed, name, text, filename)
	}
	if err != nil {
		return nil, r.blame(ctx, name, text, file, hasher, body, err)
	}
	return c, nil
}

func readWheel(body io.Reader, name, text string) (*core, error) {
	data, err := readMetadataFile(body)
	if err != nil {
		return nil, err
	}
	m, err := dist.ReadMetadata(data)
	if err != nil {
		return nil, err
	}
	if err := isOf(&m, name, text); err != nil {
		return nil, err
	}
	return &core{requires: m.Requires, python: m.RequiresPython}, nil
}

// isOf refuses the metadata of another release.
func isOf(m *dist.Metadata, name, text string) error {
	if wheel.NormalizeName(m.Name) != name || !isVersion(text, m.Version) {
		return fmt.Errorf("its metadata are those of %.100q, version %s", m.Name, m.Version)
	}
	return nil
}

// readSdist reads a source distribution. Nothing of it is run: what only its build
// backend knows stays unknown.
func readSdist(body io.Reader, name, text, filename string) (*core, error) {
	sdist, err := dist.SdistMetadata(body, filename)
	if err != nil {
		return nil, err
	}
	c := &core{unsure: true}
	if sdist.PKGInfo != nil {
		m, err := dist.ReadMetadata(sdist.PKGInfo)
		if err != nil {
			return nil, err
		}
		if err := isOf(&m, name, text); err != nil {
			return nil, err
		}
		c.requires, c.python, c.unsure = m.Requires, m.RequiresPython, !m.IsStatic()
	}
	if c.unsure && len(c.requires) == 0 && sdist.Requires != nil {
		c.recorded = true
		if c.requires, err = dist.ReadRequires(sdist.Requires); err != nil {
			return nil, err
		}
	}
	build, err := dist.ReadBuild(sdist.Pyproject)
	if err != nil {
		return nil, err
	}
	c.build, c.setuptools = build.Requires, build.Backend == "" || strings.HasPrefix(build.Backend, "setuptools.build_meta")
	return c, nil
}
