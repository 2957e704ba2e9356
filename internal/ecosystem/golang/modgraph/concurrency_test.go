package modgraph

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// TestOrder checks that a graph does not depend on when its modules arrive.
func TestOrder(t *testing.T) {
	for seed := range uint64(60) {
		u := generate(t, seed)
		input, err := u.input(t)
		if err != nil {
			t.Fatal(err)
		}
		var first string
		for _, limit := range []int{1, 3, 0} {
			input.Limit = limit
			g, err := Load(t.Context(), input, shuffled(u))
			got := draw(g) + fmt.Sprint(err)
			if first == "" {
				first = got
			}
			if diff := cmp.Diff(first, got); diff != "" {
				t.Fatalf("universe %d at limit %d:\n%s", seed, limit, diff)
			}
		}
	}
}

// shuffled answers each load after a random moment.
func shuffled(u universe) func(context.Context, Version) (Module, error) {
	l := &loader{universe: u}
	return func(ctx context.Context, m Version) (Module, error) {
		time.Sleep(time.Duration(rand.IntN(50)) * time.Microsecond)
		return l.load(ctx, m)
	}
}

// wide is a main module at 1.16 that requires n modules, each of which requires
// the next one at a higher version.
func wide(t testing.TB, n int) (Input, *loader) {
	t.Helper()
	var b strings.Builder
	b.WriteString("main m 1.16:")
	for i := range n {
		fmt.Fprintf(&b, " x%d@1.0.0", i)
	}
	for i := range n {
		fmt.Fprintf(&b, "\nx%d@1.0.0 1.16: x%d@1.1.0 go%d@1.0.0", i, (i+1)%n, i%7)
		fmt.Fprintf(&b, "\nx%d@1.1.0 1.16: x%d@1.0.0", i, (i+7)%n)
	}
	for i := range 7 {
		fmt.Fprintf(&b, "\ngo%d@1.0.0 -:", i)
	}
	u := parseUniverse(t, b.String())
	input, err := u.input(t)
	if err != nil {
		t.Fatal(err)
	}
	return input, &loader{universe: u}
}

// TestLimit checks that as many loads run at a time as may, and no more.
func TestLimit(t *testing.T) {
	defer goleak.VerifyNone(t)
	input, l := wide(t, 40)
	input.Limit = 5
	var mu sync.Mutex
	running, most := 0, 0
	count := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		running += by
		most = max(most, running)
	}
	full := make(chan struct{}, 5)
	_, err := Load(t.Context(), input, func(ctx context.Context, m Version) (Module, error) {
		count(1)
		defer count(-1)
		select { // the first five wait for each other
		case full <- struct{}{}:
			for deadline := time.Now().Add(10 * time.Second); len(full) < cap(full) && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
		default:
			time.Sleep(time.Millisecond)
		}
		return l.load(ctx, m)
	})
	if err != nil {
		t.Fatal(err)
	}
	if most != 5 {
		t.Errorf("%d loads at a time, want 5", most)
	}
}

// TestAtOnce checks that what a module requires is loaded while the modules
// beside it are still on their way.
func TestAtOnce(t *testing.T) {
	u := parseUniverse(t, "main m 1.16: slow@1.0.0 quick@1.0.0\nslow@1.0.0 -:\nquick@1.0.0 -: below@1.0.0\nbelow@1.0.0 -:")
	input, err := u.input(t)
	if err != nil {
		t.Fatal(err)
	}
	below := make(chan struct{})
	l := &loader{universe: u}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = Load(ctx, input, func(ctx context.Context, m Version) (Module, error) {
		switch m.Path {
		case "below.test":
			close(below)
		case "slow.test":
			select {
			case <-below:
			case <-ctx.Done():
				return Module{}, errors.New("below was never loaded")
			}
		}
		return l.load(ctx, m)
	})
	if err != nil {
		t.Error(err)
	}
}

// TestCancel checks that Load ends with its context and leaves nothing running.
func TestCancel(t *testing.T) {
	defer goleak.VerifyNone(t)
	input, _ := wide(t, 40)
	timeout, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	ctx, cancel := context.WithCancelCause(timeout)
	enough := errors.New("enough")
	_, err := Load(ctx, input, func(ctx context.Context, m Version) (Module, error) {
		if m.Path == "x0.test" {
			cancel(enough)
		}
		<-ctx.Done()
		return Module{}, ctx.Err()
	})
	if !errors.Is(err, enough) {
		t.Errorf("error %v", err)
	}
}

