package npm

import (
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/tree"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Node's names of what a target calls otherwise.
var (
	nodeOS   = map[string]string{"windows": "win32"}
	nodeArch = map[string]string{"amd64": "x64", "386": "ia32"}
)

// fitsAny reports whether one of the targets may install a release with these
// os, cpu and libc fields. No targets means every platform.
func fitsAny(fields *tree.Fields, targets []feed.Target) bool {
	return len(targets) == 0 || slices.ContainsFunc(targets, func(t feed.Target) bool { return fits(fields, t) })
}

func fits(fields *tree.Fields, t feed.Target) bool {
	system, arch := t.OS, t.Arch
	if name, ok := nodeOS[system]; ok {
		system = name
	}
	if name, ok := nodeArch[arch]; ok {
		arch = name
	}
	if !allows(fields.OS, system) || !allows(fields.CPU, arch) {
		return false
	}
	return t.Libc == "" || t.OS != "linux" || allows(fields.Libc, t.Libc)
}

// allows is npm's rule for os, cpu and libc: an entry "!x" refuses x; when there
// are entries without "!", one of them must be the value or "any".
func allows(list []string, value string) bool {
	named, allowed := false, false
	for _, entry := range list {
		if refused, ok := strings.CutPrefix(entry, "!"); ok {
			if refused == value {
				return false
			}
			continue
		}
		named = true
		allowed = allowed || entry == value || entry == "any"
	}
	return allowed || !named
}
