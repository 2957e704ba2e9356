//go:build e2e

// Package e2e installs from mirrored feeds with real package managers, through
// real web servers, in namespaces whose network has only loopback.
package e2e

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// cellLimit bounds one install with its checks.
const cellLimit = 150 * time.Second

// modes are the two ways to install: without a lockfile, and from one made online.
var modes = []string{"fresh", "frozen"}

// TestMatrix installs the small fixture with every client through nginx and Python's
// server, and through the other servers with the newest client of each kind.
// A cell is green when the client ends well, check.js does too, the lock is as it
// was (frozen), and exactly the packages of an online install are there (frozen).
func TestMatrix(t *testing.T) {
	references := newReferences(t, "small")
	others := ecosystems(t)
	inputs := writeLocks(t, references)
	for _, e := range others {
		inputs = append(inputs, e.inputs...)
	}
	feed := mirror(t, inputs...)
	feedctl(t, "verify", feed)
	all := servers(t)
	results := newMatrix(all, references, others)
	t.Cleanup(func() { fmt.Print(results.table()) })
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			inside := newNamespace(t, feed)
			s.start(t, inside)
			for _, ref := range s.meets(references) {
				for _, mode := range modes {
					t.Run(ref.client.String()+" "+mode, func(t *testing.T) {
						t.Parallel()
						start := time.Now()
						t.Cleanup(func() { results.add(s.name, ref.client.String(), mode, !t.Failed(), time.Since(start)) })
						checkCell(t, inside, ref, mode, ref.client.gentle(s.backlog)...)
					})
				}
			}
			for _, e := range others {
				for _, mode := range modes {
					t.Run(e.name+" "+mode, func(t *testing.T) {
						t.Parallel()
						start := time.Now()
						t.Cleanup(func() { results.add(s.name, e.name, mode, !t.Failed(), time.Since(start)) })
						ctx, cancel := context.WithTimeout(t.Context(), cellLimit)
						defer cancel()
						e.cells[mode](t, ctx, inside)
					})
				}
			}
		})
	}
}

// meets returns the clients that a server is tried with: a server answers the
// versions of one client alike.
func (s server) meets(references []reference) []reference {
	if every() || s.name == "nginx" || s.name == "python" {
		return references
	}
	newest := map[string]int{}
	for i, ref := range references {
		newest[ref.client.kind()] = i
	}
	var some []reference
	for _, i := range slices.Sorted(maps.Values(newest)) {
		some = append(some, references[i])
	}
	return some
}

// newReferences makes the reference of every client, two at a time, and leaves out
// the clients that -run leaves out.
func newReferences(t *testing.T, fixture string) []reference {
	t.Helper()
	clients := packageManagers(t)
	references := make([]reference, len(clients))
	ok := t.Run("locks", func(t *testing.T) {
		for i, c := range clients {
			t.Run(c.String(), func(t *testing.T) {
				t.Parallel()
				references[i] = newReference(t, c, fixture)
			})
		}
	})
	references = slices.DeleteFunc(references, func(ref reference) bool { return ref.lock == "" })
	if !ok || len(references) == 0 {
		t.Fatal("without the locks there is nothing to mirror; a -run pattern has to name them: TestMatrix/(locks|nginx)/npm")
	}
	return references
}

// writeLocks writes each lock under its usual name into a folder of its own.
func writeLocks(t *testing.T, references []reference) []string {
	t.Helper()
	var files []string
	dir := t.TempDir()
	for _, ref := range references {
		file := filepath.Join(dir, ref.client.command+"-"+ref.client.version, ref.client.lock())
		writeFile(t, file, ref.lock)
		files = append(files, file)
	}
	return files
}

// checkCell installs with the client and further options, and fails the test unless the cell is green.
func checkCell(t *testing.T, inside *namespace, ref reference, mode string, options ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cellLimit)
	defer cancel()
	p := newProject(t, ref.client, inside, "small")
	command := ref.client.fresh()
	if mode == "frozen" {
		writeFile(t, p.file(ref.client.lock()), ref.lock)
		command = ref.client.frozen()
	}
	if err := p.install(t, ctx, append(command, options...)...); err != nil {
		t.Fatal(err)
	}
	if _, err := run(p.node(ctx, "small/check.js")); err != nil {
		t.Fatal(err)
	}
	if mode == "frozen" {
		checkFrozen(t, ctx, p, ref)
	}
}

// checkFrozen compares the lock and the installed packages with the reference.
func checkFrozen(t *testing.T, ctx context.Context, p project, ref reference) {
	t.Helper()
	if diff := gocmp.Diff(ref.lock, p.readLock(t)); diff != "" {
		t.Errorf("the lock changed (-before +after):\n%s", diff)
	}
	list, err := output(p.node(ctx, "list.js"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(ref.installed, names(t, list)); diff != "" {
		t.Errorf("installed packages (-online +from the feed):\n%s", diff)
	}
}

// matrix collects cells from tests that run at the same time.
type matrix struct {
	servers []server
	clients []string

	mu    sync.Mutex
	cells map[[3]string]string // by server, client and mode
}

func newMatrix(servers []server, references []reference, others []ecosystem) *matrix {
	m := &matrix{servers: servers, cells: map[[3]string]string{}}
	for _, ref := range references {
		m.clients = append(m.clients, ref.client.String())
	}
	for _, e := range others {
		m.clients = append(m.clients, e.name)
	}
	return m
}

// add records one cell.
func (m *matrix) add(server, client, mode string, green bool, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text := "FAIL"
	if green {
		text = fmt.Sprintf("ok %.1f", took.Seconds())
	}
	m.cells[[3]string{server, client, mode}] = text
}

// table shows a line per client and a column per server: fresh / frozen, with
// the seconds each took. A dash is a cell that never ran.
func (m *matrix) table() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	row := func(first string, cell func(server string) string) {
		fmt.Fprintf(&b, "%-14s", first)
		for _, s := range m.servers {
			fmt.Fprintf(&b, " | %-17s", cell(s.name))
		}
		b.WriteString("\n")
	}
	row("fresh / frozen", func(s string) string { return s })
	for _, name := range m.clients {
		row(name, func(s string) string {
			return cmp.Or(m.cells[[3]string{s, name, "fresh"}], "-") + " / " + cmp.Or(m.cells[[3]string{s, name, "frozen"}], "-")
		})
	}
	return b.String()
}
