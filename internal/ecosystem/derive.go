package ecosystem

import (
	"io"
	"maps"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Unpacks reports whether a layout asks for the inside of artifacts.
func Unpacks(e Ecosystem, layout feed.Layout) bool {
	return e.Unpack != nil && slices.ContainsFunc(e.Unpacked, layout.Extra)
}

// Derive computes the digests of a file that hashing its bytes does not give:
// those in e.Digests and those that file names. One that is another than file
// says is a *feed.IntegrityError.
func Derive(e Ecosystem, file feed.File, r io.ReaderAt, size int64) (feed.Digests, error) {
	derived := feed.Digests{}
	if e.Digest == nil {
		return derived, nil
	}
	algorithms := slices.AppendSeq(slices.Clone(e.Digests), maps.Keys(file.Digests))
	slices.Sort(algorithms)
	known := feed.NewHasher(algorithms...).Digests()
	for _, algorithm := range slices.Compact(algorithms) {
		if _, hashed := known[algorithm]; hashed {
			continue
		}
		got, err := e.Digest(algorithm, file, r, size)
		if err != nil {
			return nil, err
		}
		if got != "" {
			derived[algorithm] = got
		}
		if want := file.Digests[algorithm]; want != "" && want != got {
			return nil, &feed.IntegrityError{Path: file.Path, Got: algorithm + ":" + got, Want: algorithm + ":" + want}
		}
	}
	return derived, nil
}
