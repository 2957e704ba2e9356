package discover

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// login is what a netrc file holds for one host.
type login struct{ user, password string }

// netrc is what a netrc file holds, by host; the entry of "" is its default.
type netrc map[string]login

// of returns the login for an address, of the given user unless that is empty:
// that of the host with its port, that of the host, or the default.
func (n netrc) of(u *url.URL, user string) (login, bool) {
	for _, host := range []string{u.Host, u.Hostname(), ""} {
		if found, ok := n[strings.ToLower(host)]; ok && (user == "" || user == found.user) {
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

// parseNetrc reads the words of a netrc file. Macros are passed over; of several
// entries for a host the first counts, and one without a password is none.
func parseNetrc(text string) netrc {
	found := netrc{}
	host, entry, open := "", login{}, false
	finish := func() {
		if _, before := found[host]; open && !before && entry.password != "" {
			found[host] = entry
		}
		host, entry, open = "", login{}, false
	}
	words := netrcWords(text)
	for i := 0; i < len(words); i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch words[i] {
		case "machine":
			finish()
			host, open = strings.ToLower(next), next != ""
			i++
		case "default":
			finish()
			open = true
		case "login":
			entry.user = next
			i++
		case "password":
			entry.password = next
			i++
		case "account":
			i++
		}
	}
	finish()
	return found
}

// netrcWords splits the text and drops comments and macros, which end at an empty
// line.
func netrcWords(text string) []string {
	var words []string
	inMacro := false
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
			inMacro = false
		case inMacro || strings.HasPrefix(fields[0], "#"):
		case fields[0] == "macdef":
			inMacro = true
		default:
			words = append(words, fields...)
		}
	}
	return words
}
