package simple

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// folderProject reads the folder NAME of an index on disk: its index.html, else
// the files in it. Without any such folder, distributions in the index's own
// folder count.
func (x *Index) folderProject(ctx context.Context, name string) (Project, error) {
	if err := ctx.Err(); err != nil {
		return Project{}, err
	}
	dir := filepath.Join(x.place.folder, name)
	p := Project{Name: name}
	body, err := x.readLocal(filepath.Join(dir, "index.html"))
	switch {
	case err == nil:
		return p, x.fill(&p, body, fileURL(filepath.Join(dir, "index.html"), false))
	case !isNotFound(err):
		return Project{}, err
	}
	l := newList(&p, false, 0)
	found, err := x.listFolder(dir, l.add)
	if err == nil && !found {
		if info, failed := os.Stat(x.place.folder); failed != nil || !info.IsDir() {
			return Project{}, fmt.Errorf("upstream %q: the folder of the index is not there, or is no folder; a page of files begins with %q", x.upstream, Flat)
		}
		l.flat = true
		_, err = x.listFolder(x.place.folder, l.add)
	}
	if met := l.finish(); err == nil && met == 0 {
		err = fmt.Errorf("upstream %q: no folder %s: %w", x.upstream, name, feed.ErrNotFound)
	}
	return p, err
}

// readFlatFolder reads a folder of files, or a page on disk.
func (x *Index) readFlatFolder(ctx context.Context, yield func(*link)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := os.Stat(x.place.folder)
	if err != nil {
		return fmt.Errorf("upstream %q: %w", x.upstream, err)
	}
	if info.IsDir() {
		_, err := x.listFolder(x.place.folder, yield)
		return err
	}
	body, err := x.readLocal(x.place.folder)
	if err != nil {
		return err
	}
	if _, err = readHTML(body, fileURL(x.place.folder, false), yield); err != nil {
		return x.wrong("", err)
	}
	return nil
}

// listFolder calls yield for the files of a folder, in the order of their names,
// and reports whether there is one.
func (x *Index) listFolder(dir string, yield func(*link)) (found bool, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("upstream %q: %w", x.upstream, err)
	}
	if len(entries) > maxFiles {
		return true, fmt.Errorf("upstream %q: a folder with more than %d files", x.upstream, maxFiles)
	}
	for _, entry := range entries {
		if !isDistribution(entry.Name()) {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		yield(&link{name: entry.Name(), path: path, file: File{Size: info.Size()}})
	}
	return true, nil
}

// readLocal reads a page on disk.
func (x *Index) readLocal(path string) ([]byte, error) {
	file, err := x.openLocal(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxPage+1))
	if err == nil && len(data) > maxPage {
		err = fmt.Errorf("larger than %d MB", maxPage>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("upstream %q: %s: %w", x.upstream, filepath.Base(path), err)
	}
	return data, nil
}

// openLocal opens a regular file of this machine.
func (x *Index) openLocal(path string) (*os.File, error) {
	if path == "" {
		return nil, fmt.Errorf("upstream %q: a file without a place: %w", x.upstream, feed.ErrNotFound)
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	var file *os.File
	if err == nil {
		file, err = os.Open(path)
	}
	var wrong *fs.PathError
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, fs.ErrNotExist), errors.As(err, &wrong) && strings.Contains(wrong.Err.Error(), "not a directory"):
		return nil, fmt.Errorf("upstream %q: %s: %w", x.upstream, filepath.Base(path), feed.ErrNotFound)
	}
	return nil, fmt.Errorf("upstream %q: %w", x.upstream, err)
}
