package lock

import (
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// pdmTool is [tool.pdm].
type pdmTool struct {
	Dev     map[string][]string `toml:"dev-dependencies"`
	Sources []struct {
		Name    string   `toml:"name"`
		URL     string   `toml:"url"`
		Type    string   `toml:"type"` // "find_links", else an index
		Include []string `toml:"include_packages"`
	} `toml:"source"`
	Resolution struct {
		Overrides   map[string]string `toml:"overrides"`
		Excludes    []string          `toml:"excludes"`
		Prereleases bool              `toml:"allow-prereleases"`
	} `toml:"resolution"`
}

func (p *pyproject) readPDM() error {
	tool := p.doc.Tool.PDM
	if tool == nil {
		return nil
	}
	p.pdmSources(tool)
	if tool.Resolution.Prereleases {
		p.settings.Choice.Prerelease = "allow"
	}
	p.settings.Excludes = normalNames(append(p.settings.Excludes, tool.Resolution.Excludes...))
	if err := p.pdmOverrides(tool); err != nil {
		return err
	}
	for _, group := range slices.Sorted(maps.Keys(tool.Dev)) {
		key := "tool.pdm.dev-dependencies." + group
		if !wheel.ValidName(group) {
			return p.src.wrap(key, errName(group))
		}
		p.settings.Groups = append(p.settings.Groups, group)
		for _, text := range tool.Dev[group] {
			if address, editable := strings.CutPrefix(text, "-e "); editable {
				p.skip(eggName(address), address, "editable dependency", key)
			} else if err := p.addAll([]string{text}, KindGroup+wheel.NormalizeName(group), key); err != nil {
				return err
			}
		}
	}
	return nil
}

// pdmSources records indexes. The one named "pypi" takes the place of the built-in
// one.
func (p *pyproject) pdmSources(tool *pdmTool) {
	for _, source := range tool.Sources {
		index, ok := newIndex(source.Name, source.URL, p.src.where("tool.pdm.source"))
		if !ok {
			continue
		}
		index.Default, index.Flat = source.Name == "pypi", source.Type == "find_links"
		index.Extra = !index.Default && !index.Flat
		if index.Flat {
			p.settings.FindLinks = append(p.settings.FindLinks, index.URL)
		}
		p.settings.addIndex(index)
		for _, name := range source.Include {
			if wheel.ValidName(name) {
				p.settings.bind(wheel.NormalizeName(name), Source{Index: index.Name})
			}
		}
	}
}

// pdmOverrides reads versions or specifiers that replace every other one.
func (p *pyproject) pdmOverrides(tool *pdmTool) error {
	for _, name := range slices.Sorted(maps.Keys(tool.Resolution.Overrides)) {
		key, text := "tool.pdm.resolution.overrides."+name, strings.TrimSpace(tool.Resolution.Overrides[name])
		if strings.Contains(text, "://") {
			p.skip(name, text, urlReason(text), key)
			continue
		}
		if _, err := version.Parse(text); err == nil {
			text = "==" + text
		}
		d, err := newDependency(name, nil, text, "")
		if err != nil {
			return p.src.wrap(key, err)
		}
		p.settings.Overrides = append(p.settings.Overrides, d.String())
	}
	return nil
}
