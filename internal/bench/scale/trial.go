package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/feedctl/feedctl/internal/synthetic"
)

// The packages that the steps ask for, by number. They lie in the smallest
// universe, and what they depend on too.
const (
	least    = 1000
	another  = 150 // gets one more release
	upgraded = 170 // is upgraded, after what it depends on got releases
	hubs     = 40  // all of these get one
)

// trial is one feed of one ecosystem.
type trial struct {
	*scale
	universe  *synthetic.Universe
	ecosystem string
	releases  int
	dir       string
}

// options keep feedctl from asking the tools of the machine; what is asked without
// an option is not found, since there is no PATH.
var options = map[string][]string{
	"npm":   {"--node", "none"},
	"cargo": {"--rust", "none", "--registry-id", "none"},
	"go":    {"--go", "none"},
	"pypi":  {"--python", "3.12", "--platform", "manylinux_2_28_x86_64"},
}

// serve offers the universe on loopback and writes the configuration for it. The
// port is the same as long as the folder is kept, because the feed remembers
// addresses.
func (t *trial) serve(ctx context.Context) (stop func(), err error) {
	if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return nil, err
	}
	place := filepath.Join(t.dir, "address")
	address := "127.0.0.1:0"
	if data, err := os.ReadFile(place); err == nil {
		address = string(data)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	address = listener.Addr().String()
	server := &http.Server{Handler: t.universe, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with Close
	}()
	config := fmt.Sprintf("upstreams:\n  - name: main\n    ecosystem: %s\n    url: %q\n", t.ecosystem, t.universe.Upstream("http://"+address))
	stop = func() {
		_ = server.Close()
		<-done
	}
	if err := errors.Join(os.WriteFile(place, []byte(address), 0o644), os.WriteFile(t.config(), []byte(config), 0o644)); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

func (t *trial) config() string { return filepath.Join(t.dir, "feedctl.yaml") }
func (t *trial) feed() string   { return filepath.Join(t.dir, "feed") }

// steps makes the feed and measures what is done with it.
func (t *trial) steps(ctx context.Context) error {
	whole, err := t.whole(ctx)
	if err != nil || t.mirrorOnly {
		return err
	}
	for range t.round() {
		t.replay()
	}
	if err := t.step(ctx, "same again", t.mirror(whole[0])); err != nil {
		return err
	}
	more, err := t.more(ctx)
	if err != nil {
		return err
	}
	if err := t.step(ctx, "one more, again", t.mirror(more)); err != nil {
		return err
	}
	if err := t.step(ctx, "one new package", t.mirror("--max-age", "0s", t.universe.AddPackage().Requirement)); err != nil {
		return err
	}
	return t.upgrade(ctx)
}

// repeats is how many more releases are mirrored, one after the other.
const repeats = 5

// more mirrors one more release, several times, and returns the last one. The row
// has the median times: a run is short, and waits for the disk.
func (t *trial) more(ctx context.Context) (release string, err error) {
	var all []usage
	var before files
	for range repeats {
		if before, err = snapshot(t.feed()); err != nil {
			return "", err
		}
		release = t.universe.AddRelease(another).Requirement
		used, err := t.run(ctx, t.mirror("--max-age", "0s", release))
		if err != nil {
			return "", fmt.Errorf("%s: %w", oneMore, err)
		}
		all = append(all, used)
	}
	return release, t.row(oneMore, median(all), before)
}

// median is that of the times, with the most memory.
func median(all []usage) usage {
	var wall, cpu []time.Duration
	var middle usage
	for _, one := range all {
		wall, cpu = append(wall, one.wall), append(cpu, one.cpu)
		middle.memory = max(middle.memory, one.memory)
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	middle.wall, middle.cpu = wall[len(wall)/2], cpu[len(cpu)/2]
	return middle
}

// whole mirrors everything, unless that was done before, and returns the lists.
func (t *trial) whole(ctx context.Context) ([]string, error) {
	lists, err := t.lists()
	if err != nil {
		return nil, err
	}
	done := filepath.Join(t.dir, "whole")
	if _, err := os.Stat(done); err == nil {
		return lists, nil
	}
	before, err := snapshot(t.feed())
	if err != nil {
		return nil, err
	}
	var total usage
	for _, list := range lists {
		used, err := t.run(ctx, t.mirror(list))
		if err != nil {
			return nil, fmt.Errorf("mirror all: %w", err)
		}
		total.wall, total.cpu, total.memory = total.wall+used.wall, total.cpu+used.cpu, max(total.memory, used.memory)
	}
	if err := t.row("mirror all", total, before); err != nil {
		return nil, err
	}
	return lists, os.WriteFile(done, nil, 0o644)
}

// upgrade measures an upgrade of a package whose dependencies got new releases,
// and verifies.
func (t *trial) upgrade(ctx context.Context) error {
	for i := range hubs {
		t.universe.AddRelease(i)
	}
	command := t.mirror("--upgrade", "--max-age", "0s", t.universe.First(upgraded).Requirement)
	if err := t.step(ctx, "upgrade", command); err != nil {
		return err
	}
	if t.verify {
		if err := t.step(ctx, "verify", []string{"verify", t.feed()}); err != nil {
			return err
		}
	}
	return os.WriteFile(t.rounds(), make([]byte, t.round()+1), 0o644)
}

// lists writes the lists of everything and returns their paths.
func (t *trial) lists() ([]string, error) {
	folder := filepath.Join(t.dir, "lists")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	var paths []string
	for i, text := range t.universe.Lists(t.list) {
		path := filepath.Join(folder, fmt.Sprintf("%04d.txt", i))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// replay publishes what the steps of one round publish, in their order: a feed
// that is kept has what the calls before gave it.
func (t *trial) replay() {
	for range repeats {
		t.universe.AddRelease(another)
	}
	t.universe.AddPackage()
	for i := range hubs {
		t.universe.AddRelease(i)
	}
}

// round is how often the steps were done with a feed before.
func (t *trial) round() int {
	data, _ := os.ReadFile(t.rounds()) // none the first time
	return len(data)
}

// rounds is a file with a byte for each round.
func (t *trial) rounds() string { return filepath.Join(t.dir, "rounds") }

func (t *trial) mirror(arguments ...string) []string {
	command := []string{"mirror", "--to", t.feed(), "--config", t.config()}
	return append(append(command, options[t.ecosystem]...), arguments...)
}

// step runs feedctl and adds a row.
func (t *trial) step(ctx context.Context, name string, arguments []string) error {
	before, err := snapshot(t.feed())
	if err != nil {
		return err
	}
	used, err := t.run(ctx, arguments)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return t.row(name, used, before)
}

// run runs feedctl.
func (t *trial) run(ctx context.Context, arguments []string) (usage, error) {
	arguments = append([]string{t.feedctl, arguments[0], "--cache-dir", filepath.Join(t.dir, "cache"), "--quiet"}, arguments[1:]...)
	env := []string{"HOME=" + t.dir, "PATH="}
	if t.ecosystem == "go" {
		env = append(env, "GOSUMDB="+t.universe.ChecksumKey(), "GONOSUMDB=", "GOPRIVATE=")
	}
	return measure(ctx, job{args: arguments, env: env, dir: t.dir})
}

// row adds a row to the table, and shows it at once.
func (t *trial) row(name string, used usage, before files) error {
	after, err := snapshot(t.feed())
	if err != nil {
		return err
	}
	r := row{ecosystem: t.ecosystem, releases: t.releases, step: name, used: used, written: after.since(before), sizes: t.sizes()}
	t.table.add(r)
	fmt.Fprintf(os.Stderr, "%s %d: %s: %.2f s, cpu %.2f s, %d MB, %d files, %d bytes\n", t.ecosystem, t.releases, name,
		used.wall.Seconds(), used.cpu.Seconds(), used.memory>>20, r.written.files, r.written.bytes)
	return nil
}
