package discover

import (
	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

// readNetrc reads the user's netrc file, and says which one that is.
func readNetrc(env ecosystem.Environment) ([]web.NetrcEntry, string, error) {
	path := env.NetrcPath()
	if path == "" {
		return nil, "", nil
	}
	data, err := readFile(env, path)
	return web.ParseNetrc(string(data)), shown(env, path), err
}
