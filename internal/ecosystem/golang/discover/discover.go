// Package discover finds the module proxies that the go command would use, with
// their credentials. It sends no request.
//
// GOPROXY, GONOPROXY and GOPRIVATE come from the environment, else from the file
// of "go env -w" (GOENV), else from what an installed go answers to "go env". An
// empty variable is as good as none.
//
// GOPROXY is a list. feedctl asks its proxies in order and goes on to the next
// one on "not found" only, which is what a comma means there; a pipe, which lets
// the go command go on after any error, is read as a comma, and FoundIn says so.
// "direct" stands for version control, which is not followed; it and "off" end
// the list. Modules that match GONOPROXY, or without it GOPRIVATE, come from
// version control too: the proxies are never asked for them.
//
// Credentials are those in the proxy's own address, else those of a netrc file
// for its host, which go to https addresses only.
package discover

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

const name = "go"

// Discover returns the upstreams in search order. When there is no proxy to be
// found, the error says which line to write where.
func Discover(ctx context.Context, env ecosystem.Environment) ([]ecosystem.UpstreamConfig, error) {
	s, err := read(ctx, env)
	if err != nil {
		return nil, err
	}
	entries, notes, err := splitProxies(s["GOPROXY"])
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, nothingFound(fmt.Errorf("%s names no proxy (%s)", s["GOPROXY"].at, s["GOPROXY"].value))
	}
	exclude, why := excluded(s)
	if why != "" {
		notes = append(notes, why)
	}
	var configs []ecosystem.UpstreamConfig
	for i, entry := range entries {
		config, err := upstream(env, entry, s["GOPROXY"].at)
		if err != nil {
			return nil, err
		}
		config.Name = name
		if i > 0 {
			config.Name = fmt.Sprintf("%s-%d", name, i+1)
		}
		config.Access.Upstream = config.Name
		config.Exclude = slices.Clone(exclude)
		config.FoundIn += strings.Join(append([]string{""}, notes...), "; ")
		configs = append(configs, config)
	}
	return configs, nil
}

// splitProxies lists the addresses of GOPROXY, and what a person should know of
// the rest.
func splitProxies(proxies setting) (entries, notes []string, err error) {
	if strings.Contains(proxies.value, "|") {
		notes = append(notes, `"|" is read as ",": only "not found" leads on to the next proxy`)
	}
	for entry := range strings.FieldsFuncSeq(proxies.value, func(r rune) bool { return r == ',' || r == '|' }) {
		switch entry = strings.TrimSpace(entry); entry {
		case "":
		case "off":
			return entries, notes, nil
		case "direct":
			return entries, append(notes, "direct is not followed: version control is no upstream"), nil
		case "noproxy":
			return nil, nil, fmt.Errorf("%s: noproxy is no proxy; write direct", proxies.at)
		default:
			entries = append(entries, entry)
		}
	}
	return entries, notes, nil
}

// excluded returns the patterns of modules that no proxy is asked for, and the
// setting that names them.
func excluded(s map[string]setting) (patterns []string, why string) {
	set, key := s["GONOPROXY"], "GONOPROXY"
	if set.value == "" {
		set, key = s["GOPRIVATE"], "GOPRIVATE"
	}
	if set.value == "" || set.value == "none" {
		return nil, ""
	}
	for glob := range strings.SplitSeq(set.value, ",") {
		if glob = strings.TrimSuffix(strings.TrimSpace(glob), "/"); glob != "" {
			patterns = append(patterns, glob, glob+"/*")
		}
	}
	return patterns, fmt.Sprintf("modules that match %s=%s come from version control and are not mirrored", key, set.value)
}

// upstream reads the address of a proxy.
func upstream(env ecosystem.Environment, entry, at string) (ecosystem.UpstreamConfig, error) {
	u, err := url.Parse(entry)
	if err != nil || u.Scheme != "file" && u.Scheme != "http" && u.Scheme != "https" || u.Scheme != "file" && u.Host == "" {
		return ecosystem.UpstreamConfig{}, fmt.Errorf("%s: %s is no address of a module proxy; want https://HOST/PATH, http://HOST/PATH or file:///FOLDER", at, web.Redact(entry))
	}
	config := ecosystem.UpstreamConfig{Ecosystem: name, FoundIn: at}
	user := u.User
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	config.URL = strings.TrimRight(u.String(), "/")
	if user != nil {
		password, _ := user.Password()
		config.Access = web.Access{Base: config.URL, Authorization: basic(user.Username(), password)}
		config.FoundIn += ", with the credentials in the address"
		return config, nil
	}
	access, foundIn, err := Credentials(env, config)
	config.Access = access
	if foundIn != "" {
		config.FoundIn += ", with credentials of " + foundIn
	}
	return config, err
}

// Credentials returns what the netrc file holds for the host of an upstream, and
// which file that is. The go command sends them to https addresses only.
func Credentials(env ecosystem.Environment, config ecosystem.UpstreamConfig) (web.Access, string, error) {
	access := web.Access{Upstream: config.Name, Base: config.URL}
	u, err := url.Parse(config.URL)
	if err != nil || u.Scheme != "https" || env.Getenv("GOAUTH") == "off" {
		return access, "", nil //nolint:nilerr // what is no address is refused where it is opened
	}
	entries, file, err := readNetrc(env)
	if err != nil {
		return web.Access{}, "", err
	}
	found, ok := web.FindNetrc(entries, u, "")
	if !ok {
		return access, "", nil
	}
	access.Authorization = basic(found.Login, found.Password)
	return access, file, nil
}

func basic(user, password string) web.Secret {
	return web.Secret("Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

func nothingFound(why error) error {
	if errors.Is(why, context.Canceled) || errors.Is(why, context.DeadlineExceeded) {
		return why
	}
	return fmt.Errorf(`go: no module proxy is configured: %w
Name one to the go command:
  go env -w GOPROXY=https://registry.example/go
or write it into feedctl.yaml:
  upstreams:
    - {name: go, ecosystem: go, url: "https://registry.example/go"}`, why)
}
