package solve

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// layered is a universe of layers of crates, each using all of the next layer,
// and its names in all.
func layered(t testing.TB, layers, width int) (*world, int) {
	t.Helper()
	var b strings.Builder
	for i := range width {
		if i%4 == 0 {
			fmt.Fprintf(&b, "app%d 0.1.0 member source=app%d\n", i, i)
		}
		fmt.Fprintf(&b, "  > l0-%d ^1\n", i)
	}
	for layer := range layers {
		for i := range width {
			for v := range 3 {
				fmt.Fprintf(&b, "l%d-%d 1.%d.0\n", layer, i, v)
				for k := range width {
					if layer+1 < layers {
						fmt.Fprintf(&b, "  > l%d-%d ^1\n", layer+1, k)
					}
				}
				fmt.Fprintf(&b, "  > old-%d-%d ^1 optional\n", layer, v)
			}
		}
	}
	w, err := parseWorld(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return w, layers * width
}

// TestWaves checks that crates are asked for once, in parallel, as soon as
// they are known, and none in vain.
func TestWaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, names := layered(t, 5, 20)
		w.input.Parallel = 30
		var mu sync.Mutex
		calls, running, peak := map[Crate]int{}, 0, 0
		start := time.Now()
		result, err := Resolve(t.Context(), w.input, func(ctx context.Context, c Crate) ([]Release, error) {
			mu.Lock()
			calls[c]++
			running++
			peak = max(peak, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return w.ask(ctx, c)
		})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("five layers took %v", took)
		}
		if result.Stats.Asked != names || len(calls) != names || peak < 20 {
			t.Errorf("asked %d for %d names, %d at once", result.Stats.Asked, names, peak)
		}
		for c, n := range calls {
			if n != 1 {
				t.Errorf("%s asked for %d times", c.Name, n)
			}
		}
	})
}

func TestParallelIsBounded(t *testing.T) {
	w, _ := layered(t, 2, 30)
	w.input.Parallel = 7
	var mu sync.Mutex
	running, peak := 0, 0
	_, err := Resolve(t.Context(), w.input, func(ctx context.Context, c Crate) ([]Release, error) {
		mu.Lock()
		running++
		peak = max(peak, running)
		mu.Unlock()
		defer func() { mu.Lock(); running--; mu.Unlock() }()
		time.Sleep(time.Millisecond)
		return w.ask(ctx, c)
	})
	if err != nil || peak > 7 {
		t.Errorf("%d at once, %v", peak, err)
	}
}

func TestUniverseFails(t *testing.T) {
	w, _ := layered(t, 3, 5)
	down := errors.New("connection refused")
	_, err := Resolve(t.Context(), w.input, func(ctx context.Context, c Crate) ([]Release, error) {
		if c.Name == "l1-3" {
			return nil, down
		}
		return w.ask(ctx, c)
	})
	if !errors.Is(err, down) || !strings.Contains(err.Error(), "l1-3") {
		t.Error(err)
	}
}

// TestUnneededFailure: what only the prefetch wanted may fail.
func TestUnneededFailure(t *testing.T) {
	w, err := parseWorld(`
app 0.1.0 member source=app
  > a ^1
  > b >=1
  > exact ^1
a 1.0.0
b 1.0.0
b 1.1.0
  > broken ^1
exact 1.0.0
  > b =1.0.0
`)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Resolve(t.Context(), w.input, func(ctx context.Context, c Crate) ([]Release, error) {
		if c.Name == "broken" {
			return nil, errors.New("connection refused")
		}
		return w.ask(ctx, c)
	})
	if err != nil || len(result.Packages) != 4 {
		t.Error(err, draw(result))
	}
}

func TestCanceled(t *testing.T) {
	w, _ := layered(t, 3, 5)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Resolve(ctx, w.input, func(ctx context.Context, c Crate) ([]Release, error) {
		if c.Name == "l1-0" {
			cancel()
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return w.ask(ctx, c)
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestLoadsWhatIsTried checks that details are asked for once, and only those
// of releases that may be chosen.
func TestLoadsWhatIsTried(t *testing.T) {
	w, _ := layered(t, 3, 4)
	var mu sync.Mutex
	loads := map[string]int{}
	_, err := Resolve(t.Context(), w.input, func(ctx context.Context, c Crate) ([]Release, error) {
		releases, err := w.ask(ctx, c)
		lazy := make([]Release, len(releases))
		for i, r := range releases {
			lazy[i] = Release{Name: r.Name, Version: r.Version, Load: func() (Details, error) {
				mu.Lock()
				defer mu.Unlock()
				loads[r.Name+" "+r.Version]++
				return r.Details, nil
			}}
		}
		return lazy, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(loads) != 12 {
		t.Errorf("loaded %v", loads)
	}
	for release, n := range loads {
		if n != 1 || !strings.HasSuffix(release, "1.2.0") {
			t.Errorf("%s loaded %d times", release, n)
		}
	}
}

func TestInputErrors(t *testing.T) {
	member := Release{Source: "app", Name: "app", Version: "0.1.0"}
	tests := []struct {
		name  string
		input Input
		want  string
	}{
		{"version of a member", Input{Members: []Release{{Name: "app", Version: "1"}}}, "not a version"},
		{"requirement of a member", Input{Members: []Release{{Name: "app", Version: "1.0.0", Details: Details{Deps: []Dependency{{Name: "a", Req: "=>1"}}}}}}, "dependency a"},
		{"rust-version", Input{Members: []Release{member}, RustVersions: []string{"stable"}}, `rust-version "stable"`},
		{"patch of the same source", Input{Members: []Release{member}, Patches: []Patch{{Crate{"", "a"}, Release{Name: "a", Version: "1.0.0"}}}}, "patch of a"},
	}
	for _, test := range tests {
		_, err := Resolve(t.Context(), test.input, nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// TestConflictValue checks what the error holds beside its text.
func TestConflictValue(t *testing.T) {
	w, err := parseWorld(`
app 0.1.0 member source=app
  > left ^1
  > right ^1
left 1.0.0
  > leaf =1.0.0
right 1.0.0
  > leaf =1.1.0
leaf 1.0.0
leaf 1.1.0
`)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Resolve(t.Context(), w.input, w.ask)
	var c *Conflict
	if !errors.As(err, &c) {
		t.Fatal(err)
	}
	if c.Requirement() != "leaf =1.1.0" || Chain(c.Path) != "app 0.1.0 → right 1.0.0 (wanted as ^1)" || len(c.Refused) != 1 {
		t.Errorf("%+v", c)
	}
	if r := c.Refused[0]; r.Reason != Occupied || Chain(r.By) != "app 0.1.0 → left 1.0.0 (wanted as ^1) → leaf 1.0.0 (wanted as =1.0.0)" {
		t.Errorf("%+v", r)
	}
}
