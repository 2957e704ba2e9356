// Package solve chooses versions for Cargo packages as Cargo's dependency
// resolver does, without a Cargo.toml, an index or a network: what crates there
// are comes from a callback. For the same releases it chooses the same packages
// as "cargo generate-lockfile": the first solution of a depth-first search that
// decides the requirement with the fewest candidates next and tries the newest
// version first. What it learns from dead ends only saves work.
//
// There is one known difference. Cargo remembers a dead end without the features
// that were asked for, and goes back to where a package became active rather
// than to where those features were. In rare graphs, with requirements that span
// incompatible versions, it thus passes over the first solution or finds none.
package solve

import "context"

// Kind is the table a dependency stands in.
type Kind uint8

// The three tables. Dev dependencies count for workspace members only.
const (
	Normal Kind = iota
	Build
	Dev
)

func (k Kind) String() string {
	switch k {
	case Build:
		return "build"
	case Dev:
		return "dev"
	}
	return "normal"
}

// Crate is the identity of a package without its version. Source is opaque:
// empty for the default registry, otherwise another registry or, for members
// and path dependencies, anything that tells them apart. Packages of different
// sources never share a compatibility range.
type Crate struct {
	Source, Name string
}

// Dependency is one entry of a dependency table. Target tables are no
// different from plain ones: the resolver takes all targets as active.
type Dependency struct {
	Name            string // name of the crate itself
	Alias           string // name in the manifest when it was renamed, else empty
	Source          string // where Name is looked up; see Crate
	Req             string // version requirement; empty admits every version
	Features        []string
	DefaultFeatures bool
	Optional        bool
	Kind            Kind
	Target          string // cfg expression or target triple, empty for all; not interpreted
}

// Key is the name that features use for the dependency.
func (d *Dependency) Key() string {
	if d.Alias != "" {
		return d.Alias
	}
	return d.Name
}

// Crate is what the dependency asks for.
func (d *Dependency) Crate() Crate { return Crate{d.Source, d.Name} }

// Release is one version of a crate.
type Release struct {
	Source, Name, Version string
	Yanked                bool
	RustVersion           string // empty: any
	Details

	// Load, when set, supplies Details. It is called at most once in one
	// resolution, and only for releases that are tried, so that an index line need
	// not be decoded before. Its error refuses the release.
	Load func() (Details, error)
}

// Details is the part of a release that matters only when it is tried.
type Details struct {
	Deps     []Dependency        // as in the index line, dev dependencies included: features may name them
	Features map[string][]string // features and features2 together
	Links    string

	compiled *manifest // nil before Compile
}

// Compile makes the details ready for resolutions, which else each does. What is
// wrong with them is found again by the resolution that tries the release.
func (d *Details) Compile() {
	if m, err := compile(d); err == nil {
		d.compiled = m
	}
}

// Version names one release.
type Version struct {
	Crate
	Version string
}

// Patch puts a release in the place of a registry's.
type Patch struct {
	Of      Crate // what is patched
	Release Release
}

// Input is what to resolve.
type Input struct {
	// Members are the workspace members in Cargo's order. Every feature of each
	// is on, and dev dependencies count. Dependencies stand in Cargo's order:
	// by name within dependencies, dev-dependencies, build-dependencies, then
	// the same for each target table. Releases with the same Source and Name as
	// a dependency satisfy it.
	Members []Release

	// Locals are packages outside the registries that are not members, such as
	// path dependencies: ordinary packages, found by Source and Name.
	Locals []Release

	Patches []Patch

	// Locked are versions to choose before all others where they match; yanked
	// ones become usable.
	Locked []Version

	// RustVersions turns on the fallback that prefers releases for these Rust
	// versions (resolver 3): those of the members that state one, else the
	// compiler's. Empty: no fallback.
	RustVersions []string

	// Limit bounds Stats.Steps; 0 means DefaultLimit.
	Limit int

	// Parallel bounds the concurrent calls of the universe; 0 means DefaultParallel.
	Parallel int

	// Near says that the universe answers without waiting. It is then called for one
	// crate after the other.
	Near bool

	// Memory is what was parsed for resolutions before; nil for none.
	Memory *Memory
}

// Bounds that Input may change.
const (
	DefaultLimit    = 500_000
	DefaultParallel = 48
)

// Universe returns the releases of a crate, in any order, yanked ones and
// those of every schema version it understands included; feed.ErrNotFound for
// an unknown crate. It is called once for each crate, concurrently, and never
// for crates of Members and Locals.
type Universe func(ctx context.Context, crate Crate) ([]Release, error)

// Package is a chosen release.
type Package struct {
	Version
	Member   bool
	Features []string // those that are on, sorted
}

// Edge says that one package uses another. From and To index Result.Packages.
type Edge struct {
	From, To int
	Dep      Dependency
}

// Result is a solution. Packages are sorted by name, version and source, edges
// by From and To; two packages have one edge for each dependency between them.
type Result struct {
	Packages []Package
	Edges    []Edge
	Unused   []Version // patches that nothing uses
	Stats    Stats
}

// Stats counts the work done.
type Stats struct {
	Steps    int // packages made active, again after each return
	Failures int // requirements that no candidate met: returns to an earlier choice
	Asked    int // calls of the universe
}

// Resolve chooses one release for every requirement. Its errors are
//
//   - a *Conflict when there is no solution,
//   - a *LimitError when the search takes too long,
//   - a *CycleError beside the complete Result when a chosen package needs itself,
//   - the error of the universe when a crate that is needed cannot be read,
//   - the cause of the context's end.
//
// Result.Stats is set in every case.
func Resolve(ctx context.Context, input Input, universe Universe) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	s, err := newSpace(&input, universe)
	if err != nil {
		cancel()
		return Result{}, err
	}
	defer s.running.Wait()
	defer cancel()
	search := &search{space: s, limit: input.Limit, links: map[string]*slot{}}
	if search.limit <= 0 {
		search.limit = DefaultLimit
	}
	if err := search.run(ctx); err != nil {
		return Result{Stats: search.counts()}, err
	}
	result := search.result()
	return result, checkCycles(&result)
}
