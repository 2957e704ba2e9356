package mirror

import (
	"path"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// want is what the graphs of a job together need of one release.
type want struct {
	version string
	bare    bool         // metadata only
	files   []string     // base names; nil means all
	pins    [][]feed.Pin // of each lock
}

// wants gathers what the graphs need, by package and version.
func wants(graphs []feed.Graph) map[string][]*want {
	all := map[string][]*want{}
	index := map[string]*want{}
	for _, graph := range graphs {
		for _, node := range graph.Nodes {
			id := node.Name + "@" + node.Version
			w, seen := index[id]
			if !seen {
				w = &want{version: node.Version, bare: node.Bare, files: node.Files}
				index[id] = w
				all[node.Name] = append(all[node.Name], w)
			} else {
				w.widen(node)
			}
			w.pins = append(w.pins, node.Pins)
		}
	}
	return all
}

// widen lets w cover what another node needs too.
func (w *want) widen(node feed.Node) {
	switch {
	case node.Bare:
	case w.bare:
		w.bare, w.files = false, node.Files
	case w.files == nil || node.Files == nil:
		w.files = nil
	default:
		w.files = append(slices.Clone(w.files), node.Files...)
	}
}

// covers reports whether w needs a file.
func (w *want) covers(file feed.File) bool {
	if w.bare {
		return false
	}
	return w.files == nil || slices.Contains(w.files, path.Base(file.Path))
}

// knownTo reports whether a release as the feed has it lists every file that w
// names.
func (w *want) knownTo(release *feed.Release) bool {
	if w.bare {
		return true
	}
	return !slices.ContainsFunc(w.files, func(name string) bool {
		return !slices.ContainsFunc(release.Files, func(f feed.File) bool { return path.Base(f.Path) == name })
	})
}

// pinned returns the digests that locks give for a file of a release.
func (w *want) pinned(release *feed.Release, file feed.File) (feed.Digests, error) {
	digests := feed.Digests{}
	for _, lock := range w.pins {
		for _, pin := range pinsOf(lock, file, len(release.Files) == 1) {
			if algorithm := digests.Conflict(pin.Digests); algorithm != "" {
				return nil, &feed.IntegrityError{
					Path: file.Path,
					Got:  "one lock: " + algorithm + ":" + digests[algorithm],
					Want: "another lock: " + algorithm + ":" + pin.Digests[algorithm],
				}
			}
			digests = digests.Merge(pin.Digests)
		}
	}
	return digests, nil
}

// pinsOf returns what of a lock's pins is said of a file: those of its name, and
// those without a name. These are of any file when there are several: then those
// count whose digest is the file's.
func pinsOf(lock []feed.Pin, file feed.File, alone bool) []feed.Pin {
	var named, nameless []feed.Pin
	for _, pin := range lock {
		switch pin.File {
		case "":
			nameless = append(nameless, pin)
		case path.Base(file.Path):
			named = append(named, pin)
		}
	}
	if !alone || len(nameless) > 1 {
		nameless = slices.DeleteFunc(nameless, func(pin feed.Pin) bool {
			algorithm := pin.Digests.Strongest()
			return algorithm == "" || file.Digests[algorithm] != pin.Digests[algorithm]
		})
	}
	return append(named, nameless...)
}
