// Package discover finds the registries that the package managers of the npm
// world would use for a project, with their credentials. It sends no request.
//
// Scopes ("@acme:registry") come from the settings below; each becomes an
// upstream of its own, before the default registry. The default registry is the
// first of these that exists:
//
//  1. the settings, most important first:
//     the environment: npm_config_*, then pnpm_config_*, YARN_NPM_*, BUN_CONFIG_*;
//     the project's .npmrc, .yarnrc.yml, .yarnrc, bunfig.toml and
//     pnpm-workspace.yaml, in this order, those of a nearer folder first;
//     the user's .npmrc (or npm_config_userconfig), .yarnrc.yml, .yarnrc and .bunfig.toml;
//     npm's global npmrc;
//  2. the addresses that the lockfile records; the most frequent one is the
//     default, and the names recorded elsewhere get upstreams of their own;
//  3. what an installed npm answers to "npm config get registry".
//
// The project's folders are those from the input's folder to the workspace root
// above it, if there is one, else to the nearest folder with a package.json or a
// lock. As with npm, a member's own .npmrc does not count, unless the workspace
// is one of pnpm, which reads both.
//
// Credentials are bound to addresses ("//host/path/:_authToken"); the longest
// path that begins the registry's address wins, and they go nowhere else. A bare
// _auth, _authToken, or username and _password, goes only to the registry that
// its own file or a less important one names, so that a project's file cannot send
// the token in a user's file to an address of its choice. A variable that is not set leaves
// the credentials out, and FoundIn says so.
//
// What cannot be followed: strict-ssl=false, proxies written into .npmrc, and
// npm's builtin npmrc.
//
// Terms and rules: npm's documentation of npmrc and config; Yarn's of yarnrc;
// Bun's of bunfig.toml; pnpm's of registries.
package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

const name = "npm"

// Discover returns the upstreams in search order. When there is no registry to
// be found, the error says which line to write where.
func Discover(ctx context.Context, env ecosystem.Environment) ([]ecosystem.UpstreamConfig, error) {
	s, err := read(env)
	if err != nil {
		return nil, err
	}
	found, err := s.scopes()
	if err != nil {
		return nil, err
	}
	general, err := s.general(ctx, env, scopesOf(found))
	if err != nil {
		return nil, err
	}
	found = append(found, general...)
	configs := make([]ecosystem.UpstreamConfig, 0, len(found))
	taken := map[string]bool{}
	for _, r := range found {
		config := s.upstream(r)
		config.Name = unique(taken, config.Name)
		config.Access.Upstream = config.Name
		configs = append(configs, config)
	}
	return configs, nil
}

// Access returns how a registry is reached that somebody else has named: the
// credentials and certificates that the settings hold for its address. The text
// says where they were found; it is empty when the registry needs none.
func Access(env ecosystem.Environment, upstreamName, address string) (web.Access, string, error) {
	s, err := read(env)
	if err != nil {
		return web.Access{}, "", err
	}
	r, err := newRegistry(setting{value: address, at: "the address"})
	if err != nil {
		return web.Access{}, "", fmt.Errorf("upstream %q: %w", upstreamName, err)
	}
	if set, level := s.get("registry"); set.value != "" {
		if own, err := newRegistry(set); err == nil && own.url.String() == r.url.String() {
			r.level = level
		}
	}
	access, c := s.access(r)
	access.Upstream = upstreamName
	if c.missing != "" {
		return web.Access{}, "", fmt.Errorf("upstream %q: the credentials at %s use ${%s}, which is not set", upstreamName, c.at, c.missing)
	}
	return access, c.at, nil
}

// general returns the default registry, after those that only the lock names.
func (s settings) general(ctx context.Context, env ecosystem.Environment, scopes map[string]bool) ([]registry, error) {
	if set, level := s.get("registry"); set.value != "" {
		r, err := newRegistry(set)
		r.level = level
		return []registry{r}, err
	}
	if recorded := fromLock(env.Recorded, scopes); len(recorded) > 0 {
		return recorded, nil
	}
	r, err := fromClient(ctx, env)
	if err != nil {
		return nil, nothingFound(err)
	}
	return []registry{r}, nil
}

// fromClient asks an installed npm for the registry it would use.
func fromClient(ctx context.Context, env ecosystem.Environment) (registry, error) {
	const command = "npm config get registry"
	if env.Run == nil {
		return registry{}, errors.New("no program may be asked")
	}
	out, err := env.Run(ctx, "npm", "config", "get", "registry")
	if ctx.Err() != nil {
		return registry{}, ctx.Err()
	}
	if err != nil {
		return registry{}, fmt.Errorf("%s: %w", command, err)
	}
	text := strings.TrimSpace(string(out))
	if text == "" || len(text) > 2000 || strings.ContainsAny(text, " \t\r\n") {
		return registry{}, fmt.Errorf("%s: the answer is not one address", command)
	}
	r, err := newRegistry(setting{value: text, at: command})
	r.level = noLevel
	return r, err
}

func nothingFound(why error) error {
	if errors.Is(why, context.Canceled) || errors.Is(why, context.DeadlineExceeded) {
		return why
	}
	return fmt.Errorf(`npm: no registry is configured, no lockfile records one, and npm names none (%w)
Write the registry's address into .npmrc:
  registry=https://registry.example/
or into feedctl.yaml:
  upstreams:
    - {name: npm, ecosystem: npm, url: "https://registry.example/"}`, why)
}

// scopes returns the registries of scopes, by scope.
func (s settings) scopes() ([]registry, error) {
	var found []registry
	for _, scope := range s.scopeNames() {
		set, level := s.get(scope + ":registry")
		if set.value == "" {
			// A scope may have credentials of its own at the default registry.
			if set, level = s.get("registry"); set.value == "" {
				continue
			}
		}
		if !validScope(scope) {
			return nil, fmt.Errorf("%s: %q is not the scope of a package", set.at, scope)
		}
		r, err := newRegistry(set)
		if err != nil {
			return nil, err
		}
		r.name, r.scope, r.level = name+"-"+strings.ToLower(scope[1:]), scope, level
		r.include = []string{scope + "/*"}
		found = append(found, r)
	}
	return found, nil
}

func scopesOf(found []registry) map[string]bool {
	scopes := map[string]bool{}
	for _, r := range found {
		scopes[r.scope] = true
	}
	return scopes
}

// upstream puts a registry into the form of the contract.
func (s settings) upstream(r registry) ecosystem.UpstreamConfig {
	access, c := s.access(r)
	config := ecosystem.UpstreamConfig{
		Name:      cmp.Or(r.name, name),
		Ecosystem: name,
		URL:       r.url.String(),
		Include:   slices.Clone(r.include),
		Access:    access,
		FoundIn:   r.at,
	}
	if c.missing != "" {
		config.FoundIn += fmt.Sprintf(", without credentials because ${%s} (%s) is not set", c.missing, c.at)
	}
	return config
}

func unique(taken map[string]bool, name string) string {
	candidate := name
	for n := 2; taken[candidate]; n++ {
		candidate = fmt.Sprintf("%s-%d", name, n)
	}
	taken[candidate] = true
	return candidate
}
