package discover

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// fromLock returns the registries that a lock records, the one that most
// releases came from last: it is the default. The others get the names that were
// recorded there; a whole scope when all of it was. Names of scopes that the
// settings route are left out.
func fromLock(nodes []feed.Node, routed map[string]bool) []registry {
	names := namesByBase(nodes, routed)
	bases := slices.Collect(maps.Keys(names))
	slices.SortFunc(bases, func(a, b string) int {
		if d := len(names[a]) - len(names[b]); d != 0 {
			return d
		}
		return strings.Compare(b, a)
	})
	var found []registry
	for i, base := range bases {
		r, err := newRegistry(setting{value: base, at: "the lockfile"})
		if err != nil {
			continue
		}
		if i < len(bases)-1 {
			r.name = name + "-" + strings.ReplaceAll(r.url.Host, ":", "-")
			r.include = patterns(names, base)
		}
		found = append(found, r)
	}
	return found
}

// namesByBase groups the packages of a lock by the registry recorded for them. A
// name that is recorded at several belongs to the first.
func namesByBase(nodes []feed.Node, routed map[string]bool) map[string]map[string]bool {
	names := map[string]map[string]bool{}
	seen := map[string]bool{}
	for _, node := range nodes {
		if seen[node.Name] || routed[scopeOf(node.Name)] && scopeOf(node.Name) != "" {
			continue
		}
		for _, pin := range node.Pins {
			base, ok := baseOf(pin.URL, node.Name)
			if !ok {
				continue
			}
			if names[base] == nil {
				names[base] = map[string]bool{}
			}
			names[base][node.Name] = true
			seen[node.Name] = true
			break
		}
	}
	return names
}

// baseOf returns the registry's address in the address of a tarball,
// BASE/NAME/-/FILE. Other forms say nothing of the registry.
func baseOf(address, packageName string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.Opaque != "" {
		return "", false
	}
	base, _, ok := strings.Cut(u.Path, "/"+packageName+"/-/")
	if !ok {
		return "", false
	}
	clean := url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host), Path: base + "/"}
	return clean.String(), true
}

func scopeOf(packageName string) string {
	if scope, _, ok := strings.Cut(packageName, "/"); ok && strings.HasPrefix(scope, "@") {
		return scope
	}
	return ""
}

// patterns returns what the upstream of base answers for, sorted.
func patterns(names map[string]map[string]bool, base string) []string {
	elsewhere := map[string]bool{}
	for other, there := range names {
		for packageName := range there {
			if other != base {
				elsewhere[scopeOf(packageName)] = true
			}
		}
	}
	all := map[string]bool{}
	for packageName := range names[base] {
		if scope := scopeOf(packageName); scope != "" && !elsewhere[scope] && validScope(scope) {
			all[scope+"/*"] = true
		} else {
			all[literal(packageName)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// literal returns the pattern that matches only the name.
func literal(packageName string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(packageName)
}
