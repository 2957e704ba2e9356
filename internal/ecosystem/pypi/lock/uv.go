package lock

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

const uvAdvice = "write it again with \"uv lock\""

// uvFile is a uv.lock, version 1 of the format in any revision. Before uv 0.2.30
// packages were called distributions and a source was one text.
type uvFile struct {
	Version        int        `toml:"version"`
	RequiresPython string     `toml:"requires-python"`
	Supported      []string   `toml:"supported-markers"`
	Environments   []string   `toml:"environment-markers"` // older name of supported-markers
	Required       []string   `toml:"required-markers"`
	Conflicts      [][]uvItem `toml:"conflicts"`
	Options        struct {
		Resolution   string         `toml:"resolution-mode"`
		Prerelease   string         `toml:"prerelease-mode"`
		Fork         string         `toml:"fork-strategy"`
		ExcludeNewer string         `toml:"exclude-newer"`
		Span         string         `toml:"exclude-newer-span"`
		PerPackage   map[string]any `toml:"exclude-newer-package"`
	} `toml:"options"`
	Manifest      uvManifest  `toml:"manifest"`
	Packages      []uvPackage `toml:"package"`
	Distributions []uvPackage `toml:"distribution"`
}

type uvItem struct {
	Package string `toml:"package"`
	Extra   string `toml:"extra"`
	Group   string `toml:"group"`
}

type uvManifest struct {
	Members          []string                   `toml:"members"`
	Requirements     []uvRequirement            `toml:"requirements"`
	Groups           map[string][]uvRequirement `toml:"dependency-groups"`
	Constraints      []uvRequirement            `toml:"constraints"`
	Overrides        []uvRequirement            `toml:"overrides"`
	Excludes         []string                   `toml:"excludes"`
	BuildConstraints []uvRequirement            `toml:"build-constraints"`
	Metadata         []struct {
		Name           string   `toml:"name"`
		Version        string   `toml:"version"`
		RequiresDist   []string `toml:"requires-dist"`
		RequiresPython string   `toml:"requires-python"`
		Extras         []string `toml:"provides-extras"`
	} `toml:"dependency-metadata"`
}

// uvRequirement is a requirement as uv writes it into a lock.
type uvRequirement struct {
	Name      string   `toml:"name"`
	Extras    []string `toml:"extras"`
	Specifier string   `toml:"specifier"`
	Marker    string   `toml:"marker"`
	Index     string   `toml:"index"`
	Git       string   `toml:"git"`
	URL       string   `toml:"url"`
	Path      string   `toml:"path"`
	Directory string   `toml:"directory"`
	Editable  string   `toml:"editable"`
	Virtual   string   `toml:"virtual"`
}

type uvPackage struct {
	Name     string              `toml:"name"`
	Version  string              `toml:"version"`
	Source   any                 `toml:"source"`
	Forks    []string            `toml:"resolution-markers"`
	Forks0   []string            `toml:"environment-markers"`
	Depends  []uvEdge            `toml:"dependencies"`
	Extras   map[string][]uvEdge `toml:"optional-dependencies"`
	Groups   map[string][]uvEdge `toml:"dev-dependencies"`
	Sdist    *artifact           `toml:"sdist"`
	Wheels   []artifact          `toml:"wheels"`
	Metadata uvPackageMetadata   `toml:"metadata"`
	source   uvSource
	node     int // feed.Root for what no index serves
}

type uvPackageMetadata struct {
	Extras []string                   `toml:"provides-extras"`
	Groups map[string][]uvRequirement `toml:"requires-dev"`
}

type uvEdge struct {
	Name    string   `toml:"name"`
	Version string   `toml:"version"`
	Source  any      `toml:"source"`
	Extra   any      `toml:"extra"` // a list; one text in the oldest locks
	Extras  []string `toml:"extras"`
	Marker  string   `toml:"marker"`
}

// uvSource is where a package comes from: one kind of uv's, and its address.
type uvSource struct{ kind, address string }

// uvKinds are the kinds of source, in the order in which they are looked for.
var uvKinds = []string{"registry", "git", "url", "path", "directory", "editable", "virtual"}

// parseUVSource reads a source: a table with the kind as its key, or, in the
// oldest locks, "kind+address".
func parseUVSource(value any) uvSource {
	switch v := value.(type) {
	case string:
		kind, address, _ := strings.Cut(v, "+")
		if kind == "direct" {
			kind = "url"
		}
		return uvSource{kind, address}
	case map[string]any:
		for _, kind := range uvKinds {
			if address, ok := v[kind].(string); ok {
				return uvSource{kind, address}
			}
		}
	}
	return uvSource{}
}

// extras returns the extras that an edge asks for.
func (e *uvEdge) extras() []string {
	extras := slices.Clone(e.Extras)
	switch v := e.Extra.(type) {
	case string:
		extras = append(extras, v)
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				extras = append(extras, text)
			}
		}
	}
	return extras
}

// ReadUV reads uv.lock, and SCRIPT.py.lock, which has the same form. The lock is
// universal: its edges say by their markers where a release is wanted. Markers
// with an extra that UVConflict reads stand for conflicts that were declared.
func ReadUV(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, uvAdvice)
	if err != nil {
		return feed.Request{}, err
	}
	var f uvFile
	if err := s.toml(&f); err != nil {
		return feed.Request{}, err
	}
	if f.Version != 1 {
		return feed.Request{}, s.fail("version", "version %d of the format is unknown; 1 is read", f.Version)
	}
	f.Packages = append(f.Packages, f.Distributions...)
	l := &uvLock{g: newGraph(s), file: &f, byName: map[string][]*uvPackage{}, members: map[string]bool{}}
	for _, step := range []func() error{l.describe, l.constrain, l.collect, l.connect} {
		if err := step(); err != nil {
			return feed.Request{}, err
		}
	}
	return l.g.request()
}

// UVConflict reads the name of an extra in a marker that uv wrote for a declared
// conflict: "extra-4-demo-cpu" is the extra "cpu" of the project "demo",
// "group-4-demo-cpu" a dependency group of it.
func UVConflict(extra string) (Conflict, bool) {
	kind, rest, _ := strings.Cut(extra, "-")
	digits, rest, ok := strings.Cut(rest, "-")
	length := 0
	for _, c := range digits {
		if c < '0' || c > '9' || length > len(rest) {
			return Conflict{}, false
		}
		length = 10*length + int(c-'0')
	}
	if !ok || length == 0 || len(rest) < length+2 || rest[length] != '-' {
		return Conflict{}, false
	}
	c := Conflict{Package: rest[:length]}
	switch kind {
	case "extra":
		c.Extra = rest[length+1:]
	case "group":
		c.Group = rest[length+1:]
	default:
		return Conflict{}, false
	}
	return c, true
}
