// Package lock reads what npm, yarn, pnpm and bun write beside a project, and
// package.json itself. A lockfile becomes a graph of releases with the digests
// and edges that it records; a package.json becomes requirements and [Settings].
//
// Terms: an entry is one record of a lockfile; a descriptor is "name@range" and a
// locator "name@version", as yarn calls them; a member is a package of the
// project's workspace; a pin is what an entry says of its tarball.
//
// What no registry can serve (git, URL and file dependencies) is listed as
// skipped. Folders of the project itself (workspace members, links) are neither
// nodes nor skipped: what they require counts as required by the root.
//
// Everything read is hostile until checked: names pass [CheckName], versions
// [CheckVersion], sizes and nesting have limits, and every refusal is an [*Error].
package lock

import (
	"io/fs"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Ecosystem is the name under which requests are made.
const Ecosystem = "npm"

// The kinds of requirement: npm's own words for its edges, and KindTool for a
// package manager that the project asks for by "packageManager". The ordinary
// kind is empty.
const (
	KindDev          = "dev"
	KindOptional     = "optional"
	KindPeer         = "peer"
	KindPeerOptional = "peerOptional"
	KindTool         = "tool"
)

// Reasons for an edge that ends nowhere.
const (
	whyOptional = "optional"
	whyOpen     = "open in the lock"
)

// Reader reads one input by its name in a folder.
type Reader = func(fsys fs.FS, name string) (feed.Request, error)

// Locks returns the readers of lockfiles by file name, in the form of
// ecosystem.Ecosystem.Locks.
func Locks() map[string]Reader {
	return map[string]Reader{
		"package-lock.json":   ReadPackageLock,
		"npm-shrinkwrap.json": ReadPackageLock,
		"yarn.lock":           ReadYarn,
		"pnpm-lock.yaml":      ReadPnpm,
		"bun.lock":            ReadBun,
		"bun.lockb":           ReadBunBinary,
	}
}

// Manifests returns the readers of manifests by file name, in the form of
// ecosystem.Ecosystem.Manifests.
func Manifests() map[string]Reader {
	return map[string]Reader{"package.json": ReadManifest}
}

// dependency is one line of a dependency map.
type dependency struct {
	name, spec, kind string
	line             int
}

// requirement returns what the dependency asks for. A text that no registry can
// meet is kept, redacted, as the range.
func (d dependency) requirement() feed.Requirement {
	parsed := parseSpec(d.name, d.spec)
	r := feed.Requirement{Name: parsed.name, Range: parsed.text, Kind: d.kind}
	if parsed.name != d.name {
		r.Alias = d.name
	}
	return r
}
