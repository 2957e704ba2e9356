package upstream

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestSearchOrder(t *testing.T) {
	one := map[string]string{"lib": "1.0.0", "@acme/a": "1.0.0"}
	two := map[string]string{"lib": "2.0.0", "@acme/a": "2.0.0", "only-two": "2.0.0"}
	three := map[string]string{"only-three": "3.0.0", "@acme/a": "3.0.0"}
	for name, test := range map[string]struct {
		a, b, c       []func(*upstreamConfig)
		lookFor, want string
		asked         [3]string
		err           string
	}{
		"first that knows": {lookFor: "lib", want: "1.0.0", asked: [3]string{"versions lib"}},
		"not found goes on": {
			lookFor: "only-two", want: "2.0.0",
			asked: [3]string{"versions only-two", "versions only-two"},
		},
		"to the last": {
			lookFor: "only-three", want: "3.0.0",
			asked: [3]string{"versions only-three", "versions only-three", "versions only-three"},
		},
		"include is tried before order": {
			b: opts(include("lib")), lookFor: "lib", want: "2.0.0",
			asked: [3]string{"", "versions lib"},
		},
		"star matches a scope": {
			c: opts(include("@acme/*")), lookFor: "@acme/a", want: "3.0.0",
			asked: [3]string{"", "", "versions @acme/a"},
		},
		"several includes in order": {
			b: opts(include("@acme/*")), c: opts(include("@acme/*")), lookFor: "@acme/a", want: "2.0.0",
			asked: [3]string{"", "versions @acme/a"},
		},
		"an include answers alone": {
			c: opts(include("only-two")), lookFor: "only-two",
			asked: [3]string{"", "", "versions only-two"}, err: `npm:only-two: not found in upstream "c" (feedctl.yaml:1)`,
		},
		"an include that does not match": {
			a: opts(include("x*")), lookFor: "lib", want: "2.0.0",
			asked: [3]string{"", "versions lib"},
		},
		"excluded": {a: opts(exclude("l*")), lookFor: "lib", want: "2.0.0", asked: [3]string{"", "versions lib"}},
		"exclude beats include": {
			b: opts(include("lib"), exclude("lib")), lookFor: "lib", want: "1.0.0",
			asked: [3]string{"versions lib"},
		},
		"disabled": {a: opts(disabled), lookFor: "lib", want: "2.0.0", asked: [3]string{"", "versions lib"}},
		"unknown everywhere": {
			lookFor: "none", asked: [3]string{"versions none", "versions none", "versions none"},
			err: `npm:none: not found in upstream "a" (feedctl.yaml:1), upstream "b" (feedctl.yaml:1), upstream "c" (feedctl.yaml:1)`,
		},
		"nobody may be asked": {
			a: opts(exclude("*")), b: opts(disabled), c: opts(include("x")), lookFor: "lib",
			err: "npm:lib: not found: no upstream may be asked for this name; see include, exclude and enabled in the configuration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			sources := [3]*fake{{packages: one}, {packages: two}, {packages: three}}
			set := setOf(named("a", sources[0], test.a...), named("b", sources[1], test.b...), named("c", sources[2], test.c...))
			versions, err := set.Versions(t.Context(), test.lookFor)
			if list(versions) != test.want {
				t.Errorf("got %s, want %s", list(versions), test.want)
			}
			checkError(t, err, test.err)
			if test.err != "" && !notFoundErr(err) {
				t.Errorf("%v is not feed.ErrNotFound", err)
			}
			for i, source := range sources {
				if source.asked() != test.asked[i] {
					t.Errorf("upstream %d was asked %q, want %q", i, source.asked(), test.asked[i])
				}
			}
		})
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestOtherErrorsStopTheSearch(t *testing.T) {
	ownName := &feed.UpstreamError{Upstream: "a", URL: "https://host.test/x", Status: 401}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"server error":       {errDown, `npm:x: upstream "a": https://host.test/x: 503 Service Unavailable`},
		"names itself":       {ownName, `npm:x: upstream "a": https://host.test/x: 401 Unauthorized`},
		"integrity":          {&feed.IntegrityError{Path: "p", Got: "g", Want: "w"}, `npm:x: upstream "a": p: got g, want w`},
		"timeout of its own": {context.DeadlineExceeded, `npm:x: upstream "a": context deadline exceeded`},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := &fake{errs: map[string]error{"x": test.err}}, &fake{packages: map[string]string{"x": "1.0.0"}}
			set := setOf(named("a", a), named("b", b))
			for range 2 {
				_, err := set.Versions(t.Context(), "x")
				checkError(t, err, test.want)
				if !errors.Is(err, test.err) {
					t.Errorf("%v does not wrap the cause", err)
				}
			}
			_, _, err := set.Releases(t.Context(), "x", []string{"1.0.0"})
			checkError(t, err, test.want)
			if b.asked() != "" || a.asked() != "versions x, releases x 1.0.0" {
				t.Errorf("asked a: %s; b: %s", a.asked(), b.asked())
			}
		})
	}
}

