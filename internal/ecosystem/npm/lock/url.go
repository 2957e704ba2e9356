package lock

import (
	"net/url"
	"path"
	"strings"
)

// registryTarball reads the package and version out of the address of a tarball
// in the shape that registries use: …/NAME/-/BASE-VERSION.tgz.
func registryTarball(address string) (name, version string, ok bool) {
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return "", "", false
	}
	folder, file, ok := cutLast(parsed.Path, "/-/")
	if !ok || !strings.HasSuffix(file, ".tgz") {
		return "", "", false
	}
	scope, base := path.Split(folder)
	name = base
	if scope = path.Base(scope); strings.HasPrefix(scope, "@") {
		name = scope + "/" + base
	}
	file = strings.TrimPrefix(file, path.Dir(name)+"/") // some registries repeat the scope here
	version, ok = strings.CutPrefix(strings.TrimSuffix(file, ".tgz"), base+"-")
	if !ok || CheckName(name) != nil || CheckVersion(version) != nil {
		return "", "", false
	}
	return name, version, true
}

func cutLast(s, separator string) (before, after string, found bool) {
	if at := strings.LastIndex(s, separator); at >= 0 {
		return s[:at], s[at+len(separator):], true
	}
	return s, "", false
}

func unescape(text string) string {
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}

func onWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}

// pinURL returns an address as a lock records it, without user, password, query
// and fragment; "" when it is no web address.
func pinURL(address string) string {
	if !onWeb(address) {
		return ""
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return ""
	}
	parsed.User, parsed.RawQuery, parsed.ForceQuery, parsed.Fragment, parsed.RawFragment = nil, "", false, "", ""
	return parsed.String()
}

// redact takes from a dependency's text what may be secret or private: user and
// password, queries, and the folders of an absolute path. The revision behind
// "#" stays.
func redact(text string) string {
	if strings.HasPrefix(text, "workspace:") || strings.HasPrefix(text, "catalog:") {
		return text
	}
	body, fragment, marked := strings.Cut(text, "#")
	body, _, _ = strings.Cut(body, "?")
	scheme, rest, ok := cutAfter(body, "://")
	if ok {
		authority, tail := rest, ""
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			authority, tail = rest[:slash], rest[slash:]
		}
		body = scheme + hideUser(authority) + tail
	}
	if prefix, file := localPath(body); file != "" {
		return prefix + "…/" + file
	}
	if !ok {
		body = hideShortUser(body)
	}
	if marked && !strings.ContainsAny(fragment, "@:") {
		body += "#" + fragment
	}
	return body
}

func cutAfter(s, separator string) (before, after string, found bool) {
	if at := strings.Index(s, separator); at >= 0 {
		return s[:at+len(separator)], s[at+len(separator):], true
	}
	return "", s, false
}

// hideUser drops user and password; "git" alone, which every git host uses, stays.
func hideUser(authority string) string {
	user, host, ok := cutLast(authority, "@")
	if !ok || user == "git" {
		return authority
	}
	return host
}

// hideShortUser does the same for "user:password@host:path".
func hideShortUser(body string) string {
	user, rest, ok := strings.Cut(body, "@")
	if ok && strings.Contains(user, ":") && strings.Contains(rest, ":") && !strings.HasPrefix(body, "npm:") {
		scheme, _, _ := strings.Cut(user, ":")
		if protocols[scheme] == 0 {
			return rest
		}
		return scheme + ":" + rest
	}
	return body
}

// localPath splits an absolute path, with the scheme in front of it, from its
// last element. A text that is none has no element.
func localPath(body string) (prefix, file string) {
	rest := body
	for _, scheme := range []string{"git+file://", "file://", "file:", "link:", "portal:", "patch:"} {
		if after, ok := strings.CutPrefix(rest, scheme); ok {
			prefix, rest = scheme, after
			break
		}
	}
	slashed := strings.ReplaceAll(rest, `\`, "/")
	drive := len(slashed) > 2 && slashed[1] == ':' && slashed[2] == '/'
	if !drive && !strings.HasPrefix(slashed, "/") && !strings.HasPrefix(slashed, "~/") {
		return "", ""
	}
	return prefix, path.Base(slashed)
}
