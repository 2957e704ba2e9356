package solve

import (
	"fmt"
	"slices"

	"deps.dev/util/semver"
)

// check returns what is wrong with a result in itself, or nothing: versions
// that share a range or a native library, and edges that do not match.
func (w *world) check(r Result) string {
	ranges := map[string]bool{}
	for _, p := range r.Packages {
		key := naiveKey(&Release{Source: p.Source, Name: p.Name, Version: p.Version.Version})
		if ranges[key] {
			return "two versions of range " + key
		}
		ranges[key] = true
	}
	for _, e := range r.Edges {
		to := r.Packages[e.To]
		if to.Name != e.Dep.Name {
			return fmt.Sprintf("edge %s leads to %s", e.Dep.Name, to.Name)
		}
		constraint, err := semver.Cargo.ParseConstraint(e.Dep.Req)
		if e.Dep.Req != "" && (err != nil || !constraint.Match(to.Version.Version)) {
			return fmt.Sprintf("%s does not match %s", to.Version.Version, e.Dep.Req)
		}
		for _, f := range e.Dep.Features {
			if !slices.Contains(to.Features, f) {
				return fmt.Sprintf("%s lacks feature %s", to.Name, f)
			}
		}
	}
	return ""
}
