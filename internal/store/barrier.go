package store

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"

	"golang.org/x/sync/errgroup"
)

// syncEach flushes files and all the folders on the way to them, several at a
// time. Files that do not exist are passed over: they were renamed or removed.
func syncEach(d *Dir, paths []string) error {
	folders := map[string]bool{}
	var group errgroup.Group
	group.SetLimit(16)
	for _, file := range paths {
		for folder := path.Dir(file); !folders[folder]; folder = path.Dir(folder) {
			folders[folder] = true
		}
		group.Go(func() error { return syncOne(d, file, os.O_RDWR) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // which flushes no folders
		return nil
	}
	for folder := range folders {
		if err := syncOne(d, folder, os.O_RDONLY); err != nil {
			return err
		}
	}
	return nil
}

func syncOne(d *Dir, name string, flag int) error {
	file, err := d.root.OpenFile(name, flag, 0)
	if errors.Is(err, syscall.EISDIR) { // one that was moved whole; the folder it lies in is flushed
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
