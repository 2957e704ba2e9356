package systrace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxData is the most that is taken down of one write.
const maxData = 64 << 20

// kind says where a call has its arguments.
type kind struct {
	name string
	args string // see tracer.call
}

var kinds = map[uint64]kind{
	unix.SYS_OPENAT:          {"openat", "open"},
	unix.SYS_OPENAT2:         {"openat", "open2"},
	unix.SYS_WRITE:           {"write", "data"},
	unix.SYS_PWRITE64:        {"pwrite64", "data"},
	unix.SYS_COPY_FILE_RANGE: {"copy_file_range", "copy"},
	unix.SYS_FTRUNCATE:       {"ftruncate", "fd"},
	unix.SYS_FALLOCATE:       {"fallocate", "fd"},
	unix.SYS_FSYNC:           {"fsync", "fd"},
	unix.SYS_FDATASYNC:       {"fdatasync", "fd"},
	unix.SYS_SYNCFS:          {"syncfs", "fd"},
	unix.SYS_MKDIRAT:         {"mkdirat", "at"},
	unix.SYS_UNLINKAT:        {"unlinkat", "at"},
	unix.SYS_UTIMENSAT:       {"utimensat", "at"},
	unix.SYS_RENAMEAT:        {"renameat", "at at"},
	unix.SYS_RENAMEAT2:       {"renameat", "at at"},
	unix.SYS_LINKAT:          {"linkat", "at at"},
}

// call describes the call that a thread is about to make; ok is false when it
// changes nothing below the folder.
func (t *tracer) call(regs *syscall.PtraceRegs) (c Call, ok bool) {
	k, known := kinds[regs.Orig_rax]
	if !known {
		return Call{}, false
	}
	c = Call{Name: k.name, Offset: -1}
	switch k.args {
	case "fd", "data":
		c.Path, ok = t.inside(t.fd(regs.Rdi))
	case "copy":
		c.Path, ok = t.inside(t.fd(regs.Rdx))
	case "open", "open2":
		c.Flags = int(regs.Rdx)
		if k.args == "open2" { // it is a struct open_how, whose first member are the flags
			c.Flags = int(binary.NativeEndian.Uint64(append(t.read(regs.Rdx, 8), make([]byte, 8)...)))
		}
		if c.Flags&(unix.O_CREAT|unix.O_TRUNC) != 0 {
			c.Path, ok = t.inside(t.at(regs.Rdi, regs.Rsi))
		}
	case "at":
		c.Flags = int(regs.Rdx)
		c.Path, ok = t.inside(t.at(regs.Rdi, regs.Rsi))
	case "at at":
		c.Path, ok = t.inside(t.at(regs.Rdi, regs.Rsi))
		to, inside := t.inside(t.at(regs.Rdx, regs.R10))
		c.To, ok = to, ok || inside
	}
	if ok && k.args == "data" {
		if regs.Orig_rax == unix.SYS_PWRITE64 {
			c.Offset = int64(regs.R10)
		}
		if t.Data {
			c.Data = t.read(regs.Rsi, min(regs.Rdx, maxData))
		}
	}
	return c, ok
}

// inside returns a path relative to the folder.
func (t *tracer) inside(full string) (string, bool) {
	if full == t.Folder {
		return ".", true
	}
	return strings.CutPrefix(full, t.Folder+"/")
}

// fd returns the path that a file descriptor of the program is open at.
func (t *tracer) fd(number uint64) string {
	if int32(number) == unix.AT_FDCWD {
		name, _ := os.Readlink(fmt.Sprintf("/proc/%d/cwd", t.pid))
		return name
	}
	name, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.pid, int32(number)))
	return name
}

// at returns the path that a call names by a folder and a name in memory.
func (t *tracer) at(folder, name uint64) string {
	if name == 0 {
		return t.fd(folder)
	}
	text, _, _ := bytes.Cut(t.read(name, unix.PathMax), []byte{0})
	if filepath.IsAbs(string(text)) {
		return path.Clean(string(text))
	}
	return path.Join(t.fd(folder), string(text))
}

// read reads the program's memory. Less comes back where the memory ends.
func (t *tracer) read(address, size uint64) []byte {
	data := make([]byte, size)
	n, _ := t.memory.ReadAt(data, int64(address))
	return data[:n]
}
