package discover

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// parseBunfig reads the section [install] of Bun's settings. Errors do not
// repeat the text, which may hold credentials.
func parseBunfig(f *file, data []byte) error {
	f.dir = f.env.Dir
	var document struct {
		Install map[string]any `toml:"install"`
	}
	if err := toml.Unmarshal(data, &document); err != nil {
		var failure *toml.DecodeError
		if errors.As(err, &failure) {
			line, _ := failure.Position()
			return fmt.Errorf("line %d is not valid TOML", line)
		}
		return errors.New("not valid TOML")
	}
	f.bunRegistry("", document.Install["registry"])
	if path, ok := document.Install["cafile"].(string); ok {
		f.bunValue("cafile", path)
	}
	if text, ok := document.Install["ca"].(string); ok {
		f.bunValue("ca", text)
	}
	scopes, _ := document.Install["scopes"].(map[string]any)
	for scope, value := range scopes {
		f.bunRegistry("@"+strings.TrimPrefix(scope, "@")+":", value)
	}
	return nil
}

// bunRegistry reads a registry: an address, or a table of it and credentials.
func (f *file) bunRegistry(prefix string, value any) {
	table, ok := value.(map[string]any)
	if !ok {
		if address, ok := value.(string); ok {
			f.bunValue(prefix+"registry", address)
		}
		return
	}
	for key, npmKey := range map[string]string{"url": "registry", "token": "_authToken", "username": "username"} {
		if text, ok := table[key].(string); ok {
			f.bunValue(prefix+npmKey, text)
		}
	}
	if text, ok := table["password"].(string); ok {
		password, missing := expandBun(f, text)
		encoded := base64.StdEncoding.EncodeToString([]byte(password))
		f.set(0, prefix+"_password", setting{value: encoded, missing: missing})
	}
}

func (f *file) bunValue(key, text string) {
	value, missing := expandBun(f, text)
	f.set(0, key, setting{value: value, missing: missing})
}

var bunVariable = regexp.MustCompile(`\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))`)

// expandBun replaces $VAR and ${VAR}. A dollar sign may be part of a password:
// only a text that is nothing but a variable can lack it.
func expandBun(f *file, text string) (expanded, missing string) {
	expanded = bunVariable.ReplaceAllStringFunc(text, func(match string) string {
		name := strings.Trim(match, "${}")
		value, ok := lookup(f.env, name)
		if !ok {
			if match == text {
				missing = name
			}
			return match
		}
		return value
	})
	return expanded, missing
}
