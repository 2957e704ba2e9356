package tree

import (
	"fmt"
	"regexp"
	"strings"

	"deps.dev/util/semver"
)

// SpecType says what kind of thing a dependency's text asks for.
type SpecType uint8

// The kinds of dependency texts that npm, pnpm and yarn know. Only the first
// four can be met by a registry.
const (
	SpecRange     SpecType = iota // a range of versions, "^1.2.0"; the empty text is "*"
	SpecVersion                   // exactly one version, "1.2.3"
	SpecTag                       // a distribution tag, "latest"
	SpecAlias                     // another package under this name, "npm:real@^1"
	SpecGit                       // a git repository, also "user/project"
	SpecURL                       // a tarball on the web
	SpecFile                      // a tarball or folder on the disk
	SpecLink                      // "link:…", yarn and pnpm
	SpecWorkspace                 // "workspace:…", yarn and pnpm
	SpecPatch                     // "patch:…", yarn
	SpecPortal                    // "portal:…", yarn
	SpecCatalog                   // "catalog:…", pnpm
	SpecInvalid                   // none of these
)

var specTypeNames = [...]string{
	"range", "version", "tag", "alias", "git", "url", "file", "link", "workspace", "patch", "portal", "catalog", "invalid",
}

func (t SpecType) String() string { return specTypeNames[t] }

// Registry reports whether a registry can meet such a text.
func (t SpecType) Registry() bool { return t <= SpecAlias }

// Spec is a parsed requirement: a name and what is asked for under it.
type Spec struct {
	Name   string   // folder name, what the requirer imports
	Raw    string   // the text as written, without the name
	Type   SpecType // kind of the text
	Range  string   // trimmed text of a range, version or tag, empty otherwise
	Target *Spec    // what an alias stands for, else nil
	Reason string   // why an invalid text is invalid

	constraint *semver.Constraint // of a range or version
}

// Package is the name to ask the registry for: the target's of an alias.
func (s *Spec) Package() string {
	if s.Target != nil {
		return s.Target.Name
	}
	return s.Name
}

// Wanted is the part of the text that chooses a version: the target's of an alias.
func (s *Spec) Wanted() string {
	if s.Target != nil {
		return s.Target.Range
	}
	return s.Range
}

func (s *Spec) String() string {
	if s.Raw == "" {
		return s.Name
	}
	return s.Name + "@" + s.Raw
}

// Matches reports whether a published version is what the text asks for. Any
// version matches a tag, as for npm. Texts that no registry can meet match nothing.
func (s *Spec) Matches(version string) bool {
	switch s.Type {
	case SpecAlias:
		return s.Target.Matches(version)
	case SpecTag:
		return version != ""
	case SpecRange, SpecVersion:
		if s.Range == "*" {
			return true
		}
		parsed, ok := parseVersion(version)
		return ok && s.constraint.MatchVersion(parsed)
	}
	return false
}

// MatchesManifest is Matches for the version of a manifest, which is read once.
func (s *Spec) MatchesManifest(m *Manifest) bool {
	switch s.Type {
	case SpecAlias:
		return s.Target.MatchesManifest(m)
	case SpecRange, SpecVersion:
		version := m.parsedVersion()
		return s.Range == "*" || version != nil && s.constraint.MatchVersion(version)
	}
	return s.Matches(m.Version)
}

// ParseSpec reads one requirement as on npm's command line: "express",
// "express@^4", "@scope/name@tag", "alias@npm:real@range". A text without a
// package name (a URL, a path, a repository) is an error.
func ParseSpec(text string) (*Spec, error) {
	text = strings.TrimSpace(text)
	name, rest := text, ""
	if at := strings.IndexByte(text, '@'); at == 0 {
		if next := strings.IndexByte(text[1:], '@'); next >= 0 {
			name, rest = text[:next+1], text[next+2:]
		}
	} else if at > 0 {
		name, rest = text[:at], text[at+1:]
	}
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("read requirement %q: %w", text, err)
	}
	spec := ParseDependency(name, rest)
	if spec.Type == SpecInvalid {
		return nil, fmt.Errorf("read requirement %q: %s", text, spec.Reason)
	}
	return spec, nil
}

