package main

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/golangtest"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/npmtest"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/pkg/feed"
)

// startRegistry starts a fake upstream of an ecosystem, with what a folder says.
func startRegistry(dir, ecosystem string) (*registry, error) {
	switch ecosystem {
	case "npm":
		r, set, err := start(dir, npmtest.ReadDir, npmtest.Start, (*npmtest.Registry).Set)
		if err != nil {
			return nil, err
		}
		return &registry{r.Server, set, func(name, version, what string) (string, error) {
			if what == "url" {
				return r.TarballURL(name, version), nil
			}
			return digest(r.Tarball(name, version), what)
		}}, nil
	case "go":
		r, set, err := start(dir, golangtest.ReadDir, golangtest.Start, (*golangtest.Registry).Set)
		if err != nil {
			return nil, err
		}
		return &registry{r.Server, set, func(name, version, what string) (string, error) {
			lines := strings.Split(strings.TrimSuffix(r.Sum(name, version), "\n"), "\n")
			at := map[string]int{"zip": 0, "mod": 1}
			if i, ok := at[what]; ok && i < len(lines) {
				return strings.Fields(lines[i])[2], nil
			}
			return "", fmt.Errorf("want zip or mod of a module")
		}}, nil
	case "cargo":
		r, set, err := start(dir, cargotest.ReadDir, cargotest.Start, (*cargotest.Registry).Set)
		if err != nil {
			return nil, err
		}
		return &registry{r.Server, set, func(name, version, what string) (string, error) {
			return digest(r.Crate(name, version), what)
		}}, nil
	case "pypi":
		r, set, err := start(dir, pypitest.ReadDir, pypitest.Start, (*pypitest.Registry).Set)
		if err != nil {
			return nil, err
		}
		return &registry{r.Server, set, func(name, version, what string) (string, error) {
			return digest(r.Bytes(name+"-"+version), what)
		}}, nil
	}
	return nil, fmt.Errorf("there is no fake registry of %q", ecosystem)
}

// start starts a fake, and returns it with what replaces all it offers.
func start[R any](dir string, read func(string) (*txtar.Archive, error), run func(*txtar.Archive) (R, error),
	set func(R, *txtar.Archive) error,
) (fake R, replace func(dir string) error, err error) {
	archive, err := read(dir)
	if err != nil {
		return fake, nil, err
	}
	fake, err = run(archive)
	return fake, func(dir string) error {
		archive, err := read(dir)
		if err != nil {
			return err
		}
		return set(fake, archive)
	}, err
}

// digest returns one digest of an artifact.
func digest(artifact []byte, what string) (string, error) {
	if artifact == nil {
		return "", fmt.Errorf("no such release")
	}
	hasher := feed.NewHasher("sha512", "sha256", "sha1")
	if _, err := hasher.Write(artifact); err != nil {
		return "", err
	}
	if what == "sri" {
		return hasher.Digests().SRI("sha512"), nil
	}
	if text := hasher.Digests()[what]; text != "" {
		return text, nil
	}
	return "", fmt.Errorf("want sri, sha1, sha256 or url")
}
