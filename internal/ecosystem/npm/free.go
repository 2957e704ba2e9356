package npm

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/tree"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Options of a request that is resolved.
const (
	optionNode        = "node"
	optionLegacyPeers = "legacy-peer-deps"
)

// resolveFree resolves a request by npm's own rules. Package managers that the
// project asks for by "packageManager" are resolved each on their own.
func resolveFree(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
	project, tools, skipped, err := projectOf(request)
	if err != nil {
		return feed.Graph{}, err
	}
	r := &registry{index: index}
	options := tree.Options{Node: nodeVersion(request), LegacyPeers: request.Options[optionLegacyPeers] == "true"}
	options.Memory = memory(index, options.Node, options.LegacyPeers)
	main, err := resolveTree(ctx, project, options, r)
	if err != nil {
		return feed.Graph{}, err
	}
	trees := []*tree.Tree{main}
	for _, tool := range tools {
		t, err := resolveTree(ctx, tree.Project{Requests: []*tree.Spec{tool}}, options, r)
		if err != nil {
			return feed.Graph{}, err
		}
		trees = append(trees, t)
	}
	if request.Options[ecosystem.OnlyWhether] == "true" {
		return feed.Graph{}, nil
	}
	graph := graphOf(request, trees, options.Memory)
	graph.Skipped = skipped
	graph.Chosen = func(release func(name, version string) (feed.Release, error)) ([]feed.Document, error) {
		return chosenLock(project, main, release)
	}
	return graph, nil
}

func resolveTree(ctx context.Context, project tree.Project, options tree.Options, r *registry) (*tree.Tree, error) {
	if !ecosystem.Near(r.index) {
		if err := tree.Warm(ctx, project, options, r, parallel); err != nil {
			return nil, err
		}
	}
	return tree.Resolve(ctx, project, options, r)
}

// projectOf reads what the resolver needs from a request: the manifests of the
// project, or what the command line asks for.
func projectOf(request feed.Request) (tree.Project, []*tree.Spec, []feed.Skipped, error) {
	var project tree.Project
	var tools []*tree.Spec
	for _, requirement := range request.Requirements {
		tool := requirement.Kind == lock.KindTool
		if !tool && len(request.Settings) > 0 {
			continue
		}
		spec, err := tree.ParseSpec(specText(requirement))
		if err != nil {
			return tree.Project{}, nil, nil, fmt.Errorf("%s: %w", request.Input, err)
		}
		if tool {
			tools = append(tools, spec)
		} else {
			project.Requests = append(project.Requests, spec)
		}
	}
	if len(request.Settings) == 0 {
		return project, tools, nil, nil
	}
	var settings lock.Settings
	if err := json.Unmarshal(request.Settings, &settings); err != nil {
		return tree.Project{}, nil, nil, fmt.Errorf("%s: settings: %w", request.Input, err)
	}
	skipped, err := readProject(&project, settings, request.Input)
	return project, tools, skipped, err
}

// readProject reads the manifests of a project. Entries that no registry can
// meet are taken out of them and listed.
func readProject(project *tree.Project, settings lock.Settings, input string) ([]feed.Skipped, error) {
	var head struct {
		Overrides json.RawMessage `json:"overrides"`
	}
	if err := json.Unmarshal(settings.Manifest, &head); err != nil {
		return nil, fmt.Errorf("%s: settings: %w", input, err)
	}
	project.Overrides = head.Overrides
	root, skipped, err := readMember(settings.Manifest, input, settings)
	if err != nil {
		return nil, err
	}
	project.Root, project.Members = root, map[string]*tree.Manifest{}
	for _, folders := range []map[string]json.RawMessage{settings.Members, settings.Links} {
		for _, folder := range slices.Sorted(maps.Keys(folders)) {
			member, more, err := readMember(folders[folder], folder+"/package.json", settings)
			if err != nil {
				return nil, err
			}
			project.Members[folder] = member
			skipped = append(skipped, more...)
		}
	}
	return skipped, nil
}

// readMember reads one package.json of a project.
func readMember(raw json.RawMessage, where string, settings lock.Settings) (*tree.Manifest, []feed.Skipped, error) {
	manifest, err := tree.ParseProject(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", where, err)
	}
	fields := *manifest.Fields()
	var skipped []feed.Skipped
	for key, deps := range map[string]*tree.Deps{
		"dependencies": &fields.Dependencies, "optionalDependencies": &fields.OptionalDependencies,
		"devDependencies": &fields.DevDependencies, "peerDependencies": &fields.PeerDependencies,
	} {
		var kept tree.Deps
		for _, dep := range *deps {
			spec := tree.ParseDependency(dep.Name, dep.Spec)
			if spec.Type.Registry() || spec.Type == tree.SpecInvalid {
				kept = append(kept, dep)
				continue
			}
			if _, local := settings.Links[path.Clean(strings.TrimPrefix(strings.TrimPrefix(dep.Spec, "file:"), "link:"))]; !local {
				skipped = append(skipped, feed.Skipped{Name: dep.Name, Spec: dep.Spec, Reason: spec.Type.String() + " dependency", Where: where + " " + key})
			}
		}
		*deps = kept
	}
	if len(skipped) == 0 && len(settings.Links) == 0 {
		return manifest, nil, nil
	}
	slices.SortFunc(skipped, func(a, b feed.Skipped) int { return strings.Compare(a.Name, b.Name) })
	return tree.NewManifest(manifest.Name, manifest.Version, fields), skipped, nil
}

