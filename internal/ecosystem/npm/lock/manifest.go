package lock

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

const manifestAdvice = "correct the file and run this again"

// Settings is what the package.json of a project says besides its requirements:
// the form of feed.Request.Settings. Each document is a package.json reduced to
// the fields that decide a resolution, members in the order of the file:
//
//   - name, version, the four dependency maps, peerDependenciesMeta,
//     bundleDependencies, engines, os, cpu, libc, workspaces, packageManager,
//     and overrides;
//   - "catalog:" ranges are replaced by what the catalog says, "workspace:"
//     ranges by the range behind them ("*" when there is none);
//   - texts that no registry can meet are redacted;
//   - overrides are npm's own. A project without them gets what its
//     "resolutions" (yarn) and pnpm overrides say, converted to npm's form; a
//     direct dependency that these replace is replaced in the dependency map, as
//     npm refuses an override of it.
type Settings struct {
	Manifest json.RawMessage            `json:"manifest"`          // of the root
	Members  map[string]json.RawMessage `json:"members,omitempty"` // of the workspace members, by folder relative to the root
	Links    map[string]json.RawMessage `json:"links,omitempty"`   // of folders that "file:" and "link:" dependencies name, by folder
}

// ReadManifest reads package.json as a request: Requirements are the root's own
// dependencies of every kind, then one of KindTool for the package manager that
// "packageManager" asks for (yarn 2 and later is @yarnpkg/cli-dist, as corepack
// fetches it) and for each of pnpm's configDependencies. Settings has the form
// of [Settings], workspace members included.
//
// A dependency that no registry can meet has its redacted text as range.
func ReadManifest(fsys fs.FS, name string) (feed.Request, error) {
	p, err := loadNamed(fsys, name)
	if err != nil {
		return feed.Request{}, err
	}
	root, err := p.reduce(p.src, p.root)
	if err != nil {
		return feed.Request{}, err
	}
	p.override(root)
	settings := Settings{Manifest: root.appendJSON(nil)}
	if settings.Members, err = p.reduceAll(p.members); err != nil {
		return feed.Request{}, err
	}
	if settings.Links, err = p.reduceAll(p.links); err != nil {
		return feed.Request{}, err
	}
	request := feed.Request{Ecosystem: Ecosystem, Input: p.src.file}
	for _, d := range manifestDependencies(root, true) {
		request.Requirements = append(request.Requirements, d.requirement())
	}
	request.Requirements = append(request.Requirements, p.tools()...)
	request.Settings, err = json.Marshal(settings)
	if err != nil {
		return feed.Request{}, fmt.Errorf("encode settings of %s: %w", p.src.file, err)
	}
	return request, nil
}

func (p *project) reduceAll(folders []folder) (map[string]json.RawMessage, error) {
	if len(folders) == 0 {
		return nil, nil
	}
	reduced := make(map[string]json.RawMessage, len(folders))
	for _, f := range folders {
		v, err := p.reduce(f.src, f.manifest)
		if err != nil {
			return nil, err
		}
		reduced[f.path] = v.appendJSON(nil)
	}
	return reduced, nil
}

// tools returns the package manager that the project asks for, and what pnpm
// loads before anything else.
func (p *project) tools() []feed.Requirement {
	var tools []feed.Requirement
	if name, version, ok := splitAt(p.root.get("packageManager").str()); ok {
		version, _, _ = strings.Cut(version, "+")
		if tool := toolPackage(name, version); tool != "" {
			tools = append(tools, feed.Requirement{Name: tool, Range: version, Kind: KindTool})
		}
	}
	for _, d := range p.workspace.get("configDependencies").texts(KindTool) {
		version, _, _ := strings.Cut(d.spec, "+")
		if CheckName(d.name) == nil && CheckVersion(version) == nil {
			tools = append(tools, feed.Requirement{Name: d.name, Range: version, Kind: KindTool})
		}
	}
	return tools
}

// toolPackage returns the package that holds a package manager, or "".
func toolPackage(name, version string) string {
	if CheckVersion(version) != nil {
		return ""
	}
	switch name {
	case "npm", "pnpm", "bun":
		return name
	case "yarn":
		if strings.HasPrefix(version, "0.") || strings.HasPrefix(version, "1.") {
			return name
		}
		return "@yarnpkg/cli-dist"
	}
	return ""
}
