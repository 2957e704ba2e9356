package discover

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// yarnKeys are the settings of .yarnrc.yml that say where packages come from,
// and their keys in .npmrc.
var yarnKeys = map[string]string{
	"npmRegistryServer": "registry",
	"npmAuthToken":      "_authToken",
	"npmAuthIdent":      "_auth",
}

// parseYarnrcYML reads the settings of Yarn 2 and later.
func parseYarnrcYML(f *file, data []byte) error {
	root, err := parseYAML(data)
	if err != nil {
		return err
	}
	f.yarnKeys(root, "")
	if path := child(root, "httpsCaFilePath", "caFilePath"); path != nil {
		f.yarnValue(path, "cafile")
	}
	for scope, node := range pairs(child(root, "npmScopes")) {
		f.yarnKeys(node, "@"+strings.TrimPrefix(scope, "@")+":")
	}
	for address, node := range pairs(child(root, "npmRegistries")) {
		f.yarnKeys(node, nerf(address)+":")
	}
	return nil
}

func (f *file) yarnKeys(node *yaml.Node, prefix string) {
	for key, value := range pairs(node) {
		if npmKey, ok := yarnKeys[key]; ok {
			f.yarnValue(value, prefix+npmKey)
		}
	}
}

func (f *file) yarnValue(node *yaml.Node, key string) {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
		return
	}
	set := setting{}
	set.value, set.missing = expandYarn(f.env, node.Value)
	if strings.HasSuffix(key, "_auth") && set.missing == "" {
		set.value = encodeIdent(set.value)
	}
	f.set(node.Line, key, set)
}

// nerf returns an address as .npmrc keys spell it: without the scheme, with a
// slash at the end.
func nerf(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = "//" + rest
	}
	return strings.TrimRight(address, "/") + "/"
}

var yarnVariable = regexp.MustCompile(`\$\{([A-Za-z0-9_]+)(?:(:?-)([^}]*))?\}`)

// expandYarn replaces ${VAR}, ${VAR-fallback} and ${VAR:-fallback}, the last one
// also when the variable is empty.
func expandYarn(env ecosystem.Environment, text string) (expanded, missing string) {
	expanded = yarnVariable.ReplaceAllStringFunc(text, func(match string) string {
		part := yarnVariable.FindStringSubmatch(match)
		value, ok := lookup(env, part[1])
		switch {
		case part[2] == ":-" && value == "", part[2] == "-" && !ok:
			return part[3]
		case !ok:
			missing = part[1]
			return match
		}
		return value
	})
	return expanded, missing
}

// parseYarnrc reads the settings of Yarn 1: a key, a blank, a value, each quoted
// or not.
func parseYarnrc(f *file, data []byte) error {
	for i, line := range strings.Split(string(data), "\n") {
		key, rest := yarnToken(strings.TrimSpace(line))
		value, _ := yarnToken(strings.TrimSpace(rest))
		if key == "registry" || key == "cafile" || strings.HasSuffix(key, ":registry") {
			set := setting{}
			set.value, set.missing = expand(f.env, value)
			f.set(i+1, key, set)
		}
	}
	return nil
}

func yarnToken(text string) (token, rest string) {
	if strings.HasPrefix(text, `"`) {
		if end := strings.IndexByte(text[1:], '"'); end >= 0 {
			return text[1 : end+1], text[end+2:]
		}
	}
	token, rest, _ = strings.Cut(text, " ")
	return strings.TrimSuffix(token, ":"), rest
}

// parsePnpmWorkspace reads the registries of a pnpm workspace, which are written
// as {default: URL, "@scope": URL} or as {URL: {scopes: [...]}}. As with pnpm,
// nothing is expanded in them: the file is the repository's, and must not send
// the environment anywhere.
func parsePnpmWorkspace(f *file, data []byte) error {
	root, err := parseYAML(data)
	if err != nil {
		return err
	}
	for key, node := range pairs(child(root, "registries")) {
		if node.Kind == yaml.ScalarNode {
			f.pnpmRegistry(node.Line, key, node.Value)
			continue
		}
		if scopes := child(node, "scopes"); scopes != nil {
			for _, scope := range scopes.Content {
				f.pnpmRegistry(node.Line, scope.Value, key)
			}
		}
	}
	return nil
}

func (f *file) pnpmRegistry(line int, scope, address string) {
	if strings.Contains(address, "${") {
		return
	}
	key := scope + ":registry"
	if scope == "default" || scope == "@" {
		key = "registry"
	}
	f.set(line, key, setting{value: address})
}
