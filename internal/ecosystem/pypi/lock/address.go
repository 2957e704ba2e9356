package lock

import (
	"net/url"
	"path"
	"strings"
)

func onWeb(address string) bool {
	lower := strings.ToLower(address[:min(len(address), 8)])
	return strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://")
}

// pinURL returns the address of a file as a lock records it, without user,
// password, query and fragment; "" when it is no web address.
func pinURL(address string) string {
	if !onWeb(address) {
		return ""
	}
	parsed, err := url.Parse(withoutUser(address))
	if err != nil || parsed.Host == "" {
		return ""
	}
	parsed.RawQuery, parsed.ForceQuery, parsed.Fragment, parsed.RawFragment = "", false, "", ""
	return parsed.String()
}

// newIndex returns an index of an address or a folder as an input records it. It
// is not ok when the address says nothing to anyone else: a folder outside the
// input's own, or an address of this machine.
func newIndex(name, address, where string) (index Index, ok bool) {
	address = strings.TrimSpace(address)
	index = Index{Name: clip(name), Where: where}
	if strings.Contains(address, "://") {
		bare := withoutUser(address)
		index.User = bare != address || strings.Contains(address, "?")
		bare, _, _ = strings.Cut(bare, "#")
		index.URL, _, _ = strings.Cut(bare, "?")
		return index, onWeb(address) && len(index.URL) < maxText && printable(index.URL)
	}
	index.URL, ok = inside(".", strings.TrimPrefix(address, "file:"))
	return index, ok && address != ""
}

// withoutUser drops user and password from the authority of an address. The text
// need not be a well-formed URL: it may hold variables.
func withoutUser(address string) string {
	start := strings.Index(address, "://")
	if start < 0 {
		return address
	}
	start += len("://")
	end := len(address)
	if i := strings.IndexAny(address[start:], "/?#\\"); i >= 0 {
		end = start + i
	}
	// A password may hold what ends an authority; then the address has no "@" here.
	if at := strings.LastIndexByte(address[start:end], '@'); at >= 0 {
		return address[:start] + address[start+at+1:]
	}
	return address
}

// redact takes from a requirement's text what may be secret or private: user and
// password, queries, and the folders of an absolute path. Behind "#" only egg and
// subdirectory of a git requirement would stand, so it goes too.
func redact(text string) string {
	body, _, _ := strings.Cut(strings.TrimSpace(text), "#")
	body, _, _ = strings.Cut(body, "?")
	scheme, rest, ok := strings.Cut(body, "://")
	if ok && !strings.HasSuffix(strings.ToLower(scheme), "file") {
		plain := withoutUser(body)
		if user, _, found := strings.Cut(rest, "@"); found && user == "git" {
			plain = body
		}
		return clip(plain)
	}
	if ok {
		return clip(scheme + "://…/" + path.Base(rest))
	}
	return clip(hideFolders(hideShortUser(body)))
}

// hideShortUser drops the user of "user:password@host:path"; "git@", which every
// git host uses, stays.
func hideShortUser(body string) string {
	user, host, ok := strings.Cut(body, "@")
	if ok && strings.Contains(user, ":") && !strings.ContainsAny(user, "/ ") {
		return host
	}
	return body
}

// hideFolders shows only the last element of an absolute path.
func hideFolders(body string) string {
	prefix := ""
	if rest, ok := strings.CutPrefix(body, "file:"); ok {
		prefix, body = "file:", rest
	}
	slashed := strings.ReplaceAll(body, `\`, "/")
	drive := len(slashed) > 2 && slashed[1] == ':' && slashed[2] == '/'
	if drive || strings.HasPrefix(slashed, "/") || strings.HasPrefix(slashed, "~") {
		return prefix + "…/" + path.Base(slashed)
	}
	return prefix + body
}

// inside returns the slash-separated path of a file that another one, in the given
// folder, names. It is not ok when the path leaves the input's folder.
func inside(folder, name string) (string, bool) {
	name = strings.ReplaceAll(name, `\`, "/")
	if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "~") || strings.Contains(name, ":") || !printable(name) {
		return "", false
	}
	joined := path.Join(folder, name)
	if joined == ".." || strings.HasPrefix(joined, "../") || len(joined) > maxText {
		return "", false
	}
	return joined, true
}

// maxText is the longest requirement, marker or address that is read, in bytes.
const maxText = 16 << 10

// printable reports whether a text has no control characters.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}
