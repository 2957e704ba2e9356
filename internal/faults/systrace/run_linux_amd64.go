package systrace

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Supported reports whether programs can be traced here: a sandbox may forbid it.
var Supported = sync.OnceValue(func() error {
	trace, err := Run(exec.Command("/bin/true"), Options{Folder: "/", Limit: time.Minute})
	if err == nil && trace.Code != 0 {
		err = fmt.Errorf("a traced program ended with %d", trace.Code)
	}
	return err
})

// tracer is one program being traced.
type tracer struct {
	Options
	pid    int
	memory *os.File
	inCall map[int]int // by thread that is between the start and the end of a call: its number
	trace  Trace
}

// Run runs a command to its end. Its output must go to files or nowhere. The
// TestMain of the program that calls it calls Stub first.
func Run(command *exec.Cmd, o Options) (Trace, error) {
	runtime.LockOSThread() // all of ptrace wants to be called by the thread that started the program
	defer runtime.UnlockOSThread()
	if err := disguise(command); err != nil {
		return Trace{}, err
	}
	command.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := command.Start(); err != nil {
		return Trace{}, err
	}
	t := &tracer{Options: o, pid: command.Process.Pid, inCall: map[int]int{}}
	defer command.Process.Release() //nolint:errcheck // it is reaped here
	limit := time.AfterFunc(o.Limit, t.kill)
	defer limit.Stop()
	err := t.follow()
	if err != nil {
		t.kill()
	}
	if t.memory != nil {
		_ = t.memory.Close()
	}
	return t.trace, err
}

func (t *tracer) kill() { _ = syscall.Kill(t.pid, syscall.SIGKILL) }

// follow lets the program go and looks at each of its stops.
func (t *tracer) follow() error {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(t.pid, &status, 0, nil); err != nil {
		return err
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_EXITKILL
	if err := syscall.PtraceSetOptions(t.pid, options); err != nil {
		return fmt.Errorf("ptrace: %w", err)
	}
	for thread := t.pid; ; {
		if err := t.resume(thread, status); err != nil && !errors.Is(err, syscall.ESRCH) { // which was killed meanwhile
			return err
		}
		var err error
		for {
			thread, err = syscall.Wait4(-t.pid, &status, unix.WALL, nil)
			if !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		if err != nil {
			return fmt.Errorf("wait: %w", err)
		}
		if thread == t.pid && (status.Exited() || status.Signaled()) {
			t.trace.Code = status.ExitStatus()
			return nil
		}
	}
}

// resume looks at a stop and lets the thread go on.
func (t *tracer) resume(thread int, status syscall.WaitStatus) error {
	if !status.Stopped() {
		return nil // a thread that ended
	}
	const syscallStop = unix.SIGTRAP | 0x80
	switch stop := status.StopSignal(); {
	case stop == syscallStop:
		if err := t.end(thread); err != nil {
			return err
		}
	case stop == unix.SIGTRAP && status.TrapCause() == unix.PTRACE_EVENT_SECCOMP:
		follow, err := t.begin(thread)
		if err != nil {
			return err
		}
		if follow {
			return syscall.PtraceSyscall(thread, 0)
		}
	case stop == unix.SIGTRAP && status.TrapCause() <= 0: // it became another program
		if err := t.openMemory(); err != nil {
			return err
		}
	case stop == unix.SIGTRAP, stop == unix.SIGSTOP: // about to start a thread, or one that was started
	default:
		return syscall.PtraceCont(thread, int(stop))
	}
	return syscall.PtraceCont(thread, 0)
}

func (t *tracer) openMemory() (err error) {
	if t.memory != nil {
		_ = t.memory.Close()
	}
	t.memory, err = os.Open(fmt.Sprintf("/proc/%d/mem", t.pid))
	return err
}

// begin is the start of a call. It reports whether its end is of interest.
func (t *tracer) begin(thread int) (follow bool, err error) {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(thread, &regs); err != nil {
		return false, err
	}
	c, ok := t.call(&regs)
	if !ok {
		return false, nil
	}
	c.Number = len(t.trace.Calls)
	var verdict Verdict
	if t.Decide != nil && !t.trace.Killed {
		verdict = t.Decide(c)
	}
	c.Result = -int64(verdict.Fail)
	t.trace.Calls = append(t.trace.Calls, c)
	switch {
	case verdict.Kill:
		t.trace.Killed = true
		t.kill()
		return false, nil
	case verdict.Fail != 0:
		regs.Orig_rax = ^uint64(0) // no such call: the kernel does nothing
		regs.Rax = uint64(c.Result)
		return false, syscall.PtraceSetRegs(thread, &regs)
	}
	t.inCall[thread] = c.Number
	return true, nil
}

// end takes down what a call came to.
func (t *tracer) end(thread int) error {
	number, ok := t.inCall[thread]
	if !ok {
		return nil
	}
	delete(t.inCall, thread)
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(thread, &regs); err != nil {
		return err
	}
	t.trace.Calls[number].Result = int64(regs.Rax)
	return nil
}
