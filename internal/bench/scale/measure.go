package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// job is a command to run.
type job struct {
	args []string
	env  []string // on top of the machine's own
	dir  string
}

// usage is what one run of a command took.
type usage struct {
	wall, cpu time.Duration
	memory    int64 // most resident bytes, 0 when not known
}

// measure runs a command.
func measure(ctx context.Context, j job) (usage, error) {
	command := exec.CommandContext(ctx, j.args[0], j.args[1:]...)
	var output bytes.Buffer
	command.Dir, command.Stdout, command.Stderr = j.dir, &output, &output
	command.Env = append(os.Environ(), j.env...)
	started := time.Now()
	if err := command.Start(); err != nil {
		return usage{}, err
	}
	memory := watch(command.Process.Pid)
	err := command.Wait()
	wall := time.Since(started)
	most := memory()
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w: %.500s", filepath.Base(j.args[0]), err, output.String())
	}
	state := command.ProcessState
	if most == 0 {
		most = maxResident(state)
	}
	return usage{wall: wall, cpu: state.UserTime() + state.SystemTime(), memory: most}, nil
}

// watch looks again and again at the most memory that a process held, until stop
// is called, which returns it; 0 where the system does not tell. What wait4 tells
// is no use on Linux: there a process starts with the peak of the one that started
// it, which is this one, with all the files of a feed in its memory.
func watch(pid int) (stop func() int64) {
	done, result := make(chan struct{}), make(chan int64)
	go func() {
		var most int64
		for {
			most = max(most, peak(pid))
			select {
			case <-done:
				result <- most
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(done)
		return <-result
	}
}

// peak reads the high-water mark of a process on Linux.
func peak(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
