package store

import (
	"errors"
	"syscall"
)

// Codes of Windows.
const (
	errorWriteProtect = syscall.Errno(19)
	errorDiskFull     = syscall.Errno(112)
)

func isReadOnly(err error) bool { return errors.Is(err, errorWriteProtect) }

func isFull(err error) bool { return errors.Is(err, errorDiskFull) }
