package lock

import (
	"path"
	"strings"
)

// bareKey takes the peers, in brackets, from a key.
func bareKey(key string) string {
	bare, _, _ := strings.Cut(key, "(")
	return bare
}

// identity returns name and version of an entry. Its fields name them where the
// key cannot.
func (l *pnpmLock) identity(e *pnpmEntry) (name, version string) {
	key := bareKey(e.key)
	switch {
	case l.major == 5:
		name, version = splitPath(key)
	case l.major == 6 && !strings.HasPrefix(key, "/"): // the host of a registry in front
		name, version, _ = cutLast(key, "@")
		name = lastName(name)
	default:
		name, version, _ = splitAt(strings.TrimPrefix(key, "/"))
	}
	if given := e.info.get("name").str(); given != "" {
		name = given
	}
	if given := e.info.get("version").str(); given != "" && CheckVersion(version) != nil {
		version = given
	}
	return name, version
}

// splitPath reads the keys of version 5: "/name/1.2.3_peers", with the host of
// the registry in front when it is not the default one.
func splitPath(key string) (name, version string) {
	parts := strings.Split(key, "/")[1:]
	if len(parts) > 1 && strings.HasPrefix(parts[0], "@") {
		parts = append([]string{parts[0] + "/" + parts[1]}, parts[2:]...)
	}
	if len(parts) < 2 {
		return "", ""
	}
	version, _, _ = strings.Cut(parts[1], "_")
	return parts[0], version
}

// lastName returns the package name at the end of "registry.example/@scope/name".
func lastName(text string) string {
	folder, base := path.Split(text)
	if scope := path.Base(folder); strings.HasPrefix(scope, "@") {
		return scope + "/" + base
	}
	return base
}

// classify gives an entry its node, or lists it as skipped.
func (l *pnpmLock) classify(e *pnpmEntry) error {
	name, version := l.identity(e)
	resolution := e.info.get("resolution")
	if resolution == nil || resolution.kind != object {
		return l.g.src.fail(e.line, e.key, "the entry has no resolution: the file is cut off or damaged")
	}
	kind, spec := pnpmKind(bareKey(e.key), resolution)
	if kind != specRegistry {
		if kind == specGit && e.info.get("name") == nil && l.major < 7 {
			name = strings.TrimSuffix(path.Base(resolution.get("repo").str()), ".git") // the key holds a path only
		}
		l.g.skip(name, spec, kind, e.info.line)
		return nil
	}
	node, err := l.g.node(record{
		name: name, version: version, address: resolution.get("tarball").str(),
		integrity: resolution.get("integrity").str(), line: e.info.line, key: e.key,
	})
	e.node = node
	return err
}

// pnpmKind tells a registry package from what no registry serves, for which it
// also returns what the lock says of it.
func pnpmKind(key string, resolution *value) (specKind, string) {
	tarball := resolution.get("tarball").str()
	switch resolution.get("type").str() {
	case "git":
		return specGit, resolution.get("repo").str() + "#" + resolution.get("commit").str()
	case "directory":
		return specFile, "file:" + resolution.get("directory").str()
	case "binary", "variations":
		return specRuntime, key
	case "":
	default:
		return specUnknown, key
	}
	_, _, conventional := registryTarball(tarball)
	switch {
	case strings.HasPrefix(tarball, "file:"):
		return specFile, tarball
	case conventional:
		return specRegistry, ""
	case resolution.get("gitHosted").is(), onWeb(tarball) && revision(path.Base(tarball)):
		return specGit, tarball
	case onWeb(tarball) && requestedByURL(key):
		return specURL, tarball
	}
	return specRegistry, ""
}

// revision reports whether a text is a full git revision.
func revision(text string) bool {
	return len(text) == 40 && strings.Trim(text, "0123456789abcdef") == ""
}

// requestedByURL reports whether a key holds an address where a version would be.
func requestedByURL(key string) bool {
	_, reference, _ := splitAt(key)
	return onWeb(reference) || !strings.HasPrefix(key, "/") && CheckVersion(reference) != nil
}
