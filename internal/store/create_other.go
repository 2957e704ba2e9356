//go:build !linux

package store

import "os"

// createBelow makes a new file below a folder.
func createBelow(folder *os.Root, _ *os.File, p string) (*os.File, error) {
	return folder.OpenFile(p, createFlags, 0o644)
}
