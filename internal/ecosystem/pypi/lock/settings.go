package lock

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Settings is what an input says besides its requirements or its graph: the form
// of feed.Request.Settings. It holds no secret and no path outside the input's
// folder. Requirements are texts of PEP 508, markers of PEP 508, specifiers of
// PEP 440; names of packages, extras and groups are normalized.
type Settings struct {
	Project        string        `json:"project,omitempty"`         // name of the project itself
	RequiresPython string        `json:"requires_python,omitempty"` // specifiers; empty means any
	Environments   []Environment `json:"environments,omitempty"`    // what the input is for: any of them; empty means all
	Required       []Environment `json:"required,omitempty"`        // environments that must have a wheel (uv's required-environments)

	Extras        []string     `json:"extras,omitempty"` // of the project itself, sorted
	Groups        []string     `json:"groups,omitempty"` // dependency groups, sorted
	DefaultGroups []string     `json:"default_groups,omitempty"`
	Conflicts     [][]Conflict `json:"conflicts,omitempty"` // of each list at most one may be asked for

	Constraints      []string        `json:"constraints,omitempty"`       // requirements that bind versions and ask for nothing
	Overrides        []string        `json:"overrides,omitempty"`         // requirements in the place of every other one of that name
	Excludes         []string        `json:"excludes,omitempty"`          // names that are never installed
	BuildConstraints []string        `json:"build_constraints,omitempty"` // constraints for build environments
	Hashes           map[string]Hash `json:"hashes,omitempty"`            // by name: what files may be, where an input is no lock but has hashes

	Indexes     []Index             `json:"indexes,omitempty"`    // as recorded, in order of the input
	FindLinks   []string            `json:"find_links,omitempty"` // addresses or relative folders
	NoIndex     bool                `json:"no_index,omitempty"`
	Sources     map[string][]Source `json:"sources,omitempty"` // by package: the index it must come from
	Choice      Choice              `json:"choice,omitzero"`
	Flat        bool                `json:"flat,omitempty"`     // Releases say where each is wanted; edges only explain
	Releases    map[string]Release  `json:"releases,omitempty"` // by "name@version", those with something to say
	Skipped     []feed.Skipped      `json:"skipped,omitempty"`  // of an input that is no lock
	Notes       []string            `json:"notes,omitempty"`    // of an input that is no lock: what a person should know
	Dynamic     []string            `json:"dynamic,omitempty"`  // fields of [project] that only its build backend knows
	MetadataFor []Metadata          `json:"metadata,omitempty"` // dependencies given in the place of a package's own
}

// Environment is a set of Pythons and platforms.
type Environment struct {
	Marker         string `json:"marker,omitempty"`
	RequiresPython string `json:"requires_python,omitempty"`
	Platform       string `json:"platform,omitempty"`       // in pdm's words: "manylinux_2_17_x86_64", "linux", "windows_amd64"
	Implementation string `json:"implementation,omitempty"` // "cpython", "pypy"
}

// Conflict names an extra or a group of a project, one of both.
type Conflict struct {
	Package string `json:"package,omitempty"`
	Extra   string `json:"extra,omitempty"`
	Group   string `json:"group,omitempty"`
}

// Index is a package index that an input records.
type Index struct {
	Name     string `json:"name,omitempty"`
	URL      string `json:"url"`                // without user, password, query and fragment, see Expand; or a folder relative to the input
	User     bool   `json:"user,omitempty"`     // the input gives a user or a password with it
	Default  bool   `json:"default,omitempty"`  // in the place of the client's built-in index
	Extra    bool   `json:"extra,omitempty"`    // asked besides the default index
	Explicit bool   `json:"explicit,omitempty"` // only for the packages that name it
	Flat     bool   `json:"flat,omitempty"`     // a page or folder of files, not the simple API
	Where    string `json:"where,omitempty"`    // file, and line or key
}

// Source binds a package to an index.
type Source struct {
	Index  string `json:"index"`            // name of the index, or its URL
	Marker string `json:"marker,omitempty"` // where the binding holds
	Kind   string `json:"kind,omitempty"`   // of the requirement that is bound; empty means all
}

// Release is what a lock says of one release besides its files.
type Release struct {
	Index          string            `json:"index,omitempty"`           // URL of the index it came from, where not all came from the same
	Marker         string            `json:"marker,omitempty"`          // where it is wanted
	Markers        map[string]string `json:"markers,omitempty"`         // by group, where that differs; Marker is then empty
	RequiresPython string            `json:"requires_python,omitempty"` // as the release says itself
	Groups         []string          `json:"groups,omitempty"`          // that it belongs to; "" is the project's own requirements
	Optional       bool              `json:"optional,omitempty"`        // wanted only through an extra of the project
}

// Hash lists digests, "sha256:…", any of which a file must have.
type Hash []string

// Choice is how versions and files are chosen, in the words of pip and uv.
type Choice struct {
	Prerelease     string   `json:"prerelease,omitempty"` // "allow", "disallow", "if-necessary", "explicit", "if-necessary-or-explicit"
	PrereleaseFor  []string `json:"prerelease_for,omitempty"`
	Resolution     string   `json:"resolution,omitempty"` // "highest", "lowest", "lowest-direct"
	IndexStrategy  string   `json:"index_strategy,omitempty"`
	ForkStrategy   string   `json:"fork_strategy,omitempty"`
	ExcludeNewer   string   `json:"exclude_newer,omitempty"` // releases after this time do not count
	OnlyBinary     []string `json:"only_binary,omitempty"`   // names, or ":all:", ":none:"
	NoBinary       []string `json:"no_binary,omitempty"`
	PreferBinary   bool     `json:"prefer_binary,omitempty"`
	RequireHashes  bool     `json:"require_hashes,omitempty"`
	SpanNewer      string   `json:"exclude_newer_span,omitempty"`    // the duration that ExcludeNewer was reckoned from
	NewerByPackage []string `json:"exclude_newer_package,omitempty"` // "NAME=TIME"
}

// Metadata is what [tool.uv] dependency-metadata and a uv.lock put in the place of
// a package's own metadata.
type Metadata struct {
	Name           string   `json:"name"`
	Version        string   `json:"version,omitempty"` // empty means every version
	RequiresDist   []string `json:"requires_dist,omitempty"`
	RequiresPython string   `json:"requires_python,omitempty"`
	Extras         []string `json:"extras,omitempty"`
}

// ParseSettings reads the settings of a request. Without any it returns none.
func ParseSettings(raw json.RawMessage) (Settings, error) {
	var s Settings
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return Settings{}, fmt.Errorf("settings of a Python request: %w", err)
	}
	return s, nil
}

// normalize puts names of extras and groups into normal form and order.
func (s *Settings) normalize() {
	s.Extras, s.Groups, s.DefaultGroups = normalNames(s.Extras), normalNames(s.Groups), normalNames(s.DefaultGroups)
}

// empty reports whether a lock has nothing to say of a release.
func (r *Release) empty() bool {
	return r.Index == "" && r.Marker == "" && len(r.Markers) == 0 && r.RequiresPython == "" && len(r.Groups) == 0 && !r.Optional
}

// request makes a request that is no lock.
func (s *Settings) request(file string, requirements []feed.Requirement) (feed.Request, error) {
	raw, err := s.encode(file)
	return feed.Request{Ecosystem: Ecosystem, Input: file, Requirements: requirements, Settings: raw}, err
}

// encode returns the settings as JSON, with names in normal form.
func (s *Settings) encode(file string) (json.RawMessage, error) {
	s.normalize()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return nil, fmt.Errorf("encode settings of %s: %w", file, err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
