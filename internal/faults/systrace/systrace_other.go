//go:build !linux || !amd64

package systrace

import "os/exec"

// Supported reports whether programs can be traced here.
func Supported() error { return ErrUnsupported }

// Stub does nothing here.
func Stub() {}

// Run is not known here.
func Run(*exec.Cmd, Options) (Trace, error) { return Trace{}, ErrUnsupported }
