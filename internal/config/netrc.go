package config

import "strings"

// machine is one entry of a netrc file.
type machine struct{ login, password string }

// findMachine returns the entry of a host, else the default entry. The words of
// a netrc file are separated by blanks and line ends; quotes hold a word with
// blanks together, in which a backslash precedes a quote or a backslash; a # that
// begins a word begins a comment; a macdef ends at an empty line.
func findMachine(text, host string) (found machine, ok bool) {
	var current *machine
	var general machine
	hasDefault := false
	words := &netrcWords{rest: text}
	for {
		word, more := words.next()
		if !more {
			break
		}
		switch word {
		case "machine":
			name, _ := words.next()
			current = &machine{}
			if strings.EqualFold(name, host) && !ok {
				current, ok = &found, true
			}
		case "default":
			current = &machine{}
			if !hasDefault {
				current, hasDefault = &general, true
			}
		case "macdef":
			words.skipMacro()
		case "login", "password", "account":
			value, _ := words.next()
			current.set(word, value)
		}
	}
	if !ok {
		return general, hasDefault
	}
	return found, true
}

func (m *machine) set(key, value string) {
	switch {
	case m == nil:
	case key == "login":
		m.login = value
	case key == "password":
		m.password = value
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
