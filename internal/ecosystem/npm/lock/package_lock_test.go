package lock

import (
	"slices"
	"strings"
	"testing"
)

var packageLockCases = []struct{ name, lock, want string }{
	{
		"nearest folder upwards, aliases, links and members",
		`{"lockfileVersion":3,"packages":{
			"":{"workspaces":["lib"],"dependencies":{"a":"^1","l":"npm:b@^2"},"devDependencies":{"d":"*"}},
			"lib":{"name":"@p/lib","version":"1.0.0","dependencies":{"a":"^1","b":"^1"},"devDependencies":{"e":"~1.0"}},
			"lib/node_modules/b":{"version":"1.5.0"},
			"node_modules/@p/lib":{"resolved":"lib","link":true},
			"node_modules/a":{"version":"1.0.0","dependencies":{"b":"^1","@p/lib":"*"}},
			"node_modules/a/node_modules/b":{"version":"1.0.0","dependencies":{"d":"1"}},
			"node_modules/d":{"version":"1.0.0","dev":true},
			"node_modules/e":{"version":"1.0.9"},
			"node_modules/l":{"name":"b","version":"2.0.0"}}}`,
		`root
	a@1.0.0 <a@^1>
	b@1.5.0 <b@^1>
	b@2.0.0 <l (b@^2)>
	d@1.0.0 <d@*> dev
	e@1.0.9 <e@~1.0> dev
a@1.0.0
	b@1.0.0 <b@^1>
b@1.0.0
	d@1.0.0 <d@1>
b@1.5.0
b@2.0.0
d@1.0.0
e@1.0.9
`,
	},
	{
		"a peer is looked for beside the package",
		`{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"1","r":"2"}},
			"node_modules/a":{"version":"1.0.0","peerDependencies":{"r":"2","gone":"1","maybe":"1"},"peerDependenciesMeta":{"maybe":{"optional":true}}},
			"node_modules/a/node_modules/r":{"version":"1.0.0"},
			"node_modules/r":{"version":"2.0.0"}}}`,
		`root
	a@1.0.0 <a@1>
	r@1.0.0 <r@1.0.0>
	r@2.0.0 <r@2>
a@1.0.0
	OPEN open in the lock <gone@1> peer
	OPEN optional <maybe@1> peerOptional
	r@2.0.0 <r@2> peer
r@1.0.0
r@2.0.0
`,
	},
	{
		"an optional dependency beats an ordinary one; what npm left out is open",
		`{"lockfileVersion":2,"packages":{"":{"dependencies":{"o":"1"},"optionalDependencies":{"o":"1","p":"1"}},
			"node_modules/o":{"optional":true}}}`,
		`root
	OPEN optional <o@1> optional
	OPEN optional <p@1> optional
note package-lock.json:2: o has no version: npm left this optional package out when it wrote the lock
`,
	},
	{
		"bundled packages are no nodes; what they need from outside belongs to the bundle",
		`{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"1","out":"1"}},
			"node_modules/a":{"version":"1.0.0","bundleDependencies":["b"],"dependencies":{"b":"1"}},
			"node_modules/a/node_modules/b":{"version":"1.0.0","inBundle":true,"dependencies":{"c":"1","out":"1","none":"1"}},
			"node_modules/a/node_modules/c":{"version":"1.0.0","inBundle":true},
			"node_modules/out":{"version":"1.0.0"}}}`,
		`root
	a@1.0.0 <a@1>
	out@1.0.0 <out@1>
a@1.0.0
	out@1.0.0 <out@1>
out@1.0.0
`,
	},
	{
		"git, URL and file dependencies are skipped, registry addresses on any host are not",
		`{"lockfileVersion":3,"packages":{"":{"dependencies":{"g":"git+ssh://git@git.test/g.git","u":"https://user:secret@files.test/u.tgz?token=secret","f":"file:f.tgz","r":"https://registry.example/api/npm/r/-/r-1.0.0.tgz","h":"owner/h"}},
			"node_modules/f":{"version":"1.0.0","resolved":"file:f.tgz"},
			"node_modules/g":{"version":"1.0.0","resolved":"git+ssh://git@git.test/g.git#COMMIT","dependencies":{"x":"1"}},
			"node_modules/h":{"version":"1.0.0","resolved":"git+ssh://git@git.test/owner/h.git#COMMIT"},
			"node_modules/r":{"version":"1.0.0","resolved":"https://registry.example/api/npm/r/-/r-1.0.0.tgz"},
			"node_modules/u":{"version":"1.0.0","resolved":"https://user:secret@files.test/u.tgz?token=secret"},
			"node_modules/x":{"version":"1.0.0","resolved":"https://u:p@files.test/download/x/1.0.0/abc?token=secret","integrity":"SRI_A"}}}`,
		`root
	r@1.0.0 <r@1.0.0>
	x@1.0.0 <x@1>
r@1.0.0 https://registry.example/api/npm/r/-/r-1.0.0.tgz
x@1.0.0 https://files.test/download/x/1.0.0/abc sha512:9ca35835
skipped f: file:f.tgz: file dependency (package-lock.json:2)
skipped g: git+ssh://git@git.test/g.git#COMMIT: git dependency (package-lock.json:3)
skipped h: git+ssh://git@git.test/owner/h.git#COMMIT: git dependency (package-lock.json:4)
skipped u: https://files.test/u.tgz: URL dependency (package-lock.json:6)
`,
	},
	{
		"one release in many places is one node with merged pins",
		`{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"1"}},
			"node_modules/a":{"version":"1.0.0","integrity":"SRI_1","dependencies":{"b":"1"}},
			"node_modules/b":{"version":"1.0.0"},
			"node_modules/b/node_modules/a":{"version":"1.0.0","integrity":"SRI_A","resolved":"https://registry.example/a/-/a-1.0.0.tgz"}}}`,
		`root
	a@1.0.0 <a@1>
a@1.0.0 https://registry.example/a/-/a-1.0.0.tgz sha1:5ba0496a sha512:9ca35835
	b@1.0.0 <b@1>
b@1.0.0
`,
	},
	{
		"version 1 without package.json: what nothing requires counts as asked for",
		`{"lockfileVersion":1,"requires":true,"dependencies":{
			"a":{"version":"1.0.0","requires":{"b":"^1"},"dependencies":{"b":{"version":"1.0.0","bundled":true,"dependencies":{"n":{"version":"1.0.0"}}}}},
			"l":{"version":"npm:b@2.0.0","integrity":"SRI_A"},
			"g":{"version":"github:o/g#COMMIT","from":"github:o/g"},
			"u":{"version":"https://files.test/u.tgz"},
			"r":{"version":"https://registry.example/r/-/r-1.0.0.tgz","integrity":"SRI_B"},
			"d":{"version":"file:d","requires":{"l":"npm:b@^2"}}}}`,
		`root
	a@1.0.0 <a@1.0.0>
	b@2.0.0 <l (b@^2)>
	r@1.0.0 <r@1.0.0>
a@1.0.0
b@2.0.0 sha512:9ca35835
r@1.0.0 https://registry.example/r/-/r-1.0.0.tgz sha512:6d8d7ecd
skipped g: github:o/g#COMMIT: git dependency (package-lock.json:4)
skipped u: https://files.test/u.tgz: URL dependency (package-lock.json:5)
`,
	},
	{
		"an override that puts another package in place",
		`{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"1"}},"node_modules/a":{"name":"fork","version":"3.0.0"}}}`,
		"root\n\tfork@3.0.0 <a (fork@3.0.0)>\nfork@3.0.0\n",
	},
	{"a lock of npm 3", `{"name":"x","dependencies":{"JSONStream":{"version":"1.0.0","from":"JSONStream@*","resolved":"https://registry.example/JSONStream/-/JSONStream-1.0.0.tgz"}}}`, "root\n\tJSONStream@1.0.0 <JSONStream@1.0.0>\nJSONStream@1.0.0 https://registry.example/JSONStream/-/JSONStream-1.0.0.tgz\n"},
	{"a byte order mark", "\ufeff" + `{"lockfileVersion":3,"packages":{}}`, "root\n\t\n"},
}

func TestPackageLockCases(t *testing.T) {
	for _, row := range packageLockCases {
		t.Run(row.name, func(t *testing.T) {
			checkCase(t, "package-lock.json", files("package-lock.json", row.lock), row.want)
		})
	}
}

// TestStable checks that the order of entries does not change the graph.
func TestStable(t *testing.T) {
	entries := []string{
		`"node_modules/a":{"version":"1.0.0","dependencies":{"b":"1"}}`, `"node_modules/b":{"version":"1.0.0"}`,
		`"":{"dependencies":{"b":"1","a":"1"}}`,
	}
	draw := func() string {
		return drawing(read(t, files("package-lock.json", `{"lockfileVersion":3,"packages":{`+strings.Join(entries, ",")+`}}`), "package-lock.json"))
	}
	want := draw()
	slices.Reverse(entries)
	if got := draw(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
