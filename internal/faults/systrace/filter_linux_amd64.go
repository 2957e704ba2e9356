package systrace

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// marker is the environment variable that makes a test program start another one
// in its place, with a filter that stops it at the calls of interest only.
// Without a filter each of its calls would stop it.
const marker = "FEEDCTL_SYSTRACE_STUB"

// Stub is called first of all by TestMain of every package that uses Run. Where
// Run started this process, it becomes the program that is to be traced.
func Stub() {
	if os.Getenv(marker) == "" {
		return
	}
	runtime.LockOSThread()
	err := filter()
	if err == nil {
		var environment []string
		for _, variable := range os.Environ() {
			if !strings.HasPrefix(variable, marker+"=") {
				environment = append(environment, variable)
			}
		}
		err = syscall.Exec(os.Args[0], os.Args, environment) //nolint:gosec // the program that the test gave to Run
	}
	panic(fmt.Sprintf("%s cannot be traced: %v", os.Args[0], err))
}

// disguise makes a command start through Stub.
func disguise(command *exec.Cmd) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	command.Args[0], command.Path = command.Path, self
	command.Env = append(command.Environ(), marker+"=1")
	return nil
}

// filter stops this thread, and what it executes, at the calls of interest
// (seccomp(2)).
func filter() error {
	const number, architecture = 0, 4 // offsets in struct seccomp_data
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	give := func(value uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value} }
	equal := func(value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: value, Jt: yes, Jf: no}
	}
	program := []unix.SockFilter{
		load(architecture), equal(unix.AUDIT_ARCH_X86_64, 1, 0), give(unix.SECCOMP_RET_ALLOW), load(number),
	}
	for call := range kinds {
		program = append(program, equal(uint32(call), 0, 1), give(unix.SECCOMP_RET_TRACE))
	}
	program = append(program, give(unix.SECCOMP_RET_ALLOW))
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	whole := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER,
		uintptr(unsafe.Pointer(&whole))) //nolint:gosec // a system call takes its argument by address
	if errno != 0 {
		return errno
	}
	return nil
}
