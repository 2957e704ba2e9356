// Package lock reads and writes Cargo.lock, in its versions 1 to 4.
//
// A lock is a list of packages: of a registry, each with the SHA-256 of its
// crate file; of a git repository; or, without a source, of the project itself.
// Version 1 keeps the digests in a table of their own. A dependency names a
// package by as much of "NAME VERSION (SOURCE)" as tells it apart.
package lock

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// FileName is the only name that a lock has.
const FileName = "Cargo.lock"

// maxSize is the largest lock that is read, in bytes.
const maxSize = 64 << 20

// maxVersion is the newest version of the format that is read.
const maxVersion = 4

// file is a Cargo.lock as TOML.
type file struct {
	Version  int               `toml:"version"`
	Packages []entry           `toml:"package"`
	Root     *entry            `toml:"root"` // the project itself, in version 1
	Metadata map[string]string `toml:"metadata"`
}

type entry struct {
	Name         string   `toml:"name"`
	Version      string   `toml:"version"`
	Source       string   `toml:"source"`
	Checksum     string   `toml:"checksum"`
	Dependencies []string `toml:"dependencies"`
	Replace      string   `toml:"replace"`
}

// Read reads a Cargo.lock of a folder into a request with its graph.
func Read(fsys fs.FS, name string) (feed.Request, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return feed.Request{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return feed.Request{}, err
	}
	graph, err := Parse(data)
	if err != nil {
		return feed.Request{}, fmt.Errorf("%s: %w", name, err)
	}
	settings, err := settingsOf(graph)
	return feed.Request{Ecosystem: crate.Ecosystem, Input: name, Lock: &graph, Settings: settings}, err
}

// Settings is what the feed remembers of a lock besides its packages.
type Settings struct {
	// Registries are the sources of the registries besides the default one, as the
	// lock names them, sorted: a repair finds them again.
	Registries []string `json:"lock_registries,omitempty"`
}

func settingsOf(graph feed.Graph) (json.RawMessage, error) {
	var s Settings
	for _, node := range graph.Nodes {
		registry, _, _ := crate.Split(node.Name)
		if source := node.Pins[0].URL; registry != "" && !slices.Contains(s.Registries, source) {
			s.Registries = append(s.Registries, source)
		}
	}
	if s.Registries == nil {
		return nil, nil
	}
	slices.Sort(s.Registries)
	return json.Marshal(s)
}

// Parse reads a Cargo.lock. Packages of registries are its nodes; those of git
// repositories are skipped, and they and the project's own packages are where the
// graph begins.
func Parse(data []byte) (feed.Graph, error) {
	if len(data) > maxSize {
		return feed.Graph{}, fmt.Errorf("larger than %d MB: no lock", maxSize>>20)
	}
	var f file
	if err := toml.Unmarshal(data, &f); err != nil {
		return feed.Graph{}, fmt.Errorf("not a Cargo.lock: %w", tomlError(err))
	}
	if f.Version > maxVersion || f.Version < 0 {
		return feed.Graph{}, fmt.Errorf("version %d of the format is unknown; 1 to %d are read", f.Version, maxVersion)
	}
	if f.Root != nil {
		f.Packages = append(f.Packages, *f.Root)
	}
	if len(f.Packages) == 0 {
		return feed.Graph{}, errors.New("lists no package; want [[package]] tables")
	}
	b := builder{byName: map[string][]int{}, node: make([]int, len(f.Packages)), entries: f.Packages}
	if err := b.nodes(f.Metadata); err != nil {
		return feed.Graph{}, err
	}
	return b.graph, b.edges()
}

// tomlError says where the text is wrong.
func tomlError(err error) error {
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		row, _ := wrong.Position()
		return fmt.Errorf("line %d: %w", row, wrong)
	}
	return err
}

// builder turns the entries of a lock into a graph.
type builder struct {
	entries []entry
	byName  map[string][]int // entries of each name
	node    []int            // of each entry: its node, feed.Root for others
	graph   feed.Graph
}

