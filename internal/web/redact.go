package web

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
)

const redacted = "[redacted]"

// Secret is text that never shows in a log, an error or a document: every way
// of printing or marshalling it yields a placeholder. string(s) is the text.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// Format prints String for every verb, %d and %x included.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// MarshalText is String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// parts are the texts that give the secret away: itself and, for an
// Authorization value, the token, or the password and its usual spellings.
func (s Secret) parts() []string {
	texts := []string{string(s)}
	scheme, token, ok := strings.Cut(string(s), " ")
	if ok {
		texts = append(texts, strings.TrimSpace(token))
	}
	if strings.EqualFold(scheme, "basic") {
		if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token)); err == nil {
			_, password, _ := strings.Cut(string(plain), ":")
			texts = append(texts, string(plain), password)
		}
	}
	for _, text := range texts {
		texts = append(texts, url.QueryEscape(text), url.PathEscape(text))
	}
	return texts
}

// Redact returns a URL without user, password, query and fragment, fit for
// logs, errors and documents.
func Redact(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" {
		return "(unreadable address)"
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String()
}

var (
	urlText = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>]+`)
	// A user and password without a scheme, as in a proxy's address, or in a
	// URL that does not parse.
	userinfoText = regexp.MustCompile(`//[^/\s"'@]*@`)
	schemeText   = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}`)
	fieldText    = regexp.MustCompile(`(?i)\b((?:proxy-)?authorization|_?auth_?token|_auth|_?password|passwd|x-api-key|api[-_]?key|access_token|set-cookie|cookie)(["']?\s*[:=]\s*["'\[]?)[^\s"',;&\]]+`)
	tokenText    = regexp.MustCompile(`\b(npm_|gh[pousr]_|github_pat_|glpat-|pypi-)[A-Za-z0-9_-]{16,}`)
)

// redactText removes from running text what looks like a credential, and the
// user, query and fragment of every URL.
func redactText(text string) string {
	if strings.Contains(text, "//") {
		text = urlText.ReplaceAllStringFunc(text, Redact)
		text = userinfoText.ReplaceAllString(text, "//"+redacted+"@")
	}
	text = schemeText.ReplaceAllString(text, "$1 "+redacted)
	text = fieldText.ReplaceAllString(text, "${1}${2}"+redacted)
	return tokenText.ReplaceAllString(text, "${1}"+redacted)
}

// shortest is the length below which a registered secret would shred ordinary
// text rather than protect anything.
const shortest = 4

// scrub removes the parts of a known secret from text.
func scrub(text string, secret Secret) string {
	for _, part := range secret.parts() {
		if len(part) >= shortest {
			text = strings.ReplaceAll(text, part, redacted)
		}
	}
	return text
}
