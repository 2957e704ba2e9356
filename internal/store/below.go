package store

import (
	"errors"
	"os"
)

// below is a folder that files are opened and made in, by paths that never lead out
// of it.
type below struct {
	root *os.Root
	at   *os.File // the same folder, for calls that package os does not make
}

// newBelow takes over root: it is closed with the below, or when there is an error.
func newBelow(root *os.Root) (below, error) {
	at, err := root.Open(".")
	if err != nil {
		return below{}, errors.Join(err, root.Close())
	}
	return below{root, at}, nil
}

func (b below) Close() error { return errors.Join(b.at.Close(), b.root.Close()) }

const createFlags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
