// Package golang mirrors Go modules for the go command.
//
// Terms: a module version has three files, its .info (canonical version and
// time), its go.mod (.mod) and its .zip. A module proxy serves them by the GOPROXY
// protocol. A pseudo-version is the version that the go command makes of a commit
// without a tag. Minimal version selection takes of each module the highest of
// the versions that the graph requires; pruning leaves out of the graph what a
// go.mod of Go 1.17 or later lists itself. h1 is the hash that go.sum gives of a
// zip or a go.mod. The checksum database is a signed transparency log of these
// hashes.
//
// Protocol, files and selection are those of the Go modules reference
// (go.dev/ref/mod). Package modgraph selects versions, package sumdb keeps the
// log, package discover finds the proxies.
package golang

import (
	"io/fs"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/discover"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Ecosystem returns the ecosystem of Go modules.
func Ecosystem() ecosystem.Ecosystem {
	return ecosystem.Ecosystem{
		Name:      name,
		Locks:     map[string]func(fs.FS, string) (feed.Request, error){"go.sum": ReadSum, "go.work.sum": ReadSum},
		Manifests: map[string]func(fs.FS, string) (feed.Request, error){"go.mod": ReadMod, "go.work": ReadWork},
		Leads:     map[string]string{"go.sum": "go.mod", "go.work.sum": "go.work"},
		Examples: ecosystem.Examples{
			Lock: "go.sum", Requirement: "golang.org/x/mod@v0.42.0", Name: "golang.org/x/mod", Pattern: "golang.org/x/*",
		},
		Requirement: ParseRequirement,
		PURL:        ParsePURL,
		PURLType:    "golang",
		Options: map[string]string{
			optionZips:      "\"all\" (default) takes the zip of every selected module, \"build\" only those that go.mod lists (Go 1.17 and later)",
			optionToolchain: "Go releases that consumers may switch to, such as go1.27.1/linux-amd64, comma-separated",
			optionGo:        "version of the consumers' Go (default: what the feed recorded, else go on PATH; \"none\" for no notes on it)",
			optionNoSumDB:   "keep nothing of the checksum database; clients of the feed then set GONOSUMDB",
		},
		Switches:      []string{optionNoSumDB},
		Defaults:      options,
		Discover:      discover.Discover,
		Credentials:   discover.Credentials,
		Schemes:       []string{"file"},
		NewSource:     NewSource,
		Probe:         Probe,
		Resolve:       resolve,
		Digests:       []string{"sha256", h1},
		Digest:        Digest,
		Fixed:         true,
		Evidence:      gather,
		Prove:         prove,
		RenderPackage: RenderPackage,
		Owner:         Owner,
		Inspect:       Inspect,
		Compare:       Compare,
		Clients:       Clients,
	}
}
