package store

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"unicode"

	"github.com/feedctl/feedctl/pkg/feed"
)

// pathset holds the paths that a run writes and refuses those that cannot live
// beside another one, of this run or in the feed: paths that differ only in the
// case of letters, and a path that is a file and a folder.
//
// On a disk that tells upper from lower case, other cases of a name are found by
// reading its folder. A large folder is not read, because the cost of one more
// release must not grow with the feed: what the ledger has of packages whose names
// differ only by case is compared in its place (see Writer.PutPackage).
type pathset struct {
	dir   *Dir
	exact bool  // the disk tells upper from lower case
	large int64 // bytes that the disk uses for a folder that is not read

	mu    sync.Mutex
	taken map[string]*place // by folded path
	names map[string]map[string]string
}

// largeFolder is what ext4 uses for about a thousand names.
const largeFolder = 64 << 10

// place is a path in use.
type place struct {
	path   string
	folder bool
	exists bool // on the disk
}

func newPathset(d *Dir) *pathset {
	_, err := d.root.Lstat(strings.ToUpper(lockPath))
	return &pathset{dir: d, exact: isAbsent(err), large: largeFolder, taken: map[string]*place{}, names: map[string]map[string]string{}}
}

// checkFilePath refuses what cannot be the path of an artifact or a document.
func checkFilePath(p string) error {
	if err := feed.CheckPath(p); err != nil {
		return err
	}
	first, _, _ := strings.Cut(fold(p), "/")
	if first == controlDir || first == ledgerDir || first == ManifestPath {
		return fmt.Errorf("path %q: %q is the feed's own", p, first)
	}
	return nil
}

// add takes the path of a file, and the folders above it.
func (s *pathset) add(p string) error {
	if err := checkFilePath(p); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	parent := &place{path: ".", folder: true, exists: true}
	for i := range len(p) {
		if p[i] != '/' {
			continue
		}
		var err error
		if parent, err = s.take(parent, p[:i], true); err != nil {
			return err
		}
	}
	_, err := s.take(parent, p, false)
	return err
}

func (s *pathset) take(parent *place, p string, folder bool) (*place, error) {
	folded := fold(p)
	known := s.taken[folded]
	if known == nil {
		var err error
		if known, err = s.onDisk(parent, p, folder); err != nil {
			return nil, err
		}
		s.taken[folded] = known
	}
	switch {
	case known.path != p:
		return nil, fmt.Errorf("paths %q and %q differ only in the case of letters; a feed can hold one of them", known.path, p)
	case known.folder && !folder:
		return nil, fmt.Errorf("path %q: is the folder of other files of the feed", p)
	case folder && !known.folder:
		return nil, fmt.Errorf("path %q: is a file of the feed and cannot be a folder too", p)
	}
	return known, nil
}

// onDisk returns what the feed's directory has at p, in whatever case; where it
// has nothing, p is free for what is asked for.
func (s *pathset) onDisk(parent *place, p string, folder bool) (*place, error) {
	if !parent.exists {
		return &place{path: p, folder: folder}, nil
	}
	found := p
	if _, err := s.dir.root.Lstat(p); err != nil || !s.exact {
		if err != nil && !isAbsent(err) {
			return nil, pathError(p, err)
		}
		if s.exact && s.isLarge(path.Dir(p)) {
			return &place{path: p, folder: folder}, nil
		}
		names, err := s.folded(path.Dir(p))
		if err != nil {
			return nil, err
		}
		name, ok := names[fold(path.Base(p))]
		if !ok {
			return &place{path: p, folder: folder}, nil
		}
		found = path.Join(path.Dir(p), name)
	}
	info, err := s.dir.root.Lstat(found)
	if err != nil {
		return nil, pathError(found, err)
	}
	if t := info.Mode().Type(); t != 0 && t != fs.ModeDir {
		return nil, fmt.Errorf("path %q: is neither a file nor a folder in the feed's directory; remove it", found)
	}
	return &place{path: found, folder: info.IsDir(), exists: true}, nil
}

func (s *pathset) isLarge(folder string) bool {
	info, err := s.dir.root.Lstat(folder)
	return err == nil && info.Size() > s.large
}

// beside takes the path of a file that the feed has, and the folders above it,
// without looking for them.
func (s *pathset) beside(p string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range len(p) + 1 {
		if i < len(p) && p[i] != '/' {
			continue
		}
		one, folder := p[:i], i < len(p)
		if folded := fold(one); s.taken[folded] == nil {
			s.taken[folded] = &place{path: one, folder: folder, exists: true}
		}
		if _, err := s.take(nil, one, folder); err != nil {
			return err
		}
	}
	return nil
}

// folded returns the names in a folder by their folded form.
func (s *pathset) folded(folder string) (map[string]string, error) {
	if names, ok := s.names[folder]; ok {
		return names, nil
	}
	list, err := s.dir.names(folder)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(list))
	for _, name := range list {
		names[fold(name)] = name
	}
	s.names[folder] = names
	return names, nil
}

// fold maps names that differ only in the case of letters to one.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		if 'A' <= least && least <= 'Z' {
			least += 'a' - 'A'
		}
		return least
	}, text)
}
