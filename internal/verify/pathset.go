package verify

import "hash/maphash"

// pathset remembers paths by their hashes: a feed of 100,000 releases has half a
// million of them. That it takes one path for another happens once in some
// billion such feeds, and to nobody on purpose, because the seed is its own.
type pathset struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

func newPathset() pathset {
	return pathset{seed: maphash.MakeSeed(), hashes: map[uint64]struct{}{}}
}

func (s pathset) add(path string) { s.hashes[maphash.String(s.seed, path)] = struct{}{} }

func (s pathset) has(path string) bool {
	_, ok := s.hashes[maphash.String(s.seed, path)]
	return ok
}
