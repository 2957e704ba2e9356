package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"deps.dev/util/semver"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
)

// Deps is a dependency map in the order in which it is written, which decides
// ties in the resolution.
type Deps []Dep

// Dep is one entry of a dependency map: the folder name and what it asks for.
type Dep struct{ Name, Spec string }

// Get returns the text for a name.
func (d Deps) Get(name string) (string, bool) {
	for _, dep := range d {
		if dep.Name == name {
			return dep.Spec, true
		}
	}
	return "", false
}

// Manifest is one version of a package, or the package.json of a project. Its
// fields are read from the JSON on first use. It is safe for concurrent use.
type Manifest struct {
	Name    string // real name of the package
	Version string
	Tags    []string // dist-tags that point here, as far as the registry cares to say; only suits looks at them

	raw    json.RawMessage
	once   sync.Once
	fields Fields

	quick      sync.Once
	engines    Engines
	deprecated bool

	versionOnce sync.Once
	version     *semver.Version
}

// Fields are the parts of a manifest that decide a tree.
type Fields struct {
	Dependencies         Deps // without the names that are optional as well
	OptionalDependencies Deps
	PeerDependencies     Deps
	PeerOptional         map[string]bool // peers that peerDependenciesMeta calls optional
	DevDependencies      Deps
	Bundled              []string // names that the tarball itself brings
	Engines              Engines
	Deprecated           bool
	OS, CPU, Libc        []string
	HasInstallScript     bool
	HasShrinkwrap        bool
}

// Engines are the version ranges of node and npm that a package names; empty
// means any.
type Engines struct{ Node, NPM string }

// ParseManifest reads one version of a packument, or a package.json. Each field
// is read on its own: one that has an unexpected form counts as absent. The
// name and version given take precedence over those in the document; a document
// that is not a JSON object is an error.
func ParseManifest(name, version string, raw []byte) (*Manifest, error) {
	trimmed := bytes.TrimSpace(raw)
	if len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, fmt.Errorf("read manifest of %s@%s: not a JSON object", name, version)
	}
	return &Manifest{Name: name, Version: version, raw: trimmed}, nil
}

// ParseProject reads a package.json, taking name and version from it.
func ParseProject(raw []byte) (*Manifest, error) {
	var head map[string]json.RawMessage
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, fmt.Errorf("read package.json: %w", err)
	}
	var name, version string
	lenient(head["name"], &name)
	lenient(head["version"], &version)
	return ParseManifest(name, version, raw)
}

// NewManifest makes a manifest from fields, without JSON behind it.
func NewManifest(name, version string, fields Fields) *Manifest {
	m := &Manifest{Name: name, Version: version, fields: fields, engines: fields.Engines, deprecated: fields.Deprecated}
	m.once.Do(func() {})
	m.quick.Do(func() {})
	return m
}

// Raw is the JSON behind the manifest, nil when there is none.
func (m *Manifest) Raw() json.RawMessage { return m.raw }

// Fields returns the decoded fields. The caller must not change them.
func (m *Manifest) Fields() *Fields {
	m.once.Do(m.decode)
	return &m.fields
}

// choosing returns what the choice of a version looks at.
func (m *Manifest) choosing() (Engines, bool) {
	m.quick.Do(func() {
		var head struct {
			Engines    json.RawMessage `json:"engines"`
			Deprecated json.RawMessage `json:"deprecated"`
		}
		lenient(m.raw, &head)
		m.engines, m.deprecated = decodeEngines(head.Engines), truthy(head.Deprecated)
	})
	return m.engines, m.deprecated
}

// parsedVersion returns the version in comparable form, nil when it is none.
func (m *Manifest) parsedVersion() *semver.Version {
	m.versionOnce.Do(func() { m.version, _ = parseVersion(m.Version) })
	return m.version
}

func (m *Manifest) decode() {
	doc := membersOf(m.raw)
	f := &m.fields
	f.OptionalDependencies = decodeDeps(doc["optionalDependencies"])
	f.Dependencies = without(decodeDeps(doc["dependencies"]), f.OptionalDependencies)
	f.PeerDependencies = decodeDeps(doc["peerDependencies"])
	f.DevDependencies = decodeDeps(doc["devDependencies"])
	f.PeerOptional = decodePeerMeta(doc["peerDependenciesMeta"])
	f.Bundled = decodeBundled(doc, f.Dependencies)
	f.Engines, f.Deprecated = decodeEngines(doc["engines"]), truthy(doc["deprecated"])
	f.OS, f.CPU, f.Libc = decodeList(doc["os"]), decodeList(doc["cpu"]), decodeList(doc["libc"])
	f.HasInstallScript = decodeInstallScript(doc)
	f.HasShrinkwrap = truthy(doc["_hasShrinkwrap"])
}

