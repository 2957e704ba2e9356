// Package ecosystem is the contract between feedctl's core and one package
// ecosystem. An ecosystem is a value, [Ecosystem]: a struct of functions that
// the pipeline calls in the order read, resolve, fetch, render. The core names
// no ecosystem; package all lists them.
package ecosystem

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"

	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Index is all that a resolver sees: the feed's own releases first, then the
// upstreams in search order.
type Index interface {
	// Versions returns the versions of name that may be chosen, in no promised
	// order. When one of the versions that the feed holds suits, these alone are
	// returned and no upstream is asked; suits may be nil, which asks for every
	// version known. An unknown name is feed.ErrNotFound.
	Versions(ctx context.Context, name string, suits func(feed.Version) bool) ([]feed.Version, error)
	// Release returns one release with its full metadata and files. version may be
	// a moving name (a tag or branch); the release tells the version it stands for.
	// An unknown release is feed.ErrNotFound.
	Release(ctx context.Context, name, version string) (feed.Release, error)
	// Open opens an artifact of a release that Release returned: the feed's own
	// when it holds it, else the upstream's.
	Open(ctx context.Context, name, version string, file feed.File) (io.ReadCloser, error)
}

// Source is one upstream. Its methods are safe for concurrent use.
type Source interface {
	// Versions returns every version of name. An unknown name is feed.ErrNotFound.
	Versions(ctx context.Context, name string) ([]feed.Version, error)
	// Releases returns the package with the given versions, their full metadata
	// and every file the upstream offers of them, all in one look-up where the
	// protocol can. A version may be a moving name that the upstream knows (a
	// branch): the package then has the release it stands for, and the name in its
	// Tags. Versions that the upstream does not know are left out; an unknown name
	// is feed.ErrNotFound.
	Releases(ctx context.Context, name string, versions []string) (feed.Package, error)
	// Open starts the download of a file that Releases returned.
	Open(ctx context.Context, file feed.File) (io.ReadCloser, error)
}

// Refresher is an Index that can ask the upstreams once more for a release that the
// feed holds.
type Refresher interface {
	// Refresh returns a release with what its upstream offers of it today (see
	// Ecosystem.Merge). One that only the feed knows is as the feed has it.
	Refresh(ctx context.Context, name, version string) (feed.Release, error)
}

// Reader is a Source that also gives what an upstream keeps beside its packages.
type Reader interface {
	// Read returns a small file by its path below the registry's root, or below
	// the ecosystem's folder of a feed. One that is not there is feed.ErrNotFound.
	Read(ctx context.Context, path string) ([]byte, error)
}

