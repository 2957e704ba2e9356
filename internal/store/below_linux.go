package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// The kernel itself keeps a path inside the folder, in one call where os.Root makes
// one for each folder on the way. Where it does not know that call, or a policy
// forbids it, or the path is not as simple as those of a feed, os.Root does it.

// create makes a new file.
func (b below) create(path string) (*os.File, error) {
	fd, err := b.openat2(path, createFlags)
	if err != nil {
		return b.root.OpenFile(path, createFlags, 0o644)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// open opens what lies at a path for reading. It waits for nobody, a pipe's writer
// for instance.
func (b below) open(path string) (*os.File, error) {
	fd, err := b.openat2(path, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return b.root.Open(path)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// read reads a whole regular file of at most limit bytes. It is for the many small
// files of a ledger, with half of the calls that an os.File makes; where ok is
// false, open and its errors are to be asked.
func (b below) read(path string, limit int64) (data []byte, ok bool) {
	fd, err := b.openat2(path, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, false
	}
	defer unix.Close(fd)
	var info unix.Stat_t
	if unix.Fstat(fd, &info) != nil || info.Mode&unix.S_IFMT != unix.S_IFREG || info.Size > limit {
		return nil, false
	}
	data = make([]byte, info.Size)
	for done := 0; done < len(data); {
		n, err := unix.Read(fd, data[done:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return nil, false
		}
		done += n
	}
	return data, true
}

func (b below) openat2(path string, flags int) (int, error) {
	how := &unix.OpenHow{
		Flags:   uint64(flags | unix.O_CLOEXEC),
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	if flags&unix.O_CREAT != 0 {
		how.Mode = 0o644
	}
	for {
		fd, err := unix.Openat2(int(b.at.Fd()), path, how)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}
