package lock

import "testing"

func TestBunCases(t *testing.T) {
	checkCase(t, "bun.lock", files("bun.lock", `{
  // a comment
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "root", "dependencies": { "a": "catalog:", "m": "workspace:*", "gh": "github:o/gh" }, "optionalPeers": ["p"], "peerDependencies": { "p": "1", "q": "1" }, },
    "pkg/m": { "name": "m", "dependencies": { "b": "catalog:old" } },
  },
  "catalog": { "a": "^1" },
  "catalogs": { "old": { "b": "^1" } },
  "packages": {
    "a": ["a@1.0.0", "https://registry.example/npm/a/-/a-1.0.0.tgz", { "dependencies": { "@s/b": "npm:b@^2" } }, "SRI_A"],
    "a/@s/b": ["b@2.0.0", "", { "dependencies": { "c": "1" } }, "SRI_B"],
    "a/@s/b/c": ["c@1.0.1", "", {}, "SRI_B"],
    "c": ["c@1.0.0", "", {}, "SRI_A"],
    "gh": ["gh@github:o/gh#abc", { "dependencies": { "c": "1" } }, "o-gh-abc"],
    "m": ["m@workspace:pkg/m"],
    "m/b": ["b@1.0.0", "", { "bin": "b" }, "SRI_A"],
    "u": ["u@https://files.test/u.tgz", {}],
  },
}
`), `root
	a@1.0.0 <a@^1>
	b@1.0.0 <b@^1>
	c@1.0.0 <c@1>
	OPEN optional <p@1> peerOptional
	OPEN open in the lock <q@1> peer
a@1.0.0 https://registry.example/npm/a/-/a-1.0.0.tgz sha512:9ca35835
	b@2.0.0 <@s/b (b@^2)>
b@1.0.0 sha512:9ca35835
b@2.0.0 sha512:6d8d7ecd
	c@1.0.1 <c@1>
c@1.0.0 sha512:9ca35835
c@1.0.1 sha512:6d8d7ecd
skipped gh: github:o/gh#abc: git dependency (bun.lock:15)
skipped u: https://files.test/u.tgz: URL dependency (bun.lock:18)
`)
}
