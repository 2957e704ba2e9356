package tree

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

// parseUniverse reads a registry from text. A line "a 1.0.0: b ^1, peer c *"
// is a version with its requirements; the words dev, opt, peer and peer? before
// a requirement say its kind. "bundle b", "node >=99" and "deprecated" may stand
// among them. A line "tag a next 1.0.0" is a tag; without one latest is the
// highest version.
func parseUniverse(t testing.TB, text string) universe {
	t.Helper()
	u := universe{}
	tags := map[string]map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if words := strings.Fields(line); len(words) == 4 && words[0] == "tag" {
			if tags[words[1]] == nil {
				tags[words[1]] = map[string]string{}
			}
			tags[words[1]][words[2]] = words[3]
			continue
		}
		if line == "" {
			continue
		}
		m := parseRelease(t, line)
		if u[m.Name] == nil {
			u[m.Name] = &Packument{Name: m.Name, Tags: map[string]string{}}
		}
		u[m.Name].Versions = append(u[m.Name].Versions, m)
	}
	for name, p := range u {
		p.Tags["latest"] = newestFirst(p)[0]
		for tag, version := range tags[name] {
			p.Tags[tag] = version
		}
	}
	return u
}

func parseRelease(t testing.TB, line string) *Manifest {
	t.Helper()
	head, body, _ := strings.Cut(line, ":")
	name, version, _ := strings.Cut(strings.TrimSpace(head), " ")
	var f Fields
	for item := range strings.SplitSeq(body, ",") {
		words := strings.Fields(item)
		if len(words) == 0 {
			continue
		}
		switch kind := words[0]; kind {
		case "deprecated":
			f.Deprecated = true
		case "bundle":
			f.Bundled = words[1:]
		case "node":
			f.Engines.Node = strings.Join(words[1:], " ")
		case "dev":
			f.DevDependencies = append(f.DevDependencies, dep(words[1:]))
		case "opt":
			f.OptionalDependencies = append(f.OptionalDependencies, dep(words[1:]))
		case "peer":
			f.PeerDependencies = append(f.PeerDependencies, dep(words[1:]))
		case "peer?":
			if f.PeerOptional == nil {
				f.PeerOptional = map[string]bool{}
			}
			f.PeerOptional[words[1]] = true
			f.PeerDependencies = append(f.PeerDependencies, dep(words[1:]))
		default:
			f.Dependencies = append(f.Dependencies, dep(words))
		}
	}
	return NewManifest(name, version, f)
}

func dep(words []string) Dep { return Dep{Name: words[0], Spec: strings.Join(words[1:], " ")} }

