package discover

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/web"
)

// registry is one address that packages come from.
type registry struct {
	url     *url.URL // path ends in a slash; without user, query and fragment
	user    *url.Userinfo
	at      string // where it was found
	name    string // for the upstream; empty for the default registry
	scope   string // "@acme" when it is the registry of a scope
	include []string
	level   int // layer that names it, or noLevel
}

// newRegistry reads an address. Errors do not repeat what may be secret.
func newRegistry(set setting) (registry, error) {
	if set.missing != "" {
		return registry{}, fmt.Errorf("%s: the registry uses ${%s}, which is not set", set.at, set.missing)
	}
	u, err := url.Parse(strings.TrimSpace(set.value))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return registry{}, fmt.Errorf("%s: the registry %q is not an http or https address", set.at, web.Redact(set.value))
	}
	r := registry{user: u.User, at: set.at, level: noLevel}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	r.url = u.JoinPath("/")
	return r, nil
}

// access returns how a registry is reached, and where its credentials are from.
func (s settings) access(r registry) (web.Access, credentials) {
	access := web.Access{Base: r.url.String()}
	s.authorities(&access)
	c := s.credentials(r)
	if c.missing != "" {
		return access, c
	}
	access.Authorization, access.CertFile, access.KeyFile = c.authorization, c.certFile, c.keyFile
	if c.prefix != "" {
		base := *r.url
		base.Path, base.RawPath = c.prefix, ""
		access.Base = base.String()
	}
	return access, c
}

// authorities adds the certificate authorities that the settings trust.
func (s settings) authorities(access *web.Access) {
	for _, key := range []string{"cafile", "node-extra-ca-certs"} {
		if set, _ := s.get(key); set.value != "" && !slices.Contains(access.CAFiles, set.value) {
			access.CAFiles = append(access.CAFiles, set.value)
		}
	}
	set, _ := s.get("ca")
	for _, text := range append(set.list, set.value) {
		if text != "" {
			access.CA = append(access.CA, strings.ReplaceAll(text, `\n`, "\n")+"\n"...)
		}
	}
}
