// Package npm mirrors packages of npm registries for npm, pnpm, yarn and bun.
//
// Terms: a packument is what a registry says of one name, all versions in one
// JSON document; a dist-tag is a moving name for a version; an edge is a
// dependency of one package; a peer is one that must lie beside the package that
// wants it. SRI is the digest of a tarball as the W3C's Subresource Integrity
// writes it.
//
// The protocol is that of the npm/registry specification; the choice of versions
// and the tree are those of npm 11 (package tree).
package npm

import (
	"context"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/discover"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/lock"
	"github.com/feedctl/feedctl/internal/web"
)

// Ecosystem returns the npm ecosystem.
func Ecosystem() ecosystem.Ecosystem {
	return ecosystem.Ecosystem{
		Name:      lock.Ecosystem,
		Locks:     lock.Locks(),
		Manifests: lock.Manifests(),
		Examples: ecosystem.Examples{
			Lock: "package-lock.json", Requirement: "express@^4", Name: "express", Pattern: "@babel/*",
		},
		Requirement: lock.ParseRequirement,
		PURL:        lock.ParsePURL,
		PURLType:    "npm",
		Options: map[string]string{
			optionNode:        "version of the Node that will run the packages (default: what the feed recorded, else node on PATH; \"none\" for no engine rule)",
			optionLegacyPeers: "leave peer dependencies out, as npm's --legacy-peer-deps does",
		},
		Switches: []string{optionLegacyPeers},
		Defaults: defaults,
		Discover: discover.Discover,
		Credentials: func(env ecosystem.Environment, config ecosystem.UpstreamConfig) (web.Access, string, error) {
			return discover.Access(env, config.Name, config.URL)
		},
		NewSource:     NewSource,
		Probe:         Probe,
		Resolve:       resolve,
		Digests:       []string{"sha512", "sha1"},
		RenderPackage: RenderPackage,
		RenderRoot:    RenderRoot,
		RootKey:       RootKey,
		Extras:        Extras(),
		Owner:         Owner,
		Inspect:       Inspect,
		Compare:       Compare,
		Clients:       Clients,
	}
}

// defaults fills in the Node version on PATH. Without one no engine rule is
// applied, which npm itself cannot do.
func defaults(ctx context.Context, env ecosystem.Environment, options map[string]string) error {
	switch given := options[optionNode]; given {
	case "none":
		return nil
	case "":
		out, err := env.Run(ctx, "node", "--version")
		if err != nil {
			options[optionNode] = "none"
			return ctx.Err()
		}
		options[optionNode] = strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	default:
		version, err := semver.NewVersion(given)
		if err != nil {
			return &ecosystem.OptionError{Ecosystem: lock.Ecosystem, Option: optionNode, Value: given, Want: "a version such as 20.20.2"}
		}
		options[optionNode] = version.String()
	}
	return nil
}
