package cargo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// explain turns what the resolver found impossible into the contract's error.
func explain(err error) error {
	var conflict *solve.Conflict
	if errors.As(err, &conflict) {
		return &feed.ResolveError{Unmet: []feed.Unmet{unmet(conflict)}}
	}
	var limit *solve.LimitError
	if errors.As(err, &limit) && limit.Last != nil {
		last := unmet(limit.Last)
		last.Reasons = append(last.Reasons, fmt.Sprintf("given up after %d attempts; a Cargo.lock that cargo wrote needs no search", limit.Steps))
		return &feed.ResolveError{Unmet: []feed.Unmet{last}}
	}
	return err
}

// maxReasons is how many refused releases an error lists.
const maxReasons = 12

func unmet(conflict *solve.Conflict) feed.Unmet {
	u := feed.Unmet{Requirement: wanted(&conflict.Dep)}
	for _, step := range conflict.Path {
		if isMade(step) {
			continue
		}
		key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: crate.Ecosystem, Name: nameOf(step.Crate)}, Version: step.Version.Version}
		u.Path = append(u.Path, key)
	}
	if conflict.Unknown {
		u.Reasons = []string{"no registry that was asked knows this crate"}
	}
	for _, refusal := range conflict.Refused {
		u.Reasons = append(u.Reasons, refused(refusal, 0))
	}
	for _, refusal := range conflict.Excluded {
		u.Reasons = append(u.Reasons, refused(refusal, 0))
	}
	if rest := len(u.Reasons) - maxReasons; rest > 0 {
		u.Reasons = append(u.Reasons[:maxReasons], fmt.Sprintf("and %d more", rest))
	}
	return u
}

// isMade reports whether a step is the project that was made of requirements on
// a command line.
func isMade(step solve.Step) bool {
	return step.Source == onDisk+"." && step.Name == projectName && step.Version.Version == "0.0.0"
}

func wanted(d *solve.Dependency) feed.Requirement {
	r := feed.Requirement{Name: nameOf(d.Crate()), Range: d.Req, Alias: d.Alias}
	if d.Kind != solve.Normal {
		r.Kind = d.Kind.String()
	}
	return r
}

// nameOf is the package name of a crate; one on disk has none but its own.
func nameOf(c solve.Crate) string {
	if strings.HasPrefix(c.Source, onDisk) {
		return c.Name
	}
	return crate.Join(c.Source, c.Name)
}

// maxDepth is how far an explanation follows what a release would lead to.
const maxDepth = 3

func refused(r solve.Refusal, depth int) string {
	switch r.Reason {
	case solve.Outside:
		return r.Version + " does not match"
	case solve.Yanked:
		return r.Version + " was yanked"
	case solve.Unusable:
		return r.Version + " cannot be used: " + r.Detail
	case solve.Occupied:
		return r.Version + " cannot be beside " + chain(r.By) + ": Cargo takes one version of each compatible range"
	case solve.Links:
		return fmt.Sprintf("%s links the native library %q, as %s does", r.Version, r.Detail, chain(r.By))
	case solve.Feature:
		return fmt.Sprintf("%s has no feature %q", r.Version, r.Detail)
	case solve.Leads:
		return r.Version + " " + leads(r.Cause, depth)
	}
	return r.Version
}

// leads says why a release leads nowhere.
func leads(cause *solve.Conflict, depth int) string {
	if cause == nil {
		return "leads nowhere"
	}
	text := "needs " + wanted(&cause.Dep).String()
	if cause.Unknown {
		return text + ", which no registry that was asked knows"
	}
	if depth >= maxDepth || len(cause.Refused) == 0 {
		return text + ", and no version of that does"
	}
	return text + ", of which " + refused(cause.Refused[0], depth+1)
}

// chain shows the way to a package, from the package on.
func chain(steps []solve.Step) string {
	if len(steps) == 0 {
		return "another package"
	}
	last := steps[len(steps)-1]
	text := nameOf(last.Crate) + "@" + last.Version.Version
	var by []string
	for _, step := range steps[:len(steps)-1] {
		if isMade(step) {
			continue
		}
		by = append(by, nameOf(step.Crate)+"@"+step.Version.Version)
	}
	if len(by) > 0 {
		text += " (required by " + strings.Join(by, " > ") + ")"
	}
	return text
}
