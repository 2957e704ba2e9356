package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/feedctl/feedctl/pkg/feed"
)

// ErrTooLarge says that a body is larger than its limit.
var ErrTooLarge = errors.New("larger than the limit")

// ErrOffline says that a request was needed and Options.Offline forbids it.
var ErrOffline = errors.New("offline: not in the metadata cache, and nothing may be sent; run once without --offline")

// cleanError is an error whose text shows no credentials.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }
func (e *cleanError) Unwrap() error { return e.err }

// fail describes an exchange that ended without an answer, or with one that
// is not acceptable.
func (x *exchange) fail(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", Redact(x.target.URL), ctx.Err())
	}
	return x.target.fail(err, x.attempts, x.status)
}

func (t *target) fail(err error, attempts, status int) error {
	text := t.clean(err)
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		text += "; name a file with the right authority in ca, cafile or SSL_CERT_FILE"
	}
	if attempts > 1 {
		text = fmt.Sprintf("%s (%d attempts)", text, attempts)
	}
	if isTransient(err) {
		status = 0 // what was received is worth nothing
	}
	return t.upstreamError(status, &cleanError{text, err})
}

// clean is the text of an error without credentials.
func (t *target) clean(err error) string {
	return scrub(redactText(withoutURL(err).Error()), t.Access.Authorization)
}

func (t *target) upstreamError(status int, err error) error {
	return &feed.UpstreamError{Upstream: t.Access.Upstream, URL: Redact(t.URL), Status: status, Err: err}
}

// withoutURL removes net/http's wrapping, which repeats the URL with its query.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// statusError describes an answer that is not 200 OK. It reads a little of the
// body and leaves closing to the caller. Only "not found" is no UpstreamError.
func (c *Client) statusError(t *target, resp *http.Response) error {
	switch status := resp.StatusCode; status {
	case http.StatusNotFound, http.StatusGone:
		if t.Access.Upstream == "" {
			return fmt.Errorf("%s: %w", Redact(t.URL), feed.ErrNotFound)
		}
		return fmt.Errorf("upstream %q: %s: %w", t.Access.Upstream, Redact(t.URL), feed.ErrNotFound)
	default:
		var notes []string
		if status == http.StatusUnauthorized || status == http.StatusForbidden {
			notes = append(notes, t.credentialsNote(resp))
		}
		if wait := c.retryAfter(resp); wait > c.options.RetryAfterMax {
			when := c.options.Now().Add(wait).UTC().Format(time.RFC3339)
			notes = append(notes, fmt.Sprintf("asks to wait %s, until %s; run again then", wait.Round(time.Second), when))
		}
		if to := resp.Request.URL; origin(to) != origin(t.url) {
			notes = append(notes, "redirected to "+Redact(to.String()))
		}
		if text := t.excerpt(resp); text != "" {
			notes = append(notes, text)
		}
		if len(notes) == 0 {
			return t.upstreamError(status, nil)
		}
		return t.upstreamError(status, errors.New(strings.Join(notes, "; ")))
	}
}

func (t *target) credentialsNote(resp *http.Response) string {
	switch {
	case t.Access.Authorization == "" && t.Access.CertFile == "":
		return "no credentials are configured for this upstream"
	case !t.trusts(t.url):
		return "the upstream's credentials go only to " + Redact(t.Access.Base)
	case !t.trusts(resp.Request.URL):
		return "the upstream's credentials are not sent where it redirects to"
	}
	return "the configured credentials do not suffice"
}

const (
	maxErrorBody = 8 << 10
	maxExcerpt   = 200 // runes
)

// excerpt is the message in an error's body: a field of a JSON object, or
// plain text. Pages and everything else yield "".
func (t *target) excerpt(resp *http.Response) string {
	encoded, err := decoded(resp, maxErrorBody)
	if err != nil {
		return ""
	}
	body, err := io.ReadAll(io.LimitReader(encoded, maxErrorBody))
	if err != nil || looksLikeHTML(resp.Header, body) {
		return ""
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	text := jsonMessage(body)
	if text == "" && (kind == "text/plain" || kind == "") {
		text = string(body)
	}
	return shorten(scrub(redactText(printable(text)), t.Access.Authorization))
}

// jsonMessage finds the message in the shapes that registries use: {"error":
// "…"}, {"error": {"message": "…"}}, {"message": "…"}, {"errors": [{"detail": "…"}]}.
func jsonMessage(body []byte) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return ""
	}
	for _, name := range []string{"error", "message", "reason", "detail", "errors"} {
		raw := object[name]
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			return text
		}
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
			raw = list[0]
		}
		if bytes.HasPrefix(raw, []byte("{")) && name != "detail" {
			if text := jsonMessage(raw); text != "" {
				return text
			}
		}
	}
	return ""
}

// printable makes one line of text without control and formatting characters.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == unicode.ReplacementChar, !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

func shorten(text string) string {
	if runes := []rune(text); len(runes) > maxExcerpt {
		return string(runes[:maxExcerpt]) + "…"
	}
	return text
}

func looksLikeHTML(header http.Header, body []byte) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	start := strings.ToLower(string(bytes.TrimSpace(body[:min(len(body), 512)])))
	return kind == "text/html" || strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}
