package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/pkg/feed"
)

func TestExitCodes(t *testing.T) {
	rows := []struct {
		name string
		err  error
		want int
	}{
		{"done", nil, 0},
		{"failure", errors.New("no"), 1},
		{"usage", fmt.Errorf("x: %w", &usageError{errors.New("no")}), 2},
		{"findings", errFindings, 3},
		{"unresolvable", fmt.Errorf("x: %w", &feed.ResolveError{}), 4},
		{"interrupted", errors.Join(errInterrupted, errors.New("no")), 130},
		{"cancelled by a failure beside it", context.Canceled, 1},
	}
	for _, row := range rows {
		if got := exitCode(row.err); got != row.want {
			t.Errorf("%s: exit code %d, want %d", row.name, got, row.want)
		}
	}
}

func TestHints(t *testing.T) {
	rows := []struct {
		name string
		err  error
		want string
	}{
		{"credentials", &feed.UpstreamError{Status: 401}, "feedctl upstream check"},
		{"down", &feed.UpstreamError{Status: 503}, "run the same command again"},
		{"not in a registry", &mirror.UnsupportedError{}, "--skip-unsupported"},
		{"wrong bytes", &feed.IntegrityError{}, "who changed the bytes"},
		{"unmet", &feed.ResolveError{}, "change the requirement"},
		{"anything else", errors.New("no"), ""},
	}
	for _, row := range rows {
		got := hint(fmt.Errorf("x: %w", row.err))
		if !strings.Contains(got, row.want) || row.want == "" && got != "" {
			t.Errorf("%s: hint %q, want %q", row.name, got, row.want)
		}
	}
}

// TestBar lets many goroutines report at once, as a run does.
func TestBar(t *testing.T) {
	var out bytes.Buffer
	b := &bar{out: &out}
	b.Phase("Fetching", 0)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			b.File(fmt.Sprintf("npm/alpha/-/alpha-%d.tgz", i), 100)
			b.Add(100)
		})
	}
	group.Wait()
	if got := b.current.GetMax64(); got != 801 {
		t.Errorf("the bar ends at %d, want the sum of the sizes and 1", got)
	}
	b.finish()
	b.Add(1) // between phases nothing is shown
	if newProgress(&out, false) != nil {
		t.Error("a bar is shown where there is no terminal")
	}
	if !strings.Contains(out.String(), "Fetching alpha-") {
		t.Errorf("got %q", out.String())
	}
}
