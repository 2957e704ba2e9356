package discover

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

// login is what a netrc file holds for one host.
type login struct{ user, password string }

// netrc is what a netrc file holds, by host; the entry of "" is its default.
type netrc map[string]login

// of returns the login for an address: that of the host with its port, that of
// the host, or the default.
func (n netrc) of(u *url.URL) (login, bool) {
	for _, host := range []string{u.Host, u.Hostname(), ""} {
		if found, ok := n[strings.ToLower(host)]; ok {
			return found, true
		}
	}
	return login{}, false
}

// readNetrc reads the file that NETRC names, else that in the home folder.
func readNetrc(env ecosystem.Environment) (netrc, string, error) {
	path := env.Getenv("NETRC")
	if path == "" {
		base := ".netrc"
		if runtime.GOOS == "windows" {
			base = "_netrc"
		}
		if env.Home == "" {
			return nil, "", nil
		}
		path = filepath.Join(env.Home, base)
	}
	data, err := readFile(env, path)
	return parseNetrc(string(data)), shown(env, path), err
}

// parseNetrc reads a netrc file. Of several entries for a host the first counts,
// and one without a password is none.
func parseNetrc(text string) netrc {
	found := netrc{}
	for _, entry := range web.ParseNetrc(text) {
		if _, before := found[entry.Host]; !before && entry.Password != "" {
			found[entry.Host] = login{entry.Login, entry.Password}
		}
	}
	return found
}
