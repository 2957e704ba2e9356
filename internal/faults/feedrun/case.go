package feedrun

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/feedctl/feedctl/internal/faults/systrace"
)

// Case is an old feed, and a run that makes a new one of it: the run that faults
// are brought into.
type Case struct {
	*World
	From     string // the old feed; each run gets a copy of it, see Feed
	Feed     string // the copy
	Old, New Tree
	Args     []string

	// Finished allows for a journal beside the old feed: that of the run before,
	// which has ended, and whose removal was lost.
	Finished bool

	Seen map[string]int // what came of the faults
}

// NewCase makes a world with both feeds.
func NewCase(t testing.TB) *Case {
	t.Helper()
	NotInShort(t)
	w := New(t)
	c := &Case{World: w, From: w.Path("old"), Feed: w.Path("feed"), Args: App("feed"), Seen: map[string]int{}}
	w.Must(t, Old("old")...)
	c.Old = Read(t, c.From)
	w.Advance(t)
	Copy(t, c.From, w.Path("whole"))
	w.Must(t, App("whole")...)
	c.New = Read(t, w.Path("whole"))
	if c.Old.Equal(c.New) {
		t.Fatal("the run changes nothing")
	}
	return c
}

// Renew makes a fresh copy of the old feed, and empties the cache.
func (c *Case) Renew(t testing.TB) {
	t.Helper()
	Copy(t, c.From, c.Feed)
	if err := os.RemoveAll(c.Path("cache")); err != nil {
		t.Fatal(err)
	}
}

// Command makes the run.
func (c *Case) Command(ctx context.Context) *exec.Cmd { return c.World.Command(ctx, c.Args...) }

// Trace makes the run and decides on each of its calls.
func (c *Case) Trace(t testing.TB, o systrace.Options) (systrace.Trace, string) {
	t.Helper()
	folder, err := filepath.EvalSymlinks(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	errors, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer errors.Close()
	command := c.Command(t.Context())
	command.Stderr = errors
	o.Folder, o.Limit = folder, max(o.Limit, Patience)
	trace, err := systrace.Run(command, o)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(errors.Name())
	if err != nil {
		t.Fatal(err)
	}
	return trace, string(text)
}

// Steps makes the run undisturbed and returns the calls before its first barrier,
// and those from there on.
func (c *Case) Steps(t testing.TB, o systrace.Options) (staging, publish []systrace.Call) {
	t.Helper()
	c.Renew(t)
	trace, text := c.Trace(t, o)
	for i, call := range trace.Calls {
		if call.Name == "syncfs" {
			staging, publish = trace.Calls[:i], trace.Calls[i:]
			break
		}
	}
	if trace.Code != 0 || len(publish) == 0 {
		t.Fatalf("exit code %d, %d calls\n%s", trace.Code, len(trace.Calls), text)
	}
	if diff := c.New.Difference(Read(t, c.Feed)); diff != "" {
		t.Fatalf("two runs that nothing disturbs differ:\n%s", diff)
	}
	return staging, publish
}

// Settle looks at a feed that a run left unfinished: as it lies there, after a
// command that only reads, and after the same run. It fails the test unless that
// is the old feed or a journal, then the old feed or the new one, and in the end
// the new one with nothing left over.
func (c *Case) Settle(t testing.TB, what string) {
	t.Helper()
	decided := Decided(c.Feed)
	now := Read(t, c.Feed)
	if !decided && !now.Equal(c.Old) && !now.Equal(c.New) {
		t.Errorf("%s, no journal: neither the old feed nor the new one:\n%s", what, c.Old.Difference(now))
	}
	c.Must(t, "list", "--to", c.Feed)
	now = Read(t, c.Feed)
	switch {
	case now.Equal(c.New) && decided:
		c.Seen["rolled forward"]++
	case now.Equal(c.New):
		c.Seen["new feed"]++
	case now.Equal(c.Old) && (!decided || c.Finished):
		c.Seen["old feed"]++
	default:
		t.Errorf("%s, journal %t: not rolled forward:\n%s", what, decided, c.New.Difference(now))
	}
	c.Must(t, c.Args...)
	c.Whole(t, what)
}

// Whole checks that the feed is the new one, with nothing left over.
func (c *Case) Whole(t testing.TB, what string) {
	t.Helper()
	if diff := c.New.Difference(Read(t, c.Feed)); diff != "" {
		t.Errorf("%s: another feed than that of a run that nothing disturbed:\n%s", what, diff)
	}
	if left := Leftovers(t, c.Feed); len(left) > 0 {
		t.Errorf("%s: the run leaves %q in .feedctl", what, left)
	}
}

// Spread returns at most n numbers below all, evenly spaced.
func Spread(all, n int) []int {
	var numbers []int
	for i := range n {
		number := (2*i + 1) * all / (2 * n)
		if number < all && (len(numbers) == 0 || number > numbers[len(numbers)-1]) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}
