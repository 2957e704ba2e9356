package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// plan is what a cold run asks for.
type plan struct {
	metadata, artifacts []string // addresses
	packages            []string // of the artifacts, PACKAGE@VERSION
}

// plan asks feedctl itself what it would fetch, and its metadata cache what it has
// read for that.
func (b *bench) plan(ctx context.Context) (plan, error) {
	cache := filepath.Join(b.dir, "plan")
	command := exec.CommandContext(ctx, b.feedctl, "mirror", b.lock, "--dry-run", "--json", "--quiet",
		"--to", filepath.Join(b.dir, "none"), "--cache-dir", cache)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return plan{}, fmt.Errorf("feedctl mirror --dry-run: %w", err)
	}
	metadata, err := cached(os.DirFS(cache))
	if err != nil {
		return plan{}, err
	}
	return parsePlan(out, metadata)
}

// cached returns the addresses of the documents in a metadata cache. The second
// line of each file there says it, in JSON.
func cached(cache fs.FS) ([]string, error) {
	var addresses []string
	err := fs.WalkDir(cache, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := fs.ReadFile(cache, path)
		if err != nil || !bytes.HasPrefix(data, []byte("feedctl-metadata-1 ")) {
			return err
		}
		var head struct {
			URL string `json:"url"`
		}
		_, rest, _ := bytes.Cut(data, []byte("\n"))
		if err := json.NewDecoder(bytes.NewReader(rest)).Decode(&head); err != nil {
			return fmt.Errorf("%s in the metadata cache: %w", path, err)
		}
		addresses = append(addresses, head.URL)
		return nil
	})
	return sorted(addresses), err
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// parsePlan reads the report of a dry run. Files that were read as metadata
// already are no artifacts.
func parsePlan(out []byte, metadata []string) (plan, error) {
	var report struct {
		Fetches []struct{ Package, URL string } `json:"fetches"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return plan{}, fmt.Errorf("the report of feedctl mirror --dry-run: %w", err)
	}
	p := plan{metadata: metadata}
	for _, fetch := range report.Fetches {
		if _, read := slices.BinarySearch(metadata, fetch.URL); read {
			continue
		}
		_, name, _ := strings.Cut(fetch.Package, ":")
		p.artifacts = append(p.artifacts, fetch.URL)
		p.packages = append(p.packages, name)
	}
	p.packages, p.artifacts = sorted(p.packages), sorted(p.artifacts)
	if len(p.artifacts) == 0 || len(metadata) == 0 {
		return plan{}, errors.New("nothing to measure: feedctl would fetch no artifact, or read no metadata")
	}
	return p, nil
}

// curl is a command that fetches a list of addresses into a folder, 50 at a time.
func curl(folder string, addresses []string) (job, error) {
	var text strings.Builder
	for i, address := range addresses {
		fmt.Fprintf(&text, "url = %q\noutput = %q\n", address, filepath.Join(folder, fmt.Sprint(i)))
	}
	config := folder + ".curl"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return job{}, err
	}
	return job{args: []string{
		"curl", "--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "50", "--config", config,
	}}, write(config, []byte(text.String()))
}
