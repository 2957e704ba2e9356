package mirror

import (
	"path"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// want is what the graphs of a job together need of one release.
type want struct {
	version string
	bare    bool     // metadata only
	files   []string // base names; nil means all
	pins    []feed.Pin
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
			w.pins = append(w.pins, node.Pins...)
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

// pinned returns the digests that locks give for a file.
func (w *want) pinned(file feed.File) (feed.Digests, error) {
	digests := feed.Digests{}
	for _, pin := range w.pins {
		if pin.File != "" && pin.File != path.Base(file.Path) {
			continue
		}
		if algorithm := digests.Conflict(pin.Digests); algorithm != "" {
			return nil, &feed.IntegrityError{
				Path: file.Path,
				Got:  "one lock: " + algorithm + ":" + digests[algorithm],
				Want: "another lock: " + algorithm + ":" + pin.Digests[algorithm],
			}
		}
		digests = digests.Merge(pin.Digests)
	}
	return digests, nil
}
