package lock

import (
	"io/fs"

	"github.com/feedctl/feedctl/pkg/feed"
)

const yarnAdvice = "restore the file or make it again with `yarn install`"

// ReadYarn reads yarn.lock, the format of yarn 1 (classic) as well as that of
// later versions (berry), which is YAML and begins with __metadata.
func ReadYarn(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, yarnAdvice, maxBytes)
	if err != nil {
		return feed.Request{}, err
	}
	if lineStart(s.data, "__metadata:") >= 0 {
		return readBerry(s)
	}
	return readClassic(s, fsys)
}

// descriptors finds the entry of a lock that answers a dependency. Entries are
// known by each descriptor they answer.
type descriptors[E any] struct {
	exact map[string]E
	named map[string][]E // by the name of the descriptor
}

func newDescriptors[E any]() descriptors[E] {
	return descriptors[E]{exact: map[string]E{}, named: map[string][]E{}}
}

func (d descriptors[E]) add(descriptor string, entry E) {
	d.exact[descriptor] = entry
	name, _, _ := splitAt(descriptor)
	d.named[name] = append(d.named[name], entry)
}
