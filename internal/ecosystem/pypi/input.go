package pypi

import (
	"io/fs"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/pkg/feed"
)

// readers returns the readers of inputs. A lock lists the files of a release for
// all the platforms that there are: which of them are wanted is not the lock's
// word, so that its nodes name none until they are resolved.
func readers(all map[string]lock.Reader) map[string]lock.Reader {
	result := map[string]lock.Reader{}
	for pattern, read := range all {
		result[pattern] = func(fsys fs.FS, name string) (feed.Request, error) {
			request, err := read(fsys, name)
			if err == nil && request.Lock != nil {
				for i := range request.Lock.Nodes {
					request.Lock.Nodes[i].Files = []string{}
				}
			}
			return request, err
		}
	}
	return result
}
