// Package cargo mirrors crates of Cargo registries.
//
// Terms: a crate file is the .crate archive of one release; an index line is what
// a registry's index says of a release, one JSON object; a feature is a named
// option of a crate that may bring further dependencies; yanked releases are kept
// for those whose lock names them, and never chosen anew.
//
// The protocol is that of the Cargo book's chapters on registries, the choice of
// versions that of cargo 1.95 (package solve).
package cargo

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/discover"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/manifest"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Ecosystem returns the Cargo ecosystem.
func Ecosystem() ecosystem.Ecosystem {
	type reader = func(fsys fs.FS, name string) (feed.Request, error)
	return ecosystem.Ecosystem{
		Name:      crate.Ecosystem,
		Locks:     map[string]reader{lock.FileName: lock.Read},
		Manifests: map[string]reader{manifest.FileName: manifest.Read},
		Examples: ecosystem.Examples{
			Lock: lock.FileName, Requirement: "tokio@1[full]", Name: "serde", Pattern: "serde_*",
		},
		Requirement: ParseRequirement,
		PURL:        ParsePURL,
		PURLType:    crate.Ecosystem,
		Options: map[string]string{
			optionBin:    "take what is named for programs, each with the versions of the Cargo.lock in its crate, as cargo install --locked does",
			optionRust:   "version of Rust for projects that prefer versions for theirs and name none (default: what the feed recorded, else rustc on PATH; \"none\" for any)",
			optionSource: "id of the default registry in Cargo.lock (default: what the feed recorded, else as the cargo on PATH writes it; \"none\" writes no Cargo.lock)",
		},
		Switches:      []string{optionBin},
		Once:          []string{optionBin},
		Defaults:      defaults,
		Discover:      discover.Discover,
		Credentials:   discover.Access,
		Schemes:       []string{"sparse+https", "sparse+http", "file"},
		NewSource:     NewSource,
		Probe:         Probe,
		Resolve:       resolve,
		Digests:       []string{"sha256"},
		RenderPackage: RenderPackage,
		RenderRoot:    RenderRoot,
		RootKey:       RootKey,
		Extras:        map[string]string{extraVendor: "cargo: the files of every crate, as a directory source (cargo vendor) that needs no server"},
		Unpack:        unpack,
		Unpacked:      []string{extraVendor},
		Owner:         Owner,
		Inspect:       Inspect,
		Compare:       crate.Compare,
		Clients:       Clients,
	}
}

// defaults checks the options, and fills in what the installed tools say.
func defaults(ctx context.Context, env ecosystem.Environment, options map[string]string) error {
	switch value := options[optionBin]; value {
	case "", "true", "false":
	default:
		return &ecosystem.OptionError{Ecosystem: crate.Ecosystem, Option: optionBin, Value: value, Want: "true or false"}
	}
	if err := defaultRust(ctx, env, options); err != nil {
		return err
	}
	switch value := options[optionSource]; value {
	case "none":
	case "":
		options[optionSource] = "none"
		if source, err := discover.DefaultSource(ctx, env); err == nil {
			options[optionSource] = source
		}
	default:
		if protocol, address := crate.ParseSource(value); protocol != crate.Git || !crate.IsDefault(address) {
			return &ecosystem.OptionError{Ecosystem: crate.Ecosystem, Option: optionSource, Value: value, Want: "the source of a crate in a Cargo.lock, registry+https://…"}
		}
	}
	return ctx.Err()
}

// defaultRust fills in the version of the installed compiler.
func defaultRust(ctx context.Context, env ecosystem.Environment, options map[string]string) error {
	switch value := options[optionRust]; value {
	case "none":
	case "":
		options[optionRust] = "none"
		if env.Run == nil {
			return nil
		}
		out, err := env.Run(ctx, "rustc", "--version")
		fields := strings.Fields(string(out))
		if err == nil && len(fields) > 1 && isRustVersion(fields[1]) {
			options[optionRust] = fields[1]
		}
	default:
		if !isRustVersion(value) {
			return &ecosystem.OptionError{Ecosystem: crate.Ecosystem, Option: optionRust, Value: value, Want: "a version such as 1.85.0"}
		}
	}
	return nil
}

// isRustVersion accepts 1.85, 1.85.0 and 1.85.0-nightly.
func isRustVersion(text string) bool {
	return crate.ValidVersion(text) || crate.ValidVersion(fmt.Sprint(text, ".0"))
}
