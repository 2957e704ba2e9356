package solve

import "github.com/feedctl/feedctl/internal/recent"

// Memory is what resolutions share: versions and requirements that were parsed. It
// is safe for concurrent use.
type Memory struct {
	versions *recent.Cache[string, parsedVersion]
	reqs     *recent.Cache[string, parsedReq]
}

type parsedVersion struct {
	parsed
	ok bool
}

// NewMemory returns a Memory of about so many bytes.
func NewMemory(bytes int) *Memory {
	return &Memory{versions: recent.New[string, parsedVersion](bytes / 2), reqs: recent.New[string, parsedReq](bytes / 2)}
}

// parsedBytes is about how many bytes a version or a requirement takes.
const parsedBytes = 600

// version is parseVersion. m may be nil.
func (m *Memory) version(text string) (parsed, bool) {
	if m == nil {
		return parseVersion(text)
	}
	known, ok := m.versions.Get(text)
	if !ok {
		known.parsed, known.ok = parseVersion(text)
		m.versions.Put(text, known, parsedBytes+len(text))
	}
	return known.parsed, known.ok
}

// requirement is parseRequirement. m may be nil.
func (m *Memory) requirement(text string) (requirement, error) {
	if m == nil {
		return parseRequirement(text)
	}
	known, ok := m.reqs.Get(text)
	if !ok {
		known.requirement, known.err = parseRequirement(text)
		m.reqs.Put(text, known, parsedBytes+len(text))
	}
	return known.requirement, known.err
}
