package tree

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

// generated is a random small registry with a project on it. It serves as JSON
// for the real client and, parsed, for the resolver.
type generated struct {
	Packuments map[string]map[string]any `json:"-"`
	Root       map[string]any            `json:"root"`
	Members    map[string]map[string]any `json:"members"`
	Add        []string                  `json:"add"`
	Options    map[string]bool           `json:"options"`
}

// traits switch the rarer things of a generated case on.
type traits struct{ overrides, members bool }

type generator struct {
	*rand.Rand
	names []string
}

var someRanges = []string{"^1.0.0", "^1.0.0", "^2.0.0", "^2.0.0", "1 || 2", "2 || 3", ">=1", "*", "", "1.0.0", "2.0.0", "~1.0.0", "latest", "^1.0.0 || ^3.0.0", ">=2.0.0-0", "<2"}

func (g generator) pick(list []string) string { return list[g.IntN(len(list))] }

func (g generator) rangeText() string {
	if g.IntN(25) == 0 {
		return "npm:" + g.pick(g.names) + "@" + g.pick(someRanges[:8])
	}
	return g.pick(someRanges)
}

// deps returns up to n entries; one in missing of them names nothing.
func (g generator) deps(n, missing int) map[string]any {
	deps := map[string]any{}
	for range g.IntN(n + 1) {
		name := g.pick(g.names)
		if g.IntN(missing) == 0 {
			name = "absent"
		}
		deps[name] = g.rangeText()
	}
	return deps
}

func (g generator) manifest(name, version string) map[string]any {
	m := map[string]any{"name": name, "version": version, "dist": map[string]any{
		"tarball": "https://registry.example/" + name + "/-/x-" + version + ".tgz", "shasum": "00",
		"integrity": fmt.Sprintf("sha512-%s%s==", name, version),
	}}
	m["dependencies"] = g.deps(2, 1000)
	if g.IntN(2) == 0 {
		peers := g.deps(2, 1000)
		meta := map[string]any{}
		for _, peer := range slices.Sorted(maps.Keys(peers)) {
			if g.IntN(3) == 0 {
				meta[peer] = map[string]any{"optional": true}
			}
		}
		m["peerDependencies"], m["peerDependenciesMeta"] = peers, meta
	}
	if g.IntN(4) == 0 {
		m["optionalDependencies"] = g.deps(2, 2)
	}
	if g.IntN(10) == 0 {
		m["deprecated"] = "old"
	}
	if g.IntN(8) == 0 {
		m["engines"] = map[string]any{"node": ">=99"}
	}
	return m
}

func generate(seed uint64, with traits) generated {
	g := generator{Rand: rand.New(rand.NewPCG(seed, 7))}
	for i := range 4 + g.IntN(6) {
		g.names = append(g.names, []string{"a", "Bp", "c-p", "d", "c_p", "e.f", "f9", "g", "Cp", "h"}[i])
	}
	c := generated{Packuments: map[string]map[string]any{}, Options: map[string]bool{}, Members: map[string]map[string]any{}}
	for i, name := range g.names {
		if i%4 == 3 {
			g.names[i] = "@s/" + name
		}
	}
	for _, name := range g.names {
		c.Packuments[name] = g.packument(name)
	}
	switch g.IntN(10) {
	case 0:
		c.Options["force"] = true
	case 1:
		c.Options["legacyPeerDeps"] = true
	case 2:
		c.Options["strictPeerDeps"] = true
	}
	g.project(&c, with)
	return c
}

func (g generator) packument(name string) map[string]any {
	all := []string{"1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0-beta.1", "2.1.0", "3.0.0"}
	versions := map[string]any{}
	last := "1.0.0"
	for _, version := range all {
		if version == "1.0.0" || version == "2.0.0" || g.IntN(4) > 0 {
			versions[version] = g.manifest(name, version)
			last = version
		}
	}
	tags := map[string]any{"latest": last}
	if g.IntN(3) == 0 {
		tags["latest"] = "1.0.0"
	}
	return map[string]any{"name": name, "dist-tags": tags, "versions": versions}
}

