package pypi

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }

// universe is what one target can choose from.
type universe struct {
	*resolution
	at     int // of the target
	target *target
}

// Versions implements solve.Universe.
func (u *universe) Versions(ctx context.Context, name string) ([]solve.Candidate, error) {
	return u.catalog.candidates(ctx, name, u.at)
}

// Dependencies implements solve.Universe.
func (u *universe) Dependencies(ctx context.Context, name string, candidate solve.Candidate) (solve.Metadata, error) {
	chosen, ok := candidate.Value.(*pick)
	if !ok {
		return solve.Metadata{}, errors.New("pypi: a candidate without a file")
	}
	if err := u.allowed(ctx, name, chosen); err != nil {
		return solve.Metadata{}, err
	}
	c, err := u.core(ctx, name, chosen.version, chosen.file)
	if err != nil {
		return solve.Metadata{}, u.refused.note(name, chosen.version, unusable(err))
	}
	if c.unsure && !u.believe.Load() && !u.catalog.isPinned(name, candidate.Version) && u.catalog.isBehind(name, u.at, candidate.Version) {
		u.doubted.Store(true)
		return solve.Metadata{}, &solve.UnusableError{Reason: "has to be built, and only that would tell what it requires"}
	}
	return solve.Metadata{RequiresPython: c.python, Requires: c.requiresFor(u.target)}, nil
}

// unusable turns what is wrong with the metadata of one candidate into a refusal
// of that candidate. Bytes that are not what was promised stay an error.
func unusable(err error) error {
	var wrong *metadataError
	var integrity *feed.IntegrityError
	if errors.As(err, &wrong) && !errors.As(err, &integrity) {
		text, _, _ := strings.Cut(wrong.err.Error(), "\n")
		return &solve.UnusableError{Reason: "has metadata that cannot be used: " + text}
	}
	return err
}

// requirement evaluates the marker of a requirement for the target, as far as it
// does not depend on extras. It reports whether the requirement can hold at all.
func (t *target) requirement(r *marker.Requirement) (solve.Requirement, bool) {
	rest := r.Marker.Reduce(t.env)
	if rest.IsNever() {
		return solve.Requirement{}, false
	}
	result := solve.Requirement{Name: r.Name, Extras: r.Extras, Specifiers: r.Specifiers, URL: r.URL}
	if !rest.IsAlways() {
		result.If = func(extra string) bool {
			if extra == "" {
				return rest.Eval(t.env, nil)
			}
			return rest.Eval(t.env, []string{extra})
		}
	}
	return result, true
}

// allowed refuses a file with another digest than the input gives for the name.
func (u *universe) allowed(ctx context.Context, name string, chosen *pick) error {
	hashes := u.settings.Hashes[name]
	if len(hashes) == 0 {
		return nil
	}
	release, err := releaseWith(ctx, u.index, name, chosen.version, chosen.file)
	if err != nil {
		return err
	}
	for _, file := range release.Files {
		if path.Base(file.Path) != chosen.file {
			continue
		}
		for algorithm, sum := range file.Digests {
			if slices.Contains(hashes, algorithm+":"+sum) {
				return nil
			}
		}
	}
	return &solve.UnusableError{Reason: "has other digests than the input gives"}
}
