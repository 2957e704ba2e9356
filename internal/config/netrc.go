package config

import (
	"strings"

	"github.com/feedctl/feedctl/internal/web"
)

// findMachine returns the first entry of a host in a netrc file, else the first
// default entry.
func findMachine(text, host string) (found web.NetrcEntry, ok bool) {
	for _, wanted := range []string{strings.ToLower(host), ""} {
		for _, entry := range web.ParseNetrc(text) {
			if entry.Host == wanted {
				return entry, true
			}
		}
	}
	return web.NetrcEntry{}, false
}
