package store

import "github.com/feedctl/feedctl/pkg/feed"

// IsCanonical reports whether feed.json has the bytes that a Writer gives to what
// it says. A member that is not known, or whose name was changed, counts as absent
// when feed.json is read; here it shows.
func (f *Feed) IsCanonical() bool {
	if f.digest == "" {
		return true // an empty feed has none
	}
	data, err := indentedJSON(&f.manifest)
	return err == nil && feed.SHA256(data) == f.digest
}
