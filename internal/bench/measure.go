package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
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
	requests  int64 // -1 when not known
	output    []byte
}

// requestLine is in each line in which feedctl -vv tells of a request.
var requestLine = []byte(" msg=request ")

// logged is the number of requests that the output of feedctl -vv tells of.
func (u usage) logged() int64 { return int64(bytes.Count(u.output, requestLine)) }

// measure runs a command.
func measure(ctx context.Context, j job) (usage, error) {
	command := exec.CommandContext(ctx, j.args[0], j.args[1:]...)
	var output bytes.Buffer
	command.Dir, command.Stdout, command.Stderr = j.dir, &output, &output
	command.Env = append(os.Environ(), j.env...)
	debug.FreeOSMemory() // a process starts with the resident memory of the one that starts it
	started := time.Now()
	err := command.Run()
	wall := time.Since(started)
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w: %s", filepath.Base(j.args[0]), err, tail(output.String(), 600))
	}
	state := command.ProcessState
	return usage{
		wall: wall, cpu: state.UserTime() + state.SystemTime(), memory: maxResident(state), requests: -1, output: output.Bytes(),
	}, nil
}

func tail(text string, most int) string {
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
