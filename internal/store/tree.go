package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Tree gives the files of a feed. It is safe for concurrent use.
type Tree interface {
	// Open opens a file by its slash-separated path in the feed. A file that
	// does not exist is feed.ErrNotFound.
	Open(ctx context.Context, path string) (io.ReadCloser, error)
}

// Dir is a feed's directory. Nothing outside of it is reached through it.
type Dir struct {
	name string
	below
}

// openDir opens a directory; one that does not exist is an empty Dir.
func openDir(name string) (*Dir, error) {
	root, err := os.OpenRoot(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Dir{name: name}, nil
	case err != nil:
		return nil, fmt.Errorf("feed directory %s: %w", name, plainError(err))
	}
	folder, err := newBelow(root)
	if err != nil {
		return nil, fmt.Errorf("feed directory %s: %w", name, plainError(err))
	}
	return &Dir{name, folder}, nil
}

// Name returns the path of the directory as it was given.
func (d *Dir) Name() string { return d.name }

// Close releases the directory.
func (d *Dir) Close() error {
	if d.root == nil {
		return nil
	}
	return d.below.Close()
}

// Open implements [Tree].
func (d *Dir) Open(_ context.Context, path string) (io.ReadCloser, error) {
	file, size, err := d.open(path)
	if err != nil {
		return nil, err
	}
	return sizedFile{file, size}, nil
}

// sizedFile is an open file whose size was asked for already.
type sizedFile struct {
	*os.File
	size int64
}

// Size returns how many bytes the file had when it was opened.
func (f sizedFile) Size() int64 { return f.size }

// open opens a regular file and returns its size.
func (d *Dir) open(path string) (*os.File, int64, error) {
	if d.root == nil {
		return nil, 0, notFound(path)
	}
	file, err := d.below.open(path)
	if err != nil {
		return nil, 0, pathError(path, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = notFound(path)
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	return file, info.Size(), nil
}

// Stat returns the size of a file. A path that is no regular file, a symbolic
// link for instance, is feed.ErrNotFound.
func (d *Dir) Stat(path string) (int64, error) {
	if d.root == nil {
		return 0, notFound(path)
	}
	if err := feed.CheckPath(path); err != nil {
		return 0, err
	}
	// One call where os.Root makes one for each folder on the way; nothing is
	// opened, so that a link on the way shows a size at most.
	info, err := os.Lstat(filepath.Join(d.name, filepath.FromSlash(path)))
	if err != nil {
		return 0, pathError(path, err)
	}
	if !info.Mode().IsRegular() {
		return 0, notFound(path)
	}
	return info.Size(), nil
}

// exists is nil when something lies at a path, feed.ErrNotFound when nothing
// does.
func (d *Dir) exists(path string) error {
	if d.root == nil {
		return notFound(path)
	}
	if _, err := d.root.Lstat(path); err != nil {
		return pathError(path, err)
	}
	return nil
}

// Entry is what lies at one path of a feed's directory.
type Entry struct {
	Path string
	Size int64
	Mode fs.FileMode // type bits; zero for a regular file
}

// Walk yields everything in the directory that is no folder, sorted by path
// segment, without .feedctl.
func (d *Dir) Walk(ctx context.Context) iter.Seq2[Entry, error] { return d.walk(ctx, ".") }

func (d *Dir) walk(ctx context.Context, below string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if d.root == nil {
			return
		}
		err := fs.WalkDir(d.root.FS(), below, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case path == controlDir:
				return skip(entry)
			case entry.IsDir():
				return nil
			}
			info, err := entry.Info()
			if err != nil {
				return err
			}
			if !yield(Entry{Path: path, Size: info.Size(), Mode: info.Mode().Type()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(Entry{}, fmt.Errorf("feed directory %s: %w", d.name, err))
		}
	}
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// names returns the names in a folder, unsorted; of one that does not exist,
// none.
func (d *Dir) names(path string) ([]string, error) {
	if d.root == nil {
		return nil, nil
	}
	folder, err := d.root.Open(path)
	if err != nil {
		if isAbsent(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("%s: %w", path, plainError(err))
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	if err != nil && !errors.Is(err, syscall.ENOTDIR) {
		return nil, fmt.Errorf("%s: %w", path, plainError(err))
	}
	return names, nil
}

func notFound(path string) error { return fmt.Errorf("%s: %w", path, feed.ErrNotFound) }

// pathError names a path once and turns the disk's "no such file" into
// feed.ErrNotFound.
func pathError(path string, err error) error {
	if isAbsent(err) {
		return notFound(path)
	}
	return fmt.Errorf("%s: %w", path, plainError(err))
}

// isAbsent also holds when a folder on the way is a file.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// plainError removes the operation and the path that package os adds.
func plainError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}

// read reads a whole file of at most limit bytes.
func (d *Dir) read(path string, limit int64) ([]byte, error) {
	if d.root == nil {
		return nil, notFound(path)
	}
	if data, ok := d.below.read(path, limit); ok {
		return data, nil
	}
	file, size, err := d.open(path)
	if err != nil {
		return nil, err
	}
	return readClosing(path, file, size, limit)
}

// holds reports whether a file exists and has exactly the given bytes.
func (d *Dir) holds(path string, data []byte) (bool, error) {
	file, size, err := d.open(path)
	if errors.Is(err, feed.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	if size != int64(len(data)) {
		return false, nil
	}
	got, err := readAll(file, size, size)
	return err == nil && bytes.Equal(got, data), nil
}

// readFile reads a whole file of at most limit bytes.
func readFile(ctx context.Context, tree Tree, path string, limit int64) ([]byte, error) {
	if d, ok := tree.(*Dir); ok {
		return d.read(path, limit)
	}
	file, err := tree.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	return readClosing(path, file, sizeOf(file), limit)
}

func readClosing(path string, file io.ReadCloser, size, limit int64) ([]byte, error) {
	defer file.Close()
	data, err := readAll(file, size, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, plainError(err))
	}
	return data, nil
}

// sizeOf returns the size that a file is known to have, or 0.
func sizeOf(file io.Reader) int64 {
	if f, ok := file.(interface{ Size() int64 }); ok {
		return f.Size()
	}
	return 0
}

// readAll reads r to its end, or to the size that it is known to have, if that is
// positive.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, fmt.Errorf("is %d bytes long, more than the %d that are read", size, limit)
	}
	data := make([]byte, 0, max(size, 511)+1)
	for {
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return nil, fmt.Errorf("is longer than the %d bytes that are read", limit)
		case errors.Is(err, io.EOF), err == nil && size > 0 && int64(len(data)) == size:
			return data, nil
		case err != nil:
			return nil, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}
