package lock

import (
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

const pipfileLockAdvice = "write it again with \"pipenv lock\""

// pipfileMeta is what a Pipfile.lock says as a whole.
type pipfileMeta struct {
	Spec     int `json:"pipfile-spec"`
	Requires struct {
		Version string `json:"python_version"`
		Full    string `json:"python_full_version"`
	} `json:"requires"`
	Sources []pipfileSource `json:"sources"`
}

// ReadPipfileLock reads Pipfile.lock, version 6 of the format. The lock is flat,
// names no files and no edges.
func ReadPipfileLock(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, pipfileLockAdvice)
	if err != nil {
		return feed.Request{}, err
	}
	var sections map[string]json.RawMessage
	if err := s.json(&sections); err != nil {
		return feed.Request{}, err
	}
	g := newGraph(s)
	if err := readPipfileMeta(g, sections["_meta"]); err != nil {
		return feed.Request{}, err
	}
	delete(sections, "_meta")
	for _, category := range slices.Sorted(maps.Keys(sections)) {
		if err := readPipfileSection(g, category, sections[category]); err != nil {
			return feed.Request{}, err
		}
	}
	return g.request()
}

func readPipfileMeta(g *graph, raw json.RawMessage) error {
	var meta pipfileMeta
	if raw == nil {
		return g.src.fail("_meta", "there is no such object, so this is no Pipfile.lock")
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		return g.src.wrap("_meta", err)
	}
	if meta.Spec > 6 {
		return g.src.fail("_meta", "version %d of the format is unknown; up to 6 is read", meta.Spec)
	}
	g.settings.Flat = true
	g.settings.addSources(meta.Sources, g.src.file)
	var err error
	if g.settings.RequiresPython, err = pipfilePython(meta.Requires.Version, meta.Requires.Full); err != nil {
		return g.src.wrap("_meta.requires", err)
	}
	return nil
}

func readPipfileSection(g *graph, category string, raw json.RawMessage) error {
	var table map[string]any
	if err := json.Unmarshal(raw, &table); err != nil {
		return g.src.wrap(category, err)
	}
	kind := pipfileKind(category)
	group, _ := Group(kind)
	if group != "" {
		g.settings.Groups = append(g.settings.Groups, group)
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if err := readPipfilePackage(g, name, table[name], kind, group); err != nil {
			return err
		}
	}
	return nil
}

func readPipfilePackage(g *graph, name string, value any, kind, group string) error {
	e, err := parsePipfileEntry(value)
	if err != nil {
		return g.src.wrap(name, err)
	}
	if e.Reason != "" {
		g.skip(name, e.Direct, e.Reason)
		return nil
	}
	wanted, exact := strings.CutPrefix(strings.TrimSpace(e.Version), "==")
	if !exact || strings.HasPrefix(wanted, "=") || strings.Contains(wanted, "*") {
		return g.src.fail(name, "the entry pins no version: %q is not ==VERSION", clip(e.Version))
	}
	r := record{name: name, version: wanted, release: Release{Marker: e.Markers, Groups: []string{group}}}
	for _, hash := range e.Hashes {
		r.files = append(r.files, artifact{Hash: hash})
	}
	for _, index := range g.settings.Indexes {
		if e.Index != "" && index.Name == e.Index {
			r.release.Index = index.URL
		}
	}
	at, err := g.node(r)
	if err != nil {
		return err
	}
	d, err := e.dependency(name)
	if err != nil {
		return g.src.wrap(name, err)
	}
	g.edge(feed.Root, at, d.requirement(kind))
	return nil
}
