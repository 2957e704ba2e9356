package systrace

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Stub()
	os.Exit(m.Run())
}

// run traces a shell script in an empty folder.
func run(t *testing.T, script string, decide func(Call) Verdict) (Trace, string) {
	t.Helper()
	if err := Supported(); err != nil {
		t.Skip(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "/bin/sh", "-c", script)
	command.Dir = dir
	trace, err := Run(command, Options{Folder: dir, Data: true, Decide: decide, Limit: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return trace, dir
}

func TestRun(t *testing.T) {
	const script = "echo one >a && echo two >b; exit 3"
	for _, row := range []struct {
		what   string
		decide func(Call) Verdict
		code   int
		left   []string
	}{
		{"nothing is done", nil, 3, []string{"a one\n", "b two\n"}},
		{"killed at the second file", func(c Call) Verdict { return Verdict{Kill: c.Path == "b"} }, -1, []string{"a one\n"}},
		{"killed at the first write", func(c Call) Verdict { return Verdict{Kill: c.Name == "write"} }, -1, []string{"a "}},
		{"the first write fails", func(c Call) Verdict {
			if c.Name == "write" && c.Path == "a" {
				return Verdict{Fail: syscall.ENOSPC}
			}
			return Verdict{}
		}, 3, []string{"a "}},
	} {
		t.Run(row.what, func(t *testing.T) {
			trace, dir := run(t, script, row.decide)
			if trace.Code != row.code || trace.Killed != (row.code == -1) {
				t.Errorf("exit code %d, killed %v", trace.Code, trace.Killed)
			}
			var left []string
			for _, name := range []string{"a", "b"} {
				if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
					left = append(left, name+" "+string(data))
				}
			}
			if !slices.Equal(left, row.left) {
				t.Errorf("left are %q, want %q", left, row.left)
			}
		})
	}
}

func TestCalls(t *testing.T) {
	trace, _ := run(t, "printf one >a; mv a b", nil)
	var writes []string
	for _, c := range trace.Calls {
		if c.Name == "write" {
			writes = append(writes, c.String()+" "+string(c.Data))
		}
	}
	if !slices.Equal(writes, []string{"write a one"}) {
		t.Errorf("got %q of %v", writes, trace.Calls)
	}
}
