package discover

import (
	"encoding/base64"
	"strings"

	"github.com/feedctl/feedctl/internal/web"
)

// credentials are what the settings hold for one address.
type credentials struct {
	authorization     web.Secret
	certFile, keyFile string
	at                string // where they were found
	missing           string // variable that they use and that is not set
	prefix            string // path that they are bound to; empty for the whole registry
}

func (c credentials) empty() bool { return c.at == "" }

// credentials looks in this order: the scope's own; those bound to the longest
// path that begins the address; those within the address; bare ones.
func (s settings) credentials(r registry) credentials {
	if r.scope != "" {
		if c := s.bare(r, r.scope+":"); !c.empty() {
			return c
		}
	}
	for path := r.url.Path; ; path = shorten(path) {
		if c := s.under("//" + r.url.Host + path + ":"); !c.empty() {
			c.prefix = path
			if path == "" {
				c.prefix = "/"
			}
			return c
		}
		if path == "" {
			break
		}
	}
	if r.user != nil {
		password, _ := r.user.Password()
		return credentials{authorization: basic(r.user.Username(), password), at: r.at}
	}
	if r.scope == "" {
		return s.bare(r, "")
	}
	return credentials{}
}

// shorten takes the last slash off a path, or what follows the last slash.
func shorten(path string) string {
	if rest, ok := strings.CutSuffix(path, "/"); ok {
		return rest
	}
	return path[:strings.LastIndexByte(path, '/')+1]
}

// bare returns credentials that are bound to no address. They count in a layer
// only when the registry is named there or below it.
func (s settings) bare(r registry, prefix string) credentials {
	for level := 0; level <= r.level; level++ {
		if c := s[level : level+1].under(prefix); !c.empty() {
			return c
		}
	}
	return credentials{}
}

// under returns the credentials whose keys begin with prefix. A token counts
// before _auth, and that before a user with a password; a certificate may come
// with any of them.
func (s settings) under(prefix string) credentials {
	var c credentials
	get := func(key string) setting {
		set, _ := s.get(prefix + key)
		return set
	}
	take := func(sets ...setting) bool {
		for _, set := range sets {
			if set.value == "" {
				return false
			}
		}
		for _, set := range sets {
			c.at = set.at
			if set.missing != "" {
				c.missing = set.missing
				break
			}
		}
		return true
	}
	token, auth, user, password := get("_authToken"), get("_auth"), get("username"), get("_password")
	switch {
	case take(token):
		c.authorization = web.Secret("Bearer " + token.value)
	case take(auth):
		c.authorization = web.Secret("Basic " + auth.value)
	case take(user, password):
		c.authorization = basic(user.value, decodePassword(password.value))
	}
	if cert, key := get("certfile"), get("keyfile"); prefix != "" && take(cert, key) {
		c.certFile, c.keyFile = cert.value, key.value
	}
	return c
}

func basic(user, password string) web.Secret {
	return web.Secret("Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// decodePassword reads a _password, which is base64; one that is none is taken
// as it is.
func decodePassword(text string) string {
	plain, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return text
	}
	return string(plain)
}
