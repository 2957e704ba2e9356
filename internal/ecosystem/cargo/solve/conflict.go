package solve

import (
	"fmt"
	"strings"
)

// Conflict is the error for requirements that no choice of versions meets.
type Conflict struct {
	Path     []Step     // from a member down to the package that requires Dep
	Dep      Dependency // what cannot be met; zero when the last of Path is a member that cannot stand beside others
	Refused  []Refusal  // every candidate, in the order tried
	Excluded []Refusal  // the newest releases that are no candidates: yanked, unusable, or outside the requirement
	Unknown  bool       // the crate does not exist
}

// Step is one package of a chain.
type Step struct {
	Version
	Dep Dependency // the requirement of the step before that chose it; zero for a member
}

// Reason says why a release was not chosen.
type Reason uint8

// The reasons of a Refusal.
const (
	Outside  Reason = iota // does not match the requirement
	Yanked                 // matches, but was withdrawn
	Unusable               // its index line is broken; Detail says how
	Occupied               // By is another version of the same compatibility range
	Links                  // By already links the native library Detail
	Feature                // it has no feature Detail
	Leads                  // Cause could not be met with it
)

// Refusal is one release that was not chosen.
type Refusal struct {
	Version string
	Reason  Reason
	Detail  string
	By      []Step    // chain down to the package in the way
	Cause   *Conflict // for Leads
}

// LimitError says that the search was ended.
type LimitError struct {
	Steps int
	Last  *Conflict // the requirement that failed last; may be nil
}

func (e *LimitError) Error() string {
	text := fmt.Sprintf("no solution found in %d steps; narrow the requirements or give a Cargo.lock", e.Steps)
	if e.Last != nil {
		text += "; the last obstacle:\n" + e.Last.Error()
	}
	return text
}

// Bounds of an explanation.
const (
	maxLines = 20
	maxDepth = 2
)

// Error explains the conflict: the requirement that cannot be met, at once the
// obstacle that its newest release meets in the end, then every other release.
func (c *Conflict) Error() string {
	w := writer{told: map[*Conflict]bool{}}
	w.head(c, 0, "")
	if root := c.Root(); root != c {
		w.told[root] = true
		w.head(root, 1, "because in the end ")
		w.body(root, 2, false)
	}
	w.body(c, 1, true)
	return strings.Join(w.lines, "\n")
}

// Root follows the newest release of each requirement to the one that fails
// for a plain reason.
func (c *Conflict) Root() *Conflict {
	seen := map[*Conflict]bool{}
	for !seen[c] {
		seen[c] = true
		for i := range c.Refused {
			if cause := c.Refused[i].Cause; cause != nil && !seen[cause] {
				c = cause
				break
			}
		}
	}
	return c
}

// Requirement writes what is wanted, as in: foo ^1.2 with features a, b.
func (c *Conflict) Requirement() string { return requirementText(&c.Dep) }

func requirementText(d *Dependency) string {
	text := d.Name
	if d.Req != "" {
		text += " " + d.Req
	}
	if len(d.Features) > 0 {
		text += " with features " + strings.Join(d.Features, ", ")
	}
	return text
}

// Chain writes a path, as in: app 0.1.0 → foo 1.0.0 (wanted as ^1).
func Chain(path []Step) string {
	var parts []string
	for _, step := range path {
		part := step.Name + " " + step.Version.Version
		if step.Dep.Req != "" {
			part += " (wanted as " + step.Dep.Req + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " → ")
}

// writer collects the lines of an explanation.
type writer struct {
	lines []string
	told  map[*Conflict]bool
}

func (w *writer) add(depth int, format string, args ...any) {
	switch {
	case len(w.lines) < maxLines:
		w.lines = append(w.lines, strings.Repeat("  ", depth)+fmt.Sprintf(format, args...))
	case len(w.lines) == maxLines:
		w.lines = append(w.lines, "…")
	}
}

// head writes the requirement of a conflict.
func (w *writer) head(c *Conflict, depth int, lead string) {
	if c.Dep.Name == "" {
		w.add(depth, "%sworkspace member %s cannot be used beside the others", lead, Chain(c.Path))
		return
	}
	w.add(depth, "%sno version of %s can be used, required by %s", lead, c.Requirement(), Chain(c.Path))
}

// body writes why its releases were refused, with their causes if deep.
func (w *writer) body(c *Conflict, depth int, deep bool) {
	w.told[c] = true
	if c.Unknown {
		w.add(depth, "there is no crate of this name")
	}
	for i := 0; i < len(c.Refused); {
		same := i + 1
		for same < len(c.Refused) && alike(&c.Refused[i], &c.Refused[same]) {
			same++
		}
		w.refusal(c, c.Refused[i:same], depth, deep)
		i = same
	}
	for i := range c.Excluded {
		if len(c.Refused) == 0 || c.Excluded[i].Reason == Yanked {
			w.refusal(c, c.Excluded[i:i+1], depth, deep)
		}
	}
}

// alike reports whether two releases are refused for the same reason.
func alike(a, b *Refusal) bool {
	return a.Reason == b.Reason && a.Detail == b.Detail && a.Cause == b.Cause && Chain(a.By) == Chain(b.By)
}

func (w *writer) refusal(c *Conflict, list []Refusal, depth int, deep bool) {
	r := &list[0]
	name := strings.TrimSpace(c.Dep.Name + " " + r.Version)
	if len(list) > 1 {
		name = fmt.Sprintf("%s to %s (%d versions)", name, list[len(list)-1].Version, len(list))
	}
	if r.Cause == nil {
		w.add(depth, "%s: %s", name, r.Text())
		return
	}
	w.add(depth, "%s: %s: no version of %s, required by %s", name, r.Text(), r.Cause.Requirement(), Chain(r.Cause.Path))
	if deep && !w.told[r.Cause] && depth < maxDepth {
		w.body(r.Cause, depth+1, true)
	}
}

// Text is the reason in words, without the Cause.
func (r *Refusal) Text() string {
	switch r.Reason {
	case Outside:
		return "does not match"
	case Yanked:
		return "yanked"
	case Unusable:
		return "unusable: " + r.Detail
	case Occupied:
		return "another compatible version is in use: " + Chain(r.By)
	case Links:
		return fmt.Sprintf("the native library %q is linked already: %s", r.Detail, Chain(r.By))
	case Feature:
		return fmt.Sprintf("has no feature %q", r.Detail)
	}
	return "leads to a dead end"
}
