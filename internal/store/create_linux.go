package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// createBelow makes a new file below a folder, which is open as at too. The kernel itself keeps the path
// inside, in one call where os.Root makes one for each folder on the way; where it
// does not know that call, or a policy forbids it, os.Root does it.
func createBelow(folder *os.Root, at *os.File, p string) (*os.File, error) {
	how := &unix.OpenHow{
		Flags:   uint64(createFlags | unix.O_CLOEXEC),
		Mode:    0o644,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	fd, err := unix.Openat2(int(at.Fd()), p, how)
	if err != nil {
		return folder.OpenFile(p, createFlags, 0o644)
	}
	return os.NewFile(uintptr(fd), p), nil
}
