package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/feedctl/feedctl/internal/synthetic"
)

// TestMain lets the program of the tests stand for a feedctl that does nothing.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "mirror" || os.Args[1] == "verify") {
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func newTrial(t *testing.T, dir string) *trial {
	t.Helper()
	u, err := synthetic.New("go", 1, least/perPackage)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &trial{scale: &scale{list: 70, feedctl: program, verify: true}, universe: u, ecosystem: "go", releases: least, dir: dir}
}

// history is the newest tree head: it tells of every release, and in which order
// they were published.
func history(t *testing.T, u *synthetic.Universe) string {
	t.Helper()
	answer := httptest.NewRecorder()
	u.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://registry.example/sumdb/sum.synthetic.test/latest", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("latest: %d", answer.Code)
	}
	return answer.Body.String()
}

// TestSteps does the steps twice with a feed that is kept.
func TestSteps(t *testing.T) {
	dir := t.TempDir()
	want := []string{"mirror all", "same again", oneMore, "one more, again", "one new package", "upgrade", "verify"}
	var last *trial
	for round := range 2 {
		last = newTrial(t, dir)
		if err := last.steps(t.Context()); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range last.table.rows {
			names = append(names, r.step)
		}
		if !slices.Equal(names, want[round:]) || last.round() != round+1 {
			t.Errorf("round %d: rows %q, want %q; %d rounds are counted", round, names, want[round:], last.round())
		}
	}
	if lists, err := filepath.Glob(filepath.Join(dir, "lists", "*")); err != nil || len(lists) != 3 {
		t.Errorf("%d lists of at most 70 of 200 packages, %v", len(lists), err)
	}
	replayed := newTrial(t, dir)
	for range replayed.round() {
		replayed.replay()
	}
	if history(t, last.universe) != history(t, replayed.universe) {
		t.Error("a replay publishes something else than the steps do, or in another order")
	}
}
