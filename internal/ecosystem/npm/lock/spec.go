package lock

import (
	"strings"
)

// specKind says what the text of a dependency asks for.
type specKind uint8

const (
	specRegistry  specKind = iota // a range, version or tag, also behind an alias
	specWorkspace                 // a member of the project's workspace
	specLink                      // a folder that is linked
	specCatalog                   // a range that stands elsewhere
	specGit
	specURL
	specFile
	specPortal
	specExec
	specRuntime
	specUnknown
)

var specNames = [...]string{
	"registry package", "workspace member", "link", "catalog entry", "git dependency", "URL dependency",
	"file dependency", "portal dependency", "exec dependency", "runtime", "dependency of an unknown protocol",
}

func (k specKind) String() string { return specNames[k] }

// maxSpec bounds the text of a dependency that is looked into.
const maxSpec = 8192

// spec is a dependency's text, read.
type spec struct {
	kind specKind
	name string // real name of the package
	text string // range, version or tag; of what no registry serves, the whole text, redacted
}

var protocols = map[string]specKind{
	"workspace": specWorkspace, "link": specLink, "catalog": specCatalog, "portal": specPortal, "exec": specExec,
	"file": specFile, "http": specURL, "https": specURL, "runtime": specRuntime,
	"git": specGit, "ssh": specGit, "git+ssh": specGit, "git+http": specGit, "git+https": specGit, "git+file": specGit,
	"git+rsync": specGit, "git+ftp": specGit, "github": specGit, "gitlab": specGit, "bitbucket": specGit, "gist": specGit,
}

// parseSpec reads what a dependency map says of a name, in the notations of npm,
// yarn, pnpm and bun.
func parseSpec(name, raw string) spec {
	raw = strings.TrimSpace(raw)
	if len(raw) > maxSpec {
		return spec{kind: specUnknown, name: name, text: clip(redact(raw))}
	}
	if parsed, ok := parsePackage(name, raw); ok {
		return parsed
	}
	kind := specRegistry
	scheme, rest, ok := strings.Cut(raw, ":")
	switch {
	case onDisk(raw):
		kind = specFile
	case ok && !strings.ContainsAny(scheme, "/@ ") && scheme != "":
		kind = protocolKind(strings.ToLower(scheme), rest)
	case ok && strings.Contains(scheme, "@"), shorthand(raw):
		kind = specGit // git@host:path and owner/project
	case strings.Contains(raw, "/"), tarballFile(raw):
		kind = specFile
	}
	if kind == specRegistry {
		return spec{kind: kind, name: name, text: raw}
	}
	return spec{kind: kind, name: name, text: redact(raw)}
}

// parsePackage reads the notations that name another package or wrap a range.
func parsePackage(name, raw string) (spec, bool) {
	lower := strings.ToLower(raw)
	switch {
	case strings.HasPrefix(lower, "npm:"):
		return parseAlias(name, raw[len("npm:"):]), true
	case strings.HasPrefix(lower, "jsr:"):
		return parseJSR(name, raw[len("jsr:"):]), true
	case strings.HasPrefix(lower, "patch:"):
		return parsePatch(name, raw[len("patch:"):], 0), true
	}
	if strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		if real, version, ok := registryTarball(raw); ok {
			return spec{kind: specRegistry, name: real, text: version}, true
		}
	}
	return spec{}, false
}

// parseAlias reads what follows "npm:": "real@range", "real", or, as yarn writes
// it, a range of the same package.
func parseAlias(name, raw string) spec {
	real, text, ok := splitAt(raw)
	if !ok && (CheckName(raw) != nil || raw[0] >= '0' && raw[0] <= '9') {
		return spec{kind: specRegistry, name: name, text: raw}
	}
	return plainSpec("npm:"+raw, name, real, text)
}

// plainSpec is the requirement of a registry's package by a range or a tag. What
// names another package in its turn is none that any client knows.
func plainSpec(raw, name, real, text string) spec {
	if strings.Contains(text, ":") {
		return spec{kind: specUnknown, name: name, text: redact(raw)}
	}
	return spec{kind: specRegistry, name: real, text: text}
}

// parseJSR reads "jsr:range" and "jsr:@scope/name@range": packages of JSR, which
// its npm registry offers as @jsr/scope__name. All of them have a scope.
func parseJSR(name, raw string) spec {
	real, text, ok := splitAt(raw)
	if !strings.HasPrefix(raw, "@") {
		real, text = name, raw
	} else if !ok {
		text = ""
	}
	scope, bare, scoped := strings.Cut(strings.TrimPrefix(real, "@"), "/")
	if !scoped {
		return spec{kind: specUnknown, name: name, text: redact("jsr:" + raw)}
	}
	return plainSpec("jsr:"+raw, name, "@jsr/"+scope+"__"+bare, text)
}

// parsePatch reads yarn's "patch:LOCATOR#PATCH": the patched package is what a
// registry serves.
func parsePatch(name, raw string, depth int) spec {
	inner, _, _ := strings.Cut(raw, "#")
	real, text, ok := splitAt(unescape(inner))
	if !ok || depth > 8 {
		return spec{kind: specUnknown, name: name, text: redact("patch:" + raw)}
	}
	if rest, patched := strings.CutPrefix(text, "patch:"); patched {
		return parsePatch(real, rest, depth+1)
	}
	return parseSpec(real, text)
}

// protocolKind tells a web address of a git project from one of a tarball.
func protocolKind(scheme, rest string) specKind {
	kind, known := protocols[scheme]
	if !known {
		return specUnknown
	}
	if path, fragment, _ := strings.Cut(rest, "#"); kind == specURL && (strings.HasSuffix(path, ".git") || strings.HasPrefix(fragment, "commit=")) {
		return specGit
	}
	return kind
}

func onDisk(raw string) bool {
	switch {
	case raw == "":
		return false
	case raw[0] == '/', raw[0] == '\\', strings.HasPrefix(raw, "~/"), raw == ".", raw == "..":
		return true
	case strings.HasPrefix(raw, "./"), strings.HasPrefix(raw, "../"):
		return true
	}
	letter := raw[0] | 0x20
	return len(raw) > 2 && 'a' <= letter && letter <= 'z' && raw[1] == ':' && (raw[2] == '\\' || raw[2] == '/')
}

// shorthand reports whether a text is "owner/project", which npm takes from a
// git host.
func shorthand(raw string) bool {
	path, _, _ := strings.Cut(raw, "#")
	return !strings.HasPrefix(path, "@") && strings.Count(path, "/") == 1 && !strings.ContainsAny(path, " :%")
}

func tarballFile(raw string) bool {
	lower := strings.ToLower(raw)
	return strings.HasSuffix(lower, ".tgz") || strings.HasSuffix(lower, ".tar.gz") || strings.HasSuffix(lower, ".tar")
}
