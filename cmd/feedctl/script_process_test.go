package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdExits runs a command and compares its exit code.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want := parseCode(ts, args[0])
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var failure *exec.ExitError
	if errors.As(err, &failure) {
		got = failure.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// process is feedctl in the background.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	done           chan struct{}
}

// output collects what a process writes.
type output struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

// begin starts feedctl with the script's environment, as far as setup knows its
// variables.
func begin(ts *testscript.TestScript, args []string) *process {
	path := filepath.Join(ts.Getenv("PATH"), "feedctl"+ts.Getenv("exe"))
	if first, _, more := strings.Cut(ts.Getenv("PATH"), string(os.PathListSeparator)); more {
		path = filepath.Join(first, "feedctl"+ts.Getenv("exe"))
	}
	p := &process{cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Dir = ts.MkAbs(".")
	for _, key := range stateOf(ts).variables {
		p.cmd.Env = append(p.cmd.Env, key+"="+ts.Getenv(key))
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	ts.Check(p.cmd.Start())
	go func() {
		_ = p.cmd.Wait() // its exit code is looked at later
		close(p.done)
	}()
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// await returns the first line of standard output or error that matches.
func (p *process) await(expr *regexp.Regexp) ([]string, error) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for _, text := range []string{p.stdout.String(), p.stderr.String()} {
			if found := expr.FindStringSubmatch(text); found != nil {
				return found, nil
			}
		}
		select {
		case <-p.done:
			if expr.FindString(p.stdout.String()+p.stderr.String()) == "" {
				return nil, fmt.Errorf("feedctl ended without writing %q:\n%s%s", expr, p.stdout.String(), p.stderr.String())
			}
		default:
		}
	}
	return nil, fmt.Errorf("feedctl did not write %q within %s:\n%s%s", expr, patience, p.stdout.String(), p.stderr.String())
}

func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || stateOf(ts).processes[args[0]] != nil {
		ts.Fatalf("usage: start NAME ARG…, once for each NAME")
	}
	stateOf(ts).processes[args[0]] = begin(ts, args[1:])
}

func running(ts *testscript.TestScript, name string) *process {
	p := stateOf(ts).processes[name]
	if p == nil {
		ts.Fatalf("nothing named %s was started", name)
	}
	return p
}

func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await NAME TEXT")
	}
	_, err := running(ts, args[0]).await(regexp.MustCompile(regexp.QuoteMeta(args[1])))
	ts.Check(err)
}

func cmdFinish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: finish NAME CODE|- [interrupt|kill]")
	}
	p := running(ts, args[0])
	if len(args) > 2 {
		signal := map[string]os.Signal{"interrupt": os.Interrupt, "kill": os.Kill}[args[2]]
		ts.Check(p.cmd.Process.Signal(signal))
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	select {
	case <-p.done:
	case <-ctx.Done():
		ts.Fatalf("still running after %s", patience)
	}
	fmt.Fprint(ts.Stdout(), p.stdout.String())
	fmt.Fprint(ts.Stderr(), p.stderr.String())
	if args[1] == "-" {
		return
	}
	if got, want := p.cmd.ProcessState.ExitCode(), parseCode(ts, args[1]); got != want {
		ts.Fatalf("exit code %d, want %d\n%s%s", got, want, p.stdout.String(), p.stderr.String())
	}
}

var servedAt = regexp.MustCompile(`http://[0-9.]+:[0-9]+`)

func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: serve NAME ARG…")
	}
	p := begin(ts, append([]string{"serve", "--addr", "127.0.0.1:0"}, args[1:]...))
	stateOf(ts).processes[args[0]] = p
	found, err := p.await(servedAt)
	ts.Check(err)
	ts.Setenv(args[0], found[0])
}
