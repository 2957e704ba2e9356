package pypi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
)

// refusals are the releases whose metadata cannot be used. Installers pass over
// them as well; feedctl says so, because an older release in their place is what a
// person would not expect.
type refusals struct {
	mu  sync.Mutex
	why map[string]map[string]string // by name and version
}

// note keeps why a release was refused, and returns the error as it is.
func (r *refusals) note(name, text string, err error) error {
	var unusable *solve.UnusableError
	var wrong *metadataError
	reason := ""
	switch {
	case errors.As(err, &unusable):
		reason = unusable.Reason
	case errors.As(err, &wrong):
		reason, _, _ = strings.Cut("has metadata that cannot be used: "+wrong.err.Error(), "\n")
	default:
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == nil {
		r.why = map[string]map[string]string{}
	}
	if r.why[name] == nil {
		r.why[name] = map[string]string{}
	}
	r.why[name][text] = reason
	return err
}

// refusalNotes says which releases newer than those in the graph were passed over,
// and of which in the graph nobody can read what they require.
func (g *graph) refusalNotes() []string {
	g.refused.mu.Lock()
	defer g.refused.mu.Unlock()
	var notes []string
	for at := range g.nodes {
		node := &g.nodes[at]
		for text, reason := range g.refused.why[node.Name] {
			v, err := version.Parse(text)
			switch _, taken := g.at[node.Name+"@"+text]; {
			case text == node.Version:
				notes = append(notes, fmt.Sprintf("%s %s %s; what it requires is not known, so add that by name", node.Name, text, reason))
			case err == nil && !taken && g.versions[at].Less(v):
				notes = append(notes, fmt.Sprintf("%s %s is taken, and %s is passed over, because it %s", node.Name, node.Version, text, reason))
			}
		}
	}
	slices.Sort(notes)
	return notes
}
