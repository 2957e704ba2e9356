package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Access says how one upstream is reached. The zero value is an anonymous
// upstream with the system's certificates.
type Access struct {
	Upstream string // name from the configuration, for errors

	// Base is the address of the upstream. Authorization and the client
	// certificate go only to URLs with its scheme, host, port and path prefix.
	Base          string
	Authorization Secret // value of the Authorization header: "Bearer …", "Basic …"

	CAFiles  []string // PEM files with authorities that are trusted besides the system's
	CA       []byte   // the same, as PEM text
	CertFile string   // PEM file with a client certificate
	KeyFile  string   // PEM file with its key
}

// Request is one GET.
type Request struct {
	URL    string // http or https, without user and password
	Accept string // default "*/*"
	Limit  int64  // largest body in bytes, after decompression; 0 means MaxMetadata or MaxArtifact
	Access Access

	// Fresh asks the upstream even when the cached answer is young.
	// Open ignores it.
	Fresh bool

	// Check, when set, sees a body before Get caches or returns it, and
	// refuses what the protocol does not allow, a captive portal's page for
	// instance. Equal requests in flight share one answer and one Check.
	// Open ignores it.
	Check func(body []byte) error
}

// target is a Request that was found valid.
type target struct {
	Request
	url  *url.URL
	base *url.URL // nil when nothing is to be kept within a base
}

func newTarget(r Request, limit int64) (*target, error) {
	u, err := parseURL(r.URL)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", Redact(r.URL), err)
	}
	u.Fragment, u.RawFragment = "", ""
	t := &target{Request: r, url: u}
	if r.Access.Base != "" {
		if t.base, err = parseURL(r.Access.Base); err != nil {
			return nil, fmt.Errorf("upstream %q: address %q: %w", r.Access.Upstream, Redact(r.Access.Base), err)
		}
	} else if r.Access.Authorization != "" || r.Access.CertFile != "" {
		return nil, fmt.Errorf("upstream %q: credentials need the upstream's address, which says where they may go", r.Access.Upstream)
	}
	if t.Limit <= 0 {
		t.Limit = limit
	}
	if t.Accept == "" {
		t.Accept = "*/*"
	}
	return t, nil
}

func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("is neither http nor https")
	case u.Hostname() == "":
		return nil, errors.New("has no host")
	case u.User != nil:
		return nil, errors.New("holds a user or a password; configure the upstream's credentials instead")
	}
	return u, nil
}

// header is what every attempt sends, credentials aside.
func (t *target) header(userAgent, encoding string) http.Header {
	return http.Header{
		"User-Agent":      {userAgent},
		"Accept":          {t.Accept},
		"Accept-Encoding": {encoding},
	}
}

// trusts reports whether credentials may be sent to u.
func (t *target) trusts(u *url.URL) bool {
	return t.base != nil && covers(t.base, u)
}

// covers reports whether u has base's scheme, host, port and, in whole
// segments, its path prefix. Paths with dot segments are never covered, because
// a server may resolve them to a place outside.
func covers(base, u *url.URL) bool {
	if origin(base) != origin(u) {
		return false
	}
	if slices.ContainsFunc(strings.FieldsFunc(u.Path, isSeparator), isDots) {
		return false
	}
	prefix := strings.TrimRight(base.EscapedPath(), "/")
	rest, ok := strings.CutPrefix(u.EscapedPath(), prefix)
	return ok && (rest == "" || rest[0] == '/')
}

func isSeparator(r rune) bool    { return r == '/' || r == '\\' }
func isDots(segment string) bool { return segment == "." || segment == ".." }

// origin is the scheme, host and port of u in one spelling.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// key names the cached answer. It depends on the credentials that the request
// carries, and does not reveal them.
func (t *target) key() string {
	h := sha256.New()
	for _, part := range []string{http.MethodGet, t.url.String(), t.Accept, t.identity()} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// identity tells apart those whom an upstream may answer differently.
func (t *target) identity() string {
	if !t.trusts(t.url) {
		return ""
	}
	h := sha256.New()
	io.WriteString(h, string(t.Access.Authorization)+"\x00"+t.Access.CertFile)
	return hex.EncodeToString(h.Sum(nil))
}
