package lock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// maxGroup limits what one group may come to with its includes.
const maxGroup = 100_000

// groupLists resolves the includes of dependency groups (PEP 735).
type groupLists struct {
	src   *source
	lists map[string][]any // by normal name
	done  map[string][]dependency
}

func errName(name string) error {
	return fmt.Errorf("%q is no name; letters, digits and, inside, -, _ and . make one", clip(name))
}

// expand returns the requirements of a group; path is the chain of groups that
// include it.
func (g *groupLists) expand(name string, path []string) ([]dependency, error) {
	if list, ok := g.done[name]; ok {
		return list, nil
	}
	key := "dependency-groups." + name
	if slices.Contains(path, name) {
		return nil, g.src.fail(key, "the group includes itself: %s", strings.Join(append(path, name), " > "))
	}
	if len(path) >= maxNesting {
		return nil, g.src.fail(key, "groups are nested deeper than %d", maxNesting)
	}
	path = append(slices.Clone(path), name)
	var all []dependency
	for _, item := range g.lists[name] {
		more, err := g.item(key, item, path)
		if err != nil {
			return nil, err
		}
		if all = append(all, more...); len(all) > maxGroup {
			return nil, g.src.fail(key, "the group comes to more than %d requirements", maxGroup)
		}
	}
	g.done[name] = all
	return all, nil
}

// item reads one element of a group: a requirement, or an include.
func (g *groupLists) item(key string, item any, path []string) ([]dependency, error) {
	switch v := item.(type) {
	case string:
		d, err := parseDependency(v)
		if err != nil {
			return nil, g.src.wrap(key, err)
		}
		return []dependency{d}, nil
	case map[string]any:
		name, ok := v["include-group"].(string)
		if !ok || len(v) != 1 {
			break
		}
		normal := wheel.NormalizeName(name)
		if _, known := g.lists[normal]; !known {
			return nil, g.src.fail(key, "the group includes %q, and there is no such group", clip(name))
		}
		return g.expand(normal, path)
	}
	return nil, g.src.fail(key, "an element is neither a requirement nor {include-group = \"NAME\"}")
}
