// Package together runs commands on one feed at the same time: two mirrors, a
// mirror and verify, a mirror and serve.
package together

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/faults/feedrun"
	"github.com/feedctl/feedctl/internal/faults/systrace"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/verify"
)

func TestMain(m *testing.M) { os.Exit(feedrun.Main(m)) }

// one and two are the runs that want the same feed.
var (
	one = []string{"mirror", "npm:app", "cargo:app", "--to", "feed", "--max-age", "0"}
	two = []string{"mirror", "pypi:app", "go:example.com/app@v1.1.0", "--to", "feed", "--max-age", "0"}
)

// TestTwoMirrors starts two mirrors on one feed. Each goes through, or says that
// the feed is locked; in the end the feed is that of the one after the other.
func TestTwoMirrors(t *testing.T) {
	c := feedrun.NewCase(t)
	var outcomes []feedrun.Tree
	for _, order := range [][][]string{{one, two}, {two, one}} {
		c.Renew(t)
		for _, args := range order {
			c.Must(t, args...)
		}
		outcomes = append(outcomes, feedrun.Read(t, c.Feed))
	}
	for i := range feedrun.Pick(3, 60) {
		c.Renew(t)
		stop := feedrun.Watch(t, c.Feed)
		var results [2]feedrun.Result
		var group sync.WaitGroup
		for j, args := range [][]string{one, two} {
			group.Go(func() {
				time.Sleep(time.Duration(i*j%8) * 10 * time.Millisecond)
				results[j] = c.Run(t, args...)
			})
		}
		group.Wait()
		for j, args := range [][]string{one, two} {
			checkLocked(t, c, results[j])
			if results[j].Code != 0 {
				c.Must(t, args...)
			}
		}
		stop()
		c.Must(t, "verify", "feed")
		if now := feedrun.Read(t, c.Feed); !now.Equal(outcomes[0]) && !now.Equal(outcomes[1]) {
			t.Errorf("another feed than that of one run after the other:\n%s", outcomes[0].Difference(now))
		}
	}
	t.Logf("%v", c.Seen)
}

func checkLocked(t *testing.T, c *feedrun.Case, r feedrun.Result) {
	t.Helper()
	switch {
	case r.Code == 0:
		c.Seen["went through"]++
	case r.Code == 1 && strings.Contains(r.Stderr, "is locked by ") && strings.Contains(r.Stderr, "run the command again"):
		c.Seen["locked"]++
	default:
		t.Errorf("exit code %d: %s", r.Code, r.Stderr)
	}
}

// TestVerifyAtEveryStep verifies a feed that was opened before a publish, at steps
// of that publish, while the publishing process stands still. No finding may come
// of it.
func TestVerifyAtEveryStep(t *testing.T) {
	c := feedrun.NewCase(t)
	if err := systrace.Supported(); err != nil {
		feedrun.Skip(t, err.Error())
	}
	_, publish := c.Steps(t, systrace.Options{})
	chosen := map[string]bool{}
	for _, i := range feedrun.Spread(len(publish), feedrun.Pick(12, 120)) {
		chosen[publish[i].String()] = true
	}
	c.Renew(t)
	server := feedrun.Serve(t, c.Feed)
	for _, place := range []string{c.Feed, server} {
		c.Renew(t)
		f := open(t, place)
		trace, text := c.Trace(t, systrace.Options{Limit: 20 * time.Minute, Decide: func(call systrace.Call) systrace.Verdict {
			if chosen[call.String()] {
				check(t, c, f, place, call.String())
			}
			return systrace.Verdict{}
		}})
		if trace.Code != 0 {
			t.Fatalf("exit code %d: %s", trace.Code, text)
		}
		check(t, c, f, place, "the end")
		_ = f.Close()
	}
	t.Logf("%v", c.Seen)
}

// open opens a feed in a folder or at an address.
func open(t *testing.T, place string) *store.Feed {
	t.Helper()
	f, err := store.Open(place)
	if strings.Contains(place, "://") {
		f, err = store.OpenTree(t.Context(), feedrun.Remote(t, place))
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// check verifies a feed that is published anew meanwhile.
func check(t *testing.T, c *feedrun.Case, f *store.Feed, place, step string) {
	t.Helper()
	report, err := verify.Run(t.Context(), f, verify.Options{Ecosystems: all.Ecosystems(), Place: place})
	switch {
	case err != nil && strings.Contains(err.Error(), "while it was being verified; run the command again"):
		c.Seen["changed"]++
	case err != nil:
		t.Errorf("%s: %v", step, err)
	case len(report.Findings) > 0:
		t.Errorf("%s: %d false findings, the first: %+v", step, len(report.Findings), report.Findings[0])
	default:
		c.Seen["whole"]++
	}
}

// TestVerifyInALoop verifies again and again while mirrors publish.
func TestVerifyInALoop(t *testing.T) {
	c := feedrun.NewCase(t)
	for range feedrun.Pick(1, 10) {
		c.Renew(t)
		done := make(chan struct{})
		var group sync.WaitGroup
		group.Go(func() {
			for ended := false; !ended; {
				select {
				case <-done:
					ended = true
				default:
				}
				r := c.Run(t, "verify", "feed")
				c.Seen[fmt.Sprintf("exit code %d", r.Code)]++
				if r.Code != 0 && (r.Code != 1 || !strings.Contains(r.Stderr, "again")) {
					t.Errorf("exit code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
				}
			}
		})
		publishAll(t, c)
		close(done)
		group.Wait()
	}
	t.Logf("%v", c.Seen)
}

// publishAll makes one publish for each of many packages, and returns how many.
func publishAll(t *testing.T, c *feedrun.Case) {
	t.Helper()
	wants := []string{"cargo:part00", "pypi:part00", "go:example.com/part00@v1.1.0"}
	for i := range feedrun.Pick(4, 12) {
		wants = append(wants, fmt.Sprintf("npm:part%02d", i))
	}
	for _, want := range append(wants, "npm:base") {
		c.Must(t, "mirror", want, "--to", "feed", "--upgrade", "--max-age", "0")
		c.Seen["publishes"]++
	}
}

// TestMirrorWhileServing reads from "feedctl serve" while mirrors publish, and
// while they are killed.
func TestMirrorWhileServing(t *testing.T) {
	c := feedrun.NewCase(t)
	c.Renew(t)
	stop := feedrun.WatchWeb(t, serve(t, c))
	for range feedrun.Pick(2, 10) {
		command := c.Command(t.Context())
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(c.Seen["killed"]) * 40 * time.Millisecond)
		_ = command.Process.Kill()
		_ = command.Wait()
		c.Seen["killed"]++
	}
	publishAll(t, c)
	c.Must(t, c.Args...)
	time.Sleep(2 * time.Second) // longer than serve shows an old state
	c.Seen["readings"], c.Seen["files"] = stop()
	c.Must(t, "verify", "feed")
	t.Logf("%v", c.Seen)
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// serve starts feedctl serve and returns its address.
func serve(t *testing.T, c *feedrun.Case) string {
	t.Helper()
	command := c.World.Command(t.Context(), "serve", "feed", "--addr", "127.0.0.1:0")
	pipe, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(command) })
	line, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		t.Fatalf("feedctl serve: %q, %v", line, err)
	}
	return address.FindString(line)
}

func end(command *exec.Cmd) {
	_ = command.Process.Kill()
	_ = command.Wait()
}
