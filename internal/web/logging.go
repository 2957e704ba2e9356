package web

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// Secrets is a set of texts that must not be logged. The zero value is empty
// and ready; it is safe for concurrent use and must not be copied.
type Secrets struct {
	mu       sync.RWMutex
	known    map[Secret]bool
	replacer *strings.Replacer
	parts    []string
}

// Add puts a secret into the set, with the forms in which it may turn up: the
// token of an Authorization value, a decoded password, URL-escaped text. Forms
// shorter than four bytes are left out. A nil set takes nothing.
func (s *Secrets) Add(secret Secret) {
	if s == nil || secret == "" || s.has(secret) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[Secret]bool{}
	}
	s.known[secret] = true
	for _, part := range secret.parts() {
		if len(part) >= shortest && !slices.Contains(s.parts, part) {
			s.parts = append(s.parts, part)
		}
	}
	// Longer texts first: a part must not hide the whole it belongs to.
	slices.SortFunc(s.parts, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, part := range s.parts {
		pairs = append(pairs, part, redacted)
	}
	s.replacer = strings.NewReplacer(pairs...)
}

func (s *Secrets) has(secret Secret) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[secret]
}

func (s *Secrets) clean(text string) string {
	if s != nil {
		s.mu.RLock()
		replacer := s.replacer
		s.mu.RUnlock()
		if replacer != nil {
			text = replacer.Replace(text)
		}
	}
	return redactText(text)
}

// RedactingHandler returns a handler that passes records on to next without
// the given secrets (nil means none), without values that look like
// credentials, and without the user, query and fragment of URLs.
func RedactingHandler(next slog.Handler, secrets *Secrets) slog.Handler {
	return &redacting{next: next, secrets: secrets}
}

type redacting struct {
	next    slog.Handler
	secrets *Secrets
}

func (r *redacting) Enabled(ctx context.Context, level slog.Level) bool {
	return r.next.Enabled(ctx, level)
}

func (r *redacting) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, r.secrets.clean(record.Message), record.PC)
	record.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(r.attr(a))
		return true
	})
	return r.next.Handle(ctx, clean)
}

func (r *redacting) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &redacting{next: r.next.WithAttrs(r.attrs(attrs)), secrets: r.secrets}
}

func (r *redacting) WithGroup(name string) slog.Handler {
	return &redacting{next: r.next.WithGroup(name), secrets: r.secrets}
}

func (r *redacting) attrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = r.attr(a)
	}
	return clean
}

func (r *redacting) attr(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindGroup:
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(r.attrs(value.Group())...)}
	case slog.KindString, slog.KindAny:
		if isSecretKey(a.Key) {
			return slog.String(a.Key, redacted)
		}
	}
	return slog.Attr{Key: a.Key, Value: r.value(value)}
}

// value keeps a value of any type as it is when its text is harmless, and
// replaces it by its cleaned text otherwise.
func (r *redacting) value(value slog.Value) slog.Value {
	switch value.Kind() {
	case slog.KindString:
		return slog.StringValue(r.secrets.clean(value.String()))
	case slog.KindAny:
		for _, text := range spellings(value.Any()) {
			if clean := r.secrets.clean(text); clean != text {
				return slog.StringValue(clean)
			}
		}
	}
	return value
}

// spellings are the texts that a handler may print for v: handlers for people
// format it, JSON handlers marshal what is no error.
func spellings(v any) []string {
	switch v := v.(type) {
	case []byte:
		return []string{string(v)}
	case error:
		return []string{v.Error()}
	}
	texts := []string{fmt.Sprintf("%+v", v)}
	if data, err := json.Marshal(v); err == nil {
		texts = append(texts, string(data))
	}
	return texts
}

func isSecretKey(key string) bool {
	switch strings.Trim(strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(key)), ":") {
	case "authorization", "proxyauthorization", "auth", "authtoken", "token", "accesstoken",
		"password", "passwd", "secret", "apikey", "xapikey", "cookie", "setcookie":
		return true
	}
	return false
}