func (b *builder) nodes(metadata map[string]string) error {
	seen := map[string]bool{}
	for i := range b.entries {
		e := &b.entries[i]
		if !crate.Valid(e.Name) || !crate.ValidVersion(e.Version) {
			return fmt.Errorf("[[package]] %d: %.80q %.80q is no crate with a version", i+1, e.Name, e.Version)
		}
		b.byName[e.Name] = append(b.byName[e.Name], i)
		id := e.Name + " " + e.Version + " (" + e.Source + ")"
		if seen[id] {
			return fmt.Errorf("%s %s is listed twice", e.Name, e.Version)
		}
		seen[id] = true
		if e.Checksum == "" {
			e.Checksum = metadata["checksum "+id]
		}
		if err := b.add(i); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) add(i int) error {
	e := &b.entries[i]
	b.node[i] = feed.Root
	protocol, address := crate.ParseSource(e.Source)
	switch protocol {
	case crate.Path:
		return nil
	case crate.GitDep, crate.Other:
		reason := "git dependency"
		if protocol == crate.Other {
			reason = "source of an unknown kind"
		}
		b.graph.Skipped = append(b.graph.Skipped, feed.Skipped{
			Name: e.Name, Spec: redact(protocol, address), Reason: reason, Where: FileName + ": " + e.Name + " " + e.Version,
		})
		return nil
	}
	registry, ok := crate.RegistryOf(address)
	if !ok {
		return fmt.Errorf("%s %s: the registry %q is not an address", e.Name, e.Version, web.Redact(address))
	}
	pin := feed.Pin{URL: redact(protocol, address)}
	if sum := strings.ToLower(e.Checksum); sum != "" && sum != "<none>" {
		if len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" {
			return fmt.Errorf("%s %s: the checksum %.80q is no SHA-256", e.Name, e.Version, e.Checksum)
		}
		pin.Digests = feed.Digests{"sha256": sum}
	}
	b.node[i] = len(b.graph.Nodes)
	b.graph.Nodes = append(b.graph.Nodes, feed.Node{Name: crate.Join(registry, e.Name), Version: e.Version, Pins: []feed.Pin{pin}})
	return nil
}

// redact is a source as it may be kept: without a user, password and query; the
// commit of a git repository stays.
func redact(protocol crate.Protocol, address string) string {
	text := string(protocol) + "+" + web.Redact(address)
	if _, commit, _ := strings.Cut(address, "#"); commit != "" && strings.Trim(commit, "0123456789abcdef") == "" {
		text += "#" + commit
	}
	return text
}

func (b *builder) edges() error {
	known := map[feed.Edge]bool{}
	for i := range b.entries {
		for _, text := range b.entries[i].Dependencies {
			to, err := b.find(text)
			if err != nil {
				return fmt.Errorf("%s %s: %w", b.entries[i].Name, b.entries[i].Version, err)
			}
			edge := b.edge(i, to)
			if edge.From == feed.Root && edge.To == feed.Open || known[edge] {
				continue
			}
			known[edge] = true
			b.graph.Edges = append(b.graph.Edges, edge)
		}
	}
	return nil
}

// edge is the edge from one entry to another. What a package of a registry
// requires and the project replaces by its own is open.
func (b *builder) edge(from, to int) feed.Edge {
	edge := feed.Edge{From: b.node[from], To: b.node[to]}
	edge.Requirement = feed.Requirement{Name: b.entries[to].Name, Range: "=" + b.entries[to].Version}
	if edge.To == feed.Root {
		edge.To, edge.Why = feed.Open, "patched by the project"
	} else {
		edge.Requirement.Name = b.graph.Nodes[edge.To].Name
	}
	return edge
}

// find returns the entry that "NAME", "NAME VERSION" or "NAME VERSION (SOURCE)"
// means.
func (b *builder) find(text string) (int, error) {
	name, rest, _ := strings.Cut(text, " ")
	version, source, _ := strings.Cut(rest, " ")
	shown := strings.TrimSpace(name + " " + version)
	source = strings.TrimSuffix(strings.TrimPrefix(source, "("), ")")
	found := -1
	for _, i := range b.byName[name] {
		e := &b.entries[i]
		if version != "" && e.Version != version || source != "" && e.Source != source {
			continue
		}
		if found >= 0 {
			return 0, fmt.Errorf("the dependency %.200q may be several packages", shown)
		}
		found = i
	}
	if found < 0 {
		return 0, fmt.Errorf("the dependency %.200q is not listed", shown)
	}
	return found, nil
}
