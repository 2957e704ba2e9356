package discover

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// clients are the programs that print their default index, best first. None of
// them uses the network for it.
var clients = []struct {
	program string
	args    []string
	pattern *regexp.Regexp
	at      string
}{
	{"python3", []string{"-I", "-c", pipIndex}, printed, "python3 -m pip download --help"},
	{"python3", []string{"-m", "pip", "download", "--help"}, pipDefault, "python3 -m pip download --help"},
	{"pip", []string{"download", "--help"}, pipDefault, "pip download --help"},
	{"uv", []string{"help", "pip", "install"}, uvDefault, "uv help pip install"},
}

// pipIndex prints what the help of pip prints, in a sixth of its time; a pip that
// keeps it elsewhere is asked for its help.
const pipIndex = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"

var (
	printed    = regexp.MustCompile(`\A\s*(https?://[^\s)]+)\s*\z`)
	pipDefault = regexp.MustCompile(`(?s)--index-url.{0,400}?\(default:?\s+(https?://[^\s)]+)\)`)
	uvDefault  = regexp.MustCompile(`(?s)--default-index.{0,400}?\bdefault:?\s+<?(https?://[^\s>)]+)`)
)

// fromClient asks an installed client for its default index.
func fromClient(ctx context.Context, env ecosystem.Environment) (entry, error) {
	if env.Run == nil {
		return entry{}, errors.New("no program may be asked")
	}
	var failures []error
	for _, client := range clients {
		out, err := env.Run(ctx, client.program, client.args...)
		if ctx.Err() != nil {
			return entry{}, ctx.Err()
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", client.program, err))
			continue
		}
		if match := client.pattern.FindSubmatch(out); match != nil {
			return entry{address: string(match[1]), at: client.at, rank: general}, nil
		}
		failures = append(failures, fmt.Errorf("%s names no default", client.at))
	}
	return entry{}, errors.Join(failures...)
}
