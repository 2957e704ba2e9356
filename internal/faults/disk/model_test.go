package disk

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/faults/systrace"
)

// removeFolder is the flag with which unlinkat removes a folder.
const removeFolder = 0x200

// diskModel is a folder in memory. A call that the folder has no place for, because
// one before it was lost, does nothing.
type diskModel struct {
	folders map[string]bool
	files   map[string]*[]byte // two names of one file have one content
}

func parent(name string) string { return path.Dir(name) }

func readDisk(t *testing.T, dir string) *diskModel {
	t.Helper()
	m := &diskModel{folders: map[string]bool{".": true}, files: map[string]*[]byte{}}
	err := filepath.WalkDir(dir, func(full string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, full)
		if entry.IsDir() {
			m.folders[filepath.ToSlash(name)] = true
			return nil
		}
		data, err := os.ReadFile(full)
		m.files[filepath.ToSlash(name)] = &data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *diskModel) clone() *diskModel {
	other := &diskModel{folders: maps.Clone(m.folders), files: map[string]*[]byte{}}
	for name, data := range m.files {
		again := slices.Clone(*data)
		other.files[name] = &again
	}
	return other
}

func (m *diskModel) apply(call systrace.Call) {
	switch call.Name {
	case "mkdirat":
		if m.folders[parent(call.Path)] {
			m.folders[call.Path] = true
		}
	case "openat":
		if m.files[call.Path] == nil && m.folders[parent(call.Path)] {
			m.files[call.Path] = &[]byte{}
		}
	case "write":
		m.put(call)
	case "renameat":
		m.rename(call.Path, call.To)
	case "linkat":
		if file := m.files[call.Path]; file != nil && m.folders[parent(call.To)] && m.files[call.To] == nil {
			m.files[call.To] = file
		}
	case "unlinkat":
		if call.Flags&removeFolder == 0 {
			delete(m.files, call.Path)
		} else if m.empty(call.Path) {
			delete(m.folders, call.Path)
		}
	}
}

func (m *diskModel) put(call systrace.Call) {
	file := m.files[call.Path]
	if file == nil {
		return
	}
	end := int(call.Offset) + len(call.Data)
	if end > len(*file) {
		*file = append(*file, make([]byte, end-len(*file))...) // what was lost before reads as zeros
	}
	copy((*file)[call.Offset:end], call.Data)
}

func (m *diskModel) empty(folder string) bool {
	inside := func(name string) bool { return strings.HasPrefix(name, folder+"/") }
	return !slices.ContainsFunc(slices.Collect(maps.Keys(m.folders)), inside) && !slices.ContainsFunc(slices.Collect(maps.Keys(m.files)), inside)
}

func (m *diskModel) rename(from, to string) {
	if !m.folders[parent(to)] {
		return
	}
	if file := m.files[from]; file != nil {
		m.files[to] = file
		delete(m.files, from)
		return
	}
	if !m.folders[from] {
		return
	}
	for name := range maps.Clone(m.folders) {
		if name == from || strings.HasPrefix(name, from+"/") {
			delete(m.folders, name)
			m.folders[to+strings.TrimPrefix(name, from)] = true
		}
	}
	for name, file := range maps.Clone(m.files) {
		if strings.HasPrefix(name, from+"/") {
			delete(m.files, name)
			m.files[to+strings.TrimPrefix(name, from)] = file
		}
	}
}

func (m *diskModel) digest() string {
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(m.folders)) {
		fmt.Fprintf(hash, "%q\n", name)
	}
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		fmt.Fprintf(hash, "%q %x\n", name, sha256.Sum256(*m.files[name]))
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}

// write puts the folder on the real disk, in the place of what is there.
func (m *diskModel) write(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(m.folders)) {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range m.files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), *data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
