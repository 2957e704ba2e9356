package pypi

import (
	"context"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// Options of a request.
const (
	optionPython     = "python"
	optionSdist      = "sdist"
	optionNoSdist    = "no-sdist" // short for optionSdist with sdistNone
	optionPrerelease = "prerelease"
	optionAllFiles   = "all-files"
)

// Values of optionSdist. The first is the default.
const (
	sdistNeeded = "only-needed"
	sdistNone   = "none"
	sdistAll    = "all"
)

// Values of optionPrerelease, in uv's words. The first is the default.
const (
	prereleaseNecessary = "if-necessary"
	prereleaseExplicit  = "if-necessary-or-explicit"
	prereleaseNamed     = "explicit"
	prereleaseAllow     = "allow"
	prereleaseNever     = "disallow"
)

func badOption(option, value, want string) error {
	return &ecosystem.OptionError{Ecosystem: lock.Ecosystem, Option: option, Value: value, Want: want}
}

// defaults checks the options, and fills in the interpreter on PATH where no
// Python was named; without one, what the inputs themselves say.
func defaults(ctx context.Context, env ecosystem.Environment, options map[string]string) error {
	if options[optionNoSdist] == "true" {
		options[optionSdist] = sdistNone
	}
	delete(options, optionNoSdist)
	if err := checkOptions(options); err != nil {
		return err
	}
	if strings.TrimSpace(options[optionPython]) != "" {
		return nil
	}
	found, err := interpreter(ctx, env)
	if err != nil && ctx.Err() == nil {
		if option, ok := declaredByAll(env.Settings); ok {
			options[optionPython] = option
			return nil
		}
	}
	if err != nil {
		return err
	}
	options[optionPython] = found.String()
	return nil
}

func checkOptions(options map[string]string) error {
	for _, one := range []struct {
		option string
		values []string
	}{
		{optionSdist, []string{sdistNeeded, sdistNone, sdistAll}},
		{optionPrerelease, []string{prereleaseNecessary, prereleaseExplicit, prereleaseNamed, prereleaseAllow, prereleaseNever}},
		{optionAllFiles, []string{"true", "false"}},
	} {
		if value := options[one.option]; value != "" && !slices.Contains(one.values, value) {
			return badOption(one.option, value, strings.Join(one.values, ", "))
		}
	}
	_, err := parsePythons(options[optionPython])
	return err
}

// python is one element of optionPython.
type python struct {
	wheel.Target
	whole bool // with a platform: an interpreter that was asked for its own
}

// parsePythons reads optionPython: versions of Python, or whole targets.
func parsePythons(text string) ([]python, error) {
	var all []python
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		one := python{whole: strings.Contains(part, "-")}
		var err error
		if one.whole {
			one.Target, err = wheel.ParseName(part)
		} else {
			one.Target, err = wheel.ParsePython(part)
		}
		if err != nil {
			return nil, badOption(optionPython, part, "a version of Python 3 such as 3.11, 3.13t or pypy3.10")
		}
		all = append(all, one)
	}
	return all, nil
}
