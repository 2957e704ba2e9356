package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// writeOut lets the kernel start writing a file to the disk, and does not wait for
// it. It promises nothing: that is the barrier's to do.
func writeOut(file *os.File) {
	_ = unix.SyncFileRange(int(file.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
}

// barrier returns when everything written so far below the feed's directory is
// on the disk: one call for the whole file system. The paths serve as a fallback
// where the kernel does not know the call.
func barrier(d *Dir, paths []string) error {
	folder, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer folder.Close()
	err = unix.Syncfs(int(folder.Fd()))
	if errors.Is(err, unix.ENOSYS) {
		return syncEach(d, paths)
	}
	return os.NewSyscallError("syncfs", err)
}
