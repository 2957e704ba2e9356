package npm

import (
	"fmt"
	"net/url"
	"strings"
)

// folder is the ecosystem's folder in the feed; every path starts with it.
const folder = "npm/"

// nameMarks are the characters besides letters and digits that a name may hold:
// those that encodeURIComponent leaves alone, as the registry demanded of its
// oldest packages too.
const nameMarks = "-._~!'()*"

// maxName is the longest name that the registry takes, in bytes.
const maxName = 214

// splitName takes a package name apart. It is ok only for names that are one or,
// with a scope, two plain path segments.
func splitName(name string) (scope, base string, ok bool) {
	base = name
	if scoped, isScoped := strings.CutPrefix(name, "@"); isScoped {
		if scope, base, ok = strings.Cut(scoped, "/"); !ok || !plainSegment(scope) {
			return "", "", false
		}
	}
	return scope, base, len(name) <= maxName && plainSegment(base)
}

func plainSegment(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && strings.IndexByte(nameMarks, c) < 0 {
			return false
		}
	}
	return text != "" && text[0] != '.'
}

func isAlphanumeric(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// checkKey refuses a name or version that cannot be part of a path.
func checkKey(name, version string) error {
	if _, _, ok := splitName(name); !ok {
		return fmt.Errorf("npm: %.100q is no package name; want name or @scope/name of letters, digits and %s", name, nameMarks)
	}
	if !validVersion(version) {
		return fmt.Errorf("npm: %s: %.100q is no version; want one like 1.2.3 or 1.2.3-rc.1", name, version)
	}
	return nil
}

// packumentPath is where the packument of a package lies in the feed.
func packumentPath(name string) string { return folder + name + "/index.html" }

// tarballPath is where every client looks for a release that it knows from a
// lockfile, whatever its packument says.
func tarballPath(name, version string) string {
	return tarballFolder(name) + tarballName(name, version)
}

func tarballFolder(name string) string { return folder + name + "/-/" }

func tarballName(name, version string) string {
	return name[strings.LastIndexByte(name, '/')+1:] + "-" + version + ".tgz"
}

// offlineMirrorPath is where yarn classic looks for a release without a server.
func offlineMirrorPath(name, version string) string {
	return folder + "yarn-offline-mirror/" + strings.ReplaceAll(name, "/", "-") + "-" + version + ".tgz"
}

// packumentURL is the address of a packument at a registry.
func packumentURL(registry, name string) string {
	scope, base, _ := splitName(name)
	if scope != "" {
		return registry + "/@" + url.PathEscape(scope) + "%2f" + url.PathEscape(base)
	}
	return registry + "/" + url.PathEscape(base)
}

// Owner returns the name of the package that a path in the feed belongs to. It
// is "" for documents of the whole ecosystem and for the flat folder of yarn's
// offline mirror, whose names do not tell where a scope ends.
func Owner(path string) string {
	rest, ok := strings.CutPrefix(path, folder)
	if !ok {
		return ""
	}
	name, rest := cutName(rest)
	switch {
	case name == "-":
		return dashOwner(rest)
	case name == "yarn-offline-mirror" && isTarballName(rest):
		return ""
	case rest == "index.html", strings.HasPrefix(rest, "-/") && len(rest) > 2, rest != "" && !strings.Contains(rest, "/"):
		return name
	}
	return ""
}

// dashOwner is Owner for what lies under "-/", where the registry's own
// documents and the package that is called "-" meet.
func dashOwner(rest string) string {
	if inner, ok := strings.CutPrefix(rest, "package/"); ok {
		if name, tail := cutName(inner); tail == "dist-tags" {
			return name
		}
		return ""
	}
	if rest == "index.html" || strings.HasPrefix(rest, "-/") && len(rest) > 2 {
		return "-"
	}
	return ""
}

// cutName splits the text into the package name that it starts with and what
// follows; the name is "" when there is none.
func cutName(text string) (name, rest string) {
	end := strings.IndexByte(text, '/')
	if strings.HasPrefix(text, "@") && end > 0 {
		if second := strings.IndexByte(text[end+1:], '/'); second >= 0 {
			end += 1 + second
		}
	}
	if end < 0 {
		return "", ""
	}
	if _, _, ok := splitName(text[:end]); !ok {
		return "", ""
	}
	return text[:end], text[end+1:]
}

func isTarballName(text string) bool {
	return strings.HasSuffix(text, ".tgz") && !strings.Contains(text, "/")
}
