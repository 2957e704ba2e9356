package cargo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/pkg/feed"
)

// local is an upstream on disk, as Cargo's local-registry source has it: an
// index/ folder, and the crates beside it.
type local struct {
	shelf
	dir string
}

// localFolder returns the folder that an address means, if it means one.
func localFolder(address string, u *url.URL, err error) (string, bool) {
	switch {
	case filepath.IsAbs(address) || strings.HasPrefix(address, "./") || strings.HasPrefix(address, "../"):
		return filepath.Clean(address), true
	case err == nil && u.Scheme == "file" && u.Host == "" && u.Path != "":
		path := u.Path
		if len(path) > 2 && path[0] == '/' && path[2] == ':' {
			path = path[1:] // file:///C:/…
		}
		return filepath.FromSlash(path), true
	}
	return "", false
}

func (l *local) probe() error {
	root, err := l.open()
	if err != nil {
		return err
	}
	defer root.Close()
	if info, err := root.Stat("index"); err != nil || !info.IsDir() {
		return fmt.Errorf("upstream %q: the folder %s has no index/, so it is no local registry of Cargo", l.upstream, l.dir)
	}
	return nil
}

func (l *local) open() (*os.Root, error) {
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, fmt.Errorf("upstream %q: %w", l.upstream, err)
	}
	return root, nil
}

// file reads a crate's file of the index.
func (l *local) file(name, base string) ([]byte, error) {
	if err := l.probe(); err != nil {
		return nil, err
	}
	root, err := l.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash("index/" + crate.IndexPath(base)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, l.notFound(name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndex+1))
	if err == nil && len(data) > maxIndex {
		err = fmt.Errorf("cargo: the index file of %s is larger than %d MB", name, maxIndex>>20)
	}
	return data, err
}

// Versions implements ecosystem.Source.
func (l *local) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	_, base, err := l.split(name)
	if err != nil {
		return nil, err
	}
	file, err := l.file(name, base)
	if err != nil {
		return nil, err
	}
	versions := versionsIn(file, base)
	if len(versions) == 0 {
		return nil, l.notFound(name)
	}
	return versions, nil
}

// Releases implements ecosystem.Source.
func (l *local) Releases(ctx context.Context, name string, versions []string) (feed.Package, error) {
	if err := ctx.Err(); err != nil {
		return feed.Package{}, err
	}
	registry, base, err := l.split(name)
	if err != nil {
		return feed.Package{}, err
	}
	file, err := l.file(name, base)
	if err != nil {
		return feed.Package{}, err
	}
	r := reading{shelf: l.shelf, name: name, registry: registry, base: base}
	r.address = func(string, string, string) string { return "" }
	return r.releases(file, versions)
}

// Open implements ecosystem.Source. The crate's name in the folder is that in the
// feed.
func (l *local) Open(ctx context.Context, file feed.File) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root, err := l.open()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(file.Path[strings.LastIndexByte(file.Path, '/')+1:])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("upstream %q: %w: %w", l.upstream, feed.ErrNotFound, err)
	}
	return f, err
}
