package tree

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

// universe is a set of packages and a registry over them.
type universe map[string]*Packument

func (u universe) Packument(ctx context.Context, name string, _ func(*Manifest) bool) (*Packument, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if packument := u[name]; packument != nil {
		return packument, nil
	}
	return nil, fmt.Errorf("%s: %w", name, feed.ErrNotFound)
}

// golden is a recorded choice of the real client.
type golden struct {
	NPM        string
	Node       string
	Roots      []string
	Files      map[string]json.RawMessage
	Lock       map[string]string
	Error      string
	Packuments map[string]json.RawMessage
}

func readGolden(t testing.TB, file string) golden {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.NewDecoder(zipped).Decode(&g); err != nil {
		t.Fatal(err)
	}
	return g
}

// parsePackument decodes a packument of a golden universe; nil means 404.
func parsePackument(name string, raw json.RawMessage) (*Packument, error) {
	var doc struct {
		Tags     map[string]string          `json:"dist-tags"`
		Versions map[string]json.RawMessage `json:"versions"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	p := &Packument{Name: name, Tags: doc.Tags}
	for _, version := range slices.Sorted(maps.Keys(doc.Versions)) {
		m, err := ParseManifest(name, version, doc.Versions[version])
		if err != nil {
			return nil, err
		}
		p.Versions = append(p.Versions, m)
	}
	return p, nil
}

func (g golden) universe(t testing.TB) universe {
	t.Helper()
	u := universe{}
	for name, raw := range g.Packuments {
		if string(raw) == "null" {
			continue
		}
		p, err := parsePackument(name, raw)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		u[name] = p
	}
	return u
}

func (g golden) project(t testing.TB) Project {
	t.Helper()
	if len(g.Roots) > 0 {
		return Project{Requests: specs(t, g.Roots...)}
	}
	p := Project{Members: map[string]*Manifest{}}
	for file, raw := range g.Files {
		m, err := ParseProject(raw)
		if err != nil {
			t.Fatal(err)
		}
		if file != "package.json" {
			p.Members[path.Dir(file)] = m
			continue
		}
		p.Root = m
		var head struct{ Overrides json.RawMessage }
		if err := json.Unmarshal(raw, &head); err != nil {
			t.Fatal(err)
		}
		p.Overrides = head.Overrides
	}
	return p
}

func specs(t testing.TB, texts ...string) []*Spec {
	t.Helper()
	var list []*Spec
	for _, text := range texts {
		spec, err := ParseSpec(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, spec)
	}
	return list
}

// placed lists a tree as the golden files do: path → name@version.
func placed(tree *Tree) map[string]string {
	lock := map[string]string{}
	for _, n := range tree.Nodes {
		if n.Link != nil || n == tree.Root {
			continue
		}
		entry := n.Manifest.Name + "@" + n.Manifest.Version
		if n.Extraneous {
			entry += " extraneous"
		}
		lock[n.Path] = entry
	}
	return lock
}

func goldenFiles(t testing.TB) []string {
	files, err := filepath.Glob("testdata/golden/*.json.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden universes: %v", err)
	}
	return files
}

func TestGolden(t *testing.T) {
	for _, file := range goldenFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json.gz"), func(t *testing.T) {
			t.Parallel()
			g := readGolden(t, file)
			tree, err := Resolve(t.Context(), g.project(t), Options{Node: g.Node, NPM: g.NPM}, g.universe(t))
			if g.Error != "" {
				var unmet *feed.ResolveError
				if !errors.As(err, &unmet) || unmet.Unmet[0].Code != g.Error {
					t.Fatalf("got %v, want %s", err, g.Error)
				}
				t.Log(err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{}
			for path, entry := range g.Lock {
				if !strings.Contains(entry, " inBundle") {
					want[path] = entry
				}
			}
			delete(want, "")
			if diff := difference(placed(tree), want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// difference lists the lines that only one of two trees has, the first 40.
func difference(got, want map[string]string) string {
	var lines []string
	for path, entry := range want {
		if got[path] != entry {
			lines = append(lines, fmt.Sprintf("%s: want %s, got %s", path, entry, cmp.Or(got[path], "nothing")))
		}
	}
	for path, entry := range got {
		if want[path] == "" {
			lines = append(lines, fmt.Sprintf("%s: want nothing, got %s", path, entry))
		}
	}
	slices.Sort(lines)
	if len(lines) > 40 {
		lines = append(lines[:40], fmt.Sprintf("and %d more", len(lines)-40))
	}
	return strings.Join(lines, "\n")
}
