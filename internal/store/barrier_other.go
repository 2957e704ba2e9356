//go:build !linux

package store

// barrier returns when the given files and the folders they lie in are on the
// disk.
func barrier(d *Dir, paths []string) error { return syncEach(d, paths) }
