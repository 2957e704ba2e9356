// Package lock reads what Python projects write down of their dependencies: the
// locks pylock.toml (PEP 751), uv.lock, poetry.lock, pdm.lock and Pipfile.lock;
// requirements files as pip reads them; and the manifests pyproject.toml, Pipfile
// and script blocks (PEP 723).
//
// Terms: a requirement is one of PEP 508; its tail is what follows the name,
// "[extras]specifiers ; marker", and stands in [feed.Requirement.Range], so that
// name and range together are the requirement again. A release is a name and a
// version; a pin is what a lock says of one file of it. A flat lock says of every
// release itself where it is wanted; any other says so by its edges.
//
// Names are in the normal form of PEP 503, versions in that of PEP 440.
//
// What no index can serve (git, URL, path and editable dependencies) is listed as
// skipped: in the graph of a lock, in the [Settings] of anything else. Projects of
// the same workspace are neither releases nor skipped: what they require counts as
// required by the root.
//
// Everything read is hostile until checked. Sizes, includes and nesting have
// limits, no path leaves the folder of the input, addresses lose their user,
// password and query, and every refusal is an [*Error].
package lock

import (
	"io/fs"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Ecosystem is the name under which requests are made.
const Ecosystem = "pypi"

// The kinds of requirement. The ordinary kind is empty. KindExtra and KindGroup
// are followed by the name of the extra or the dependency group that asks.
const (
	KindExtra = "extra:"
	KindGroup = "group:"
	KindBuild = "build" // [build-system] requires
)

// whyOpen is why an edge of a lock ends nowhere: clients leave out of a lock what
// the platform or the Python that it was made for does not need.
const whyOpen = "not in the lock"

// Reader reads one input by its name in a folder.
type Reader = func(fsys fs.FS, name string) (feed.Request, error)

// Getenv returns the value of an environment variable and whether it is set.
type Getenv = func(name string) (string, bool)

// Locks returns the readers of lockfiles by patterns of path.Match, in the form of
// ecosystem.Ecosystem.Locks.
func Locks() map[string]Reader {
	return map[string]Reader{
		"pylock.toml":   ReadPylock,
		"pylock.*.toml": ReadPylock,
		"uv.lock":       ReadUV,
		"*.py.lock":     ReadUV,
		"poetry.lock":   ReadPoetry,
		"pdm.lock":      ReadPDM,
		"Pipfile.lock":  ReadPipfileLock,
	}
}

// Manifests returns the readers of manifests by patterns of path.Match, in the
// form of ecosystem.Ecosystem.Manifests. getenv gives the variables that
// requirements files name. A requirements file whose every line is
// pinned and hashed is read as a lock all the same.
func Manifests(getenv Getenv) map[string]Reader {
	requirements := Requirements(getenv)
	return map[string]Reader{
		"pyproject.toml":    ReadPyproject,
		"requirements*.txt": requirements,
		"requirements*.in":  requirements,
		"*requirements.txt": requirements,
		"*requirements.in":  requirements,
		"Pipfile":           ReadPipfile,
	}
}

// Scripts returns the reader of scripts that carry their own requirements. They
// are apart from the manifests because a folder is full of scripts that carry
// none, each of which is an error to whoever names it.
func Scripts() map[string]Reader {
	return map[string]Reader{"*.py": ReadScript}
}

// Extra returns the extra that a kind of requirement stands for.
func Extra(kind string) (name string, ok bool) { return strings.CutPrefix(kind, KindExtra) }

// Group returns the dependency group that a kind of requirement stands for.
func Group(kind string) (name string, ok bool) { return strings.CutPrefix(kind, KindGroup) }
