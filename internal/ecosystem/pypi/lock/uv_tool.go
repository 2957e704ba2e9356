package lock

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// maxMembers limits what a workspace may hold.
const maxMembers = 2_000

// uvTool is [tool.uv].
type uvTool struct {
	Sources       map[string]any `toml:"sources"`
	Constraints   []string       `toml:"constraint-dependencies"`
	Overrides     []string       `toml:"override-dependencies"`
	Excludes      []string       `toml:"exclude-dependencies"`
	BuildBounds   []string       `toml:"build-constraint-dependencies"`
	Dev           []string       `toml:"dev-dependencies"`
	DefaultGroups any            `toml:"default-groups"` // a list, or "all"
	Environments  any            `toml:"environments"`   // a list, or one text
	Required      any            `toml:"required-environments"`
	Indexes       []struct {
		Name     string `toml:"name"`
		URL      string `toml:"url"`
		Default  bool   `toml:"default"`
		Explicit bool   `toml:"explicit"`
		Format   string `toml:"format"`
	} `toml:"index"`
	IndexURL       string   `toml:"index-url"`
	ExtraIndexURLs []string `toml:"extra-index-url"`
	FindLinks      []string `toml:"find-links"`
	NoIndex        bool     `toml:"no-index"`
	Prerelease     string   `toml:"prerelease"`
	Resolution     string   `toml:"resolution"`
	IndexStrategy  string   `toml:"index-strategy"`
	ForkStrategy   string   `toml:"fork-strategy"`
	ExcludeNewer   any      `toml:"exclude-newer"`
	NoBuild        bool     `toml:"no-build"`
	NoBuildFor     []string `toml:"no-build-package"`
	NoBinary       bool     `toml:"no-binary"`
	NoBinaryFor    []string `toml:"no-binary-package"`
	Conflicts      [][]uvItem
	Workspace      *struct {
		Members []string `toml:"members"`
		Exclude []string `toml:"exclude"`
	} `toml:"workspace"`
	Metadata []struct {
		Name           string   `toml:"name"`
		Version        string   `toml:"version"`
		RequiresDist   []string `toml:"requires-dist"`
		RequiresPython string   `toml:"requires-python"`
		Extras         []string `toml:"provides-extra"`
	} `toml:"dependency-metadata"`
}

// uvSourceEntry is where [tool.uv.sources] says a package comes from.
type uvSourceEntry struct {
	index, marker, extra, group string
	reason, spec                string // of what no index serves
	workspace                   bool
}

func (p *pyproject) readUV() error {
	tool := p.doc.Tool.UV
	if tool == nil {
		return nil
	}
	if err := p.uvBounds(tool); err != nil {
		return err
	}
	p.uvIndexes(tool)
	p.uvChoice(tool)
	for _, name := range slices.Sorted(maps.Keys(tool.Sources)) {
		if err := p.uvSource(name, tool.Sources[name]); err != nil {
			return err
		}
	}
	if err := p.uvWorkspace(tool); err != nil {
		return err
	}
	if len(tool.Dev) > 0 {
		p.settings.Groups = append(p.settings.Groups, "dev")
	}
	return p.addAll(tool.Dev, KindGroup+"dev", "tool.uv.dev-dependencies")
}

func (p *pyproject) uvBounds(tool *uvTool) error {
	t := &p.settings
	for _, list := range []struct {
		key  string
		from []string
		into *[]string
	}{
		{"constraint-dependencies", tool.Constraints, &t.Constraints},
		{"override-dependencies", tool.Overrides, &t.Overrides},
		{"build-constraint-dependencies", tool.BuildBounds, &t.BuildConstraints},
	} {
		for _, text := range list.from {
			d, err := parseDependency(text)
			if err != nil {
				return p.src.wrap("tool.uv."+list.key, err)
			}
			if d.URL != "" {
				p.skip(d.Name, d.URL, urlReason(d.URL), "tool.uv."+list.key)
				continue
			}
			*list.into = append(*list.into, d.String())
		}
	}
	t.Excludes = normalNames(tool.Excludes)
	for _, one := range tool.Metadata {
		t.MetadataFor = append(t.MetadataFor, Metadata{
			Name: wheel.NormalizeName(one.Name), Version: one.Version, RequiresDist: one.RequiresDist,
			RequiresPython: one.RequiresPython, Extras: one.Extras,
		})
	}
	var err error
	if t.Environments, err = environments(oneOrMore(tool.Environments)); err != nil {
		return p.src.wrap("tool.uv.environments", err)
	}
	if t.Required, err = environments(oneOrMore(tool.Required)); err != nil {
		return p.src.wrap("tool.uv.required-environments", err)
	}
	return nil
}

