package golang

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// chosenModule is the module path of a go.mod that feedctl writes.
const chosenModule = "feed"

// chosen writes what was selected as the go command's own files: go.sum for a
// project that has none, go.mod and go.sum for a module. Of several modules, each
// has its own in a folder.
func (f *free) chosen(release func(name, version string) (feed.Release, error)) ([]feed.Document, error) {
	if len(f.request.Settings) > 0 {
		file := "go.sum"
		if f.settings.Work != nil {
			file = "go.work.sum"
		}
		sum, err := sumFile(f.choice[0].graph, release)
		return []feed.Document{{Path: file, Bytes: sum}}, err
	}
	var documents []feed.Document
	for _, one := range f.choice {
		dir := ""
		if len(f.choice) > 1 {
			escaped, err := module.EscapePath(one.asked.Path)
			if err != nil {
				return nil, err
			}
			base, err := baseName(one.asked.Version, "")
			if err != nil {
				return nil, err
			}
			dir = escaped + "@" + base
		}
		mod, err := modFile(one)
		if err != nil {
			return nil, err
		}
		sum, err := sumFile(one.graph, release)
		if err != nil {
			return nil, err
		}
		documents = append(documents,
			feed.Document{Path: path.Join(dir, "go.mod"), Bytes: mod},
			feed.Document{Path: path.Join(dir, "go.sum"), Bytes: sum})
	}
	return documents, nil
}

// modFile is the go.mod of a project that requires one module, with the versions
// that were selected.
func modFile(one selection) ([]byte, error) {
	selected := map[string]string{}
	for _, node := range one.graph.Selected {
		selected[node.Version.Path] = node.Version.Version
	}
	file := &modfile.File{}
	if err := file.AddModuleStmt(one.main.Path); err != nil {
		return nil, err
	}
	if err := file.AddGoStmt(highestGo(one.main.Go, one.graph.Go)); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, r := range one.main.Require {
		if !seen[r.Path] && selected[r.Path] != "" {
			file.AddNewRequire(r.Path, selected[r.Path], r.Indirect)
		}
		seen[r.Path] = true
	}
	file.SetRequireSeparateIndirect(slices.Clone(file.Require))
	file.Cleanup()
	return file.Format()
}

// sumFile is the go.sum of a graph: the hashes of all its files that are
// mirrored.
func sumFile(graph modgraph.Graph, release func(name, version string) (feed.Release, error)) ([]byte, error) {
	lines := map[string]bool{}
	for _, node := range slices.Concat(graph.Visited, graph.Selected) {
		v := node.Actual()
		if v.Version == "" {
			continue
		}
		r, err := release(v.Path, v.Version)
		if err != nil {
			return nil, err
		}
		for _, file := range r.Files {
			digest := file.Digests[h1]
			switch {
			case digest == "" || file.Absent:
			case strings.HasSuffix(file.Path, suffixZip):
				lines[fmt.Sprintf("%s %s h1:%s\n", v.Path, v.Version, digest)] = true
			case strings.HasSuffix(file.Path, suffixMod):
				lines[fmt.Sprintf("%s %s/go.mod h1:%s\n", v.Path, v.Version, digest)] = true
			}
		}
	}
	sorted := make([]string, 0, len(lines))
	for line := range lines {
		sorted = append(sorted, line)
	}
	slices.SortFunc(sorted, compareSumLines)
	return []byte(strings.Join(sorted, "")), nil
}

// compareSumLines orders lines as the go command does: by path and version, a zip
// before its go.mod.
func compareSumLines(a, b string) int {
	one, two := strings.Fields(a), strings.Fields(b)
	if order := strings.Compare(one[0], two[0]); order != 0 {
		return order
	}
	if order := Compare(strings.TrimSuffix(one[1], "/go.mod"), strings.TrimSuffix(two[1], "/go.mod")); order != 0 {
		return order
	}
	return strings.Compare(one[1], two[1])
}
