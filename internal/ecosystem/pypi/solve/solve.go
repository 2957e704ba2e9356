// Package solve chooses one version of every Python distribution that a set of
// requirements needs, for one target, without any I/O of its own. What versions
// there are and what they need comes from a callback.
//
// The algorithm is PubGrub: conflicts become incompatibilities, which cut off
// everything that would fail for the same reason and make up the explanation when
// nothing is left. The order of decisions and of candidates is that of "uv pip
// compile", so that its results are the same.
//
// Reading what a version needs costs a request. So packages that fail again and
// again are not walked version by version: a few versions spread over the range
// are read at once, and what two neighbours both need is taken to hold between
// them until something depends on it. See Assumption.
package solve

import (
	"context"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
)

// Requirement is one line of Requires-Dist, or of an input file, of which the
// marker has been evaluated for the target.
type Requirement struct {
	Name       string   // normalised (PEP 503)
	Extras     []string // normalised
	Specifiers version.Set

	// If tells whether the requirement holds when one extra of the package that
	// has it is asked for; the empty name is no extra. Nil: it always holds.
	If func(extra string) bool

	// URL is set for a direct reference (PEP 508). It is not followed: the
	// requirement of a chosen package goes to Solution.Refused, and one of the input
	// is a *ReferenceError.
	URL string

	// Origin is where a root, a constraint or an override is written, such as
	// "requirements.txt:3"; for explanations only.
	Origin string
}

// String returns the requirement without its marker.
func (r *Requirement) String() string {
	var b strings.Builder
	b.WriteString(r.Name)
	if len(r.Extras) > 0 {
		b.WriteString("[" + strings.Join(r.Extras, ",") + "]")
	}
	switch {
	case r.URL != "":
		b.WriteString(" @ " + r.URL)
	case !r.Specifiers.IsAny():
		b.WriteString(" " + r.Specifiers.String())
	}
	return b.String()
}

// holds reports whether the requirement is one of the package with this extra,
// and not of the package without any.
func (r *Requirement) holds(extra string) bool {
	if r.If == nil {
		return extra == ""
	}
	if extra == "" {
		return r.If("")
	}
	return r.If(extra) && !r.If("")
}

// Candidate is one version of a distribution that the index lists.
type Candidate struct {
	Version version.Version

	// Yanked candidates (PEP 592) are used only when a root, a constraint or an
	// override pins exactly their version, or a preference names it.
	Yanked bool

	// RequiresPython is that of the file chosen for the target.
	RequiresPython version.Set

	// Refused says why nothing of this version can be used on the target, as a
	// predicate such as "has no file for the target"; empty if something can.
	Refused string

	// Value is the caller's own.
	Value any
}

// Metadata is what the core metadata of a candidate says.
type Metadata struct {
	Requires       []Requirement // in the order of the file
	RequiresPython version.Set
}

// Universe is what there is to choose from. Both functions are called
// concurrently, at most Input.Parallel at a time and one for what the solver waits
// for, and at most once for each argument.
type Universe interface {
	// Versions lists all candidates of a distribution in any order;
	// feed.ErrNotFound for one that is not known.
	Versions(ctx context.Context, name string) ([]Candidate, error)

	// Dependencies reads the metadata of the file chosen for the target. It is
	// the expensive call. An *UnusableError refuses this candidate, any other
	// error ends the resolution if the candidate is needed.
	Dependencies(ctx context.Context, name string, candidate Candidate) (Metadata, error)
}

// UnusableError says that the metadata of a candidate cannot be used.
type UnusableError struct {
	Reason string // a predicate, such as "has invalid metadata"
}

func (e *UnusableError) Error() string { return e.Reason }

// Prereleases is the rule for versions that are alpha, beta, candidate or
// development releases.
type Prereleases uint8

