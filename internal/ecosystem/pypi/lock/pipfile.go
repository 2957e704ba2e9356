package lock

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

const pipfileAdvice = "correct the Pipfile and run this again"

// pipfileMarkers are the keys of an entry that stand for a marker of that name.
var pipfileMarkers = []string{
	"implementation_name", "implementation_version", "os_name", "platform_machine", "platform_python_implementation",
	"platform_release", "platform_system", "platform_version", "python_full_version", "python_version", "sys_platform",
}

// pipfileEntry is one package of a Pipfile or a Pipfile.lock.
type pipfileEntry struct {
	Version  string
	Extras   []string
	Markers  string
	Index    string
	Editable bool
	Direct   string // what the entry names when that is nothing an index serves
	Reason   string
	Hashes   []string
}

// parsePipfileEntry reads a version or a table.
func parsePipfileEntry(value any) (pipfileEntry, error) {
	switch v := value.(type) {
	case string:
		return pipfileEntry{Version: v}, nil
	case map[string]any:
		return pipfileTable(v), nil
	}
	return pipfileEntry{}, fmt.Errorf("the entry is neither a version nor a table")
}

func pipfileTable(table map[string]any) pipfileEntry {
	var e pipfileEntry
	e.Version, _ = table["version"].(string)
	e.Index, _ = table["index"].(string)
	e.Editable, _ = table["editable"].(bool)
	e.Extras, e.Hashes = texts(table["extras"]), texts(table["hashes"])
	conditions := []string{}
	if condition, ok := table["markers"].(string); ok {
		conditions = append(conditions, condition)
	}
	for _, field := range pipfileMarkers {
		if condition, ok := table[field].(string); ok {
			conditions = append(conditions, field+" "+condition)
		}
	}
	e.Markers = allOf(conditions...)
	for _, kind := range []string{"git", "hg", "svn", "bzr"} {
		if address, ok := table[kind].(string); ok {
			ref, _ := table["ref"].(string)
			e.Direct, e.Reason = kind+"+"+address+"@"+ref, kind+" dependency"
		}
	}
	for _, kind := range []string{"path", "file"} {
		if address, ok := table[kind].(string); ok {
			e.Direct, e.Reason = address, "path dependency"
			if onWeb(address) {
				e.Reason = "URL dependency"
			}
		}
	}
	if e.Reason != "" && e.Editable {
		e.Reason = "editable dependency"
	}
	return e
}

func texts(value any) []string {
	list, _ := value.([]any)
	var all []string
	for _, one := range list {
		if text, ok := one.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// dependency returns the entry as a requirement of PEP 508.
func (e *pipfileEntry) dependency(name string) (dependency, error) {
	specifiers := strings.TrimSpace(e.Version)
	if specifiers == "*" {
		specifiers = ""
	} else if _, err := version.Parse(specifiers); err == nil {
		specifiers = "==" + specifiers
	}
	return newDependency(name, e.Extras, specifiers, e.Markers)
}

// pipfileKind returns the kind of requirement for a table of packages.
func pipfileKind(category string) string {
	switch category {
	case "packages", "default":
		return ""
	case "dev-packages", "develop":
		return KindGroup + "develop"
	}
	return KindGroup + wheel.NormalizeName(clip(category))
}

// pipfileSource is one entry of [[source]].
type pipfileSource struct {
	Name string `toml:"name" json:"name"`
	URL  string `toml:"url"  json:"url"`
}

// addSources records indexes; the first is the default one.
func (s *Settings) addSources(sources []pipfileSource, where string) {
	for i, source := range sources {
		if index, ok := newIndex(source.Name, source.URL, where); ok {
			index.Default, index.Explicit = i == 0, i > 0
			s.addIndex(index)
		}
	}
}

// ReadPipfile reads a Pipfile: [packages], [dev-packages] as the group "develop",
// and every other category as a group of its name.
func ReadPipfile(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, pipfileAdvice)
	if err != nil {
		return feed.Request{}, err
	}
	p := &pipfile{src: s}
	return p.read()
}

// pipfile collects what a Pipfile holds.
type pipfile struct {
	src          *source
	settings     Settings
	requirements []feed.Requirement
}

func (p *pipfile) read() (feed.Request, error) {
	var tables map[string]any
	var known struct {
		Sources  []pipfileSource `toml:"source"`
		Requires struct {
			Version string `toml:"python_version"`
			Full    string `toml:"python_full_version"`
		} `toml:"requires"`
		Pipenv struct {
			Prereleases bool `toml:"allow_prereleases"`
		} `toml:"pipenv"`
	}
	if err := p.src.toml(&known); err != nil {
		return feed.Request{}, err
	}
	if err := p.src.toml(&tables); err != nil {
		return feed.Request{}, err
	}
	p.settings.addSources(known.Sources, p.src.file)
	if known.Pipenv.Prereleases {
		p.settings.Choice.Prerelease = "allow"
	}
	var err error
	if p.settings.RequiresPython, err = pipfilePython(known.Requires.Version, known.Requires.Full); err != nil {
		return feed.Request{}, p.src.wrap("requires", err)
	}
	for _, category := range slices.Sorted(maps.Keys(tables)) {
		table, ok := tables[category].(map[string]any)
		if ok && !slices.Contains([]string{"requires", "pipenv", "scripts"}, category) {
			if err := p.category(category, table); err != nil {
				return feed.Request{}, err
			}
		}
	}
	return p.settings.request(p.src.file, p.requirements)
}

func (p *pipfile) category(category string, table map[string]any) error {
	kind := pipfileKind(category)
	if group, ok := Group(kind); ok {
		p.settings.Groups = append(p.settings.Groups, group)
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		key := category + "." + name
		e, err := parsePipfileEntry(table[name])
		if err != nil {
			return p.src.wrap(key, err)
		}
		if e.Reason != "" {
			p.settings.Skipped = append(p.settings.Skipped, newSkipped(name, e.Direct, e.Reason, p.src.where(key)))
			continue
		}
		d, err := e.dependency(name)
		if err != nil {
			return p.src.wrap(key, err)
		}
		p.requirements = append(p.requirements, d.requirement(kind))
		if e.Index != "" {
			p.settings.bind(d.Name, Source{Index: clip(e.Index), Kind: kind})
		}
	}
	return nil
}

// bind records which index a package must come from.
func (s *Settings) bind(name string, source Source) {
	if s.Sources == nil {
		s.Sources = map[string][]Source{}
	}
	if len(s.Sources[name]) < maxIndexes && !slices.Contains(s.Sources[name], source) {
		s.Sources[name] = append(s.Sources[name], source)
	}
}

// pipfilePython returns the specifiers that [requires] stands for.
func pipfilePython(short, full string) (string, error) {
	switch {
	case full != "":
		return normalSpecifiers("==" + full)
	case short != "" && short != "*":
		return normalSpecifiers("==" + short + ".*")
	}
	return "", nil
}
