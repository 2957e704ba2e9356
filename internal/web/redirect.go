package web

import (
	"fmt"
	"net/http"
)

const maxRedirects = 10

// checkRedirect is an http.Client's CheckRedirect: it refuses endless and
// insecure ways, and lets nothing private travel along. Credentials are hop's.
func checkRedirect(req *http.Request, via []*http.Request) error {
	last := via[len(via)-1]
	switch to := req.URL; {
	case len(via) > maxRedirects:
		return &fatalError{fmt.Errorf("more than %d redirects, the last one to %s", maxRedirects, Redact(to.String()))}
	case to.Scheme != "http" && to.Scheme != "https":
		return &fatalError{fmt.Errorf("redirect to %s refused: neither http nor https", Redact(to.String()))}
	case last.URL.Scheme == "https" && to.Scheme == "http":
		return &fatalError{fmt.Errorf("redirect from https to %s refused: the answer could be changed on the way", Redact(to.String()))}
	}
	req.URL.User = nil        // a server does not choose what feedctl logs in with
	req.Header.Del("Referer") // it would tell the query to the next host
	req.Header.Del("Cookie")
	return nil
}