// lenient decodes raw into target and leaves target alone when it does not fit.
func lenient[T any](raw json.RawMessage, target *T) {
	var value T
	if len(raw) > 0 && json.Unmarshal(raw, &value) == nil {
		*target = value
	}
}

// truthy reports what JavaScript would: false for absent, null, false, "" and 0.
func truthy(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", "false", `""`, "0":
		return false
	}
	return true
}

// decodeDeps reads an object of texts in its own order. Entries that are not
// texts are left out, a name that comes twice keeps its first place and its
// last text.
func decodeDeps(raw json.RawMessage) Deps {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	entries, err := orderedObject(raw)
	if err != nil {
		return nil
	}
	var deps Deps
	for _, entry := range entries {
		if spec, ok := rawjson.String(entry.value); ok {
			deps = append(deps, Dep{Name: entry.key, Spec: spec})
		}
	}
	return deps
}

// with returns the map with one more entry, or with the entry of that name changed.
func (d Deps) with(name, spec string) Deps {
	for i := range d {
		if d[i].Name == name {
			d[i].Spec = spec
			return d
		}
	}
	return append(d, Dep{Name: name, Spec: spec})
}

// without returns the entries whose names other does not have.
func without(d, other Deps) Deps {
	if len(other) == 0 {
		return d
	}
	var kept Deps
	for _, dep := range d {
		if _, ok := other.Get(dep.Name); !ok {
			kept = append(kept, dep)
		}
	}
	return kept
}

func decodePeerMeta(raw json.RawMessage) map[string]bool {
	meta := membersOf(raw)
	var optional map[string]bool
	for name, entry := range meta {
		var flags struct {
			Optional json.RawMessage `json:"optional"`
		}
		lenient(entry, &flags)
		if truthy(flags.Optional) {
			if optional == nil {
				optional = map[string]bool{}
			}
			optional[name] = true
		}
	}
	return optional
}

// decodeBundled reads bundleDependencies under either of its names: a list, an
// object whose keys count, or true for every dependency.
func decodeBundled(doc map[string]json.RawMessage, dependencies Deps) []string {
	raw, ok := doc["bundleDependencies"]
	if !ok {
		raw = doc["bundledDependencies"]
	}
	switch {
	case len(raw) == 0:
		return nil
	case raw[0] == '{':
		return decodeKeys(raw)
	case string(raw) == "true":
		names := make([]string, len(dependencies))
		for i, dep := range dependencies {
			names[i] = dep.Name
		}
		return names
	case raw[0] == '[':
		return decodeList(raw)
	}
	return nil
}

func decodeKeys(raw json.RawMessage) []string {
	members := membersOf(raw)
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	return keys
}

// decodeList reads a list of texts or one text; other members are left out.
func decodeList(raw json.RawMessage) []string {
	var one string
	if lenient(raw, &one); one != "" {
		return []string{one}
	}
	var members []json.RawMessage
	lenient(raw, &members)
	var list []string
	for _, member := range members {
		var text string
		if lenient(member, &text); text != "" {
			list = append(list, text)
		}
	}
	return list
}

func decodeEngines(raw json.RawMessage) Engines {
	members := membersOf(raw)
	return Engines{Node: engineRange(members["node"]), NPM: engineRange(members["npm"])}
}

// engineRange returns a range, or for something that is not a text a range
// that nothing satisfies.
func engineRange(raw json.RawMessage) string {
	if !truthy(raw) {
		return ""
	}
	text := "<0.0.0-0"
	lenient(raw, &text)
	return strings.TrimSpace(text)
}

func decodeInstallScript(doc map[string]json.RawMessage) bool {
	if truthy(doc["hasInstallScript"]) {
		return true
	}
	scripts := membersOf(doc["scripts"])
	return truthy(scripts["install"]) || truthy(scripts["preinstall"]) || truthy(scripts["postinstall"])
}
