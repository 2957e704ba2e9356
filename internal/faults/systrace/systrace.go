// Package systrace runs a program and stops it before every system call that
// changes a folder: each is a moment at which a test may kill the program, let
// the call fail, or take notes. It counts calls in the order in which they
// happen, over all threads, so that a test can be told to do something at the
// hundredth one.
//
// It uses ptrace(2) on a child of its own, which needs no privilege, and knows
// Linux on amd64 alone; see [Supported].
package systrace

import (
	"errors"
	"syscall"
	"time"
)

// ErrUnsupported says that programs cannot be traced here.
var ErrUnsupported = errors.New("tracing system calls is known for Linux on amd64 only")

// Call is a system call that changes something below the folder.
type Call struct {
	Number int    // how many were before it
	Name   string // "write", "renameat", …
	Path   string // below the folder, with slashes; "." is the folder itself
	To     string // the second path of a rename or link
	Data   []byte // what is written, when asked for
	Offset int64  // of a pwrite; -1 where the file's own place counts
	Flags  int    // of openat and unlinkat
	Result int64  // what it came to, a negative error number when it failed
}

// String names the step: "renameat .feedctl/journal.new .feedctl/journal".
func (c Call) String() string {
	text := c.Name + " " + c.Path
	if c.To != "" {
		text += " " + c.To
	}
	return text
}

// Verdict is what happens to a call.
type Verdict struct {
	Kill bool          // the program is killed in its place
	Fail syscall.Errno // it fails with this error, and does nothing
}

// Options says what to trace.
type Options struct {
	Folder string             // absolute, without symbolic links
	Data   bool               // take down what is written
	Decide func(Call) Verdict // nil lets everything pass
	Limit  time.Duration      // the program is killed after this time
}

// Trace is what a run came to.
type Trace struct {
	Calls  []Call
	Code   int  // exit code, -1 when it was killed
	Killed bool // by Decide
}
