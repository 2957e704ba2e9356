package pypi

import (
	"errors"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// isConflict reports whether an error says that a request cannot be met, and not
// that something failed.
func isConflict(err error) bool {
	var conflict *solve.Conflict
	var limit *solve.LimitError
	var reference *solve.ReferenceError
	return errors.As(err, &conflict) || errors.As(err, &limit) || errors.As(err, &reference)
}

// explain adds why a request cannot be met for a target. Targets that fail for the
// same reason share one explanation.
func (r *resolution) explain(unmet []feed.Unmet, t *target, err error) []feed.Unmet {
	reasons := strings.Split(err.Error(), "\n")
	for i := range unmet {
		if slices.Equal(unmet[i].Reasons, reasons) {
			if !strings.HasSuffix(unmet[i].Requirement.Name, t.describe()) {
				unmet[i].Requirement.Name += ", " + t.describe()
			}
			return unmet
		}
	}
	name := "the requirements of " + r.request.Input + " for " + t.describe()
	return append(unmet, feed.Unmet{Requirement: feed.Requirement{Name: name}, Reasons: reasons})
}
