package simple

import (
	"bytes"
	"io"
	"sync"
)

// memory keeps what was read last, up to a limit.
type memory[T any] struct {
	mu     sync.Mutex
	limit  int
	size   int
	values map[string]kept[T]
	order  []string // oldest first
}

type kept[T any] struct {
	value T
	size  int
}

func (m *memory[T]) get(key string) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.values[key]
	return found.value, ok
}

// put keeps a value of some size, unless that is more than half of all there may
// be.
func (m *memory[T]) put(key string, value T, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.values[key]; known || size > m.limit/2 {
		return
	}
	if m.values == nil {
		m.values = map[string]kept[T]{}
	}
	for m.size+size > m.limit && len(m.order) > 0 {
		m.size -= m.values[m.order[0]].size
		delete(m.values, m.order[0])
		m.order = m.order[1:]
	}
	m.values[key] = kept[T]{value, size}
	m.order = append(m.order, key)
	m.size += size
}

// memoryFile is an artifact whose bytes are in memory.
type memoryFile struct{ *bytes.Reader }

func newMemoryFile(data []byte) io.ReadCloser { return &memoryFile{bytes.NewReader(data)} }

func (*memoryFile) Close() error { return nil }