// TestHostile checks that names that are no module versions are not loaded, and
// that a graph without end has one.
func TestHostile(t *testing.T) {
	main := Module{Path: "m.test", Go: "1.16", Require: []Require{{Path: "a.test", Version: "v1.0.0"}}}
	load := func(_ context.Context, m Version) (Module, error) {
		if m.Path != "a.test" {
			t.Errorf("%v is loaded", m)
		}
		return Module{Path: "a.test", Require: []Require{
			{Path: "../../etc", Version: "v1.0.0"}, {Path: "b.test/v2", Version: "v1.0.0"}, {Path: "c.test", Version: "v1.0.0/../x"},
		}}, nil
	}
	_, err := Load(t.Context(), Input{Mains: []Module{main}}, load)
	var failed *LoadError
	if !errors.As(err, &failed) || len(failed.Chain) != 3 || strings.Count(err.Error(), "requires a.test@v1.0.0 requires") != 3 {
		t.Errorf("error %v", err)
	}
	next := 0
	_, err = Load(t.Context(), Input{Mains: []Module{main}, Limit: 1}, func(_ context.Context, m Version) (Module, error) {
		next++
		return Module{Path: m.Path, Require: []Require{{Path: m.Path, Version: fmt.Sprintf("v1.0.%d", next)}}}, nil
	})
	if !matches(err, " requires a.test@v1.0.2 requires … requires a.test@v1.0.49998 requires ") || !matches(err, "more than 50000 modules") {
		t.Errorf("after %d: %.400v", next, err)
	}
}

func TestInputErrors(t *testing.T) {
	a := Module{Path: "a.test"}
	for name, test := range map[string]struct {
		input Input
		err   string
	}{
		"none":        {Input{}, "has one main module, not 0"},
		"two":         {Input{Mains: []Module{a, {Path: "b.test"}}}, "has one main module, not 2"},
		"twice":       {Input{Mains: []Module{a, a}, Work: true}, "has the module a.test twice"},
		"empty works": {Input{Work: true}, ""},
	} {
		if _, err := Load(t.Context(), test.input, nil); !matches(err, test.err) {
			t.Errorf("%s: error %v, want %q", name, err, test.err)
		}
	}
}

func TestPaths(t *testing.T) {
	for name, test := range map[string]struct{ module, err string }{
		"as required":    {"a.test", ""},
		"as replaced":    {"b.test", ""},
		"otherwise":      {"c.test", "go.mod of b.test@v1.0.0: the module calls itself c.test but is required as a.test"},
		"no module line": {"", "go.mod of b.test@v1.0.0: there is no module line"},
	} {
		main := Module{Path: "m.test", Require: []Require{{Path: "a.test", Version: "v1.0.0"}}}
		main.Replace = []Replace{{Old: Version{Path: "a.test"}, New: Version{Path: "b.test", Version: "v1.0.0"}}}
		_, err := Load(t.Context(), Input{Mains: []Module{main}}, func(context.Context, Version) (Module, error) {
			return Module{Path: test.module}, nil
		})
		if !matches(err, test.err) {
			t.Errorf("%s: error %v, want %q", name, err, test.err)
		}
	}
}

func TestPromote(t *testing.T) {
	u := universes(t)["pruned"]
	input, err := u.input(t)
	if err != nil {
		t.Fatal(err)
	}
	l := &loader{universe: u}
	g, err := Load(t.Context(), input, l.load)
	if err != nil {
		t.Fatal(err)
	}
	g, err = Load(t.Context(), Promote(input, g), (&loader{universe: u}).load)
	if err != nil {
		t.Fatal(err)
	}
	want := "a.test v1.0.0,b.test v1.0.0,c.test v1.0.0,d.test v1.0.0"
	var got []string
	for _, n := range g.Mentioned {
		got = append(got, n.String())
	}
	if strings.Join(got, ",") != want {
		t.Errorf("mentioned %v, want %s", got, want)
	}
	if len(input.Mains[0].Require) != 2 {
		t.Errorf("the input is changed: %v", input.Mains[0].Require)
	}
}

func BenchmarkLoad(b *testing.B) {
	input, l := wide(b, 400)
	mods := map[Version]Module{}
	for m, text := range l.universe.mods {
		file, err := Parse([]byte(text))
		if err != nil {
			b.Fatal(err)
		}
		mods[m] = file
	}
	b.ReportAllocs()
	for b.Loop() {
		g, err := Load(b.Context(), input, func(_ context.Context, m Version) (Module, error) { return mods[m], nil })
		if err != nil || len(g.Selected) != 408 {
			b.Fatal(len(g.Selected), err)
		}
	}
}
