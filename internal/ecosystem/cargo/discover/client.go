package discover

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
)

// probe is a crate that no cargo has in a cache.
const probe = "feedctl-probe"

// probeManifest is a project that needs it.
const probeManifest = `[package]
name = "probe"
version = "0.0.0"
edition = "2018"
[lib]
path = "lib.rs"
[dependencies]
` + probe + ` = "*"
[workspace]
`

// project is a folder with a project that needs one crate. It must be removed.
func project() (string, error) {
	dir, err := os.MkdirTemp("", "feedctl-cargo-")
	if err != nil {
		return "", err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "Cargo.toml"), []byte(probeManifest), 0o600),
		os.WriteFile(filepath.Join(dir, "lib.rs"), nil, 0o600),
	)
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// asked matches the address that an old or new cargo could not reach.
var asked = regexp.MustCompile("failed to download from `(https?://[^`\\s]+)`")

// fromClient asks an installed cargo for its default registry, by an attempt to
// fetch a crate through a proxy that nobody runs.
func fromClient(ctx context.Context, env ecosystem.Environment) (found, error) {
	if env.Run == nil {
		return found{}, errors.New("no program may be asked")
	}
	dir, err := project()
	if err != nil {
		return found{}, err
	}
	defer os.RemoveAll(dir)
	args := []string{
		"cargo", "--config", `http.proxy="http://127.0.0.1:9"`, "--config", "net.retry=0", "--config", "net.offline=false",
		"fetch", "--manifest-path", filepath.Join(dir, "Cargo.toml"),
	}
	if runtime.GOOS != "windows" { // an empty cargo home; the user's own does too, but cargo writes there
		args = append([]string{"env", "CARGO_HOME=" + filepath.Join(dir, "home")}, args...)
	}
	_, err = env.Run(ctx, args[0], args[1:]...)
	if ctx.Err() != nil {
		return found{}, ctx.Err()
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return found{}, fmt.Errorf("cargo fetch: %w", errOr(err, "it succeeded without a network"))
	}
	match := asked.FindSubmatch(exit.Stderr)
	if match == nil {
		return found{}, errors.New("cargo fetch: its error names no address")
	}
	address := string(match[1])
	for _, suffix := range []string{"config.json", crate.IndexPath(probe)} {
		if base, ok := strings.CutSuffix(address, "/"+suffix); ok {
			return found{url: string(crate.Sparse) + "+" + base + "/", at: "cargo fetch"}, nil
		}
	}
	return found{}, fmt.Errorf("cargo fetch: %.200q is no address of an index", address)
}

func errOr(err error, text string) error {
	if err != nil {
		return err
	}
	return errors.New(text)
}

// DefaultSource asks an installed cargo for the id that Cargo.lock has for the
// default registry. No network is used.
func DefaultSource(ctx context.Context, env ecosystem.Environment) (string, error) {
	if env.Run == nil {
		return "", errors.New("no program may be asked")
	}
	dir, err := project()
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	out, err := env.Run(ctx, "cargo", "metadata", "--no-deps", "--format-version", "1", "--manifest-path", filepath.Join(dir, "Cargo.toml"))
	if err != nil {
		return "", err
	}
	var answer struct {
		Packages []struct {
			Dependencies []struct {
				Name   string `json:"name"`
				Source string `json:"source"`
			} `json:"dependencies"`
		} `json:"packages"`
	}
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&answer); err != nil {
		return "", fmt.Errorf("cargo metadata: %w", err)
	}
	for _, p := range answer.Packages {
		for _, d := range p.Dependencies {
			if protocol, address := crate.ParseSource(d.Source); d.Name == probe && protocol == crate.Git && crate.IsDefault(address) {
				return d.Source, nil
			}
		}
	}
	return "", errors.New("cargo metadata: names no default registry")
}
