package lock

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// project is a package.json with everything around it that bears on what the
// project requires.
type project struct {
	fsys      fs.FS
	src       *source
	root      *value
	workspace *value // pnpm-workspace.yaml, may be nil
	yarn      *value // .yarnrc.yml, may be nil
	members   []folder
	links     []folder
	names     map[string]bool // of members
}

// folder is a package of the project itself.
type folder struct {
	path     string // relative to the root, slash-separated
	src      *source
	manifest *value
}

// loadProject reads the package.json of a folder; without one the project is
// empty.
func loadProject(fsys fs.FS) (*project, error) {
	p, err := loadNamed(fsys, "package.json")
	if errors.Is(err, fs.ErrNotExist) {
		return &project{}, nil
	}
	return p, err
}

// readManifestBeside returns the package.json of a folder, or nil.
func readManifestBeside(fsys fs.FS) (*value, error) {
	_, v, err := readPackage(fsys, "package.json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return v, err
}

func loadNamed(fsys fs.FS, name string) (*project, error) {
	p := &project{fsys: fsys, names: map[string]bool{}}
	var err error
	if p.src, p.root, err = readPackage(fsys, name); err != nil {
		return nil, err
	}
	if p.workspace, err = readOptionalYAML(fsys, "pnpm-workspace.yaml"); err != nil {
		return nil, err
	}
	if p.yarn, err = readOptionalYAML(fsys, ".yarnrc.yml"); err != nil {
		return nil, err
	}
	if err := p.loadMembers(); err != nil {
		return nil, err
	}
	return p, p.loadLinks()
}

// all returns the manifests of the root and the members.
func (p *project) all() []*value {
	if p.root == nil {
		return nil
	}
	manifests := []*value{p.root}
	for _, m := range p.members {
		manifests = append(manifests, m.manifest)
	}
	return manifests
}

// dependencyMaps are the sections of package.json that name packages.
var dependencyMaps = []string{"dependencies", "devDependencies", "optionalDependencies", "peerDependencies"}

// readPackage reads a package.json. A name that occurs twice in one dependency
// map is an error; other keys count as in JavaScript, the last one wins.
func readPackage(fsys fs.FS, name string) (*source, *value, error) {
	s, err := open(fsys, name, manifestAdvice, maxMemberBytes)
	if err != nil {
		return nil, nil, err
	}
	if folder := path.Dir(name); folder != "." {
		s.file = name // members are told apart by their folder
	}
	v, err := (&jsonReader{src: s, line: 1}).document()
	if err != nil {
		return nil, nil, err
	}
	for _, section := range append([]string{"overrides", "resolutions"}, dependencyMaps...) {
		if m := v.get(section); m != nil && m.repeats != nil {
			return nil, nil, s.fail(m.repeats.line, m.repeats.key, "the name occurs twice in %s", section)
		}
	}
	return s, v, nil
}

func readOptionalYAML(fsys fs.FS, name string) (*value, error) {
	s, err := open(fsys, name, manifestAdvice, maxMemberBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	documents, err := parseYAML(s)
	if err != nil || len(documents) == 0 {
		return nil, err
	}
	return documents[0], nil
}

// loadMembers finds the members of the workspace.
func (p *project) loadMembers() error {
	patterns := p.root.get("workspaces")
	if patterns != nil && patterns.kind == object {
		patterns = patterns.get("packages")
	}
	all := append(patterns.strings(), p.workspace.get("packages").strings()...)
	paths, err := expandWorkspaces(p.fsys, all)
	if err != nil {
		return p.src.fail(patterns.lineOr(1), "workspaces", "%v", err)
	}
	for _, folderPath := range paths {
		s, v, err := readPackage(p.fsys, folderPath+"/package.json")
		if err != nil {
			return err
		}
		name := v.get("name").str()
		if name == "" {
			name = path.Base(folderPath)
		}
		if p.names[name] {
			return s.fail(v.get("name").lineOr(1), name, "two members of the workspace have this name")
		}
		p.names[name] = true
		p.members = append(p.members, folder{path: folderPath, src: s, manifest: v})
	}
	return nil
}

func (v *value) lineOr(line int) int {
	if v == nil {
		return line
	}
	return v.line
}

// loadLinks reads the folders that dependencies of the project's own packages
// name, as far as they lie inside the project.
func (p *project) loadLinks() error {
	known := map[string]bool{".": true}
	queue := []folder{{path: ".", manifest: p.root}}
	for _, m := range p.members {
		known[m.path] = true
		queue = append(queue, m)
	}
	for len(queue) > 0 && len(known) < maxFolders {
		from := queue[0]
		queue = queue[1:]
		for _, d := range manifestDependencies(from.manifest, true) {
			target := linkTarget(from.path, d)
			if target == "" || known[target] {
				continue
			}
			known[target] = true
			s, v, err := readPackage(p.fsys, target+"/package.json")
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			f := folder{path: target, src: s, manifest: v}
			p.links, queue = append(p.links, f), append(queue, f)
		}
	}
	return nil
}

// linkTarget returns the folder that a dependency names, relative to the root,
// or "" when it names none inside the project.
func linkTarget(from string, d dependency) string {
	kind := parseSpec(d.name, d.spec).kind
	if (kind != specFile && kind != specLink && kind != specPortal) || tarballFile(d.spec) {
		return ""
	}
	text := d.spec
	for _, scheme := range []string{"file:", "link:", "portal:"} {
		text = strings.TrimPrefix(text, scheme)
	}
	target := path.Join(from, text)
	if path.IsAbs(text) || !fs.ValidPath(target) {
		return ""
	}
	return target
}
