// Package discover finds the registries that Cargo would use for a project, with
// their credentials. It sends no request.
//
// Cargo's settings are, most important first: the environment
// (CARGO_REGISTRIES_NAME_INDEX and _TOKEN); .cargo/config.toml, or config, in
// the project's folder and every folder above it, the nearest first; and the same
// in the cargo home, with its credentials.toml.
//
// Registries besides the default one come from [registries] and from what a lock
// records; each is an upstream of its own that answers for the names
// "REGISTRY/*", where REGISTRY is derived from the address of its index (package
// crate), and also for the name that the settings have for it. The default
// registry is what [source.crates-io] is replaced with, followed to the end of
// the chain, and without a replacement what an installed cargo says: fetching a
// crate through a proxy that is not there fails at once, and the error names the
// address.
//
// What cannot be followed: credential providers other than tokens in files and
// variables; sources in a directory, which hold no crate files; [registry]
// default, which is for publishing and installing, not for dependencies.
//
// Terms and rules: the Cargo book on configuration, source replacement and
// registry authentication.
package discover

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/lock"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// defaultName is what the settings call the default registry.
const defaultName = "crates-io"

// Discover returns the upstreams: the other registries, then the default one.
func Discover(ctx context.Context, env ecosystem.Environment) ([]ecosystem.UpstreamConfig, error) {
	s, err := read(env)
	if err != nil {
		return nil, err
	}
	configs, err := s.others(append(remembered(env.Settings), env.Recorded...))
	if err != nil {
		return nil, err
	}
	if len(configs) > 0 && !wantsDefault(env.Recorded) {
		return configs, nil
	}
	general, err := s.general(ctx, env)
	if len(configs) > 0 && err != nil && ctx.Err() == nil {
		return configs, nil // the default registry may not be wanted
	}
	if err != nil {
		return nil, err
	}
	return append(configs, general), nil
}

// remembered returns the registries of locks that the feed was made from.
func remembered(settings []json.RawMessage) []feed.Node {
	var nodes []feed.Node
	for _, raw := range settings {
		var s lock.Settings
		if json.Unmarshal(raw, &s) != nil {
			continue
		}
		for _, source := range s.Registries {
			nodes = append(nodes, feed.Node{Pins: []feed.Pin{{URL: source}}})
		}
	}
	return nodes
}

// wantsDefault reports whether a package of the default registry may be asked
// for: when a lock is read, it says so.
func wantsDefault(recorded []feed.Node) bool {
	return len(recorded) == 0 || slices.ContainsFunc(recorded, func(n feed.Node) bool {
		registry, _, ok := crate.Split(n.Name)
		return ok && registry == ""
	})
}

// Access returns how a registry is reached that somebody else has named: with the
// token that the settings hold for its index, or for a registry of the
// upstream's name. The text says where it was found; it is empty without one.
func Access(env ecosystem.Environment, config ecosystem.UpstreamConfig) (web.Access, string, error) {
	s, err := read(env)
	if err != nil {
		return web.Access{}, "", err
	}
	access, at := s.access(config.Name, config.URL)
	access.Upstream = config.Name
	return access, at, nil
}

// general returns the default registry.
func (s *settings) general(ctx context.Context, env ecosystem.Environment) (ecosystem.UpstreamConfig, error) {
	found, err := s.follow(defaultName)
	if err != nil {
		return ecosystem.UpstreamConfig{}, err
	}
	if found.url == "" {
		if found, err = fromClient(ctx, env); err != nil {
			return ecosystem.UpstreamConfig{}, nothingFound(err)
		}
	}
	return s.upstream(crate.Ecosystem, cmp.Or(found.name, defaultName), found), nil
}

func nothingFound(why error) error {
	if errors.Is(why, context.Canceled) || errors.Is(why, context.DeadlineExceeded) {
		return why
	}
	return fmt.Errorf(`cargo: no registry is configured, and cargo names none (%w)
Write the address of its sparse index into .cargo/config.toml:
  [source.crates-io]
  replace-with = "mirror"
  [source.mirror]
  registry = "sparse+https://registry.example/index/"
or into feedctl.yaml:
  upstreams:
    - {name: cargo, ecosystem: cargo, url: "sparse+https://registry.example/index/"}`, why)
}

// others returns the registries besides the default one, by the names that are
// derived from their indexes.
func (s *settings) others(recorded []feed.Node) ([]ecosystem.UpstreamConfig, error) {
	byName := map[string]*ecosystem.UpstreamConfig{}
	for _, name := range slices.Sorted(maps.Keys(s.registries)) {
		if r := s.registries[name]; name != defaultName {
			if err := s.other(byName, name, r.index, r.at); err != nil {
				return nil, err
			}
		}
	}
	for _, node := range recorded {
		for _, pin := range node.Pins {
			if err := s.other(byName, "", pin.URL, "the lockfile"); err != nil {
				return nil, err
			}
		}
	}
	var all []ecosystem.UpstreamConfig
	for _, derived := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, *byName[derived])
	}
	return all, nil
}

