package pypi

import (
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// pins is what a lock says of the files of a release.
type pins struct {
	named   map[string]feed.Pin
	unnamed []feed.Pin // digests without file names, any of which will do
}

func newPins(list []feed.Pin) pins {
	p := pins{named: map[string]feed.Pin{}}
	for _, pin := range list {
		if pin.File == "" {
			p.unnamed = append(p.unnamed, pin)
		} else {
			p.named[pin.File] = pin
		}
	}
	return p
}

// of returns the pin of a file, and whether the lock allows the file. A lock
// without pins allows every file.
func (p *pins) of(name string, digests feed.Digests) (*feed.Pin, bool) {
	if pin, ok := p.named[name]; ok {
		return &pin, true
	}
	for _, pin := range p.unnamed {
		known := digests.Conflict(pin.Digests) == "" && slices.ContainsFunc(algorithms(digests), func(a string) bool { return pin.Digests[a] != "" })
		if known || len(p.unnamed) == 1 && digests.Strongest() == "" {
			pin.File = name
			return &pin, true
		}
	}
	return nil, len(p.named)+len(p.unnamed) == 0
}

func algorithms(d feed.Digests) []string {
	names := make([]string, 0, len(d))
	for name := range d {
		names = append(names, name)
	}
	return names
}