// oneOrMore reads a list of texts, or one text.
func oneOrMore(value any) []string {
	if text, ok := value.(string); ok {
		return []string{text}
	}
	return texts(value)
}

func (p *pyproject) uvIndexes(tool *uvTool) {
	t := &p.settings
	add := func(name, address, key string, set func(*Index)) {
		if index, ok := newIndex(name, address, p.src.where(key)); ok {
			set(&index)
			t.addIndex(index)
		}
	}
	for _, one := range tool.Indexes {
		add(one.Name, one.URL, "tool.uv.index", func(i *Index) {
			i.Default, i.Explicit, i.Flat = one.Default, one.Explicit, one.Format == "flat"
		})
	}
	if tool.IndexURL != "" {
		add("", tool.IndexURL, "tool.uv.index-url", func(i *Index) { i.Default = true })
	}
	for _, address := range tool.ExtraIndexURLs {
		add("", address, "tool.uv.extra-index-url", func(i *Index) { i.Extra = true })
	}
	for _, address := range tool.FindLinks {
		add("", address, "tool.uv.find-links", func(i *Index) {
			i.Flat = true
			t.FindLinks = append(t.FindLinks, i.URL)
		})
	}
	t.NoIndex = tool.NoIndex
}

func (p *pyproject) uvChoice(tool *uvTool) {
	c := &p.settings.Choice
	c.Prerelease, c.Resolution, c.ForkStrategy = clip(tool.Prerelease), clip(tool.Resolution), clip(tool.ForkStrategy)
	c.IndexStrategy = clip(tool.IndexStrategy)
	if tool.ExcludeNewer != nil {
		c.ExcludeNewer = timeText(tool.ExcludeNewer)
	}
	c.OnlyBinary, c.NoBinary = normalNames(tool.NoBuildFor), normalNames(tool.NoBinaryFor)
	if tool.NoBuild {
		c.OnlyBinary = []string{":all:"}
	}
	if tool.NoBinary {
		c.NoBinary = []string{":all:"}
	}
	for _, items := range tool.Conflicts {
		var conflict []Conflict
		for _, item := range items {
			conflict = append(conflict, Conflict(item))
		}
		p.settings.Conflicts = append(p.settings.Conflicts, conflict)
	}
	if groups, ok := tool.DefaultGroups.(string); ok && groups == "all" {
		p.settings.DefaultGroups = slices.Collect(maps.Keys(p.doc.Groups))
	} else {
		p.settings.DefaultGroups = texts(tool.DefaultGroups)
	}
}

// timeText returns a time as uv writes it: a text, or a TOML date.
func timeText(value any) string {
	if at, ok := value.(time.Time); ok {
		return at.Format(time.RFC3339Nano)
	}
	return clip(fmt.Sprint(value))
}