func TestReleases(t *testing.T) {
	a := &fake{packages: map[string]string{"x": "1.0.0"}}
	b := &fake{packages: map[string]string{"x": "1.0.0 2.0.0", "y": "1.0.0"}}
	set := setOf(named("a", a), named("b", b))
	p, from, err := set.Releases(t.Context(), "y", []string{"1.0.0", "9.9.9"})
	if err != nil || from != "b" || len(p.Releases) != 1 || p.String() != "npm:y" {
		t.Fatalf("%+v from %s, %v", p, from, err)
	}
	want := feed.Origin{Upstream: "b", URL: "https://host.test/y"}
	if r := p.Releases[0]; r.Origin != want || r.Kind != feed.Saved {
		t.Errorf("origin %+v, kind %s", r.Origin, r.Kind)
	}
	if p, from, err = set.Releases(t.Context(), "x", []string{"2.0.0"}); err != nil || from != "a" || len(p.Releases) != 0 {
		t.Errorf("a version that the first upstream lacks: %+v from %s, %v", p, from, err)
	}
	if _, err := set.Versions(t.Context(), "y"); err != nil || a.asked() != "releases y 1.0.0+9.9.9, releases x 2.0.0" {
		t.Errorf("the search went back to the first upstream: %s, %v", a.asked(), err)
	}
	_, _, err = set.Releases(t.Context(), "none", nil)
	if !notFoundErr(err) {
		t.Errorf("unknown name: %v", err)
	}
	if _, err = set.Versions(t.Context(), "none"); !notFoundErr(err) || strings.Contains(b.asked(), "versions none") {
		t.Errorf("what is unknown was looked for again: %v, %s", err, b.asked())
	}
}

func TestOpen(t *testing.T) {
	named1 := &feed.UpstreamError{Upstream: "a", URL: "https://host.test/x", Status: 404}
	a := &fake{errs: map[string]error{"bad": errDown, "own": named1}}
	set := setOf(named("a", a), named("off", a, disabled))
	body, err := set.Open(t.Context(), "a", feed.File{Path: "npm/x.tgz"})
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := io.ReadAll(body); string(data) != "npm/x.tgz" {
		t.Errorf("got %q", data)
	}
	_, err = set.Open(t.Context(), "a", feed.File{Path: "bad"})
	checkError(t, err, `bad: upstream "a": https://host.test/x: 503 Service Unavailable`)
	_, err = set.Open(t.Context(), "a", feed.File{Path: "own"})
	checkError(t, err, `own: upstream "a": https://host.test/x: 404 Not Found`)
	for _, name := range []string{"gone", "off"} {
		_, err = set.Open(t.Context(), name, feed.File{Path: "p"})
		checkError(t, err, `p: no enabled upstream is named "`+name+`" any more; it is what the release came from`)
	}
}

func TestLoad(t *testing.T) {
	for name, test := range map[string]struct {
		all  []Named
		want string
	}{
		"no upstream":    {nil, "x: not found: no upstream is configured"},
		"same name":      {[]Named{named("a", &fake{}), named("a", &fake{})}, `two upstreams are named "a"; give one of them another name`},
		"broken include": {[]Named{named("a", &fake{}, include("[x"))}, `upstream "a" (feedctl.yaml:1): include: pattern "[x": no ] closes the [; write \[ for the character itself`},
		"broken exclude": {[]Named{named("a", &fake{}, exclude(""))}, `upstream "a" (feedctl.yaml:1): exclude: the pattern is empty`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := setOf(test.all...).Versions(t.Context(), "x")
			checkError(t, err, strings.Replace(test.want, "x: not", ":x: not", 1))
		})
	}
}

func TestLoadIsLazyAndRunsOnce(t *testing.T) {
	loads := 0
	set := New(func(ctx context.Context) ([]Named, error) {
		loads++
		return []Named{named("a", &fake{packages: map[string]string{"x": "1.0.0"}})}, ctx.Err()
	})
	if loads != 0 {
		t.Fatal("loaded before it was needed")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := set.Versions(cancelled, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := set.Versions(t.Context(), "x"); err != nil {
				t.Errorf("after the cancelled one: %v", err)
			}
			if _, err := set.Upstreams(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if loads != 1 {
		t.Errorf("%d loads", loads)
	}
}

func TestLoadErrorIsRemembered(t *testing.T) {
	loads, broken := 0, errors.New("no registry is configured")
	set := New(func(context.Context) ([]Named, error) {
		loads++
		return nil, broken
	})
	for range 3 {
		if _, err := set.Versions(t.Context(), "x"); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
	if loads != 1 {
		t.Errorf("%d loads", loads)
	}
}

func TestVersionsBelongToTheCaller(t *testing.T) {
	set := setOf(named("a", &fake{packages: map[string]string{"x": "1.0.0"}}))
	first, _ := set.Versions(t.Context(), "x")
	first[0].Version = "changed"
	if again, _ := set.Versions(t.Context(), "x"); list(again) != "1.0.0" {
		t.Errorf("got %s", list(again))
	}
}

// TestCancelledSearch: the end of the caller's context is its own, no failure of
// the upstream, and the next caller asks again.
func TestCancelledSearch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	set := setOf(named("a", &cancelling{fake{packages: map[string]string{"x": "1.0.0"}}, cancel}))
	_, err := set.Versions(ctx, "x")
	var failure *feed.PackageError
	if !errors.Is(err, context.Canceled) || errors.As(err, &failure) {
		t.Errorf("got %v", err)
	}
	if versions, err := set.Versions(t.Context(), "x"); list(versions) != "1.0.0" || err != nil {
		t.Errorf("after it: %s, %v", list(versions), err)
	}
}

// cancelling is a source whose caller gives up while it is asked.
type cancelling struct {
	fake
	cancel context.CancelFunc
}

func (c *cancelling) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	c.cancel()
	return c.fake.Versions(ctx, name)
}
