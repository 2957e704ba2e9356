package solve

import (
	"errors"
	"slices"
)

// explainer turns what the search remembers of failures into conflicts.
type explainer struct {
	*space
	done map[*failure]*Conflict
}

// conflict explains a failure that nothing can avoid. A chain of packages
// without alternatives is passed over down to where it ends.
func (s *search) conflict(f *failure) error {
	for len(f.refusals) == 1 && f.refusals[0].reason == Leads {
		f = f.refusals[0].cause
	}
	e := explainer{s.space, map[*failure]*Conflict{}}
	return e.conflict(f)
}

func (e *explainer) conflict(f *failure) *Conflict {
	if c := e.done[f]; c != nil {
		return c
	}
	c := &Conflict{Path: steps(f.at)}
	e.done[f] = c
	if f.need != nil {
		c.Dep = *f.need.dep
		c.Excluded = e.excluded(f.need.demand)
		c.Unknown = len(f.need.demand.crate.versions) == 0 && len(c.Excluded) == 0
	}
	for _, r := range f.refusals {
		c.Refused = append(c.Refused, e.refusal(r))
	}
	return c
}

func (e *explainer) refusal(r *refusal) Refusal {
	out := Refusal{Version: r.version.release.Version, Reason: r.reason, Detail: r.detail}
	if r.by != nil {
		out.By = steps(r.by)
	}
	if r.cause != nil {
		out.Cause = e.conflict(r.cause)
	}
	return out
}

// steps lists the chain from a member down to an activation.
func steps(a *activation) []Step {
	var list []Step
	for ; a != nil; a = a.parent {
		step := Step{Version: a.template.version.id()}
		if a.via != nil {
			step.Dep = *a.via.dep
		}
		list = append(list, step)
	}
	slices.Reverse(list)
	return list
}

// maxExcluded bounds how many releases are named that are no candidates.
const maxExcluded = 5

func (e *explainer) excluded(d *demand) []Refusal {
	var list []Refusal
	req, err := e.requirement(d.req)
	if err != nil {
		return nil
	}
	for _, v := range d.crate.versions {
		if len(list) == maxExcluded {
			break
		}
		if !req.matches(&v.parsed) {
			list = append(list, Refusal{Version: v.release.Version, Reason: Outside})
		} else if v.release.Yanked && !v.locked {
			list = append(list, Refusal{Version: v.release.Version, Reason: Yanked})
		}
	}
	return list
}

// conflictOfMembers says that two members cannot be in one workspace.
func (s *search) conflictOfMembers(a *activation, r *refusal) error {
	return s.conflict(&failure{at: a, refusals: []*refusal{r}})
}

func (s *search) limitError() error {
	err := &LimitError{Steps: s.limit}
	if s.last != nil {
		e := explainer{s.space, map[*failure]*Conflict{}}
		err.Last = e.conflict(s.last)
	}
	return err
}

func featureOf(err error) string {
	var missing missingFeature
	if errors.As(err, &missing) {
		return string(missing)
	}
	return err.Error()
}
