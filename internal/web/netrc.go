package web

import (
	"net/url"
	"slices"
	"strings"
)

// NetrcEntry is one entry of a netrc file.
type NetrcEntry struct {
	Host            string // in lower case; empty for the default entry
	Login, Password string
}

// ParseNetrc reads the entries of a netrc file, in their order. Its words are
// separated by blanks and line ends; quotes hold a word with blanks together, in
// which a backslash precedes a quote or a backslash; a # that begins a word begins
// a comment; a macdef ends at an empty line.
func ParseNetrc(text string) []NetrcEntry {
	var entries []NetrcEntry
	words := &netrcWords{rest: text}
	for {
		word, more := words.next()
		if !more {
			return entries
		}
		switch word {
		case "machine":
			if host, _ := words.next(); host != "" {
				entries = append(entries, NetrcEntry{Host: strings.ToLower(host)})
			}
		case "default":
			entries = append(entries, NetrcEntry{})
		case "macdef":
			words.skipMacro()
		case "login", "password", "account":
			value, _ := words.next()
			if len(entries) > 0 {
				entries[len(entries)-1].set(word, value)
			}
		}
	}
}

func (e *NetrcEntry) set(key, value string) {
	switch key {
	case "login":
		e.Login = value
	case "password":
		e.Password = value
	}
}

// netrcWords splits a netrc file.
type netrcWords struct{ rest string }

func (w *netrcWords) next() (word string, ok bool) {
	for {
		w.rest = strings.TrimLeft(w.rest, " \t\r\n")
		if !strings.HasPrefix(w.rest, "#") {
			break
		}
		_, w.rest, _ = strings.Cut(w.rest, "\n")
	}
	switch {
	case w.rest == "":
		return "", false
	case w.rest[0] == '"':
		return w.quoted(), true
	}
	end := strings.IndexAny(w.rest, " \t\r\n")
	if end < 0 {
		end = len(w.rest)
	}
	word, w.rest = w.rest[:end], w.rest[end:]
	return word, true
}

func (w *netrcWords) quoted() string {
	var b strings.Builder
	for i := 1; i < len(w.rest); i++ {
		c := w.rest[i]
		if c == '"' {
			w.rest = w.rest[i+1:]
			return b.String()
		}
		if c == '\\' && i+1 < len(w.rest) {
			i++
			c = w.rest[i]
		}
		b.WriteByte(c)
	}
	w.rest = ""
	return b.String()
}

func (w *netrcWords) skipMacro() {
	_, w.rest, _ = strings.Cut(strings.ReplaceAll(w.rest, "\r\n", "\n"), "\n\n")
}

// FindNetrc returns the entry for an address, of the given user unless that is
// empty: that of the host with its port, that of the host, or the default. Of several
// entries for a host the first counts, and one without a password is none.
func FindNetrc(entries []NetrcEntry, u *url.URL, user string) (NetrcEntry, bool) {
	for _, host := range []string{u.Host, u.Hostname(), ""} {
		at := slices.IndexFunc(entries, func(e NetrcEntry) bool { return e.Host == strings.ToLower(host) && e.Password != "" })
		if at >= 0 && (user == "" || user == entries[at].Login) {
			return entries[at], true
		}
	}
	return NetrcEntry{}, false
}
