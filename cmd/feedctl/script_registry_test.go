package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
)

// patience is how long a script waits for anything.
const patience = 20 * time.Second

// registry is a fake upstream of a script.
type registry struct {
	*registrytest.Server
	set  func(dir string) error
	fill func(name, version, what string) (string, error)
}

func cmdRegistry(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: registry NAME VERB …")
	}
	name, verb, args := args[0], args[1], args[2:]
	s := stateOf(ts)
	if verb == "start" {
		if s.registries[name] != nil || len(args) < 1 || len(args) > 2 {
			ts.Fatalf("usage: registry NAME start DIR [ECOSYSTEM], once for each NAME")
		}
		r, err := startRegistry(ts.MkAbs(args[0]), append(args, "npm")[1])
		ts.Check(err)
		s.registries[name] = r
		ts.Setenv(name, r.URL)
		return
	}
	r := s.registries[name]
	if r == nil {
		ts.Fatalf("registry %s was not started", name)
	}
	ts.Check(r.do(ts, verb, args))
}

// do carries out what a script says of a registry that runs.
func (r *registry) do(ts *testscript.TestScript, verb string, args []string) error {
	text := strings.Join(args, " ")
	switch verb {
	case "set":
		return r.set(ts.MkAbs(text))
	case "stop":
		r.Close()
	case "heal":
		r.Heal()
	case "forget":
		r.Forget()
	case "fail":
		return r.FailText(text)
	case "log":
		return r.printLog(ts, text)
	case "wait":
		return r.await(text)
	default:
		return fmt.Errorf("registry: no verb %q", verb)
	}
	return nil
}

// printLog writes the requests, sorted; with the name of a header, its value
// after each in order of arrival.
func (r *registry) printLog(ts *testscript.TestScript, header string) error {
	lines := r.Lines()
	if header != "" {
		lines = nil
		for _, request := range r.Requests() {
			lines = append(lines, strings.TrimSpace(request.Method+" "+request.Path+" "+request.Header.Get(header)))
		}
	}
	out := ts.Stdout() // an empty log empties it
	for _, line := range lines {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

func (r *registry) await(pattern string) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if r.Count(pattern) > 0 {
			return nil
		}
	}
	return fmt.Errorf("nobody asked for %s within %s; asked were %q", pattern, patience, r.Lines())
}

var hole = regexp.MustCompile(`\{\{(\w+)(?: (\S+)@(\S+) (\w+))?\}\}`)

// cmdFill puts what only a running registry knows into files.
func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	for _, file := range args {
		text := hole.ReplaceAllStringFunc(ts.ReadFile(file), func(found string) string {
			return fillHole(ts, hole.FindStringSubmatch(found))
		})
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
	}
}

func fillHole(ts *testscript.TestScript, parts []string) string {
	name, pkg, version, what := parts[1], parts[2], parts[3], parts[4]
	if pkg == "" {
		return ts.Getenv(name)
	}
	r := stateOf(ts).registries[name]
	if r == nil {
		ts.Fatalf("%s: no such registry", parts[0])
	}
	text, err := r.fill(pkg, version, what)
	if err != nil {
		ts.Fatalf("%s: %v", parts[0], err)
	}
	return text
}

// parseCode reads an exit code.
func parseCode(ts *testscript.TestScript, text string) int {
	code, err := strconv.Atoi(text)
	ts.Check(err)
	return code
}
