package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// usage is what one run of a command took.
type usage struct {
	wall, cpu time.Duration
	memory    int64 // most resident bytes, 0 when not known
}

// command runs a command and measures it.
func (b *bench) command(ctx context.Context, dir string, args ...string) (usage, error) {
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	var output bytes.Buffer
	command.Dir, command.Stdout, command.Stderr = dir, &output, &output
	started := time.Now()
	err := command.Run()
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w: %.500s", filepath.Base(args[0]), err, output.String())
	}
	state := command.ProcessState
	return usage{wall: time.Since(started), cpu: state.UserTime() + state.SystemTime(), memory: maxResident(state)}, nil
}

// urls are the addresses that a cold mirror run asks.
type urls struct{ metadata, artifacts []string }

// plan asks feedctl itself what it would fetch. The address of a packument is
// that of its tarballs up to "/-/".
func (b *bench) plan(ctx context.Context) (urls, error) {
	command := exec.CommandContext(ctx, b.feedctl, "mirror", b.lock, "--dry-run", "--json",
		"--to", filepath.Join(b.dir, "none"), "--cache-dir", filepath.Join(b.dir, "plan"))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return urls{}, fmt.Errorf("feedctl mirror --dry-run: %w", err)
	}
	var report struct {
		Fetches []struct{ URL string } `json:"fetches"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return urls{}, err
	}
	var u urls
	for _, fetch := range report.Fetches {
		u.artifacts = append(u.artifacts, fetch.URL)
		packument, _, found := strings.Cut(fetch.URL, "/-/")
		if at := strings.LastIndex(packument, "/@"); found && at > 0 {
			packument = packument[:at+1] + strings.Replace(packument[at+1:], "/", "%2f", 1)
		}
		u.metadata = append(u.metadata, packument)
	}
	slices.Sort(u.metadata)
	u.metadata = slices.Compact(u.metadata)
	return u, nil
}

// curl is the command that fetches a list of addresses, 50 at a time.
func (u urls) curl(scratch, name string, list []string) []string {
	folder := filepath.Join(scratch, name)
	config := folder + ".curl"
	var text strings.Builder
	for i, address := range list {
		fmt.Fprintf(&text, "url = %q\noutput = %q\n", address, filepath.Join(folder, fmt.Sprint(i)))
	}
	script := fmt.Sprintf("mkdir -p %s && curl --silent --show-error --fail --parallel --parallel-max 50 --config %s", folder, config)
	if os.MkdirAll(scratch, 0o755) != nil || os.WriteFile(config, []byte(text.String()), 0o600) != nil {
		return []string{"false"}
	}
	return []string{"sh", "-c", script}
}

// result is one row of the table.
type result struct {
	name string
	runs []usage
}

func (b *bench) result(name string) *result {
	for _, r := range b.results {
		if r.name == name {
			return r
		}
	}
	r := &result{name: name}
	b.results = append(b.results, r)
	return r
}

func (r *result) add(u usage) { r.runs = append(r.runs, u) }

// wall returns the shortest, the middle and the longest time in seconds.
func (r *result) wall() (least, middle, most float64) {
	var all []float64
	for _, run := range r.runs {
		all = append(all, run.wall.Seconds())
	}
	if len(all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(all)
	return all[0], all[len(all)/2], all[len(all)-1]
}

func (r *result) memory() int64 {
	var most int64
	for _, run := range r.runs {
		most = max(most, run.memory)
	}
	return most
}

// print writes the table: seconds, processor seconds, memory, and the ratio to
// the floor.
func (b *bench) print(u urls) {
	_, metadata, _ := b.result("floor: curl, metadata").wall()
	_, artifacts, _ := b.result("floor: curl, artifacts").wall()
	floor := metadata + artifacts
	fmt.Printf("%d metadata documents, %d artifacts, %d runs; floor %.2f s\n", len(u.metadata), len(u.artifacts), b.runs, floor)
	table := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tmin s\tmedian s\tmax s\tcpu s\tMB\t÷ floor\t")
	for _, r := range b.results {
		least, middle, most := r.wall()
		var cpu time.Duration
		for _, run := range r.runs {
			cpu += run.cpu / time.Duration(len(r.runs))
		}
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%d\t%.2f\t\n", r.name, least, middle, most, cpu.Seconds(), r.memory()>>20, middle/floor)
	}
	table.Flush()
}
