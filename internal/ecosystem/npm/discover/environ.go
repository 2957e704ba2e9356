package discover

import (
	"encoding/base64"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// environment adds the layers that environment variables make, one for each
// program, because the token of one is not meant for the registry of another.
func (r *reading) environment() {
	for _, prefix := range []string{"npm_config_", "pnpm_config_"} {
		r.layers = append(r.layers, configVariables(r.env, prefix))
	}
	r.layers = append(r.layers,
		variables(r.env, map[string]string{
			"YARN_NPM_REGISTRY_SERVER": "registry",
			"YARN_NPM_AUTH_TOKEN":      "_authToken",
			"YARN_NPM_AUTH_IDENT":      "_auth",
		}),
		variables(r.env, map[string]string{"BUN_CONFIG_REGISTRY": "registry", "BUN_CONFIG_TOKEN": "_authToken"}),
		variables(r.env, map[string]string{"NODE_EXTRA_CA_CERTS": "node-extra-ca-certs"}),
	)
}

// configVariables reads npm_config_KEY in any letter case. An underscore after
// the first letter of a key stands for a hyphen; keys of an address are verbatim.
func configVariables(env ecosystem.Environment, prefix string) layer {
	l := layer{}
	for _, entry := range env.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if len(name) <= len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) || value == "" {
			continue
		}
		key := name[len(prefix):]
		if !strings.HasPrefix(key, "//") {
			key = strings.ToLower(key[:1] + strings.ReplaceAll(key[1:], "_", "-"))
			if key == "-authtoken" || key == "_authtoken" {
				key = "_authToken"
			}
		}
		if isPath(key) {
			value = resolvePath(env, env.Dir, value)
		}
		l[key] = setting{value: value, at: name}
	}
	return l
}

func variables(env ecosystem.Environment, keys map[string]string) layer {
	l := layer{}
	for name, key := range keys {
		if value := env.Getenv(name); value != "" {
			if key == "_auth" {
				value = encodeIdent(value)
			}
			l[key] = setting{value: value, at: name}
		}
	}
	return l
}

// encodeIdent returns Yarn's ident, "user:password" or its base64, as base64.
func encodeIdent(ident string) string {
	if strings.Contains(ident, ":") {
		return base64.StdEncoding.EncodeToString([]byte(ident))
	}
	return ident
}

// lookup returns a variable's value, and whether it is set.
func lookup(env ecosystem.Environment, name string) (string, bool) {
	for i := len(env.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(env.Environ[i], name+"="); ok {
			return value, true
		}
	}
	return "", false
}