// checkName reports why a text cannot be a package name. Names that npm
// accepted in its early years, such as those with capital letters, can.
func checkName(name string) error {
	bare := name
	if strings.HasPrefix(name, "@") {
		scope, rest, ok := strings.Cut(name[1:], "/")
		if !ok || !plainWord(scope) {
			return fmt.Errorf("%q is not a package name: a scope looks like @scope/name", name)
		}
		bare = rest
	}
	switch {
	case !plainWord(bare) || strings.ContainsRune("._-", rune(name[0])) || len(name) > 214*2:
		return fmt.Errorf("%q is not a package name", name)
	case strings.EqualFold(name, "node_modules"), strings.EqualFold(name, "favicon.ico"), bare == "..", bare == ".":
		return fmt.Errorf("%q is not allowed as a package name", name)
	}
	return nil
}

// plainWord reports whether a text needs no escaping in a URL.
func plainWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("-_.!~*'()", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

var (
	onDisk    = regexp.MustCompile(`(?i)^(?:file:|\.|~/|/|[a-z]:)`)
	tarball   = regexp.MustCompile(`(?i)\.(?:tgz|tar\.gz|tar)$`)
	shorthand = regexp.MustCompile(`^[^\s@:/%#]+/[^\s@:/%]+$|^[^\s@:/%#]+/[^\s@:/%#]+#`)
	scpGit    = regexp.MustCompile(`^[^@\s]+@[^:.\s]+\.[^:\s]+:.+$`)
	protocol  = regexp.MustCompile(`(?i)^((?:git\+)?[a-z]+):`)
	hostedGit = regexp.MustCompile(`(?i)^https?://(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org)/[^/]+/[^/]+/?(?:#.*)?$`)
)

var protocols = map[string]SpecType{
	"link": SpecLink, "workspace": SpecWorkspace, "patch": SpecPatch, "portal": SpecPortal, "catalog": SpecCatalog,
	"github": SpecGit, "gitlab": SpecGit, "bitbucket": SpecGit, "gist": SpecGit, "git": SpecGit, "ssh": SpecGit,
	"git+ssh": SpecGit, "git+http": SpecGit, "git+https": SpecGit, "git+file": SpecGit, "git+rsync": SpecGit, "git+ftp": SpecGit,
	"http": SpecURL, "https": SpecURL,
}

// ParseDependency reads the text of a dependency entry, name → text. It never
// fails: a text that is nothing known has the type SpecInvalid and a Reason.
func ParseDependency(name, text string) *Spec {
	spec := &Spec{Name: name, Raw: text}
	switch {
	case !strings.ContainsAny(text, ":/") && !strings.HasPrefix(text, ".") && !tarball.MatchString(text):
		spec.registry(text)
	case onDisk.MatchString(text):
		spec.Type = SpecFile
	case len(text) >= 4 && strings.EqualFold(text[:4], "npm:"):
		spec.alias(text[4:])
	case shorthand.MatchString(text), scpGit.MatchString(text), hostedGit.MatchString(text):
		spec.Type = SpecGit
	case protocol.MatchString(text):
		spec.protocol(strings.ToLower(protocol.FindStringSubmatch(text)[1]))
	default:
		spec.Type = SpecFile
	}
	return spec
}

func (s *Spec) invalid(format string, args ...any) {
	s.Type, s.Reason = SpecInvalid, fmt.Sprintf(format, args...)
}

func (s *Spec) protocol(name string) {
	kind, ok := protocols[name]
	if !ok {
		s.invalid("%q has an unknown protocol", s.Raw)
		return
	}
	s.Type = kind
}

func (s *Spec) alias(text string) {
	target, err := ParseSpec(text)
	switch {
	case err != nil:
		s.invalid("%q does not name a package", s.Raw)
	case !target.Type.Registry() || target.Type == SpecAlias:
		s.invalid("%q: an alias must stand for a package of the registry", s.Raw)
	default:
		s.Type, s.Target = SpecAlias, target
	}
}

func (s *Spec) registry(text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		text = "*"
	}
	s.Range = text
	if clean, ok := cleanVersion(text); ok {
		s.Type = SpecVersion
		s.constraint, _ = semver.NPM.ParseConstraint(clean)
		return
	}
	if constraint, err := parseConstraint(text); err == nil {
		s.Type, s.constraint = SpecRange, constraint
		return
	}
	s.Type = SpecTag
	if !plainWord(text) {
		s.Range = ""
		s.invalid("%q is neither a range, a version nor a tag", text)
	}
}
