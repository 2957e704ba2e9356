package cargo

import (
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
)

// folder is the ecosystem's folder in the feed; every path starts with it.
const folder = crate.Ecosystem + "/"

// others is the folder of the registries besides the default one, each a feed of
// its own.
const others = folder + "registries/"

// root is the folder of a registry: its index is in index/, its crates lie
// beside that, where Cargo's local-registry source looks for them, and once more
// in dl/ under a name that no web server looks into.
func root(registry string) string {
	if registry == "" {
		return folder
	}
	return others + registry + "/"
}

// checkKey refuses a name or version that cannot be part of a path.
func checkKey(name, version string) (registry, base string, err error) {
	registry, base, ok := crate.Split(name)
	if !ok {
		return "", "", fmt.Errorf("cargo: %.100q is no package name; want CRATE or REGISTRY/CRATE, of letters, digits, - and _", name)
	}
	if !crate.ValidVersion(version) {
		return "", "", fmt.Errorf("cargo: %s: %.100q is no version; want one like 1.2.3 or 1.2.3-rc.1", name, version)
	}
	return registry, base, nil
}

func indexPath(registry, base string) string {
	return root(registry) + "index/" + crate.IndexPath(base)
}

func cratePath(registry, base, version string) string {
	return root(registry) + crateFile(base, version)
}

func crateFile(base, version string) string { return base + "-" + version + ".crate" }

func downloadPath(registry, base, version string) string {
	return root(registry) + "dl/" + base + "-" + version + ".bin"
}

// Owner returns the name of the package that a path in the feed belongs to. The
// index has a crate's file under its lower-case name, so that the owner of one
// whose name has capitals comes out in lower case there.
func Owner(path string) string {
	registry, rest, ok := cutRoot(path)
	if !ok {
		return ""
	}
	if inner, isIndex := strings.CutPrefix(rest, "index/"); isIndex {
		base := inner[strings.LastIndexByte(inner, '/')+1:]
		if !crate.Valid(base) || crate.IndexPath(base) != inner {
			return ""
		}
		return crate.Join(registry, base)
	}
	if inner, isVendored := strings.CutPrefix(rest, "vendor/"); isVendored {
		return vendored(registry, inner)
	}
	file, isDownload := strings.CutPrefix(rest, "dl/")
	suffix := ".crate"
	if isDownload {
		suffix = ".bin"
	}
	file, ok = strings.CutSuffix(file, suffix)
	base, version, cut := cutVersion(file)
	if !ok || !cut || !crate.Valid(base) || !crate.ValidVersion(version) {
		return ""
	}
	return crate.Join(registry, base)
}

// cutRoot splits a path behind the folder of its registry.
func cutRoot(path string) (registry, rest string, ok bool) {
	if inner, isOther := strings.CutPrefix(path, others); isOther {
		registry, rest, ok = strings.Cut(inner, "/")
		if _, _, valid := crate.Split(registry + "/x"); !valid {
			return "", "", false
		}
		return registry, rest, ok
	}
	rest, ok = strings.CutPrefix(path, folder)
	return "", rest, ok
}

// cutVersion splits "CRATE-VERSION". No crate's name has a dot, so the version
// starts at the last hyphen before the first one.
func cutVersion(text string) (base, version string, ok bool) {
	dot := strings.IndexByte(text, '.')
	if dot < 0 {
		return "", "", false
	}
	hyphen := strings.LastIndexByte(text[:dot], '-')
	if hyphen < 0 {
		return "", "", false
	}
	return text[:hyphen], text[hyphen+1:], true
}
