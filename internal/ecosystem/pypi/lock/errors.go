package lock

import (
	"fmt"
	"strings"
)

// Error says what is wrong with an input file, where, and what to do about it.
type Error struct {
	File    string // base name
	Line    int    // from 1; 0 when it is not known or the file as a whole is meant
	Key     string // of the entry, may be empty
	Problem string
	Advice  string
	Err     error // what lies behind it, may be nil
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Key != "" {
		fmt.Fprintf(&b, ": %q", clip(e.Key))
	}
	fmt.Fprintf(&b, ": %s", e.Problem)
	if e.Advice != "" {
		fmt.Fprintf(&b, "; %s", e.Advice)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// clip shortens a text from outside for a message.
func clip(text string) string {
	const most = 160
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