// Ecosystem is one package ecosystem. All functions are safe for concurrent use
// and keep no state.
type Ecosystem struct {
	Name string // as in "npm:express", and the name of its folder in the feed

	// Locks and Manifests read an input by its file name; the keys are patterns
	// of path.Match. fsys is the folder the file lies in. A lock becomes a graph
	// with digests and its own edges; a manifest becomes requirements.
	Locks     map[string]func(fsys fs.FS, name string) (feed.Request, error)
	Manifests map[string]func(fsys fs.FS, name string) (feed.Request, error)

	// Named reads as Manifests does, but only a file that is itself named as an
	// input: a folder holds many files of such names, few of which require
	// anything ("*.py").
	Named map[string]func(fsys fs.FS, name string) (feed.Request, error)

	// Leads names, for a lock that says only half of what its project needs, the
	// manifest that is read in its place when it lies in the same folder and a
	// folder is mirrored ("go.sum": "go.mod").
	Leads map[string]string

	Examples Examples // for help and hints

	// Requirement reads what follows "npm:" on the command line or in a list.
	Requirement func(text string) (feed.Requirement, error)
	// PURL returns the requirement that a package URL of this ecosystem names:
	// its type, namespace and name, both unescaped, and version ("" for any).
	PURL     func(namespace, name, version string) (feed.Requirement, error)
	PURLType string // the type in pkg:TYPE/…

	// Options lists the ecosystem's own options for a request, each with a line
	// of help; the values of the Switches among them are "true" and "false".
	// Defaults fills in what was not given (the Node version on PATH).
	// Those in Once hold for the run that they are given for; the feed remembers
	// the others.
	Options        map[string]string
	Switches, Once []string
	// LockOptions says that locks, too, are resolved with the options: which of a
	// release's files are wanted depends on them.
	LockOptions bool
	Defaults    func(ctx context.Context, env Environment, options map[string]string) error

	// Discover finds the upstreams that the package manager itself would use
	// (design: native settings, then what the inputs record, then the client's
	// own default). None found is an error that says which line to write.
	Discover func(ctx context.Context, env Environment) ([]UpstreamConfig, error)
	// Credentials returns how the package manager's own settings reach the address
	// of an upstream that the user has configured, and where they say so.
	Credentials func(env Environment, config UpstreamConfig) (access web.Access, foundIn string, err error)
	// Schemes are those of addresses of upstreams besides http and https.
	Schemes []string
	// NewSource opens one upstream. It makes no request.
	NewSource func(config UpstreamConfig, client *web.Client) (Source, error)
	// Probe asks an upstream the cheapest question that shows it speaks the
	// protocol and accepts the credentials.
	Probe func(ctx context.Context, config UpstreamConfig, client *web.Client) (Probe, error)

	// Resolve turns a request into a graph. A request that is not locked is
	// resolved by the client's own rules. One that is (Lock set) keeps its
	// nodes; what the lock leaves to the client (variants for other platforms)
	// is added, and the edges are those that the releases themselves declare.
	// What nobody can satisfy is a *feed.ResolveError with every case in it.
	Resolve func(ctx context.Context, request feed.Request, index Index) (feed.Graph, error)

	// Digests lists the algorithms that the documents need of every artifact;
	// those that no upstream gives are computed while downloading.
	Digests []string
	// Digest, optional, computes a digest that the bytes of an artifact alone do
	// not give (Go's "h1", over the files in a zip), of an algorithm in Digests or
	// in what is expected of the file. "" says that this file has none.
	Digest func(algorithm string, file feed.File, r io.ReaderAt, size int64) (string, error)
	// Fixed says that what an upstream tells of a release never changes, and that
	// it lists no tags: saved releases are not asked for again, and the tags that
	// the feed knows are kept until they are asked for.
	Fixed bool

	// Merge, optional, is for ecosystems whose releases may gain files: of the
	// metadata of a release as the feed has it and as an upstream offers it today
	// it makes one that knows the files of both. Without it what is offered counts
	// when the feed's is brought up to date, and the feed's when a version is chosen.
	Merge func(saved, offered json.RawMessage) (json.RawMessage, error)

	// Evidence, optional, gathers what the feed keeps beside releases to prove
	// them (heads and tiles of a transparency log). It is called once a run that
	// adds releases, before their artifacts are fetched.
	Evidence func(ctx context.Context, request EvidenceRequest) (Evidence, error)
	// Prove, optional, checks a package of the feed against the evidence in the
	// feed; read returns a file of the feed. All that is wrong is joined.
	Prove func(ctx context.Context, p feed.Package, read func(ctx context.Context, path string) ([]byte, error)) error
	// RenderPackage returns the documents of one package, RenderRoot those of
	// the ecosystem as a whole. Both are pure: the same input gives the same
	// bytes, whatever the order of the releases. More packages never take a
	// document of the whole away.
	RenderPackage func(layout feed.Layout, p feed.Package) ([]feed.Document, error)
	RenderRoot    func(layout feed.Layout, packages iter.Seq2[feed.Summary, error]) ([]feed.Document, error)
	// RootKey, wanted where there is a RenderRoot, returns what of a package's
	// summary RenderRoot looks at: its documents depend on the set of these keys
	// alone (and, where no two packages have one key, on the order of the packages).
	// The core renders them anew only when the set changes, and so need not read
	// every name to add a release.
	RootKey func(layout feed.Layout, one feed.Summary) string
	Extras  map[string]string // optional groups of documents, each with a line of help
	// Unpack, optional, returns the documents of an optional group that are the
	// inside of an artifact. It is called for every file held when the layout asks
	// for one of the groups in Unpacked.
	Unpack   func(layout feed.Layout, name string, release feed.Release, file feed.File, r io.Reader) ([]feed.Document, error)
	Unpacked []string
	// Owner returns the name of the package that a path in the feed belongs to,
	// or "" when it is a document of the whole ecosystem, or no path of it. Of a
	// second name for an artifact it may be "".
	Owner func(path string) string

	// Inspect checks the inside of an artifact against its release: that it is
	// the archive it claims to be, of the right name and version.
	Inspect func(r io.Reader, name string, release feed.Release, file feed.File) error

	// Relocate, optional, lets a lock have the files of the feed at a new address,
	// for clients that take files from the addresses in their lock whatever their
	// settings say. Nil says that no lock of the ecosystem has to be rewritten, or
	// that none is.
	Relocate func(ctx context.Context, lock Relocation) (Relocated, error)

	// Compare orders two versions; Less than zero when a is older.
	Compare func(a, b string) int
	// Clients returns ready configuration for the package managers that install
	// from the feed at layout.Base.
	Clients func(layout feed.Layout) []Snippet
}

