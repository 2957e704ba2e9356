package ecosystem

import (
	"context"
	"encoding/json"
	"path/filepath"
	"runtime"

	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Environment is what discovery may look at. Tests give their own.
type Environment struct {
	Dir      string                                                                 // folder of the input, or the working directory
	Home     string                                                                 // the user's home folder
	Environ  []string                                                               // "KEY=value"
	ReadFile func(path string) ([]byte, error)                                      // size-capped
	Run      func(ctx context.Context, name string, args ...string) ([]byte, error) // standard output of an installed program
	Settings []json.RawMessage                                                      // of the ecosystem's requests, in its own form
	Recorded []feed.Node                                                            // what the inputs record; their Pins carry addresses
}

// Getenv returns the value of the last variable of that name, or "".
func (e Environment) Getenv(name string) string {
	for i := len(e.Environ) - 1; i >= 0; i-- {
		if entry := e.Environ[i]; len(entry) > len(name) && entry[len(name)] == '=' && entry[:len(name)] == name {
			return entry[len(name)+1:]
		}
	}
	return ""
}

// NetrcPath returns the file that NETRC names, else that in the home folder; ""
// without either.
func (e Environment) NetrcPath() string {
	if path := e.Getenv("NETRC"); path != "" || e.Home == "" {
		return path
	}
	if runtime.GOOS == "windows" {
		return filepath.Join(e.Home, "_netrc")
	}
	return filepath.Join(e.Home, ".netrc")
}

// UpstreamConfig is one configured or discovered upstream.
type UpstreamConfig struct {
	Name      string
	Ecosystem string
	URL       string   // of the registry; a folder or URL of a feed when Feed is set
	Feed      bool     // the upstream is a feedctl feed, read through its ledger
	Include   []string // patterns of names that this upstream alone answers for; empty means any
	Exclude   []string // patterns of names it is never asked for
	Disabled  bool
	Access    web.Access
	Problem   error  // why the upstream cannot be asked, such as credentials that are not there; matters only when it is
	FoundIn   string // where the address was found: "feedctl.yaml:3", "~/.npmrc", "npm config get registry"
}
