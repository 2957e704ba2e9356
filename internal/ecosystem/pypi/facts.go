package pypi

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

// facts is what an index says of the files of one release: the form of
// feed.Release.Metadata and feed.Version.Metadata. What all files have in common
// stands once.
type facts struct {
	Python string      `json:"python,omitempty"` // Requires-Python of every file that says no other
	Files  []fileFacts `json:"files"`            // by name
}

// fileFacts is what an index says of one file.
type fileFacts struct {
	Name       string  `json:"name"`
	Python     *string `json:"python,omitempty"`   // Requires-Python where it is not that of the release
	Uploaded   string  `json:"uploaded,omitempty"` // RFC 3339
	Yanked     *string `json:"yanked,omitempty"`   // the reason, which may be empty
	Provenance string  `json:"provenance,omitempty"`
}

func (f *facts) encode() (json.RawMessage, error) { return json.Marshal(f) }

// decodeFacts reads the metadata of a release.
func decodeFacts(name, version string, raw json.RawMessage) (facts, error) {
	if f, ok := scanFacts(raw); ok {
		return f, nil
	}
	var f facts
	if err := json.Unmarshal(raw, &f); err != nil {
		key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: "pypi", Name: name}, Version: version}
		return facts{}, &feed.PackageError{Key: key, Err: fmt.Errorf("what is known of its files: %w", err)}
	}
	return f, nil
}

// python returns the Requires-Python of a file.
func (f *facts) python(file *fileFacts) string {
	if file.Python != nil {
		return *file.Python
	}
	return f.Python
}

// file returns what is known of a file, or nil.
func (f *facts) file(name string) *fileFacts {
	for i := range f.Files {
		if f.Files[i].Name == name {
			return &f.Files[i]
		}
	}
	return nil
}

// uploaded returns the time at which a file was uploaded, zero if it is not known.
func (f *fileFacts) uploaded() time.Time {
	t, _ := time.Parse(time.RFC3339Nano, f.Uploaded)
	return t
}