func specText(r feed.Requirement) string {
	text := installed(r)
	if r.Alias != "" {
		return text + "@" + rangeText(r)
	}
	if r.Range != "" {
		text += "@" + r.Range
	}
	return text
}

// graphOf turns trees into one graph: a node for each release, whatever the
// number of folders it fills.
func graphOf(request feed.Request, trees []*tree.Tree, shared *tree.Memory) feed.Graph {
	l := newLocked(request)
	l.memory = shared
	at := map[*tree.Node]int{}
	known := map[string]int{}
	for _, t := range trees {
		for _, warning := range t.Warnings {
			l.graph.Notes = append(l.graph.Notes, strings.TrimSpace(warning.Code+" "+warning.Text))
		}
		for _, n := range t.Nodes {
			l.takeNode(n, at, known)
		}
	}
	leads := map[place]int{}
	for _, t := range trees {
		for _, n := range t.Nodes {
			lead(n, at, leads)
		}
	}
	for i := range l.graph.Nodes {
		l.graph.Nodes[i].Bare = !fitsAny(l.manifests[i].Fields(), request.Targets)
	}
	l.edges(leads)
	return l.graph
}

// takeNode takes the release in a folder into the graph. The folders of the
// project itself are its root.
func (l *locked) takeNode(n *tree.Node, at map[*tree.Node]int, known map[string]int) {
	if n.Path == "" || n.Member || n.Link != nil {
		at[n] = feed.Root
		return
	}
	id := n.Manifest.Name + "@" + n.Manifest.Version
	i, seen := known[id]
	if !seen {
		i = len(l.graph.Nodes)
		known[id] = i
		l.graph.Nodes = append(l.graph.Nodes, feed.Node{Name: n.Manifest.Name, Version: n.Manifest.Version})
		l.manifests = append(l.manifests, n.Manifest)
		l.byName[n.Manifest.Name] = append(l.byName[n.Manifest.Name], i)
	}
	at[n] = i
}

// lead notes where the edges of a folder lead. Of several folders with one
// release the first counts.
func lead(n *tree.Node, at map[*tree.Node]int, leads map[place]int) {
	for _, edge := range n.Edges {
		to, ok := at[target(edge.To)]
		from := place{at[n], edge.Name}
		if _, known := leads[from]; ok && to >= 0 && !known {
			leads[from] = to
		}
	}
}

// target follows a link.
func target(n *tree.Node) *tree.Node {
	if n != nil && n.Link != nil {
		return n.Link
	}
	return n
}

// chosenLock writes the tree as package-lock.json, with the manifests that it
// belongs to.
func chosenLock(project tree.Project, t *tree.Tree, release func(name, version string) (feed.Release, error)) ([]feed.Document, error) {
	releases := map[string]feed.Release{}
	for _, n := range t.Nodes {
		if n.Path == "" || n.Member || n.Link != nil {
			continue
		}
		r, err := release(n.Manifest.Name, n.Manifest.Version)
		if err != nil {
			return nil, err
		}
		if n.Manifest, err = tree.ParseManifest(n.Manifest.Name, n.Manifest.Version, r.Metadata); err != nil {
			return nil, err
		}
		releases[n.Manifest.Name+"@"+n.Manifest.Version] = r
	}
	data, err := t.Lock(tree.LockOptions{Name: "feed", OmitMissing: true, Tarball: func(name, version string) (string, string) {
		r := releases[name+"@"+version]
		if len(r.Files) == 0 {
			return "", ""
		}
		return "", r.Files[0].Digests.SRI("sha512")
	}})
	if err != nil {
		return nil, err
	}
	documents := []feed.Document{{Path: "package-lock.json", Bytes: data}}
	manifest, err := rootManifest(project, t)
	if err != nil {
		return nil, err
	}
	documents = append(documents, feed.Document{Path: "package.json", Bytes: manifest})
	for _, folder := range slices.Sorted(maps.Keys(project.Members)) {
		documents = append(documents, feed.Document{Path: folder + "/package.json", Bytes: project.Members[folder].Raw()})
	}
	return documents, nil
}

// rootManifest is the package.json that the lock belongs to.
func rootManifest(project tree.Project, t *tree.Tree) ([]byte, error) {
	if project.Root != nil && project.Root.Raw() != nil {
		return append(slices.Clone(project.Root.Raw()), '\n'), nil
	}
	dependencies := map[string]string{}
	for _, dep := range t.Root.Manifest.Fields().Dependencies {
		dependencies[dep.Name] = dep.Spec
	}
	data, err := json.MarshalIndent(struct {
		Name         string            `json:"name"`
		Private      bool              `json:"private"`
		Dependencies map[string]string `json:"dependencies"`
	}{"feed", true, dependencies}, "", "  ")
	return append(data, '\n'), err
}

// nodeVersion is the Node that the request is resolved for, empty for none.
func nodeVersion(request feed.Request) string {
	if version := request.Options[optionNode]; version != "none" {
		return version
	}
	return ""
}
