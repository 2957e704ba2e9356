package lock

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

const packageLockAdvice = "restore the file or make it again with `npm install --package-lock-only`"

// ReadPackageLock reads package-lock.json and npm-shrinkwrap.json of
// lockfileVersion 1, 2 and 3. Version 1 says nothing of the root, so the
// package.json beside it is read when it is there.
func ReadPackageLock(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, packageLockAdvice, maxBytes)
	if err != nil {
		return feed.Request{}, err
	}
	doc, err := parseJSON(s)
	if err != nil {
		return feed.Request{}, err
	}
	l := &npmLock{g: newGraph(s), entries: map[string]*npmEntry{}}
	if err := l.collect(doc, fsys); err != nil {
		return feed.Request{}, err
	}
	if err := l.build(); err != nil {
		return feed.Request{}, err
	}
	return l.g.request(), nil
}

// npmLock is a package-lock as a set of folders, the form of lockfileVersion 3.
type npmLock struct {
	g       *graph
	entries map[string]*npmEntry // by location
	order   []*npmEntry
}

// npmEntry is what a package-lock says of one folder.
type npmEntry struct {
	location  string // "node_modules/a/node_modules/b"; "" for the root
	line      int
	name      string // real name of the package
	version   string
	resolved  string
	integrity string
	link      bool // a link to the folder that resolved names
	bundled   bool // comes inside the tarball of a package above
	byURL     bool // somebody asks for it by URL
	optional  bool
	absent    bool // npm recorded the folder, but no release for it
	deps      []dependency
	node      int // its node, or notNode
}

const notNode = -2

// maxPlace bounds the path of a package in a tree of folders.
const maxPlace = 8192

// collect fills the lock from either form of the document.
func (l *npmLock) collect(doc *value, fsys fs.FS) error {
	version := doc.get("lockfileVersion")
	packages, tree := doc.get("packages"), doc.get("dependencies")
	switch version.str() {
	case "2", "3":
		if packages != nil || version.str() == "3" {
			return l.collectPackages(packages)
		}
		return l.collectTree(tree, fsys)
	case "1":
		return l.collectTree(tree, fsys)
	case "":
		if version == nil && tree != nil {
			return l.collectTree(tree, fsys) // npm 3 and 4 wrote no version
		}
		return l.g.src.fail(0, "", "there is no lockfileVersion, so this is no package-lock")
	}
	return l.g.src.fail(version.line, "lockfileVersion", "version %s is not known; 1, 2 and 3 are", clip(version.str()))
}

func (l *npmLock) collectPackages(packages *value) error {
	if packages == nil || packages.kind != object {
		return l.g.src.fail(0, "packages", "the object that lists the packages is missing")
	}
	return packages.members(func(location string, v *value) error {
		if v.kind != object {
			return l.g.src.fail(v.line, location, "the entry is not an object")
		}
		e := &npmEntry{
			location: location, line: v.line, node: notNode, name: v.get("name").str(),
			version: v.get("version").str(), resolved: v.get("resolved").str(), integrity: v.get("integrity").str(),
			link: v.get("link").is(), bundled: v.get("inBundle").is(), optional: v.get("optional").is(),
		}
		if e.name == "" || !e.installed() {
			e.name = folderName(location)
		}
		e.bundled = e.bundled && e.installed()
		e.deps = manifestDependencies(v, !e.installed())
		return l.add(e)
	})
}

func (l *npmLock) add(e *npmEntry) error {
	if len(e.location) > maxPlace {
		return l.g.src.fail(e.line, e.location, "the location has %d characters, at most %d are allowed", len(e.location), maxPlace)
	}
	l.entries[e.location] = e
	l.order = append(l.order, e)
	return nil
}

// installed reports whether the entry lies in a node_modules folder; else it is
// the root, a workspace member or the target of a link.
func (e *npmEntry) installed() bool {
	return strings.HasPrefix(e.location, "node_modules/") || strings.Contains(e.location, "/node_modules/")
}

// folderName returns the name under which a location is imported.
func folderName(location string) string {
	if at := strings.LastIndex(location, "node_modules/"); at >= 0 {
		return location[at+len("node_modules/"):]
	}
	return path.Base(location)
}

// manifestDependencies returns the dependencies that an entry or a package.json
// declares, one for each name: where kinds compete, npm's order decides, in which
// an optional dependency beats an ordinary one, and that a peer.
func manifestDependencies(v *value, dev bool) []dependency {
	deps := markOptional(v.get("peerDependencies").texts(KindPeer), v.get("peerDependenciesMeta"), KindPeerOptional)
	deps = overlay(deps, v.get("dependencies").texts(""))
	deps = overlay(deps, v.get("optionalDependencies").texts(KindOptional))
	if dev {
		deps = overlay(deps, v.get("devDependencies").texts(KindDev))
	}
	return deps
}

// markOptional gives those dependencies that meta calls optional another kind.
func markOptional(deps []dependency, meta *value, kind string) []dependency {
	for i, d := range deps {
		if meta.get(d.name).get("optional").is() {
			deps[i].kind = kind
		}
	}
	return deps
}

// overlay appends more to deps, without those of deps that have the same name.
func overlay(deps, more []dependency) []dependency {
	if len(deps) == 0 {
		return more
	}
	if len(more) == 0 {
		return deps
	}
	names := make(map[string]bool, len(more))
	for _, d := range more {
		names[d.name] = true
	}
	return append(slices.DeleteFunc(deps, func(d dependency) bool { return names[d.name] }), more...)
}
