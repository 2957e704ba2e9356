// Package kill kills mirror runs and looks at what they leave: the old feed or one
// that rolls forward to the new one, documents that name nothing that is missing,
// and, after the next run, the very bytes of a run that was never killed.
package kill

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/faults/feedrun"
	"github.com/feedctl/feedctl/internal/faults/systrace"
)

func TestMain(m *testing.M) { os.Exit(feedrun.Main(m)) }

// Kills of each kind, in the short form and in the long one.
var (
	publishKills = func() int { return feedrun.Pick(10, 110) } // before a step of the publish
	stageKills   = func() int { return feedrun.Pick(6, 60) }   // before a write into the stage or the cache
	timeKills    = func() int { return feedrun.Pick(4, 30) }   // after a part of the time that a run takes
)

// TestKilledAtSteps kills before system calls that change the feed or the cache,
// spread evenly over those of a run; a publish's are chosen by their names, as its
// order is always the same.
func TestKilledAtSteps(t *testing.T) {
	c := feedrun.NewCase(t)
	if err := systrace.Supported(); err != nil {
		feedrun.Skip(t, err.Error())
	}
	staging, publish := c.Steps(t, systrace.Options{})
	t.Logf("a run makes %d calls before its publish and %d in it", len(staging), len(publish))
	for _, i := range feedrun.Spread(len(publish), publishKills()) {
		name := publish[i].String()
		round(t, c, name, func() {
			trace, _ := c.Trace(t, systrace.Options{Decide: func(call systrace.Call) systrace.Verdict {
				return systrace.Verdict{Kill: call.String() == name}
			}})
			if !trace.Killed {
				t.Errorf("%s: the run did not come there", name)
			}
		})
	}
	for _, i := range feedrun.Spread(len(staging), stageKills()) {
		round(t, c, fmt.Sprintf("call %d", i), func() {
			c.Trace(t, systrace.Options{Decide: func(call systrace.Call) systrace.Verdict {
				return systrace.Verdict{Kill: call.Number == i}
			}})
		})
	}
	t.Logf("%v", c.Seen)
}

// TestKilledInTime kills after parts of the time that a run takes.
func TestKilledInTime(t *testing.T) {
	c := feedrun.NewCase(t)
	whole := feedrun.Patience
	for range 3 { // the first one finds nothing in the memory of the disk
		c.Renew(t)
		started := time.Now()
		c.Must(t, c.Args...)
		whole = min(whole, time.Since(started))
	}
	kills := timeKills()
	for i := range kills {
		after := whole * 3 / 2 * time.Duration(2*i+1) / time.Duration(2*kills) // a run that is looked at takes longer
		round(t, c, "after "+after.String(), func() {
			command := c.Command(t.Context())
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(after)
			_ = command.Process.Kill()
			_ = command.Wait()
		})
	}
	t.Logf("%v", c.Seen)
}

// round kills one run and checks what it leaves, while a reader looks on.
func round(t *testing.T, c *feedrun.Case, what string, run func()) {
	t.Helper()
	c.Renew(t)
	stop := feedrun.Watch(t, c.Feed)
	run()
	c.Settle(t, what)
	rounds, files := stop() // before the folder is replaced
	c.Seen["readings"] += rounds
	c.Seen["files read"] += files
}
