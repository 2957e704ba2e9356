package config

import (
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/upstream"
)

var upstreamName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// upstreams puts the file's upstreams into the form of the contract.
func (l *loader) upstreams(c *Config, doc document) {
	seen := map[string]int{}
	for _, entry := range doc.Upstreams {
		l.checkName(entry, seen)
		for _, config := range l.forEcosystems(entry) {
			config.Name = entry.Name.v
			config.Disabled = entry.Enabled.line > 0 && !entry.Enabled.v
			config.Include = l.patterns("include", entry.Include)
			config.Exclude = l.patterns("exclude", entry.Exclude)
			l.address(&config, entry)
			config.Access.Upstream = config.Name
			if strings.Contains(config.URL, "://") {
				config.Access.Base = config.URL
			}
			l.trust(&config, entry)
			l.credentials(&config, entry.Credentials)
			c.Upstreams = append(c.Upstreams, config)
		}
	}
}

func (l *loader) checkName(entry upstreamEntry, seen map[string]int) {
	name := entry.Name.v
	switch {
	case entry.Name.bad:
	case entry.Name.line == 0:
		l.problems.at(entry.line, "this upstream has no name; write name: WORD")
	case !upstreamName.MatchString(name):
		l.problems.at(entry.Name.line, "upstream: name: want letters, digits, dots, hyphens and underscores, at most 64")
	case seen[strings.ToLower(name)] > 0:
		l.problems.at(entry.Name.line, "the upstream in line %d is named %q too", seen[strings.ToLower(name)], name)
	default:
		seen[strings.ToLower(name)] = entry.Name.line
	}
}

// forEcosystems returns the start of a configuration for each ecosystem that an
// upstream is for: all of them when it is a feed and names none.
func (l *loader) forEcosystems(entry upstreamEntry) []ecosystem.UpstreamConfig {
	var names []string
	for _, e := range l.ecosystems {
		if e.Name == entry.Ecosystem.v {
			return []ecosystem.UpstreamConfig{{Ecosystem: e.Name}}
		}
		names = append(names, e.Name)
	}
	switch {
	case entry.Ecosystem.bad:
	case entry.Ecosystem.line > 0:
		l.problems.at(entry.Ecosystem.line, "unknown ecosystem %q; %s", clip(entry.Ecosystem.v), suggestion(entry.Ecosystem.v, names))
	case entry.Feed.line == 0:
		l.problems.at(entry.line, "this upstream has no ecosystem; write ecosystem: %s", strings.Join(names, " or "))
	default:
		configs := make([]ecosystem.UpstreamConfig, len(names))
		for i, name := range names {
			configs[i].Ecosystem = name
		}
		return configs
	}
	return []ecosystem.UpstreamConfig{{}}
}

func (l *loader) patterns(key string, all list) []string {
	var patterns []string
	for _, element := range all.values {
		if element.bad {
			continue
		}
		if _, err := upstream.ParsePattern(element.v); err != nil {
			l.problems.at(element.line, "upstream: %s: %v", key, err)
		}
		patterns = append(patterns, element.v)
	}
	return patterns
}

// address reads url or feed.
func (l *loader) address(config *ecosystem.UpstreamConfig, entry upstreamEntry) {
	switch {
	case entry.URL.line > 0 && entry.Feed.line > 0:
		l.problems.at(max(entry.URL.line, entry.Feed.line), "an upstream has a url or a feed, not both")
	case entry.URL.line > 0:
		config.FoundIn = fmt.Sprintf("%s:%d", l.problems.file, entry.URL.line)
		config.URL = l.url("url", entry.URL, l.schemes(config.Ecosystem)...)
	case entry.Feed.line > 0:
		config.Feed = true
		config.FoundIn = fmt.Sprintf("%s:%d", l.problems.file, entry.Feed.line)
		if strings.Contains(entry.Feed.v, "://") {
			config.URL = l.url("feed", entry.Feed)
			return
		}
		if path, ok := l.expand("feed", entry.Feed); ok && !entry.Feed.bad {
			config.URL = l.inFolder(path)
		}
	default:
		l.problems.at(entry.line, "this upstream has no address; write url: https://HOST/PATH/")
	}
}

// url reads an address. Errors do not repeat it, because it may hold a secret.
func (l *loader) url(key string, v value[string], schemes ...string) string {
	text, ok := l.expand(key, v)
	if !ok || v.bad {
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err == nil && u.User != nil, err != nil && strings.Contains(text, "@"):
		l.problems.at(v.line, "upstream: %s holds a user or a password; take them out, and %s", key, instead)
	case err == nil && strings.HasSuffix(u.Scheme, "file") && slices.Contains(schemes, u.Scheme) && u.Host == "" && u.Path != "":
		return u.String()
	case err != nil || u.Host == "" || strings.HasSuffix(u.Scheme, "file") || !slices.Contains(append(schemes, "http", "https", "azure-feed"), u.Scheme):
		l.problems.at(v.line, "upstream: %s: want http(s)://HOST[:PORT][/PATH]%s", key, others(schemes))
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		l.problems.at(v.line, "upstream: %s: nothing may follow the path; take out what begins with ? or #", key)
	default:
		return u.String()
	}
	return ""
}

// schemes returns the schemes of addresses that an ecosystem has of its own.
func (l *loader) schemes(name string) []string {
	for _, e := range l.ecosystems {
		if e.Name == name {
			return slices.Clone(e.Schemes)
		}
	}
	return nil
}

func others(schemes []string) string {
	text := ""
	for _, scheme := range schemes {
		text += ", " + scheme + "://…"
	}
	return text
}

var variable = regexp.MustCompile(`\$\{([^{}]*)\}`)

// expand replaces ${VAR}. Nothing else is special.
func (l *loader) expand(key string, v value[string]) (string, bool) {
	ok := true
	text := variable.ReplaceAllStringFunc(v.v, func(match string) string {
		name := match[2 : len(match)-1]
		if !variableName.MatchString(name) {
			l.problems.at(v.line, "upstream: %s: only ${NAME} is replaced, with a name in capital letters, digits and underscores", key)
			ok = false
			return ""
		}
		text, set := l.getenv(name)
		if !set {
			l.problems.at(v.line, "upstream: %s uses ${%s}, which is not set", key, name)
			ok = false
		}
		return text
	})
	return text, ok
}

// trust adds the certificate authorities of an upstream.
func (l *loader) trust(config *ecosystem.UpstreamConfig, entry upstreamEntry) {
	if entry.CA.line == 0 || entry.CA.bad {
		return
	}
	path := l.inFolder(entry.CA.v)
	absolute := path
	if !filepath.IsAbs(path) {
		absolute = filepath.Join(l.dir, path)
	}
	if entry.CA.v == "" || !exists(absolute) {
		l.problems.at(entry.CA.line, "upstream: ca: there is no file %s", clip(path))
	}
	config.Access.CAFiles = []string{path}
}
