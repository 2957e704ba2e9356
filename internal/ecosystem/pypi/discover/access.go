package discover

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/web"
)

// flat begins the address of a page or folder of files, as package simple reads
// it.
const flat = "flat+"

// place is where an entry is.
type place struct {
	url    *url.URL // without user, query and fragment
	user   *url.Userinfo
	folder string
}

func (p place) address() string {
	if p.folder == "" {
		return p.url.String()
	}
	path := filepath.ToSlash(p.folder)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// place reads the address of an entry.
func (s *settings) place(one entry) (place, error) {
	address := lock.Expand(strings.TrimSpace(one.address), s.getenv)
	if path, ok := s.localPath(address, one.base); ok {
		return place{folder: path}, nil
	}
	u, err := url.Parse(escapedUser(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || strings.Contains(u.Host, "$") {
		return place{}, fmt.Errorf("%s: %q is no address of a package index; want https://HOST/PATH, http://HOST/PATH, file:///FOLDER or a path", one.at, web.Redact(address))
	}
	where := place{user: u.User, url: u}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return where, nil
}

// escapedUser escapes what no user and password can hold plainly, for which a
// variable that is not set is the usual reason.
func escapedUser(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if !ok || at < 0 {
		return address
	}
	user := strings.NewReplacer("{", "%7B", "}", "%7D", "[", "%5B", "]", "%5D", "|", "%7C", "^", "%5E", "<", "%3C", ">", "%3E", `"`, "%22", "`", "%60").Replace(rest[:at])
	return scheme + "://" + user + rest[at:]
}

// localPath returns the path that an address names: file:///PATH, or no address.
func (s *settings) localPath(address, base string) (string, bool) {
	if path, ok := strings.CutPrefix(address, "file:"); ok {
		u, err := url.Parse(address)
		if err != nil || u.Host != "" && u.Host != "localhost" {
			return "", false
		}
		if u.Path != "" {
			path = u.Path
		}
		if onWindows() {
			path = strings.TrimPrefix(path, "/")
		}
		address = path
	} else if strings.Contains(address, "://") || address == "" {
		return "", false
	}
	if rest, ok := strings.CutPrefix(address, "~/"); ok && s.env.Home != "" {
		return filepath.Join(s.env.Home, filepath.FromSlash(rest)), true
	}
	path := filepath.FromSlash(address)
	if !filepath.IsAbs(path) {
		path = filepath.Join(base, path)
	}
	return filepath.Clean(path), true
}

// sameAddress compares addresses without users and slashes at the end.
func sameAddress(a, b string) bool { return canonical(a) == canonical(b) }

func canonical(address string) string {
	address = strings.TrimRight(strings.TrimSpace(address), "/")
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	host, path, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	return strings.ToLower(scheme) + "://" + strings.ToLower(host) + "/" + path
}

// access returns how an index is reached, where its credentials are from ("" for
// none), and why those that it should have are missing.
func (s *settings) access(ctx context.Context, one entry, where place) (access web.Access, at, missing string) {
	access = web.Access{Base: where.url.Scheme + "://" + where.url.Host + "/", CAFiles: s.authorities, CertFile: s.certificate, KeyFile: s.certificate}
	user, found, at, missing := s.credentials(ctx, one, where)
	if found {
		access.Authorization = basic(user)
	}
	return access, at, missing
}

func (s *settings) credentials(ctx context.Context, one entry, where place) (found login, ok bool, at, missing string) {
	asked := ""
	if where.user != nil {
		password, hasPassword := where.user.Password()
		found = login{where.user.Username(), password}
		if variable := unset(found.user + found.password); variable != "" {
			return login{}, false, "", fmt.Sprintf("${%s} (%s) is not set", variable, one.at)
		}
		if hasPassword {
			return found, true, one.at, ""
		}
		asked = found.user
	}
	if found, at, ok = s.named(one.name); ok {
		return found, true, at, ""
	}
	if entry, known := web.FindNetrc(s.netrc, where.url, asked); known {
		return login{entry.Login, entry.Password}, true, s.netrcAt, ""
	}
	if found, ok = s.pypirc(where.url, asked); ok {
		return found, true, "~/.pypirc", ""
	}
	if found, ok = s.fromKeyring(ctx, where.url, asked); ok {
		return found, true, "the keyring", ""
	}
	// A token may stand in the place of the user.
	return login{user: asked}, asked != "", map[bool]string{true: one.at}[asked != ""], ""
}

// unset returns the name of a variable that was not expanded, or "".
func unset(text string) string {
	_, rest, ok := strings.Cut(text, "${")
	variable, _, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		return ""
	}
	return variable
}

// named returns the credentials that the environment has for the name of an
// index.
func (s *settings) named(indexName string) (found login, at string, ok bool) {
	if indexName == "" {
		return login{}, "", false
	}
	key := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(indexName))
	for _, prefix := range []string{"UV_INDEX_", "POETRY_HTTP_BASIC_"} {
		found = login{s.env.Getenv(prefix + key + "_USERNAME"), s.env.Getenv(prefix + key + "_PASSWORD")}
		if found.user != "" || found.password != "" {
			return found, prefix + key + "_USERNAME", true
		}
	}
	return login{}, "", false
}

// pypirc returns the credentials that .pypirc has for the host of an index.
func (s *settings) pypirc(u *url.URL, user string) (login, bool) {
	data, err := s.readFile(s.below(".pypirc"))
	if err != nil {
		return login{}, false
	}
	for _, values := range parseINI(string(data)) {
		other, err := url.Parse(values["repository"])
		if err != nil || !strings.EqualFold(other.Host, u.Host) || other.Scheme != u.Scheme || values["password"] == "" {
			continue
		}
		if user == "" || user == values["username"] {
			return login{values["username"], values["password"]}, true
		}
	}
	return login{}, false
}

// fromKeyring asks the keyring command, for the address and then for the host.
func (s *settings) fromKeyring(ctx context.Context, u *url.URL, user string) (login, bool) {
	if !s.keyring || s.env.Run == nil {
		return login{}, false
	}
	for _, service := range []string{u.String(), u.Host} {
		key := service + "\n" + user
		found, known := s.keyrings[key]
		if !known {
			found = s.askKeyring(ctx, service, user)
			s.keyrings[key] = found
		}
		if found.password != "" {
			return found, true
		}
	}
	return login{}, false
}

func (s *settings) askKeyring(ctx context.Context, service, user string) login {
	args := []string{"get", service, user}
	if user == "" {
		args = []string{"--mode", "creds", "get", service}
	}
	out, err := s.env.Run(ctx, "keyring", args...)
	if err != nil {
		return login{}
	}
	lines := strings.Split(strings.ReplaceAll(strings.TrimRight(string(out), "\r\n"), "\r\n", "\n"), "\n")
	switch {
	case user != "" && len(lines) == 1:
		return login{user, lines[0]}
	case user == "" && len(lines) == 2:
		return login{lines[0], lines[1]}
	}
	return login{}
}

// login is a user, or a token in its place, and a password.
type login struct{ user, password string }

func basic(l login) web.Secret {
	return web.Secret("Basic " + base64.StdEncoding.EncodeToString([]byte(l.user+":"+l.password)))
}
