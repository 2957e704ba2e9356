package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Kills of one kill-anywhere: spread over the length of a run, and at the moment
// when the journal appears.
const (
	spreadKills  = 10
	journalKills = 4
)

// cmdKillAnywhere runs feedctl on copies of the feed FROM and kills it at many
// moments. Each time the copy must be the feed FROM, byte for byte, or become the
// feed TO when the next command opens it. {feed} in the arguments stands for the
// copy.
func cmdKillAnywhere(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: kill-anywhere FROM TO ARG…")
	}
	k := &killing{ts: ts, from: args[0], args: args[2:], before: texts(ts, args[0]), after: texts(ts, args[1])}
	started := time.Now()
	k.round("never killed", func(p *process) { <-p.done })
	whole := time.Since(started)
	for i := range spreadKills {
		after := whole * time.Duration(2*i+1) / (2 * spreadKills)
		k.round("killed after "+after.String(), func(p *process) { p.sleep(after) })
	}
	for i := range journalKills {
		k.round(fmt.Sprintf("killed %d looks after the journal appeared", i), k.untilJournal(i))
	}
	ts.Logf("the old feed %d times, the new one %d times, %d of them rolled forward", k.old, k.new, k.rolled)
	if k.old == 0 || k.new == 0 {
		ts.Fatalf("the old feed %d times, the new one %d times: both are to be seen", k.old, k.new)
	}
}

// killing counts what came of the rounds.
type killing struct {
	ts               *testscript.TestScript
	from             string
	args             []string
	before, after    []string
	old, new, rolled int
}

// round runs feedctl on a fresh copy, waits as it is told and kills.
func (k *killing) round(what string, wait func(*process)) {
	const dir = "killed"
	k.ts.Check(copyTree(k.ts.MkAbs(k.from), k.ts.MkAbs(dir)))
	p := begin(k.ts, fillFeed(k.args, dir))
	wait(p)
	p.kill()
	journal := k.hasJournal()
	switch now := texts(k.ts, dir); {
	case journal:
		k.checkOrder(what, now)
	case !slices.Equal(now, k.before) && !slices.Equal(now, k.after):
		k.ts.Fatalf("%s, no journal: neither the old feed nor the new one:\n%q", what, now)
	}
	k.ts.Check(k.ts.Exec("feedctl", "list", "--to", dir)) // finishes what was begun
	switch now := texts(k.ts, dir); {
	case slices.Equal(now, k.after):
		k.new++
	case slices.Equal(now, k.before) && !journal:
		k.old++
	default:
		k.ts.Fatalf("%s, journal %t: neither the old feed nor the new one:\n%q", what, journal, now)
	}
	if journal {
		k.rolled++
	}
	k.ts.Check(os.RemoveAll(k.ts.MkAbs(dir)))
}

// checkOrder looks at a publish that was cut off as a client does, which knows no
// journal: where a new document is, everything that it may name is there.
func (k *killing) checkOrder(what string, now []string) {
	lacking := func(suffix string) int {
		return len(slices.DeleteFunc(slices.Clone(k.after), func(line string) bool {
			return !strings.HasSuffix(line, suffix) || slices.Contains(now, line)
		}))
	}
	for _, line := range now {
		_, path, _ := strings.Cut(line, " ")
		fresh := !slices.Contains(k.before, line)
		if fresh && path == "feed.json" && lacking("") > 0 {
			k.ts.Fatalf("%s: feed.json is new, and %d files are not there yet", what, lacking(""))
		}
		if fresh && strings.HasSuffix(path, "/index.html") && lacking(".tgz") > 0 {
			k.ts.Fatalf("%s: %s is new, and %d artifacts are not there yet", what, path, lacking(".tgz"))
		}
	}
}

func (k *killing) hasJournal() bool {
	_, err := os.Stat(k.ts.MkAbs(filepath.Join("killed", ".feedctl", "journal")))
	return !errors.Is(err, fs.ErrNotExist)
}

// untilJournal waits until the publish is decided, and a few system calls more.
func (k *killing) untilJournal(more int) func(*process) {
	return func(p *process) {
		for end := time.Now().Add(patience); time.Now().Before(end) && p.running(); {
			if k.hasJournal() {
				for range more * 20 {
					k.hasJournal()
				}
				return
			}
		}
	}
}

func (p *process) sleep(d time.Duration) {
	select {
	case <-p.done:
	case <-time.After(d):
	}
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func fillFeed(args []string, dir string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "{feed}" {
			args[i] = dir
		}
	}
	return args
}

func texts(ts *testscript.TestScript, dir string) []string {
	lines, err := listing(ts.MkAbs(dir), false)
	ts.Check(err)
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = line.text
	}
	return all
}
