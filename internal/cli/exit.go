package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Exit codes; they are public and tested.
const (
	exitDone         = 0
	exitFailure      = 1
	exitUsage        = 2
	exitFindings     = 3   // verify found problems
	exitUnresolvable = 4   // a requirement cannot be met
	exitInterrupted  = 130 // ended by the user
)

// errFindings says that verify found something. What it is was printed.
var errFindings = errors.New("the feed is not whole")

// errInterrupted says that the user ended the run. A cancelled context alone does
// not: work that fails cancels what runs beside it.
var errInterrupted = errors.New("interrupted")

// usageError is a mistake on the command line or in the configuration.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func exitCode(err error) int {
	var usage *usageError
	var option *ecosystem.OptionError
	var unmet *feed.ResolveError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage), errors.As(err, &option):
		return exitUsage
	case errors.As(err, &unmet):
		return exitUnresolvable
	}
	return exitFailure
}

// hint says what to do next about an error; empty when the error itself does.
func hint(err error) string {
	var upstream *feed.UpstreamError
	var unsupported *mirror.UnsupportedError
	var integrity *feed.IntegrityError
	var unmet *feed.ResolveError
	switch {
	case errors.As(err, &unsupported):
		return "mirror the rest with --skip-unsupported; clients need those entries from elsewhere"
	case errors.As(err, &integrity):
		return "nothing of it was kept; find out who changed the bytes before you trust either side"
	case errors.As(err, &unmet):
		return "change the requirement, or add an upstream that has the package (feedctl upstream list)"
	case errors.As(err, &upstream) && (upstream.Status == 401 || upstream.Status == 403):
		return "check the credentials of this upstream: feedctl upstream check"
	case errors.As(err, &upstream) && upstream.Temporary():
		return "run the same command again: what was fetched is kept, and only the rest is asked for"
	}
	return ""
}

// explain is an error as a person reads it: what happened, then what to do.
func explain(err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "feedctl: %v\n", err)
	if text := hint(err); text != "" {
		fmt.Fprintf(&b, "hint: %s\n", text)
	}
	return b.String()
}
