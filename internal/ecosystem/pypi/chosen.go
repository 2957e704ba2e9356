package pypi

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// toFiles leads from the folder of a chosen lock, locks/pypi/ID, to the files of
// the feed. Installers take it relative to the lock's own place, so that both
// files work from any directory and without an index.
const toFiles = "../../../" + filesFolder

// documents writes what was chosen as locks of the clients: for each target a
// pylock.toml (PEP 751) and a requirements file with hashes.
func (g *graph) documents(release func(name, version string) (feed.Release, error)) ([]feed.Document, error) {
	var documents []feed.Document
	for _, u := range g.usages {
		entries, err := g.entries(u, release)
		if err != nil {
			return nil, err
		}
		name := u.String()
		documents = append(documents,
			feed.Document{Path: "pylock." + name + ".toml", Bytes: pylock(entries)},
			feed.Document{Path: "requirements." + name + ".txt", Bytes: requirementsFile(entries)})
	}
	return documents, nil
}

// entry is one release in a lock.
type entry struct {
	name, version string
	file          feed.File
}

// entries are the releases that a target runs, by name.
func (g *graph) entries(u *usage, release func(name, version string) (feed.Release, error)) ([]entry, error) {
	var entries []entry
	for name, nodes := range u.runtime {
		for _, at := range nodes {
			one := entry{name: name, version: g.nodes[at].Version}
			held, err := release(name, one.version)
			if err != nil {
				return nil, err
			}
			i := slices.IndexFunc(held.Files, func(f feed.File) bool { return path.Base(f.Path) == u.file[at] })
			if i < 0 {
				return nil, fmt.Errorf("pypi: %s %s: %s: %w", name, one.version, u.file[at], feed.ErrNotFound)
			}
			one.file = held.Files[i]
			entries = append(entries, one)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name+" "+a.version, b.name+" "+b.version) })
	return entries, nil
}

// pylock writes a lock of version 1.0.
func pylock(entries []entry) []byte {
	var b bytes.Buffer
	b.WriteString("lock-version = \"1.0\"\ncreated-by = \"feedctl\"\n")
	for _, one := range entries {
		filename := path.Base(one.file.Path)
		text := fmt.Sprintf("{name = %s, path = %s%s, hashes = {sha256 = %s}}",
			tomlText(filename), tomlText(toFiles+filename), sizeText(one.file.Size), tomlText(one.file.Digests["sha256"]))
		fmt.Fprintf(&b, "\n[[packages]]\nname = %s\nversion = %s\n", tomlText(one.name), tomlText(one.version))
		if wheel.IsWheel(filename) {
			fmt.Fprintf(&b, "wheels = [%s]\n", text)
		} else {
			fmt.Fprintf(&b, "sdist = %s\n", text)
		}
	}
	return b.Bytes()
}

func sizeText(size int64) string {
	if size <= 0 {
		return ""
	}
	return fmt.Sprintf(", size = %d", size)
}

// tomlText quotes a text of printable ASCII, as names of files are.
func tomlText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// requirementsFile writes pins with hashes.
func requirementsFile(entries []entry) []byte {
	var b bytes.Buffer
	b.WriteString("--no-index\n--find-links " + strings.TrimSuffix(toFiles, "/") + "\n")
	for _, one := range entries {
		fmt.Fprintf(&b, "%s==%s --hash=sha256:%s\n", one.name, one.version, one.file.Digests["sha256"])
	}
	return b.Bytes()
}
