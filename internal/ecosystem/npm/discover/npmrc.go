package discover

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

var section = regexp.MustCompile(`^\[[^\]]*\]\s*$`)

// parseNpmrc reads the ini dialect of npm: "key = value" lines, the last one of
// a key counting; key[] for lists; ; and # start a comment, also behind a value;
// a quoted value is JSON; ${VAR} in keys and values is replaced. Sections are
// no settings of npm. Relative paths begin in the working directory. Nothing is
// an error, as with npm.
func parseNpmrc(f *file, data []byte) error {
	f.dir = f.env.Dir
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	for i, line := range strings.Split(text, "\n") {
		if section.MatchString(line) {
			return nil
		}
		line = strings.TrimSpace(line)
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		key, value, assigned := strings.Cut(line, "=")
		if !assigned {
			value = "true"
		}
		f.npmrcLine(i+1, unquote(key), unquote(value))
	}
	return nil
}

func (f *file) npmrcLine(line int, key, value string) {
	key, isList := strings.CutSuffix(key, "[]")
	if key == "" {
		return
	}
	key, _ = expand(f.env, key)
	set := setting{}
	set.value, set.missing = expand(f.env, value)
	if value == "null" || value == "false" {
		set.value = ""
	}
	if before := f.layer[key].list; isList || before != nil {
		set.list = append(slices.Clone(before), set.value)
		set.value = ""
	}
	f.set(line, key, set)
}

// unquote returns a key or value as written: quoted, or up to a comment.
func unquote(text string) string {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "'") && strings.HasSuffix(text, "'") {
		return unquoteJSON(strings.TrimSuffix(text[1:], "'"))
	}
	if strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`) {
		return unquoteJSON(text)
	}
	return uncomment(text)
}

func unquoteJSON(text string) string {
	var value string
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	return value
}

// uncomment cuts a value at the first ; or # that no backslash precedes.
func uncomment(text string) string {
	var b strings.Builder
	escaped := false
	for _, c := range text {
		special := c == ';' || c == '#' || c == '\\'
		switch {
		case escaped:
			if !special {
				b.WriteByte('\\')
			}
			b.WriteRune(c)
			escaped = false
		case c == '\\':
			escaped = true
		case special:
			return strings.TrimSpace(b.String())
		default:
			b.WriteRune(c)
		}
	}
	if escaped {
		b.WriteByte('\\')
	}
	return strings.TrimSpace(b.String())
}

var variable = regexp.MustCompile(`(\\*)\$\{([^${}?]+)(\?)?\}`)

// expand replaces ${VAR} by the variable's value, and ${VAR?} also when it is
// not set, by nothing. A ${VAR} that is not set stays as it is, and its name is
// returned. An odd number of backslashes before it keeps the text literal.
func expand(env ecosystem.Environment, text string) (expanded, missing string) {
	expanded = variable.ReplaceAllStringFunc(text, func(match string) string {
		part := variable.FindStringSubmatch(match)
		slashes := len(part[1])
		if slashes%2 == 1 {
			return match[(slashes+1)/2:]
		}
		value, ok := lookup(env, part[2])
		if !ok && part[3] == "" {
			missing, value = part[2], "${"+part[2]+"}"
		}
		return part[1][slashes/2:] + value
	})
	return expanded, missing
}