// Relocation is a lock that is to name a feed.
type Relocation struct {
	FS      fs.FS        // the folder of the lock
	Name    string       // of the lock in it, one that Locks reads
	Base    string       // URL of the feed's root without a trailing slash: http, https or file
	Profile feed.Profile // what the feed records
	// Package returns the feed's record of a package; feed.ErrNotFound when it has
	// none.
	Package func(ctx context.Context, name string) (feed.Package, error)
}

// Relocated is a lock with the addresses of a feed. Everything in it but the
// addresses is byte for byte as it was.
type Relocated struct {
	Files   []feed.Document // what changed, by names in the folder: the lock first
	Moved   int             // addresses that are the feed's now
	Same    int             // those that were already
	Kept    []Place         // the others: no target of the feed uses them
	Missing []Place         // files that a target of the feed uses and the feed does not hold
	Notes   []string        // what a person should know, one line each
}

// Place is a file that a lock names.
type Place struct {
	Package string `json:"package"` // "ecosystem:name@version"
	File    string `json:"file"`
	Reason  string `json:"reason"`           // why its address stays
	Target  string `json:"target,omitempty"` // what would use it
}

// EvidenceRequest is what evidence is gathered for.
type EvidenceRequest struct {
	Environment Environment
	Options     map[string]string // of the ecosystem, as the feed records them
	Added       []Added           // by name, then version
	// Saved returns the feed's record of a package of evidence; feed.ErrNotFound
	// when it has none.
	Saved func(ctx context.Context, name string) (feed.Package, error)
	// Upstreams returns the names of the upstreams in search order, Read a file of
	// one of them (see Reader); feed.ErrNotFound also when it gives no such files.
	Upstreams func(ctx context.Context) ([]string, error)
	Read      func(ctx context.Context, upstream, path string) ([]byte, error)
}

// Added is a release that a run adds to the feed. Evidence may complete its
// Metadata and the digests of its files.
type Added struct {
	Name     string
	Release  *feed.Release
	Upstream string
}

// Evidence is what the feed keeps beside releases: ordinary packages of names
// that are no package's, as the feed will hold them. Files that it lacks are
// downloaded from the upstream that the release's Origin names.
type Evidence struct {
	Packages []feed.Package // with Evidence set
	Notes    []string       // what a person should know, one line each
}

// OptionError says that an option of an ecosystem has a value it cannot have.
type OptionError struct {
	Ecosystem, Option, Value, Want string
}

func (e *OptionError) Error() string {
	return fmt.Sprintf("%s option %s=%q: want %s", e.Ecosystem, e.Option, e.Value, e.Want)
}

// LockedOnly is the option of a locked request that asks to add nothing to the
// lock.
const LockedOnly = "locked-only"

// OnlyWhether is the option of a request that is no lock and of which only the error
// matters, that is, whether it can be resolved. The graph may be empty.
const OnlyWhether = "only-whether"

// Examples are names as a user of the ecosystem knows them.
type Examples struct {
	Lock        string // "package-lock.json"
	Requirement string // "express@^4"
	Name        string // "express"
	Pattern     string // "@babel/*"
}

// Snippet is a piece of configuration that a user copies.
type Snippet struct {
	Client string `json:"client"` // "npm", "pnpm", …
	File   string `json:"file"`   // where it goes: ".npmrc"
	Text   string `json:"text"`
}

// Probe is what asking an upstream showed.
type Probe struct {
	Protocol string // "npm registry"
	Detail   string // what it said of itself, one line
}
