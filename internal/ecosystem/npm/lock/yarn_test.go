package lock

import (
	"strings"
	"testing"
	"testing/fstest"
)

const classic = "# yarn lockfile v1\n\n"

var yarnCases = []struct {
	name string
	fsys fstest.MapFS
	want string
}{
	{
		"classic, without package.json and with Windows line ends",
		files("yarn.lock", strings.ReplaceAll(classic+`"@s/a@^1", "@s/a@^1.2":
  version "1.2.0"
  resolved "https://registry.example/@s/a/-/a-1.2.0.tgz#HEX_1"
  dependencies:
    b "*"
  optionalDependencies:
    o "^1"

b@*:
  version "2.0.0"
`, "\n", "\r\n")),
		"root\n\t@s/a@1.2.0 <@s/a@1.2.0>\n@s/a@1.2.0 https://registry.example/@s/a/-/a-1.2.0.tgz sha1:5ba0496a\n\tb@2.0.0 <b@*>\n\tOPEN optional <o@^1> optional\nb@2.0.0\n",
	},
	{
		"classic: resolutions, git, links and stale requirements",
		files("package.json", `{"dependencies":{"a":"^1","late":"^9","here":"link:./here"},"resolutions":{"b":"3.0.0"}}`,
			"yarn.lock", classic+`a@^1:
  version "1.0.0"
  dependencies:
    b "^1"

b@3.0.0:
  version "3.0.0"

"g@o/g":
  version "1.0.0"
  resolved "https://codeload.test/o/g/tar.gz/COMMIT"

"here@link:./here":
  version "0.0.0"
  uid ""
`),
		`root
	a@1.0.0 <a@^1>
	OPEN open in the lock <late@^9>
a@1.0.0
	b@3.0.0 <b@^1>
b@3.0.0
skipped g: https://codeload.test/o/g/tar.gz/COMMIT: git dependency (yarn.lock:11)
note yarn.lock:1: package.json asks for late@^9, which the lock does not hold
`,
	},
	{
		"berry: patches, archive addresses, and what no registry serves",
		files("yarn.lock", `__metadata:
  version: 8
  cacheKey: 10c0

"a@npm:^1":
  version: 1.0.0
  resolution: "a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fregistry.example%2Fdl%2Fa.tgz%3Ftoken%3Dsecret"
  dependencies:
    b: "npm:^2"
    ts: "npm:typescript@^5"
  peerDependencies:
    b: ">=1"
    none: "*"
  checksum: 10c0/00
  languageName: node
  linkType: hard

"b@npm:2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0"
  linkType: hard

"e@exec:./make.js":
  version: 0.0.0
  resolution: "e@exec:./make.js#./make.js::hash=1&locator=p%40workspace%3A."
  linkType: hard

"g@https://git.test/g.git#commit=COMMIT":
  version: 1.0.0
  resolution: "g@https://git.test/g.git#commit=COMMIT"
  linkType: hard

"p@workspace:.":
  version: 0.0.0-use.local
  resolution: "p@workspace:."
  dependencies:
    a: "npm:^1"
    e: "exec:./make.js"
    g: "https://git.test/g.git#commit=COMMIT"
    q: "portal:./q"
    ts: "patch:typescript@npm%3A^5#./t.patch"
    u: "https://registry.example/u/-/u-1.0.0.tgz"
  linkType: soft

"q@portal:./q::locator=p%40workspace%3A.":
  version: 0.0.0-use.local
  resolution: "q@portal:./q::locator=p%40workspace%3A."
  linkType: soft

"ts@npm:typescript@^5":
  version: 5.9.0
  resolution: "typescript@npm:5.9.0"
  linkType: hard

"ts@patch:typescript@npm%3A^5#./t.patch::locator=p%40workspace%3A.":
  version: 5.0.4
  resolution: "typescript@patch:typescript@npm%3A5.0.4#./t.patch::version=5.0.4&hash=1"
  linkType: hard

"u@https://registry.example/u/-/u-1.0.0.tgz":
  version: 1.0.0
  resolution: "u@https://registry.example/u/-/u-1.0.0.tgz"
  linkType: hard
`),
		`root
	a@1.0.0 <a@^1>
	typescript@5.0.4 <ts (typescript@^5)>
	u@1.0.0 <u@1.0.0>
a@1.0.0 https://registry.example/dl/a.tgz
	b@2.0.0 <b@>=1> peer
	b@2.0.0 <b@^2>
	OPEN open in the lock <none@*> peer
	typescript@5.9.0 <ts (typescript@^5)>
b@2.0.0
typescript@5.0.4
typescript@5.9.0
u@1.0.0 https://registry.example/u/-/u-1.0.0.tgz
skipped e: exec:./make.js#./make.js: exec dependency (yarn.lock:23)
skipped g: https://git.test/g.git#commit=COMMIT: git dependency (yarn.lock:28)
skipped q: portal:./q: portal dependency (yarn.lock:45)
`,
	},
	{
		"berry of the first version, and of one to come",
		files("yarn.lock", "__metadata:\n  version: 99\n\n\"a@npm:^1\":\n  resolution: \"a@npm:1.0.0\"\n  dependencies:\n    b: ^1\n\n\"b@npm:^1\":\n  resolution: \"b@npm:1.0.0\"\n\n\"b@npm:>1\":\n  resolution: \"b@npm:1.5.0\"\n"),
		"root\n\ta@1.0.0 <a@1.0.0>\n\tb@1.5.0 <b@1.5.0>\na@1.0.0\n\tb@1.0.0 <b@^1>\nb@1.0.0\nb@1.5.0\nnote yarn.lock:2: version 99 of the format is newer than 10, the newest that is known; it is read the same way\n",
	},
}

func TestYarnCases(t *testing.T) {
	for _, row := range yarnCases {
		t.Run(row.name, func(t *testing.T) { checkCase(t, "yarn.lock", row.fsys, row.want) })
	}
}
