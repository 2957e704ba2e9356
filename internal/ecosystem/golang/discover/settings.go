package discover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// setting is one value, and where it was found.
type setting struct{ value, at string }

// keys are the variables that say where modules come from.
var keys = []string{"GOPROXY", "GONOPROXY", "GOPRIVATE"}

// read returns the values of the keys.
func read(ctx context.Context, env ecosystem.Environment) (map[string]setting, error) {
	file, place, err := readEnvFile(env)
	if err != nil {
		return nil, err
	}
	found := map[string]setting{}
	for _, key := range keys {
		if value := env.Getenv(key); value != "" {
			found[key] = setting{value, key + " in the environment"}
		} else if value := file[key]; value != "" {
			found[key] = setting{value, key + " in " + place}
		}
	}
	if found["GOPROXY"].value != "" {
		return found, nil
	}
	answered, err := ask(ctx, env)
	if err != nil {
		return nil, nothingFound(err)
	}
	for _, key := range keys {
		if value := answered[key]; found[key].value == "" && value != "" {
			found[key] = setting{value, "go env " + key}
		}
	}
	return found, nil
}

// readEnvFile reads the file of "go env -w": lines of KEY=value.
func readEnvFile(env ecosystem.Environment) (values map[string]string, place string, err error) {
	path := env.Getenv("GOENV")
	if path == "off" {
		return nil, "", nil
	}
	if path == "" {
		dir := configDir(env)
		if dir == "" {
			return nil, "", nil
		}
		path = filepath.Join(dir, "go", "env")
	}
	data, err := readFile(env, path)
	if err != nil || data == nil {
		return nil, "", err
	}
	values = map[string]string{}
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && !strings.HasPrefix(key, "#") {
			values[key] = value
		}
	}
	return values, shown(env, path), nil
}

// configDir is the folder for settings of the user, as os.UserConfigDir has it.
func configDir(env ecosystem.Environment) string {
	switch {
	case runtime.GOOS == "windows":
		return env.Getenv("AppData")
	case runtime.GOOS != "darwin" && env.Getenv("XDG_CONFIG_HOME") != "":
		return env.Getenv("XDG_CONFIG_HOME")
	case env.Home == "":
		return ""
	case runtime.GOOS == "darwin":
		return filepath.Join(env.Home, "Library", "Application Support")
	}
	return filepath.Join(env.Home, ".config")
}

// readFile reads a settings file; nil when there is none.
func readFile(env ecosystem.Environment, path string) ([]byte, error) {
	if env.ReadFile == nil {
		return nil, nil
	}
	data, err := env.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("go settings: %w", err)
	}
	return data, nil
}

// ask asks an installed go, which also knows the defaults of its release.
func ask(ctx context.Context, env ecosystem.Environment) (map[string]string, error) {
	if env.Run == nil {
		return nil, errors.New("no program may be asked")
	}
	out, err := env.Run(ctx, "go", append([]string{"env", "-json"}, keys...)...)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var values map[string]string
	if err := json.Unmarshal(out, &values); err != nil {
		return nil, fmt.Errorf("go env: the answer is not the JSON that -json gives: %w", err)
	}
	return values, nil
}

// shown is a path as people are told: without the user's name.
func shown(env ecosystem.Environment, path string) string {
	if env.Home != "" {
		if rel, err := filepath.Rel(env.Home, path); err == nil && filepath.IsLocal(rel) {
			return "~/" + filepath.ToSlash(rel)
		}
	}
	return filepath.ToSlash(path)
}
