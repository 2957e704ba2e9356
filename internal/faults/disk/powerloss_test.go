package disk

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/faults/feedrun"
	"github.com/feedctl/feedctl/internal/faults/systrace"
)

// loss says which of the calls between the last barrier and a power cut have
// reached the disk; each names a way in which file systems behave.
type loss struct {
	name string
	kept func(random *rand.Rand, call systrace.Call) bool
}

var losses = []loss{
	{"nothing since the barrier", func(*rand.Rand, systrace.Call) bool { return false }},
	{"names without bytes", func(_ *rand.Rand, call systrace.Call) bool { return call.Name != "write" }},
	{"bytes, and half of the names", func(random *rand.Rand, call systrace.Call) bool { return call.Name == "write" || random.IntN(2) == 0 }},
	{"half of all", func(random *rand.Rand, _ systrace.Call) bool { return random.IntN(2) == 0 }},
	{"nine of ten", func(random *rand.Rand, _ systrace.Call) bool { return random.IntN(10) > 0 }},
}

// TestPowerLoss takes down what a run writes, and puts together the disks that a
// power cut may leave: what was flushed by a barrier is there, of the rest any
// part. Each such disk must hold the old feed or roll forward to the new one.
func TestPowerLoss(t *testing.T) {
	c := start(t)
	staging, publish := c.Steps(t, systrace.Options{Data: true})
	r := &replay{c: c, base: readDisk(t, c.From), calls: effective(append(staging, publish...)), seen: map[string]bool{}}
	r.complete(t)
	barrier := 0
	for barrier < len(r.calls) && r.calls[barrier].Name != "syncfs" {
		barrier++
	}
	for _, at := range feedrun.Spread(barrier, feedrun.Pick(1, 12)) {
		r.cut(t, at)
	}
	for _, at := range feedrun.Spread(len(r.calls)-barrier, feedrun.Pick(2, 40)) {
		r.cut(t, barrier+at+1)
	}
	t.Logf("%d calls, %d disks: %v", len(r.calls), len(r.seen), c.Seen)
}

// TestPowerLossInTheNextRun cuts the power while a second run writes its stage:
// nothing that the first one left may be taken for something of the second.
func TestPowerLossInTheNextRun(t *testing.T) {
	c := start(t)
	c.Renew(t)
	last := c.Args
	c.Args = []string{"mirror", "npm:part00", "cargo:part00", "pypi:part00", "--to", "feed", "--max-age", "0"}
	first, text := c.Trace(t, systrace.Options{Data: true})
	if first.Code != 0 {
		t.Fatalf("exit code %d: %s", first.Code, text)
	}
	c.Old, c.Finished = feedrun.Read(t, c.Feed), true
	c.Args = last
	second, text := c.Trace(t, systrace.Options{Data: true})
	if second.Code != 0 {
		t.Fatalf("exit code %d: %s", second.Code, text)
	}
	c.New = feedrun.Read(t, c.Feed)
	r := &replay{c: c, base: readDisk(t, c.From), calls: effective(append(first.Calls, second.Calls...)), seen: map[string]bool{}}
	r.complete(t)
	from, to := len(effective(first.Calls)), len(effective(first.Calls))
	for r.calls[to].Name != "syncfs" {
		to++
	}
	for _, at := range feedrun.Spread(to-from, feedrun.Pick(1, 20)) {
		r.cut(t, from+at)
	}
	for r.seed = range uint64(feedrun.Pick(2, 12)) {
		r.cut(t, to) // everything is staged, nothing of it is flushed
	}
	t.Logf("%d calls, %d disks: %v", len(r.calls), len(r.seen), c.Seen)
}

// replay puts disks together from a list of calls.
type replay struct {
	c     *feedrun.Case
	base  *diskModel
	calls []systrace.Call
	seen  map[string]bool // disks that were looked at, by digest
	seed  uint64
}

// complete checks that all calls together make the new feed: that none is missing.
func (r *replay) complete(t *testing.T) {
	t.Helper()
	disk := r.base.clone()
	for _, call := range r.calls {
		disk.apply(call)
	}
	disk.write(t, r.c.Feed)
	if diff := r.c.New.Difference(feedrun.Read(t, r.c.Feed)); diff != "" {
		t.Fatalf("the calls that were taken down do not make the new feed:\n%s", diff)
	}
}

// effective returns the calls inside of the feed that succeeded, with each write's
// place in its file, and paths below the feed.
func effective(calls []systrace.Call) []systrace.Call {
	var kept []systrace.Call
	sizes := map[string]int64{}
	for _, call := range calls {
		if !inFeed(call) || call.Result < 0 {
			continue
		}
		call.Path = below(call.Path)
		call.To = below(call.To)
		switch call.Name {
		case "openat":
			sizes[call.Path] = 0
		case "write":
			call.Offset = sizes[call.Path]
			sizes[call.Path] += int64(len(call.Data))
		}
		kept = append(kept, call)
	}
	return kept
}

func below(path string) string {
	if path == "feed" {
		return "."
	}
	return strings.TrimPrefix(path, "feed/")
}

// cut looks at the disks that a power cut before the call with a number may leave.
func (r *replay) cut(t *testing.T, number int) {
	t.Helper()
	number = min(number, len(r.calls))
	barrier := 0
	for i, call := range r.calls[:number] {
		if call.Name == "syncfs" {
			barrier = i
		}
	}
	for _, way := range losses {
		random := rand.New(rand.NewPCG(r.seed, uint64(number)))
		disk := r.base.clone()
		for i, call := range r.calls[:number] {
			if i < barrier || way.kept(random, call) || flushed(call, r.calls[i:number]) {
				disk.apply(call)
			}
		}
		if digest := disk.digest(); !r.seen[digest] {
			r.seen[digest] = true
			what := fmt.Sprintf("power lost before call %d, %s", number, way.name)
			if number < len(r.calls) {
				what += " (" + r.calls[number].String() + ")"
			}
			disk.write(t, r.c.Feed)
			r.c.Settle(t, what)
		}
	}
}

// flushed reports whether an fsync after a call has made it durable: that of the
// file that is written, or of the folder that a name is in.
func flushed(call systrace.Call, later []systrace.Call) bool {
	for _, sync := range later {
		if sync.Name != "fsync" {
			continue
		}
		if call.Name == "write" && sync.Path == call.Path || call.Name != "write" && (sync.Path == parent(call.Path) || call.To != "" && sync.Path == parent(call.To)) {
			return true
		}
	}
	return false
}
