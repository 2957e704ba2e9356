package solve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// pinning is a universe of two packages with n versions each, of which a pins b,
// and b allows c 1 only up to version good.
func pinning(t testing.TB, n, good int) *universe {
	text := "roots: a, c <2\nc 1:\nc 2:\n"
	for v := 1; v <= n; v++ {
		need := "c"
		if v > good {
			need = "c >=2"
		}
		text += fmt.Sprintf("a %d: b >=%d <%d\nb %d: %s\n", v, v, v+10, v, need)
	}
	u, err := parseUniverse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestReadsFew finds the best version without reading all that are too new.
func TestReadsFew(t *testing.T) {
	const n = 1000
	for _, good := range []int{1, 2, 100, 499, 500, 501, 900, 990, 999, 1000} {
		t.Run(fmt.Sprint(good), func(t *testing.T) {
			u := pinning(t, n, good)
			s, err := Resolve(t.Context(), u.in, u)
			if want := fmt.Sprintf("a %d\nb %d\nc 1\n", good, good); !strings.HasPrefix(describe(s, err), want) {
				t.Fatalf("got\n%s\nwant\n%s", describe(s, err), want)
			}
			if s.Stats.Dependencies > 200 {
				t.Errorf("%d metadata files read", s.Stats.Dependencies)
			}
		})
	}
}

// TestExact reads everything that is passed over, and assumes nothing.
func TestExact(t *testing.T) {
	u := pinning(t, 200, 50)
	u.in.Exact = true
	s, err := Resolve(t.Context(), u.in, u)
	if err != nil || len(s.Assumed) > 0 || s.Stats.Probes > 0 {
		t.Errorf("%v, assumed %v, %+v", err, s.Assumed, s.Stats)
	}
	if s.Stats.Dependencies < 250 {
		t.Errorf("%d metadata files read, want all above 50 of two packages", s.Stats.Dependencies)
	}
}

// TestNoSolutionIsRead says "no solution" only when what it depends on was read:
// the one version that works is hidden among those that do not.
func TestNoSolutionIsRead(t *testing.T) {
	text := "roots: a, c <2\nc 1:\nc 2:\n"
	for v := 1; v <= 300; v++ {
		need := "c >=2"
		if v == 137 {
			need = "c"
		}
		text += fmt.Sprintf("a %d: %s\n", v, need)
	}
	u, err := parseUniverse(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Resolve(t.Context(), u.in, u)
	if got := describe(s, err); got != "a 137\nc 1\n" {
		t.Errorf("got %s", got)
	}
	if s.Stats.Restarts == 0 {
		t.Error("found without checking an assumption: the test tests nothing")
	}
}

// TestFewAreConfirmed reads a short stretch that is passed over, and finds the
// version that breaks the pattern.
func TestFewAreConfirmed(t *testing.T) {
	text := "roots: a, c <2\nc 1:\nc 2:\n"
	for v := 1; v <= 40; v++ {
		need := "c >=2"
		if v == 23 || v <= 8 {
			need = "c"
		}
		text += fmt.Sprintf("a %d: %s\n", v, need)
	}
	u, err := parseUniverse(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := describe(Resolve(t.Context(), u.in, u)); got != "a 23\nc 1\n" {
		t.Errorf("got %s", got)
	}
}

func TestErrors(t *testing.T) {
	var limit *LimitError
	u := pinning(t, 100, 1)
	u.in.Limit = 3
	if _, err := Resolve(t.Context(), u.in, u); !errors.As(err, &limit) {
		t.Errorf("limit: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Resolve(ctx, u.in, u); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var reference *ReferenceError
	u.in.Constraints = []Requirement{{Name: "c", URL: "https://files.test/c.zip", Origin: "c.txt:1"}}
	if _, err := Resolve(t.Context(), u.in, u); !errors.As(err, &reference) || len(reference.Requirements) != 1 {
		t.Errorf("constraint: %v", err)
	}
}

// TestProof hands out the derivation with facts at its ends.
func TestProof(t *testing.T) {
	u, err := parseUniverse("roots: a ==2, b ==1\na 2: c <3\nb 1: c >=3\nc 2:\nc 3:")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Resolve(t.Context(), u.in, u)
	var conflict *Conflict
	if !errors.As(err, &conflict) {
		t.Fatal(err)
	}
	facts := map[string]bool{}
	var walk func(d *Derivation)
	walk = func(d *Derivation) {
		if len(d.Causes) == 0 {
			facts[d.Text] = true
		}
		for _, c := range d.Causes {
			walk(c)
		}
	}
	walk(conflict.Proof)
	for _, want := range []string{"a 2 needs c <3", "b 1 needs c >=3", "you require a ==2 (line 1)", "you require b ==1 (line 1)"} {
		if !facts[want] {
			t.Errorf("no fact %q in %v", want, facts)
		}
	}
}

// slow counts how many calls run at once.
type slow struct {
	*universe
	now, most atomic.Int64
}

func (s *slow) enter() func() {
	n := s.now.Add(1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	time.Sleep(time.Millisecond)
	return func() { s.now.Add(-1) }
}

func (s *slow) Versions(ctx context.Context, name string) ([]Candidate, error) {
	defer s.enter()()
	return s.universe.Versions(ctx, name)
}

func (s *slow) Dependencies(ctx context.Context, name string, c Candidate) (Metadata, error) {
	defer s.enter()()
	return s.universe.Dependencies(ctx, name, c)
}

// TestParallel keeps to the bound, with one call more for the solver itself, asks
// nothing twice, and reads ahead.
func TestParallel(t *testing.T) {
	u := &slow{universe: synthetic(300)}
	u.in.Parallel = 4
	if _, err := Resolve(t.Context(), u.in, u); err != nil {
		t.Fatal(err)
	}
	if most := u.most.Load(); most > 5 || most < 3 {
		t.Errorf("%d calls at once", most)
	}
	seen := map[string]bool{}
	for _, key := range u.asked {
		if seen[key] {
			t.Errorf("%s is asked twice", key)
		}
		seen[key] = true
	}
}
