package lock

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Digests for handmade inputs.
const (
	sumA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sumB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// files makes a folder of "name: content" pairs; SUM_A and SUM_B are digests.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i+1 < len(pairs); i += 2 {
		content := strings.NewReplacer("SUM_A", sumA, "SUM_B", sumB).Replace(pairs[i+1])
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

// brief shows a request in few lines: settings first.
func brief(t testing.TB, request feed.Request) string {
	t.Helper()
	var b strings.Builder
	var settings bytes.Buffer
	if err := json.Compact(&settings, request.Settings); err != nil {
		t.Fatal(err)
	}
	b.WriteString(settings.String() + "\n")
	for _, r := range request.Requirements {
		b.WriteString(r.Name + r.Range + " <" + r.Kind + ">\n")
	}
	if request.Lock != nil {
		drawGraph(&b, *request.Lock)
	}
	return b.String()
}

// caseOf is one input and what comes of it.
type caseOf struct {
	what, file, text string
	want             string
}

func TestLockCases(t *testing.T) {
	for _, row := range lockCases {
		t.Run(row.what, func(t *testing.T) {
			got := brief(t, mustRead(t, files(row.file, row.text), row.file))
			if diff := cmp.Diff(strings.TrimPrefix(row.want, "\n"), got); diff != "" {
				t.Errorf("request differs (-want +got):\n%s", diff)
			}
		})
	}
}

var lockCases = []caseOf{
	{"pylock: sources of every kind, extras and groups", "pylock.dev.toml", `
lock-version = "1.0"
environments = ["sys_platform == 'linux'", "sys_platform == 'darwin'"]
requires-python = ">=3.10"
extras = ["CLI"]
dependency-groups = ["dev_tools"]
default-groups = ["dev_tools"]
[[packages]]
name = "Alpha"
version = "1.0"
marker = "'cli' in extras"
requires-python = ">=3.8"
dependencies = [{name = "beta"}]
index = "https://user:secret@registry.example/simple/?token=x"
wheels = [{path = "files/Alpha-1.0-py3-none-any.whl", hashes = {sha256 = "SUM_A", md5 = "x"}}]
[[packages]]
name = "beta"
sdist = {name = "beta-2.0.tar.gz", url = "https://me:pw@files.test/x?sig=1#f", hashes = {blake2b = "00"}}
[[packages]]
name = "g"
vcs = {type = "git", url = "https://user:pw@git.test/g.git", commit-id = "abc"}
[[packages]]
name = "d"
directory = {path = "../d", editable = true}
[[packages]]
name = "u"
archive = {url = "https://files.test/u-1.0.tar.gz", hashes = {sha256 = "SUM_A"}}
[[packages]]
name = "local"
archive = {path = "/home/someone/local-1.0.tar.gz", hashes = {sha256 = "SUM_A"}}
`, `
{"requires_python":">=3.10","environments":[{"marker":"sys_platform == \"linux\""},{"marker":"sys_platform == \"darwin\""}],"extras":["cli"],"groups":["dev-tools"],"default_groups":["dev-tools"],"indexes":[{"url":"https://registry.example/simple/","user":true,"where":"pylock.dev.toml"}],"flat":true,"releases":{"alpha@1.0":{"index":"https://registry.example/simple/","marker":"\"cli\" in extras","requires_python":">=3.8"}}}
root
	alpha@1.0: alpha==1.0 <>
alpha@1.0
	= Alpha-1.0-py3-none-any.whl  sha256:aaaaaaaa
	beta@2.0: beta==2.0 <>
beta@2.0
	= beta-2.0.tar.gz https://files.test/x
skipped g: git+https://git.test/g.git@abc: git dependency (pylock.dev.toml: g)
skipped d: ../d: editable dependency (pylock.dev.toml: d)
skipped u: https://files.test/u-1.0.tar.gz: URL dependency (pylock.dev.toml: u)
skipped local: …/local-1.0.tar.gz: path dependency (pylock.dev.toml: local)
note pylock.dev.toml: beta 2.0: the lock has no digest of beta-2.0.tar.gz that can be trusted; what the index says counts
`},
	{"uv: sources of every kind, workspace, options", "uv.lock", `
version = 1
revision = 3
requires-python = ">=3.10"
supported-markers = ["sys_platform == 'linux'"]
required-markers = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]
conflicts = [[{package = "demo", extra = "cpu"}, {package = "demo", group = "gpu"}]]
[options]
resolution-mode = "lowest"
prerelease-mode = "allow"
exclude-newer = "2025-01-01T00:00:00Z"
[options.exclude-newer-package]
alpha = "2025-02-01T00:00:00Z"
[manifest]
members = ["demo", "member"]
constraints = [{name = "c", specifier = "<2"}]
overrides = [{name = "o", specifier = "==1", marker = "os_name == 'nt'"}, {name = "og", git = "https://git.test/og"}]
excludes = ["Never"]
[[manifest.dependency-metadata]]
name = "alpha"
version = "1.0"
requires-dist = ["beta"]
[[package]]
name = "demo"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "alpha", extra = ["fast", "safe"], marker = "extra == 'extra-4-demo-cpu'" }, { name = "member" }, { name = "git-one" }]
[package.metadata]
provides-extras = ["cpu", "none"]
[[package]]
name = "member"
version = "0.1.0"
source = { editable = "packages/member" }
dependencies = [{ name = "beta" }]
[[package]]
name = "git-one"
version = "2.0"
source = { git = "https://user:pw@git.test/one.git?rev=main#0123" }
dependencies = [{ name = "beta" }]
[package.optional-dependencies]
x = [{ name = "alpha" }]
[[package]]
name = "other"
version = "3"
source = { editable = "../other" }
[[package]]
name = "wheel-file"
version = "3"
source = { path = "dist/wheel_file-3-py3-none-any.whl" }
wheels = [{ filename = "wheel_file-3-py3-none-any.whl", hash = "sha256:SUM_A" }]
[[package]]
name = "from-url"
version = "3"
source = { url = "https://files.test/from_url-3.tar.gz" }
[[package]]
name = "alpha"
version = "1.0+cpu.1"
source = { registry = "https://second.test/simple" }
sdist = { url = "https://second.test/f/alpha-1.0%2Bcpu.1.tar.gz", hash = "sha256:SUM_A", size = 3 }
wheels = [{ url = "https://second.test/f/alpha-1.0%2Bcpu.1-py3-none-any.whl#sha256=SUM_B", hash = "sha256:SUM_B" }]
[package.optional-dependencies]
fast = [{ name = "beta" }]
[[package]]
name = "beta"
version = "1.0"
source = { registry = "https://registry.example/simple" }
`, `
{"project":"demo","requires_python":">=3.10","environments":[{"marker":"sys_platform == \"linux\""}],"required":[{"marker":"sys_platform == \"linux\" and platform_machine == \"x86_64\""}],"extras":["cpu","none"],"conflicts":[[{"package":"demo","extra":"cpu"},{"package":"demo","group":"gpu"}]],"constraints":["c<2"],"overrides":["o==1; os_name == \"nt\""],"excludes":["never"],"indexes":[{"url":"https://second.test/simple","where":"uv.lock"},{"url":"https://registry.example/simple","where":"uv.lock"}],"choice":{"prerelease":"allow","resolution":"lowest","exclude_newer":"2025-01-01T00:00:00Z","exclude_newer_package":["alpha=2025-02-01T00:00:00Z"]},"releases":{"alpha@1.0+cpu.1":{"index":"https://second.test/simple"},"beta@1.0":{"index":"https://registry.example/simple"}},"metadata":[{"name":"alpha","version":"1.0","requires_dist":["beta"]}]}
root
	alpha@1.0+cpu.1: alpha==1.0+cpu.1 <>
	alpha@1.0+cpu.1: alpha[fast,safe]==1.0+cpu.1; extra == "extra-4-demo-cpu" <>
	beta@1.0: beta==1.0 <>
alpha@1.0+cpu.1
	= alpha-1.0+cpu.1-py3-none-any.whl https://second.test/f/alpha-1.0%2Bcpu.1-py3-none-any.whl sha256:bbbbbbbb
	= alpha-1.0+cpu.1.tar.gz https://second.test/f/alpha-1.0%2Bcpu.1.tar.gz sha256:aaaaaaaa
	beta@1.0: beta==1.0 <extra:fast>
beta@1.0
skipped git-one: https://git.test/one.git: git dependency (uv.lock: git-one)
skipped other: ../other: editable dependency (uv.lock: other)
skipped wheel-file: dist/wheel_file-3-py3-none-any.whl: path dependency (uv.lock: wheel-file)
skipped from-url: https://files.test/from_url-3.tar.gz: URL dependency (uv.lock: from-url)
`},
	{"uv: the oldest form", "uv.lock", `
version = 1
[[distribution]]
name = "demo"
version = "0.1.0"
source = "editable+."
dependencies = [{ name = "alpha", version = "1.0", source = "registry+https://registry.example/simple", extra = "fast" }]
[distribution.dev-dependencies]
dev = [{ name = "alpha", version = "2.0", source = "registry+https://registry.example/simple" }]
[[distribution]]
name = "alpha"
version = "1.0"
source = "registry+https://registry.example/simple"
sdist = { url = "https://files.test/alpha-1.0.tar.gz", hash = "sha256:SUM_A" }
[[distribution]]
name = "alpha"
version = "2.0"
source = "registry+https://registry.example/simple"
environment-markers = ["python_version < '3.9'", "python_version > '3.11'"]
`, `
{"project":"demo","groups":["dev"],"indexes":[{"url":"https://registry.example/simple","where":"uv.lock"}],"releases":{"alpha@2.0":{"marker":"python_version < \"3.9\" or python_version > \"3.11\""}}}
root
	alpha@1.0: alpha[fast]==1.0 <>
	alpha@2.0: alpha==2.0 <group:dev>
alpha@1.0
	= alpha-1.0.tar.gz https://files.test/alpha-1.0.tar.gz sha256:aaaaaaaa
alpha@2.0
`},
	{"uv: lock of a script", "tool.py.lock", `
version = 1
requires-python = ">=3.12"
[manifest]
requirements = [{ name = "alpha", specifier = ">=1", extras = ["x"] }, { name = "gone", specifier = "==9", marker = "os_name == 'nt'" }]
[manifest.dependency-groups]
dev = [{ name = "alpha", specifier = "==2.*" }]
[[package]]
name = "alpha"
version = "1.0"
source = { registry = "../index" }
[[package]]
name = "alpha"
version = "2.0"
source = { registry = "wheels" }
`, `
{"requires_python":">=3.12","groups":["dev"],"indexes":[{"url":"wheels","where":"tool.py.lock"}],"releases":{"alpha@2.0":{"index":"wheels"}}}
root
	alpha@1.0: alpha[x]>=1 <>
	alpha@2.0: alpha[x]>=1 <>
	alpha@2.0: alpha==2.* <group:dev>
	OPEN not in the lock: gone==9; os_name == "nt" <>
alpha@1.0
alpha@2.0
`},
	{"poetry: 2.1, markers by group, sources", "poetry.lock", `
[[package]]
name = "Alpha"
version = "2020.06.20"
optional = false
python-versions = "^3.8"
groups = ["main", "dev"]
markers = {main = "sys_platform == 'win32'", dev = "python_version < '3.9'"}
files = [{file = "alpha-2020.6.20.tar.gz", hash = "sha256:SUM_A"}]
[package.dependencies]
beta = [{version = "<2", markers = "python_version < '3.9'"}, {version = ">=2", extras = ["z"], python = "^3.9"}]
legacy = ">dev"
missing = {version = "*", optional = true}
gitty = {git = "https://git.test/g"}
[[package]]
name = "beta"
version = "1.0"
python-versions = "*"
files = []
[[package]]
name = "beta"
version = "2.0"
python-versions = "*"
files = []
[[package]]
name = "gitty"
version = "1.0"
python-versions = "*"
[package.source]
type = "git"
url = "https://user:pw@git.test/g"
reference = "main"
resolved_reference = "abc"
[[package]]
name = "wheel"
version = "1.0"
python-versions = "*"
[package.source]
type = "file"
url = "wheels/wheel-1.0-py3-none-any.whl"
[metadata]
lock-version = "2.1"
python-versions = "^3.8 || ^4.0"
`, `
{"requires_python":">=3.8,<5.0","groups":["dev"],"flat":true,"releases":{"alpha@2020.6.20":{"markers":{"":"sys_platform == \"win32\"","dev":"python_version < \"3.9\""},"requires_python":">=3.8,<4.0","groups":["","dev"]}}}
root
	alpha@2020.6.20: alpha==2020.6.20 <>
alpha@2020.6.20
	= alpha-2020.6.20.tar.gz  sha256:aaaaaaaa
	beta@1.0: beta<2; python_version < "3.9" <>
	beta@2.0: beta[z]>=2; python_full_version >= "3.9" and python_full_version < "4.0" <>
	OPEN not in the lock: legacy <>
beta@1.0
beta@2.0
skipped gitty: git+https://git.test/g@abc: git dependency (poetry.lock: gitty)
skipped wheel: wheels/wheel-1.0-py3-none-any.whl: path dependency (poetry.lock: wheel)
`},
	{"poetry: 1.0, files by name, categories, a marker", "poetry.lock", `
[[package]]
category = "dev"
description = ""
marker = "python_version < '3'"
name = "alpha"
optional = true
python-versions = "*"
version = "1.0"
[[package]]
category = "main"
name = "alpha"
python-versions = "*"
version = "2.0"
[metadata]
content-hash = "x"
python-versions = "*"
[metadata.files]
alpha = [
    {file = "alpha-1.0-py3-none-any.whl", hash = "md5:0123"},
    {file = "alpha-2.0.tar.gz", hash = "sha256:SUM_B"},
    {file = "alpha.exe", hash = "sha256:SUM_A"},
]
`, `
{"groups":["dev"],"flat":true,"releases":{"alpha@1.0":{"marker":"python_version < \"3\"","groups":["dev"],"optional":true},"alpha@2.0":{"groups":[""]}}}
root
	alpha@1.0: alpha==1.0 <>
	alpha@2.0: alpha==2.0 <>
alpha@1.0
	= alpha-1.0-py3-none-any.whl 
	= alpha.exe  sha256:aaaaaaaa
alpha@2.0
	= alpha-2.0.tar.gz  sha256:bbbbbbbb
	= alpha.exe  sha256:aaaaaaaa
note poetry.lock: alpha 1.0: the lock has no digest of alpha-1.0-py3-none-any.whl that can be trusted; what the index says counts
`},
	{"poetry: before 1.0, hashes by name", "poetry.lock", `
[[package]]
category = "main"
name = "alpha"
python-versions = "*"
version = "1.0"
[metadata]
python-versions = "*"
[metadata.hashes]
alpha = ["SUM_A", "SUM_B"]
`, `
{"flat":true,"releases":{"alpha@1.0":{"groups":[""]}}}
root
	alpha@1.0: alpha==1.0 <>
alpha@1.0
	=   sha256:aaaaaaaa
	=   sha256:bbbbbbbb
`},
	{"pdm: 4.2, files in the metadata, extras apart, direct ones", "pdm.lock", `
[[package]]
name = "alpha"
version = "1.0"
requires_python = ">=3.7"
dependencies = ["beta>=1; python_version < '3.9'"]
[[package]]
name = "alpha"
version = "1.0"
extras = ["fast"]
dependencies = ["alpha==1.0", "gamma"]
[[package]]
name = "beta"
version = "1.0"
[[package]]
name = "gamma"
version = "1.0"
[[package]]
name = "g"
version = "1.0"
git = "https://user:pw@git.test/g"
revision = "abc"
dependencies = ["beta"]
[[package]]
name = "e"
version = "1.0"
editable = true
path = "./e"
[[package]]
name = "u"
version = "1.0"
url = "https://files.test/u-1.0.zip"
[metadata]
lock_version = "4.2"
groups = ["default", "Dev"]
[metadata.files]
"alpha 1.0" = [{file = "alpha-1.0.tar.gz", hash = "sha256:SUM_A"}]
`, `
{"groups":["dev"],"flat":true,"releases":{"alpha@1.0":{"requires_python":">=3.7"}}}
root
	alpha@1.0: alpha==1.0 <>
	beta@1.0: beta <>
alpha@1.0
	= alpha-1.0.tar.gz  sha256:aaaaaaaa
	beta@1.0: beta>=1; python_version < "3.9" <>
	gamma@1.0: gamma <extra:fast>
beta@1.0
gamma@1.0
skipped g: git+https://git.test/g@abc: git dependency (pdm.lock: g)
skipped e: ./e: editable dependency (pdm.lock: e)
skipped u: https://files.test/u-1.0.zip: URL dependency (pdm.lock: u)
`},
	{"pdm: targets", "pdm.lock", `
[metadata]
lock_version = "4.5.0"
strategy = ["inherit_metadata"]
[[metadata.targets]]
requires_python = "~=3.10"
platform = "manylinux_2_28_x86_64"
implementation = "cpython"
[[metadata.targets]]
requires_python = "*"
[[package]]
name = "alpha"
version = "1.0"
groups = ["default", "dev"]
marker = "python_version < \"3.9\""
`, `
{"environments":[{"requires_python":"~=3.10","platform":"manylinux_2_28_x86_64","implementation":"cpython"},{}],"flat":true,"releases":{"alpha@1.0":{"marker":"python_version < \"3.9\"","groups":["","dev"]}}}
root
	alpha@1.0: alpha==1.0 <>
alpha@1.0
`},
	{"Pipfile.lock: indexes, direct ones, a package in two sections", "Pipfile.lock", `{
"_meta": {"pipfile-spec": 6, "requires": {"python_full_version": "3.11.4"}, "sources": [
  {"name": "main", "url": "https://$USER:${TOKEN}@registry.example/simple", "verify_ssl": true},
  {"name": "second", "url": "https://second.test/simple"}]},
"default": {
  "alpha": {"hashes": ["sha256:SUM_A"], "version": "==1.0", "extras": ["x"], "index": "second", "markers": "os_name == 'nt'"},
  "g": {"git": "https://user:pw@git.test/g.git", "ref": "abc"},
  "here": {"path": ".", "editable": true},
  "u": {"file": "https://files.test/u.zip"}},
"develop": {"alpha": {"hashes": ["sha256:SUM_B"], "version": "==1.0", "markers": "os_name == 'posix'"}}
}`, `
{"requires_python":"==3.11.4","groups":["develop"],"indexes":[{"name":"main","url":"https://registry.example/simple","user":true,"default":true,"where":"Pipfile.lock"},{"name":"second","url":"https://second.test/simple","explicit":true,"where":"Pipfile.lock"}],"flat":true,"releases":{"alpha@1.0":{"index":"https://second.test/simple","marker":"os_name == \"nt\" or os_name == \"posix\"","groups":["","develop"]}}}
root
	alpha@1.0: alpha[x]==1.0; os_name == "nt" <>
	alpha@1.0: alpha==1.0; os_name == "posix" <group:develop>
alpha@1.0
	=   sha256:aaaaaaaa
	=   sha256:bbbbbbbb
skipped g: git+https://git.test/g.git@abc: git dependency (Pipfile.lock: g)
skipped here: .: editable dependency (Pipfile.lock: here)
skipped u: https://files.test/u.zip: URL dependency (Pipfile.lock: u)
`},
}