// uvSource reads one entry of [tool.uv.sources]: a table, or a list of tables with
// markers.
func (p *pyproject) uvSource(name string, value any) error {
	key := "tool.uv.sources." + name
	if !wheel.ValidName(name) {
		return p.src.wrap(key, errName(name))
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	normal := wheel.NormalizeName(name)
	for _, one := range list {
		table, ok := one.(map[string]any)
		if !ok {
			return p.src.fail(key, "a source is not a table")
		}
		entry, err := parseUVSourceEntry(table)
		if err != nil {
			return p.src.wrap(key, err)
		}
		p.sources[normal] = append(p.sources[normal], entry)
	}
	return nil
}

func parseUVSourceEntry(table map[string]any) (uvSourceEntry, error) {
	var e uvSourceEntry
	text := func(key string) string {
		value, _ := table[key].(string)
		return value
	}
	e.index, e.extra, e.group = clip(text("index")), text("extra"), text("group")
	e.workspace, _ = table["workspace"].(bool)
	editable, _ := table["editable"].(bool)
	switch {
	case text("git") != "":
		e.reason, e.spec = "git dependency", text("git")
	case text("url") != "":
		e.reason, e.spec = urlReason(text("url")), text("url")
	case text("path") != "" && editable:
		e.reason, e.spec = "editable dependency", text("path")
	case text("path") != "":
		e.reason, e.spec = "path dependency", text("path")
	}
	var err error
	e.marker, err = normalMarker(text("marker"))
	return e, err
}

// redirected reports whether a requirement comes from nowhere but a source that is
// no index. A source with a marker leaves the requirement to the indexes elsewhere.
func (p *pyproject) redirected(d dependency, kind, key string) bool {
	elsewhere := false
	for _, e := range p.sources[d.Name] {
		extra, _ := Extra(kind)
		group, _ := Group(kind)
		if e.extra != "" && wheel.NormalizeName(e.extra) != extra || e.group != "" && wheel.NormalizeName(e.group) != group {
			continue
		}
		switch {
		case e.reason != "":
			p.skip(d.Name, e.spec, e.reason, key)
			elsewhere = elsewhere || e.marker == ""
		case e.workspace:
			elsewhere = elsewhere || e.marker == ""
		case e.index != "":
			source := Source{Index: e.index, Marker: e.marker}
			if onWeb(e.index) {
				index, _ := newIndex("", e.index, "")
				source.Index = index.URL
			}
			if e.extra != "" || e.group != "" {
				source.Kind = kind
			}
			p.settings.bind(d.Name, source)
		}
	}
	return elsewhere
}

// uvWorkspace reads what the members of the workspace require.
func (p *pyproject) uvWorkspace(tool *uvTool) error {
	if tool.Workspace == nil {
		return nil
	}
	folders, err := p.members(tool.Workspace.Members, tool.Workspace.Exclude)
	if err != nil {
		return err
	}
	docs := make([]*pyproject, 0, len(folders))
	for _, folder := range folders {
		s, err := open(p.fsys, folder+"/pyproject.toml", pyprojectAdvice)
		if err != nil {
			return err
		}
		s.file = folder + "/" + s.file
		member := &pyproject{fsys: p.fsys, src: s, sources: p.sources, own: p.own}
		if err := toml.Unmarshal(s.data, &member.doc); err != nil {
			return s.toml(&member.doc)
		}
		if member.doc.Project != nil {
			p.own[wheel.NormalizeName(member.doc.Project.Name)] = true
		}
		docs = append(docs, member)
	}
	for _, member := range docs {
		if err := p.take(member); err != nil {
			return err
		}
	}
	return nil
}

// take adds what a member of the workspace requires and names.
func (p *pyproject) take(member *pyproject) error {
	if uv := member.doc.Tool.UV; uv != nil {
		for _, name := range slices.Sorted(maps.Keys(uv.Sources)) {
			if err := member.uvSource(name, uv.Sources[name]); err != nil {
				return err
			}
		}
	}
	for _, step := range []func() error{member.readProject, member.readGroups, member.readBuild} {
		if err := step(); err != nil {
			return err
		}
	}
	p.requirements = append(p.requirements, member.requirements...)
	t, m := &p.settings, &member.settings
	t.Extras, t.Groups = slices.Concat(t.Extras, m.Extras), slices.Concat(t.Groups, m.Groups)
	t.Skipped = append(t.Skipped, m.Skipped...)
	for name, sources := range m.Sources {
		for _, source := range sources {
			t.bind(name, source)
		}
	}
	if m.RequiresPython != "" {
		t.Notes = append(t.Notes, fmt.Sprintf("%s is for Python %s", member.src.file, m.RequiresPython))
	}
	return nil
}

// members returns the folders that patterns name and that hold a pyproject.toml.
func (p *pyproject) members(patterns, exclude []string) ([]string, error) {
	found := map[string]bool{}
	for _, pattern := range patterns {
		clean, ok := inside(".", strings.TrimSuffix(pattern, "/"))
		if !ok {
			return nil, p.src.fail("tool.uv.workspace", "the pattern %q leaves the project's folder, which is all that is read", clip(pattern))
		}
		files, err := fs.Glob(p.fsys, path.Join(clean, "pyproject.toml"))
		if err != nil {
			return nil, p.src.fail("tool.uv.workspace", "the pattern %q is none", clip(pattern))
		}
		for _, file := range files {
			found[path.Dir(file)] = true
		}
		if len(found) > maxMembers {
			return nil, p.src.fail("tool.uv.workspace", "the workspace has more than %d members", maxMembers)
		}
	}
	maps.DeleteFunc(found, func(folder string, _ bool) bool {
		return folder == "." || slices.ContainsFunc(exclude, func(pattern string) bool {
			match, err := path.Match(path.Clean(pattern), folder)
			return match && err == nil
		})
	})
	return slices.Sorted(maps.Keys(found)), nil
}
