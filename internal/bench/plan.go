package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
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
func (s *subject) plan(ctx context.Context, scratch string) (plan, error) {
	cache := filepath.Join(scratch, "plan")
	env, err := s.place.lead(&s.kind, scratch)
	if err != nil {
		return plan{}, err
	}
	args := append([]string{s.feedctl, "mirror", s.path, "--dry-run", "--json", "--quiet", "--to", filepath.Join(scratch, "none"), "--cache-dir", cache}, s.flags...)
	used, err := measure(ctx, job{args: args, env: env})
	if err != nil {
		return plan{}, fmt.Errorf("mirror --dry-run: %w", err)
	}
	metadata, err := cached(os.DirFS(cache))
	if err != nil {
		return plan{}, err
	}
	return parsePlan(used.output, metadata)
}

// cached returns the addresses of the documents in a metadata cache. The second
// line of each file there says it, in JSON.
func cached(cache fs.FS) ([]string, error) {
	var addresses []string
	err := fs.WalkDir(cache, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		address, err := addressOf(cache, path)
		if address != "" {
			addresses = append(addresses, address)
		}
		return err
	})
	return sorted(addresses), err
}

// addressOf reads the address of one document in a metadata cache; "" when the file
// holds none. The document itself, which may be large, is not read.
func addressOf(cache fs.FS, path string) (string, error) {
	f, err := cache.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	first, err := lines.ReadString('\n')
	if !strings.HasPrefix(first, "feedctl-metadata-1 ") {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return "", err
	}
	var head struct {
		URL string `json:"url"`
	}
	if err := json.NewDecoder(lines).Decode(&head); err != nil {
		return "", fmt.Errorf("%s in the metadata cache: %w", path, err)
	}
	return head.URL, nil
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// parsePlan reads the report of a dry run. Files that were read as metadata
// already are no artifacts, and neither are the metadata of a wheel, which few
// indexes have beside it and which feedctl takes out of it otherwise.
func parsePlan(out []byte, metadata []string) (plan, error) {
	var report struct {
		Fetches []struct{ Package, URL string } `json:"fetches"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return plan{}, fmt.Errorf("the report of feedctl mirror --dry-run: %w", err)
	}
	p := plan{metadata: metadata}
	for _, fetch := range report.Fetches {
		if _, read := slices.BinarySearch(metadata, fetch.URL); read || strings.HasSuffix(fetch.URL, ".whl.metadata") {
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

// atOnce is how many requests curl has in flight, as feedctl has to one host.
const atOnce = "64"

// curl is a command that fetches a list of addresses into a folder.
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
		"curl", "--silent", "--show-error", "--fail", "--parallel", "--parallel-max", atOnce, "--config", config,
	}}, write(config, []byte(text.String()))
}