func (g generator) project(c *generated, with traits) {
	c.Root = map[string]any{"name": "root", "version": "1.0.0"}
	if g.IntN(2) == 0 && !with.overrides && !with.members {
		for range 1 + g.IntN(3) {
			c.Add = append(c.Add, g.pick(g.names)+"@"+g.pick(someRanges[:8]))
		}
		return
	}
	c.Root["dependencies"] = g.deps(3, 1000)
	c.Root["devDependencies"] = g.deps(2, 1000)
	c.Root["peerDependencies"] = g.deps(1, 1000)
	c.Root["optionalDependencies"] = g.deps(1, 2)
	if with.overrides {
		rules := g.overrides(2)
		for _, kind := range []string{"dependencies", "devDependencies", "peerDependencies", "optionalDependencies"} {
			for _, name := range slices.Sorted(maps.Keys(c.Root[kind].(map[string]any))) {
				if g.IntN(20) > 0 { // an override of the project's own dependency is EOVERRIDE
					maps.DeleteFunc(rules, func(key string, _ any) bool { return strings.HasPrefix(key, name) })
				}
			}
		}
		c.Root["overrides"] = rules
	}
	if with.members {
		c.Root["workspaces"] = []string{"packages/*"}
		for i := range 1 + g.IntN(3) {
			name := fmt.Sprintf("member%d", i)
			m := map[string]any{
				"name": name, "version": "1.0.0", "dependencies": g.deps(3, 1000),
				"devDependencies": g.deps(1, 1000), "peerDependencies": g.deps(1, 1000),
			}
			if i > 0 && g.IntN(2) == 0 {
				m["dependencies"].(map[string]any)["member0"] = "^1.0.0"
			}
			c.Members["packages/"+name] = m
		}
	}
}

func (g generator) overrides(depth int) map[string]any {
	rules := map[string]any{}
	for range 1 + g.IntN(2) {
		key := g.pick(g.names)
		if g.IntN(3) == 0 {
			key += "@" + g.pick([]string{"1", "^2.0.0", "1.0.0"})
		}
		if depth > 0 && g.IntN(3) == 0 {
			inner := g.overrides(depth - 1)
			if g.IntN(2) == 0 {
				inner["."] = g.pick(someRanges[:5])
			}
			rules[key] = inner
			continue
		}
		rules[key] = g.pick(someRanges[:8])
	}
	return rules
}

// parsed turns a case into the resolver's input.
func (c generated) parsed(t testing.TB) (Project, Options, universe) {
	t.Helper()
	u := universe{}
	for name, doc := range c.Packuments {
		p, err := parsePackument(name, encode(t, doc))
		if err != nil {
			t.Fatal(err)
		}
		u[name] = p
	}
	project := Project{Members: map[string]*Manifest{}, Requests: specs(t, c.Add...)}
	var err error
	if project.Root, err = ParseProject(encode(t, c.Root)); err != nil {
		t.Fatal(err)
	}
	if overrides, ok := c.Root["overrides"]; ok {
		project.Overrides = encode(t, overrides)
	}
	for folder, doc := range c.Members {
		if project.Members[folder], err = ParseProject(encode(t, doc)); err != nil {
			t.Fatal(err)
		}
	}
	options := Options{
		Node: "20.20.2", NPM: "11.19.1", Force: c.Options["force"],
		LegacyPeers: c.Options["legacyPeerDeps"], StrictPeers: c.Options["strictPeerDeps"], MaxSteps: 20_000,
	}
	return project, options, u
}

func encode(t testing.TB, value any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// kinds are the generated cases that are compared with npm.
var kinds = map[string]traits{"plain": {}, "overrides": {overrides: true}, "members": {members: true}}

// recordedFile holds what npm 11.19.1 on Node 20.20.2 made of generated cases.
const recordedFile = "testdata/generated.json.gz"

// answer is npm's tree with its flags, or the code with which it refuses.
type answer struct {
	Lock  map[string]string `json:",omitempty"`
	Error string            `json:",omitempty"`
	Text  string            `json:",omitempty"`
}

// flagged lists a tree with the flags of its nodes.
func flagged(tree *Tree) map[string]string {
	lock := placed(tree)
	for _, n := range tree.Nodes {
		entry, ok := lock[n.Path]
		if !ok {
			continue
		}
		for _, f := range []struct {
			on   bool
			text string
		}{{n.Dev, " dev"}, {n.Optional, " optional"}, {n.DevOptional && !n.Dev && !n.Optional, " devOptional"}, {n.Peer, " peer"}} {
			if f.on {
				entry += f.text
			}
		}
		lock[n.Path] = entry
	}
	return lock
}

// TestRecorded compares with npm's recorded answers. TestGenerated (build tag
// live) asks npm again, about any number of cases.
func TestRecorded(t *testing.T) {
	f, err := os.Open(recordedFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]answer
	if err := json.NewDecoder(zipped).Decode(&recorded); err != nil || len(recorded) == 0 {
		t.Fatalf("%d cases, %v", len(recorded), err)
	}
	for name, want := range recorded {
		kind, seed, _ := strings.Cut(name, " ")
		number, err := strconv.ParseUint(seed, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		project, options, u := generate(number, kinds[kind]).parsed(t)
		tree, err := Resolve(t.Context(), project, options, u)
		var unmet *feed.ResolveError
		switch {
		case err == nil && want.Error == "":
			if diff := difference(flagged(tree), want.Lock); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		case !errors.As(err, &unmet) || !slices.ContainsFunc(unmet.Unmet, func(u feed.Unmet) bool { return u.Code == want.Error }):
			t.Errorf("%s: got %v, npm says %q", name, err, want.Error)
		}
	}
}
