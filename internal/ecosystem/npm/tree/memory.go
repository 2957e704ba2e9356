package tree

import "github.com/feedctl/feedctl/internal/recent"

// Memory is what resolutions share that have the same options and ask a registry
// that never gives another answer: requirements that were read, and the versions
// that meet them. It is safe for concurrent use.
type Memory struct {
	specs *recent.Cache[Dep, *Spec]
	picks *recent.Cache[Dep, pick]
}

// NewMemory returns a Memory of about so many bytes.
func NewMemory(bytes int) *Memory {
	return &Memory{specs: recent.New[Dep, *Spec](bytes / 2), picks: recent.New[Dep, pick](bytes / 2)}
}

// About how many bytes a requirement takes, and a version that meets one.
const (
	specBytes = 1200
	pickBytes = 1600
)

// Parse is ParseDependency. m may be nil.
func (m *Memory) Parse(name, text string) *Spec {
	if m == nil {
		return ParseDependency(name, text)
	}
	key := Dep{name, text}
	spec, ok := m.specs.Get(key)
	if !ok {
		spec = ParseDependency(name, text)
		m.specs.Put(key, spec, specBytes+len(name)+len(text))
	}
	return spec
}

// picked returns what was found for a requirement.
func (m *Memory) picked(key Dep) (pick, bool) {
	if m == nil {
		return pick{}, false
	}
	return m.picks.Get(key)
}

func (m *Memory) keep(key Dep, found pick) {
	if m != nil {
		m.picks.Put(key, found, pickBytes)
	}
}
