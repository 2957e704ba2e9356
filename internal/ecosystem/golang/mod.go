package golang

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/sumdb"
	"github.com/feedctl/feedctl/pkg/feed"
)

// metadata is what the ledger keeps of a module version.
type metadata struct {
	Info   info            `json:"info"`
	Module modgraph.Module `json:"module"`
	Sum    *sumdb.Record   `json:"sumdb,omitempty"` // what the checksum database says of it
}

// readMetadata reads the metadata of a release.
func readMetadata(name string, version string, raw json.RawMessage) (metadata, error) {
	var meta metadata
	if err := json.Unmarshal(raw, &meta); err != nil {
		return metadata{}, fmt.Errorf("go: %s@%s: metadata in the ledger: %w", name, version, err)
	}
	return meta, nil
}

// parseMod reads a go.mod that a proxy offers. The go command passes over lines
// that it does not know, so that even a page of HTML would do; every go.mod of a
// proxy names its module.
func parseMod(data []byte) (modgraph.Module, error) {
	m, err := modgraph.Parse(data)
	if err == nil && m.Path == "" {
		err = errors.New("go.mod of a dependency: there is no module line")
	}
	return m, err
}

// mod gets and reads the go.mod of a version.
func (s *source) mod(ctx context.Context, file string) (modgraph.Module, []byte, error) {
	var checked *modgraph.Module
	data, err := s.get(ctx, file, maxMod, false, func(data []byte) error {
		m, err := parseMod(data)
		if err == nil {
			checked = &m
		}
		return err
	})
	if err != nil {
		return modgraph.Module{}, nil, err
	}
	if checked != nil {
		return *checked, data, nil
	}
	m, err := parseMod(data)
	if err != nil {
		err = &feed.UpstreamError{Upstream: s.upstream, URL: s.address(file), Err: err}
	}
	return m, data, err
}

// maxKept bounds the bytes of the files that are kept in memory.
const maxKept = 64 << 20

// kept is the files that were read as metadata and are artifacts too.
type kept struct {
	mu    sync.Mutex
	files map[string][]byte
	size  int
}

func (k *kept) put(path string, data []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string][]byte{}
	}
	if _, there := k.files[path]; !there && k.size+len(data) <= maxKept {
		k.files[path] = data
		k.size += len(data)
	}
}

// take hands out a file, once.
func (k *kept) take(path string) ([]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	data, ok := k.files[path]
	if ok {
		delete(k.files, path)
		k.size -= len(data)
	}
	return data, ok
}

// memoryFile is an artifact that is in memory; its Size is known.
type memoryFile struct{ *bytes.Reader }

// Close implements io.Closer.
func (memoryFile) Close() error { return nil }