// draw lists a tree, one folder a line, with its flags.
func draw(tree *Tree) string {
	var b strings.Builder
	for _, n := range tree.Nodes[1:] {
		path := strings.ReplaceAll(strings.ReplaceAll(n.Path, "/node_modules/", " > "), "node_modules/", "")
		if n.Link != nil {
			fmt.Fprintf(&b, "%s -> %s\n", path, n.Link.Path)
			continue
		}
		fmt.Fprintf(&b, "%s %s", path, n.Manifest.Version)
		if n.Manifest.Name != n.Name && !n.Member {
			fmt.Fprintf(&b, " (%s)", n.Manifest.Name)
		}
		for _, f := range []struct {
			on   bool
			name string
		}{
			{n.Extraneous, "extraneous"},
			{n.Dev && !n.Extraneous, "dev"},
			{n.Optional && !n.Extraneous, "optional"},
			{n.DevOptional && !n.Extraneous, "devOptional"},
			{n.Peer && !n.Extraneous, "peer"},
		} {
			if f.on {
				b.WriteString(" " + f.name)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// rulesRow is a small universe for one rule. The expected trees are what
// npm 11.19.1 makes of the same universes (TestRulesLive).
type rulesRow struct {
	name      string
	universe  string
	root      string // requirements of the project, as after the colon of a version
	add       string // requests of the command line
	members   map[string]string
	overrides string
	options   Options
	want      string
	code      string // of the first unmet requirement
}

func (row rulesRow) project(t testing.TB) Project {
	t.Helper()
	project := Project{
		Root: parseRelease(t, "root 1.0.0: "+row.root), Overrides: json.RawMessage(row.overrides),
		Requests: specs(t, strings.Fields(row.add)...), Members: map[string]*Manifest{},
	}
	for folder, text := range row.members {
		project.Members[folder] = parseRelease(t, text)
	}
	return project
}

var rules = []rulesRow{
	{
		name:     "one copy serves all",
		universe: "a 1.0.0: c ^1\nb 1.0.0: c ^1.0.0\nc 1.0.0\nc 1.1.0",
		root:     "a *, b *",
		want:     "a 1.0.0\nb 1.0.0\nc 1.1.0\n",
	},
	{
		name:     "a second version lies below",
		universe: "a 1.0.0: c ^1\nb 1.0.0: c ^2\nc 1.0.0\nc 2.0.0",
		root:     "a *, b *",
		want:     "a 1.0.0\nb 1.0.0\nb > c 2.0.0\nc 1.0.0\n",
	},
	{
		name:     "a newer copy replaces an older one that everybody can spare",
		universe: "a 1.0.0: c 1.0.0 || 1.1.0\nb 1.0.0: c 1.1.0\nc 1.0.0\nc 1.1.0\ntag c latest 1.0.0",
		root:     "a *, b *",
		want:     "a 1.0.0\nb 1.0.0\nc 1.1.0\n",
	},
	{
		name:     "latest is preferred to higher versions",
		universe: "a 1.0.0\na 1.1.0\na 1.2.0\ntag a latest 1.1.0",
		root:     "a ^1",
		want:     "a 1.1.0\n",
	},
	{
		name:     "an unfit engine is avoided",
		universe: "a 1.0.0\na 1.1.0: node >=22",
		root:     "a ^1",
		options:  Options{Node: "20.0.0"},
		want:     "a 1.0.0\n",
	},
	{
		name:     "without a Node there is no engine rule",
		universe: "a 1.0.0\na 1.1.0: node >=22",
		root:     "a ^1",
		want:     "a 1.1.0\n",
	},
	{
		name:     "deprecated counts less than engines",
		universe: "a 1.0.0: deprecated\na 1.1.0: node >=22",
		root:     "a ^1",
		options:  Options{Node: "20.0.0"},
		want:     "a 1.0.0\n",
	},
	{
		name:     "a peer is installed beside",
		universe: "a 1.0.0: peer p ^1\np 1.0.0\np 2.0.0",
		root:     "a *",
		want:     "a 1.0.0\np 1.0.0 peer\n",
	},
	{
		name:     "an optional peer is not installed",
		universe: "a 1.0.0: peer? p ^1\np 1.0.0",
		root:     "a *",
		want:     "a 1.0.0\n",
	},
	{
		name:     "an optional peer restricts what is there",
		universe: "a 1.0.0: peer? p ^1\nb 1.0.0: p *\np 1.0.0\np 2.0.0",
		root:     "a *, b *",
		want:     "a 1.0.0\nb 1.0.0\np 1.0.0\n",
	},
	{
		name:     "the asker's own range guides the peer",
		universe: "a 1.0.0: peer p ^1\np 1.0.0\np 2.0.0",
		root:     "a *, p >=1",
		want:     "a 1.0.0\np 1.0.0\n",
	},
	{
		name:     "a peer against the project is refused",
		universe: "a 1.0.0: peer p ^1\np 1.0.0\np 2.0.0",
		root:     "a *, p ^2",
		code:     "ERESOLVE",
	},
	{
		name:     "force overlooks the conflict",
		universe: "a 1.0.0: peer p ^1\np 1.0.0\np 2.0.0",
		root:     "a *, p ^2",
		options:  Options{Force: true},
		want:     "a 1.0.0\np 2.0.0\n",
	},
	{
		name:     "legacy peers are not looked at",
		universe: "a 1.0.0: peer p ^1\np 1.0.0\np 2.0.0",
		root:     "a *",
		options:  Options{LegacyPeers: true},
		want:     "a 1.0.0\n",
	},
	{
		name:     "a conflict further down is overlooked",
		universe: "x 1.0.0: a *, p ^2\na 1.0.0: peer p ^1\np 1.0.0\np 2.0.0",
		root:     "x *",
		want:     "a 1.0.0\np 1.0.0 peer\nx 1.0.0\nx > p 2.0.0\n",
	},
	{
		name:     "a conflict that cannot be avoided further down is overlooked",
		universe: "x 1.0.0: a *, p ^2, q *\nq 1.0.0: p ^1\na 1.0.0: peer p ^1, peer x *\np 1.0.0\np 2.0.0",
		root:     "x *, p ^3 || ^2",
		want:     "a 1.0.0\np 2.0.0\nq 1.0.0\nq > p 1.0.0\nx 1.0.0\n",
	},
	{
		name:     "strict peers are not overlooked",
		universe: "x 1.0.0: a *, p ^2\na 1.0.0: peer p ^1\np 1.0.0\np 2.0.0",
		root:     "x *",
		options:  Options{StrictPeers: true},
		code:     "ERESOLVE",
	},
	{
		name:     "a peer set goes below together",
		universe: "x 1.0.0: a ^2\na 1.0.0: peer p ^1\na 2.0.0: peer p ^2\np 1.0.0\np 2.0.0",
		root:     "a ^1, x *",
		want:     "a 1.0.0\np 1.0.0 peer\nx 1.0.0\nx > a 2.0.0\nx > p 2.0.0 peer\n",
	},
	{
		name:     "packages that need each other",
		universe: "a 1.0.0: b ^1\nb 1.0.0: a ^1",
		root:     "a *",
		want:     "a 1.0.0\nb 1.0.0\n",
	},
	{
		name:     "peers of each other",
		universe: "a 1.0.0: peer b ^1\nb 1.0.0: peer a ^1",
		root:     "a *",
		want:     "a 1.0.0\nb 1.0.0 peer\n",
	},
	{
		name:     "an endless nesting becomes a link",
		universe: "a 1.0.0: b 1.0.0\na 2.0.0: b 2.0.0\nb 1.0.0: a 2.0.0\nb 2.0.0: a 1.0.0",
		root:     "a 1.0.0",
		want:     "a 1.0.0\nb 1.0.0\nb > a 2.0.0\nb > b 2.0.0\nb > b > a 1.0.0\nb > b > b -> node_modules/b\n",
	},
	{
		name:     "two copies under aliases",
		universe: "a 1.0.0\na 2.0.0",
		root:     "one npm:a@^1, two npm:a@^2, a *",
		want:     "a 2.0.0\none 1.0.0 (a)\ntwo 2.0.0 (a)\n",
	},
	{
		name:     "a missing optional dependency is left out",
		universe: "a 1.0.0: opt gone ^1, opt b ^9\nb 1.0.0",
		root:     "a *",
		want:     "a 1.0.0\n",
	},
	{
		name:     "what only optional packages need may be missing too",
		universe: "a 1.0.0: opt b *\nb 1.0.0: gone *",
		root:     "a *",
		want:     "a 1.0.0\nb 1.0.0 optional\n",
	},
	{
		name:     "a missing dependency is refused",
		universe: "a 1.0.0: gone ^1",
		root:     "a *",
		code:     "E404",
	},
	{
		name:     "a range without a version is refused",
		universe: "a 1.0.0",
		root:     "a ^2",
		code:     "ETARGET",
	},
	{
		name:     "a repository is refused",
		universe: "a 1.0.0",
		root:     "a user/project",
		code:     "EUNSUPPORTEDPROTOCOL",
	},
	{
		name:     "an optional repository is left out",
		universe: "a 1.0.0: opt b git+https://example.test/b.git",
		root:     "a *",
		want:     "a 1.0.0\n",
	},
	{
		name:     "a hostile alias is refused",
		universe: "a 1.0.0",
		root:     "../../up npm:a@1",
		code:     "EINVALIDPACKAGENAME",
	},
	{
		name:     "bundled packages are not resolved",
		universe: "a 1.0.0: b ^1, c ^1, bundle b\nb 1.0.0\nc 1.0.0",
		root:     "a *",
		want:     "a 1.0.0\nc 1.0.0\n",
	},
	{
		name:     "kinds of dependencies show in the flags",
		universe: "a 1.0.0: x *\nb 1.0.0: x *\nx 1.0.0\nd 1.0.0: y *\no 1.0.0: y *\ny 1.0.0",
		root:     "dev a *, opt b *, dev d *, peer o *",
		want:     "a 1.0.0 dev\nb 1.0.0 optional\nd 1.0.0 dev\no 1.0.0 peer\nx 1.0.0 devOptional\ny 1.0.0\n",
	},
	{
		name:     "folders differ by case alone",
		universe: "a 1.0.0: B *\nB 1.0.0: b *\nb 1.0.0",
		root:     "a *",
		want:     "a 1.0.0\nB 1.0.0\nB > b 1.0.0\n",
	},
	{
		name:     "what is asked for on the command line",
		universe: "a 1.0.0\na 2.0.0\na 3.0.0-rc.1\nb 1.0.0\ntag a latest 2.0.0\ntag a next 3.0.0-rc.1",
		root:     "a ^1, dev b ^9",
		add:      "a@next b",
		code:     "ETARGET",
	},
	{
		name:     "a tag on the command line",
		universe: "a 1.0.0\na 2.0.0\na 3.0.0-rc.1\nb 1.0.0\ntag a latest 2.0.0\ntag a next 3.0.0-rc.1",
		root:     "a ^1",
		add:      "a@next b alias@npm:a@1",
		want:     "a 3.0.0-rc.1\nalias 1.0.0 (a)\nb 1.0.0\n",
	},
	{
		name:     "an unknown tag on the command line",
		universe: "a 1.0.0",
		add:      "a@nightly",
		code:     "ETARGET",
	},
	{
		name:      "an override replaces a range everywhere",
		universe:  "a 1.0.0: c ^1\nc 1.0.0\nc 2.0.0",
		root:      "a *",
		overrides: `{"c": "^2"}`,
		want:      "a 1.0.0\nc 2.0.0\n",
	},
	{
		name:      "an override of a range touches only edges that meet it",
		universe:  "a 1.0.0: c ^1\nb 1.0.0: c ^2\nc 1.0.0\nc 2.0.0\nc 3.0.0",
		root:      "a *, b *",
		overrides: `{"c@^2": "3.0.0"}`,
		want:      "a 1.0.0\nb 1.0.0\nb > c 3.0.0\nc 1.0.0\n",
	},
	{
		name:      "an override follows the project's own range",
		universe:  "a 1.0.0: c ^1\nc 1.0.0\nc 2.0.0",
		root:      "a *, c ^2",
		overrides: `{"c": "$c"}`,
		want:      "a 1.0.0\nc 2.0.0\n",
	},
	{
		name:      "a nested override holds below its package",
		universe:  "a 1.0.0: c ^1\nb 1.0.0: c ^1\nc 1.0.0\nc 2.0.0",
		root:      "a *, b *",
		overrides: `{"b": {".": "1.0.0", "c": "2.0.0"}}`,
		code:      "EOVERRIDE",
	},
	{
		name:      "a nested override below a dependency",
		universe:  "x 1.0.0: b *\na 1.0.0: c ^1\nb 1.0.0: c ^1\nb 1.1.0: c ^1\nc 1.0.0\nc 2.0.0",
		root:      "a *, x *",
		overrides: `{"b": {".": "1.0.0", "c": "2.0.0"}}`,
		want:      "a 1.0.0\nb 1.0.0\nb > c 2.0.0\nc 1.0.0\nx 1.0.0\n",
	},
	{
		name:      "an override against the project's own range",
		universe:  "c 1.0.0\nc 2.0.0",
		root:      "c ^1",
		overrides: `{"c": "^2"}`,
		code:      "EOVERRIDE",
	},
	{
		name:     "members are linked and share what they can",
		universe: "c 1.0.0\nc 2.0.0\nd 1.0.0",
		root:     "c ^1",
		members:  map[string]string{"packages/b": "@w/b 1.0.0: @w/a ^1, c ^2, dev d *", "packages/a": "@w/a 1.0.0: c *"},
		want: "@w/a -> packages/a\n@w/b -> packages/b\nc 1.0.0\nd 1.0.0 dev\n" +
			"packages/a 1.0.0\npackages/b 1.0.0\npackages/b > c 2.0.0\n",
	},
	{
		name:      "an override below a member",
		universe:  "c 1.0.0\nc 2.0.0",
		root:      "c ^1",
		members:   map[string]string{"m": "m 1.0.0: c ^1", "n": "n 1.0.0: c ^1"},
		overrides: `{"m": {"c": "^2"}}`,
		want:      "c 1.0.0\nm 1.0.0\nm > c 2.0.0\nn 1.0.0\nm -> m\nn -> n\n",
	},
	{
		name:     "a member that does not suit comes from the registry",
		universe: "m 2.0.0",
		members:  map[string]string{"m": "m 1.0.0", "n": "n 1.0.0: m ^2"},
		want:     "m 1.0.0\nn 1.0.0\nn > m 2.0.0\nm -> m\nn -> n\n",
	},
}

func TestRules(t *testing.T) {
	for _, row := range rules {
		t.Run(row.name, func(t *testing.T) {
			tree, err := Resolve(t.Context(), row.project(t), row.options, parseUniverse(t, row.universe))
			if row.code != "" {
				var unmet *feed.ResolveError
				if !errors.As(err, &unmet) || unmet.Unmet[0].Code != row.code {
					t.Fatalf("got %v, want %s", err, row.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(lines(row.want), lines(draw(tree))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// lines splits a drawing; the order of folders is checked elsewhere.
func lines(text string) []string {
	list := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(list)
	return list
}