const (
	// IfNecessary takes pre-releases only where no stable version is left among
	// the versions that are allowed. It is the default of uv 0.13.
	IfNecessary Prereleases = iota

	// Mentioned is IfNecessary, but of packages for which any requirement names a
	// pre-release all versions are alike (PEP 440; pip).
	Mentioned

	// Allow makes all versions alike.
	Allow

	// Never refuses all pre-releases.
	Never
)

// Input is what to resolve.
type Input struct {
	Roots []Requirement // in the order of the files; several of one name are all met

	// Constraints apply to packages that are there anyway. Their extras count nothing.
	Constraints []Requirement

	// Overrides take the place of every requirement of their name, roots included;
	// the condition on extras of what is replaced stays. An empty list drops the
	// requirement.
	Overrides map[string][]Requirement

	// Preferences are versions to choose before all others where they are allowed,
	// such as those of a lock.
	Preferences map[string]version.Version

	Prereleases Prereleases

	// PrereleasesOf are packages of which all versions are alike, whatever
	// Prereleases says short of Never.
	PrereleasesOf map[string]bool

	// Python is the version of the target. Requires-Python is compared with it.
	Python version.Version

	// LowerPythonOnly ignores the upper bounds of Requires-Python, as uv does for
	// "--python-version".
	LowerPythonOnly bool

	// Exact takes nothing for granted that has not been read: see Assumption.
	Exact bool

	// Near says that the universe answers without waiting, so that nothing is read
	// before it is needed.
	Near bool

	// PackagesOnly says that Solution.Edges and Solution.Refused are not wanted.
	PackagesOnly bool

	Limit    int // steps of the search; 0 means DefaultLimit
	Parallel int // concurrent calls of the universe; 0 means DefaultParallel
}

// Bounds that Input may change.
const (
	DefaultLimit    = 500_000
	DefaultParallel = 32
)

// Solution is what was chosen.
type Solution struct {
	Packages []Package // by name
	Edges    []Edge    // by From and the order of the requirements
	Refused  []Refused // direct references that were left out
	Assumed  []Assumption
	Stats    Stats
}

// Package is a chosen distribution.
type Package struct {
	Name      string
	Candidate Candidate
	Extras    []string // asked for, sorted
}

// Edge says who needs what. From is empty for a root.
type Edge struct {
	From, Extra string // of the package that has the requirement
	Requirement Requirement
}

// Refused is a direct reference in the metadata of a chosen package.
type Refused struct {
	Name, Version string // whose metadata
	Requirement   Requirement
}

// Assumption says that versions above the chosen one were passed over without
// reading them, because what was read of versions around them could not be met. A
// few such versions are read before the solution is returned; these were too many.
// An assumption never makes a solution wrong: all that is chosen has been read,
// and "no solution" is said only when everything that it depends on has been.
// It can hide a higher version that breaks the pattern of its neighbours;
// Input.Exact excludes that.
type Assumption struct {
	Name  string
	Count int // versions that were not read
}

// Stats counts the work done. The calls of the universe vary a little from run to
// run with what was read ahead; the solution does not.
type Stats struct {
	Versions     int // calls of Universe.Versions
	Dependencies int // calls of Universe.Dependencies
	Decisions    int
	Conflicts    int
	Probes       int // times that versions were read ahead of a package that failed again and again
	Restarts     int // because an assumption did not hold, or had to be checked
}

// Resolve chooses a version for every requirement. The error is a *Conflict if
// there is no solution, a *LimitError if the search takes too long, a
// *ReferenceError if a root or a constraint is a direct reference, and otherwise
// that of the universe.
func Resolve(ctx context.Context, input Input, universe Universe) (Solution, error) {
	session := newSession(&input, universe)
	if err := session.rules.references(); err != nil {
		return Solution{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer session.reader.running.Wait()
	defer cancel()
	if !input.Near {
		session.ahead.start(ctx)
	}
	solution, err := session.resolve(ctx)
	solution.Stats = session.total()
	return solution, err
}