// other adds the registry with a given index, or one more name for it.
func (s *settings) other(byName map[string]*ecosystem.UpstreamConfig, settingsName, index, at string) error {
	_, address := crate.ParseSource(index)
	if address == "" {
		return nil
	}
	derived, ok := crate.RegistryOf(address)
	if !ok {
		return fmt.Errorf("%s: the registry's index %q is no address", at, web.Redact(address))
	}
	if derived == "" {
		return nil
	}
	if byName[derived] == nil {
		found, err := s.followIndex(index, at)
		if err != nil {
			return err
		}
		config := s.upstream(crate.Ecosystem+"-"+cmp.Or(strings.ToLower(settingsName), derived), cmp.Or(settingsName, derived), found)
		config.Include = []string{derived + "/*"}
		byName[derived] = &config
	}
	config := byName[derived]
	if own, ok := crate.SettingsName(settingsName); ok && !slices.Contains(config.Include, own+"/*") {
		config.Include = append(config.Include, own+"/*")
	}
	return nil
}

// found is an address, and where it was found.
type found struct {
	name string // in the settings
	url  string // as NewSource reads it; empty when the settings have none
	at   string
}

// follow follows a source to the end of its replacements.
func (s *settings) follow(name string) (found, error) {
	last := found{name: name}
	for seen := map[string]bool{}; ; {
		if seen[name] {
			return found{}, fmt.Errorf("%s: the replacements of source %q go in a circle", last.at, name)
		}
		seen[name] = true
		source, isSource := s.sources[name]
		registry, isRegistry := s.registries[name]
		switch {
		case isSource && source.replaceWith != "":
			last = found{name: name, at: source.at}
			name = source.replaceWith
			continue
		case isSource && source.registry != "":
			return found{name: name, url: source.registry, at: source.at}, nil
		case isSource && source.folder != "":
			return found{name: name, url: source.folder, at: source.at}, nil
		case isSource && source.directory != "":
			return found{}, fmt.Errorf("%s: source %q is the vendored folder %s, which holds no crate files to mirror; configure an upstream in feedctl.yaml",
				source.at, name, filepath.ToSlash(source.directory))
		case isRegistry && registry.index != "":
			return found{name: name, url: registry.index, at: registry.at}, nil
		case name == defaultName:
			return found{name: name}, nil
		}
		return found{}, fmt.Errorf("%s: source %q, which is to replace another, is not configured", last.at, name)
	}
}

// followIndex follows the replacement of the registry with a given index.
func (s *settings) followIndex(index, at string) (found, error) {
	for _, name := range slices.Sorted(maps.Keys(s.sources)) {
		if source := s.sources[name]; source.replaceWith != "" && sameIndex(source.registry, index) {
			return s.follow(name)
		}
	}
	protocol, address := crate.ParseSource(index)
	return found{url: string(protocol) + "+" + address, at: at}, nil
}

// sameIndex compares the addresses of two indexes.
func sameIndex(a, b string) bool {
	_, addressA := crate.ParseSource(a)
	_, addressB := crate.ParseSource(b)
	return a != "" && strings.TrimRight(addressA, "/") == strings.TrimRight(addressB, "/")
}

// upstream puts a registry into the form of the contract.
func (s *settings) upstream(name, settingsName string, f found) ecosystem.UpstreamConfig {
	config := ecosystem.UpstreamConfig{Name: name, Ecosystem: crate.Ecosystem, URL: withProtocol(f.url), FoundIn: f.at}
	config.Access, _ = s.access(settingsName, f.url)
	config.Access.Upstream = name
	return config
}

// withProtocol gives the address of a git index, which Cargo's settings write
// plainly, its protocol.
func withProtocol(address string) string {
	u, err := url.Parse(address)
	if err == nil && slices.Contains([]string{"http", "https", "ssh", "git"}, u.Scheme) {
		return string(crate.Git) + "+" + address
	}
	return address
}

// access returns how an index is reached, and where its token is from.
func (s *settings) access(name, index string) (web.Access, string) {
	protocol, address := crate.ParseSource(index)
	access := web.Access{CAFiles: slices.Clone(s.authorities)}
	if u, err := url.Parse(address); err != nil || u.Host == "" || protocol == crate.Path {
		return web.Access{}, ""
	}
	access.Base = address
	for _, other := range slices.Sorted(maps.Keys(s.registries)) {
		if sameIndex(s.registries[other].index, index) {
			name = other
			break
		}
	}
	token := s.token(name)
	access.Authorization = web.Secret(token.value)
	return access, token.at
}
