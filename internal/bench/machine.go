package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// machine is what the figures depend on.
type machine struct {
	cores      int
	memory     int64  // bytes, 0 when not known
	fileSystem string // of the scratch folder, "" when not known
	platform   string
	toolchain  string
}

func thisMachine(ctx context.Context, scratch string) machine {
	m := machine{cores: runtime.NumCPU(), platform: runtime.GOOS + "/" + runtime.GOARCH, toolchain: runtime.Version()}
	if data, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.memory = totalMemory(string(data))
	}
	if used, err := measure(ctx, job{args: []string{"df", "--output=fstype", filepath.Clean(scratch)}}); err == nil {
		if words := strings.Fields(string(used.output)); len(words) > 1 {
			m.fileSystem = words[len(words)-1]
		}
	}
	return m
}

// totalMemory reads the first line of proc_meminfo(5).
func totalMemory(text string) int64 {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "MemTotal:" {
			continue
		}
		kilobytes, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			return 0
		}
		return kilobytes << 10
	}
	return 0
}

func (m machine) String() string {
	parts := []string{fmt.Sprintf("%d cores", m.cores)}
	if m.memory > 0 {
		parts = append(parts, fmt.Sprintf("%d GiB", (m.memory+1<<29)>>30))
	}
	if m.fileSystem != "" {
		parts = append(parts, m.fileSystem)
	}
	return strings.Join(append(parts, m.toolchain, m.platform), ", ")
}
