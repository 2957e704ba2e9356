package feed

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// ErrNotFound says that a place does not know a package, a version or a file.
// It is the only answer that lets a search go on to the next upstream.
var ErrNotFound = errors.New("not found")

// PackageError is a failure that concerns one package or one release of it.
type PackageError struct {
	Key      VersionKey // Version is empty when the whole package is meant
	Upstream string     // name of the upstream that was asked, or empty
	Err      error
}

func (e *PackageError) Error() string {
	if e.Upstream == "" {
		return fmt.Sprintf("%s: %v", e.Key, e.Err)
	}
	return fmt.Sprintf("%s: upstream %q: %v", e.Key, e.Upstream, e.Err)
}

func (e *PackageError) Unwrap() error { return e.Err }

// IntegrityError says that bytes are not what a digest, a size or a format
// promised. It is never retried on another upstream.
type IntegrityError struct {
	Path string // file in the feed, or the redacted URL the bytes came from
	Got  string // what the bytes are: "sha512-…", "12 bytes"
	Want string // what they should be
}

func (e *IntegrityError) Error() string {
	return fmt.Sprintf("%s: got %s, want %s", e.Path, e.Got, e.Want)
}

// UpstreamError says that an upstream did not answer as its protocol demands.
type UpstreamError struct {
	Upstream string // name from the configuration, may be empty
	URL      string // redacted: without user, password, query and fragment
	Status   int    // HTTP status, or 0 when no answer came
	Err      error
}

func (e *UpstreamError) Error() string {
	var b strings.Builder
	if e.Upstream != "" {
		fmt.Fprintf(&b, "upstream %q: ", e.Upstream)
	}
	b.WriteString(e.URL)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *UpstreamError) Unwrap() error { return e.Err }

// Temporary reports whether asking again later may help: no answer at all,
// 408, 425, 429 or any 5xx.
func (e *UpstreamError) Temporary() bool {
	switch e.Status {
	case 0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= 500
}

// ResolveError lists every requirement that could not be met.
type ResolveError struct {
	Unmet []Unmet
}

// Unmet is one requirement that no candidate meets.
type Unmet struct {
	Requirement Requirement
	Path        []VersionKey // who requires it, from a root down to the direct requirer; empty for a root
	Code        string       // the native client's own word for it (ERESOLVE, ETARGET), may be empty
	Reasons     []string     // one line for each candidate that was refused, or why there is none
}

func (e *ResolveError) Error() string {
	var b strings.Builder
	for i, unmet := range e.Unmet {
		if i > 0 {
			b.WriteByte('\n')
		}
		unmet.write(&b)
	}
	return b.String()
}

func (u Unmet) write(b *strings.Builder) {
	if u.Code != "" {
		fmt.Fprintf(b, "%s: ", u.Code)
	}
	fmt.Fprintf(b, "nothing satisfies %s", u.Requirement)
	if len(u.Path) > 0 {
		names := make([]string, len(u.Path))
		for i, key := range u.Path {
			names[i] = key.Name + "@" + key.Version
		}
		fmt.Fprintf(b, "\n  required by %s", strings.Join(names, " > "))
	}
	for _, reason := range u.Reasons {
		fmt.Fprintf(b, "\n  %s", reason)
	}
}
