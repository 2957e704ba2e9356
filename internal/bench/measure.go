package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	err := command.Run()
	wall := time.Since(started)
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w: %.500s", filepath.Base(j.args[0]), err, output.String())
	}
	state := command.ProcessState
	return usage{wall: wall, cpu: state.UserTime() + state.SystemTime(), memory: maxResident(state)}, nil
}
