package lock

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestManifestCases(t *testing.T) {
	for _, row := range manifestCases {
		t.Run(row.what, func(t *testing.T) {
			got := brief(t, mustRead(t, files(row.file, row.text), row.file))
			if diff := cmp.Diff(strings.TrimPrefix(row.want, "\n"), got); diff != "" {
				t.Errorf("request differs (-want +got):\n%s", diff)
			}
		})
	}
}

var manifestCases = []caseOf{
	{"pyproject: extras of the project itself, groups, build", "pyproject.toml", `
[build-system]
requires = ["hatchling>=1.2", "hatch-vcs"]
[project]
name = "De_mo"
requires-python = ">= 3.9, <4"
dynamic = ["version", "optional-dependencies"]
dependencies = ["Alpha[X,y]>=1,<2 ; python_version<'3.11'", "direct @ https://user:pw@files.test/direct-1.0.tar.gz", "demo_not"]
[project.optional-dependencies]
All = ["de.mo[one,two]", "de-mo[all]"]
one = ["beta"]
two = ["demo-not", "de-mo[one]; sys_platform == 'win32'", "vcs @ git+https://git.test/vcs@main"]
[dependency-groups]
Test = ["gamma", {include-group = "base_line"}]
base-line = ["delta==1.*"]
`, `
{"project":"de-mo","requires_python":">=3.9,<4","extras":["all","one","two"],"groups":["base-line","test"],"skipped":[{"name":"direct","spec":"https://files.test/direct-1.0.tar.gz","reason":"URL dependency","where":"pyproject.toml: project.dependencies"},{"name":"vcs","spec":"git+https://git.test/vcs@main","reason":"git dependency","where":"pyproject.toml: project.optional-dependencies.all"},{"name":"vcs","spec":"git+https://git.test/vcs@main","reason":"git dependency","where":"pyproject.toml: project.optional-dependencies.two"}],"dynamic":["optional-dependencies"]}
alpha[x,y]>=1,<2; python_version < "3.11" <>
demo-not <>
hatch-vcs <build>
hatchling>=1.2 <build>
beta <extra:all>
beta; sys_platform == "win32" <extra:all>
demo-not <extra:all>
beta <extra:one>
beta; sys_platform == "win32" <extra:two>
demo-not <extra:two>
delta==1.* <group:base-line>
delta==1.* <group:test>
gamma <group:test>
`},
	{"pyproject: uv", "pyproject.toml", `
[project]
name = "demo"
dependencies = ["alpha", "here", "torch", "split", "mate"]
[project.optional-dependencies]
cpu = ["torch"]
[tool.uv]
dev-dependencies = ["ruff"]
constraint-dependencies = ["c<2", "cu @ https://files.test/cu.whl"]
override-dependencies = ["o==1"]
exclude-dependencies = ["Never"]
build-constraint-dependencies = ["setuptools<80"]
environments = "sys_platform == 'linux'"
required-environments = ["platform_machine == 'x86_64'"]
default-groups = ["dev", "docs"]
extra-index-url = ["https://extra.test/simple"]
find-links = ["wheels", "/opt/wheels", "https://links.test/x.html"]
no-index = true
prerelease = "allow"
resolution = "lowest-direct"
index-strategy = "unsafe-best-match"
exclude-newer = 2025-01-01T00:00:00Z
no-build-package = ["Big_one"]
no-binary = true
conflicts = [[{extra = "cpu"}, {extra = "gpu"}]]
dependency-metadata = [{name = "Old", version = "1", requires-dist = ["alpha"], provides-extra = ["x"]}]
[[tool.uv.index]]
name = "torch"
url = "https://user:pw@torch.test/whl/cpu"
explicit = true
[[tool.uv.index]]
name = "main"
url = "https://registry.example/simple"
default = true
[[tool.uv.index]]
name = "flat"
url = "../outside"
format = "flat"
[tool.uv.sources]
here = { path = "../here", editable = true }
torch = [{ index = "torch", marker = "sys_platform == 'linux'" }, { index = "https://me:pw@gpu.test/whl?x=1", extra = "cpu" }]
split = { git = "https://git.test/split", marker = "sys_platform == 'win32'" }
mate = { workspace = true }
`, `
{"project":"demo","environments":[{"marker":"sys_platform == \"linux\""}],"required":[{"marker":"platform_machine == \"x86_64\""}],"extras":["cpu"],"groups":["dev"],"default_groups":["dev","docs"],"conflicts":[[{"extra":"cpu"},{"extra":"gpu"}]],"constraints":["c<2"],"overrides":["o==1"],"excludes":["never"],"build_constraints":["setuptools<80"],"indexes":[{"name":"torch","url":"https://torch.test/whl/cpu","user":true,"explicit":true,"where":"pyproject.toml: tool.uv.index"},{"name":"main","url":"https://registry.example/simple","default":true,"where":"pyproject.toml: tool.uv.index"},{"url":"https://extra.test/simple","extra":true,"where":"pyproject.toml: tool.uv.extra-index-url"},{"url":"wheels","flat":true,"where":"pyproject.toml: tool.uv.find-links"},{"url":"https://links.test/x.html","flat":true,"where":"pyproject.toml: tool.uv.find-links"}],"find_links":["wheels","https://links.test/x.html"],"no_index":true,"sources":{"torch":[{"index":"torch","marker":"sys_platform == \"linux\""},{"index":"https://gpu.test/whl","kind":"extra:cpu"}]},"choice":{"prerelease":"allow","resolution":"lowest-direct","index_strategy":"unsafe-best-match","exclude_newer":"2025-01-01T00:00:00Z","only_binary":["big-one"],"no_binary":[":all:"]},"skipped":[{"name":"cu","spec":"https://files.test/cu.whl","reason":"URL dependency","where":"pyproject.toml: tool.uv.constraint-dependencies"},{"name":"here","spec":"../here","reason":"editable dependency","where":"pyproject.toml: project.dependencies"},{"name":"split","spec":"https://git.test/split","reason":"git dependency","where":"pyproject.toml: project.dependencies"}],"metadata":[{"name":"old","version":"1","requires_dist":["alpha"],"extras":["x"]}]}
alpha <>
split <>
torch <>
torch <extra:cpu>
ruff <group:dev>
`},
	{"pyproject: poetry's tables", "pyproject.toml", `
[tool.poetry]
name = "Demo"
[tool.poetry.dependencies]
python = ">=3.8,<3.10 || >=3.11"
caret = "^1.2.3"
caret-zero = "^0.0.3"
caret-short = "^0"
tilde = "~1.2"
tilde-one = "~2"
compatible = "~=1.4.2"
star = "1.*"
any = "*"
exact = "1.0"
blanks = ">= 1.0 <2"
union = "^1.0 || ^3.0"
epoch = "^1!2.0"
windows = { version = "^1", platform = "win32", python = "~3.9" }
opt = { version = "^1", optional = true, allow-prereleases = true, source = "second" }
unused = { version = "^1", optional = true }
gitty = { git = "https://user:pw@git.test/g.git", rev = "abc" }
filed = { file = "/home/me/filed-1.0.whl" }
several = [{ version = "1.0", python = "<3.9" }, { version = "2.0", markers = "python_version >= '3.9'" }]
[tool.poetry.extras]
fancy = ["opt", "union"]
fast = ["opt (>=1)"]
[tool.poetry.dev-dependencies]
pytest = "^8"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
sphinx = "*"
[[tool.poetry.source]]
name = "second"
url = "https://me:pw@second.test/simple/"
priority = "explicit"
[[tool.poetry.source]]
name = "old"
url = "https://old.test/simple/"
secondary = true
[[tool.poetry.source]]
name = "built-in"
priority = "primary"
`, `
{"project":"demo","requires_python":">=3.8","environments":[{"marker":"python_full_version >= \"3.8\" and python_full_version < \"3.10\" or python_full_version >= \"3.11\""}],"extras":["fancy","fast"],"groups":["dev","docs"],"default_groups":["dev"],"indexes":[{"name":"second","url":"https://second.test/simple/","user":true,"explicit":true,"where":"pyproject.toml: tool.poetry.source"},{"name":"old","url":"https://old.test/simple/","extra":true,"where":"pyproject.toml: tool.poetry.source"}],"sources":{"opt":[{"index":"second"}]},"choice":{"prerelease_for":["opt"]},"skipped":[{"name":"filed","spec":"…/filed-1.0.whl","reason":"path dependency","where":"pyproject.toml: tool.poetry.dependencies.filed"},{"name":"gitty","spec":"https://git.test/g.git","reason":"git dependency","where":"pyproject.toml: tool.poetry.dependencies.gitty"}],"notes":["pyproject.toml: tool.poetry.dependencies.union: \"^1.0 || ^3.0\" has alternatives, which PEP 440 cannot say; >=1.0,<4.0 is taken"]}
any <>
blanks>=1.0,<2 <>
caret>=1.2.3,<2.0 <>
caret-short>=0,<1.0 <>
caret-zero>=0.0.3,<0.0.4 <>
compatible~=1.4.2 <>
epoch>=1!2.0,<1!3.0 <>
exact==1.0 <>
several==1.0; python_full_version < "3.9" <>
several==2.0; python_version >= "3.9" <>
star==1.* <>
tilde>=1.2,<1.3 <>
tilde-one>=2,<3.0 <>
union>=1.0,<4.0 <>
windows>=1,<2.0; python_full_version >= "3.9" and python_full_version < "3.10" and sys_platform == "win32" <>
opt>=1,<2.0 <extra:fancy>
opt>=1,<2.0 <extra:fast>
pytest>=8,<9.0 <group:dev>
sphinx <group:docs>
`},
	{"pyproject: [project] with poetry's table for sources alone", "pyproject.toml", `
[project]
name = "demo"
requires-python = ">=3.9"
dependencies = ["alpha>=1", "beta"]
[tool.poetry.dependencies]
python = "^3.10"
alpha = { source = "second" }
beta = { git = "https://git.test/b" }
ignored = "^1"
`, `
{"project":"demo","requires_python":">=3.9","sources":{"alpha":[{"index":"second"}]},"skipped":[{"name":"beta","spec":"https://git.test/b","reason":"git dependency","where":"pyproject.toml: tool.poetry.dependencies.beta"}]}
alpha>=1 <>
`},
	{"pyproject: pdm's tables", "pyproject.toml", `
[project]
name = "demo"
[tool.pdm.dev-dependencies]
Test = ["pytest", "-e file:///${PROJECT_ROOT}/sub#egg=sub", "-e git+https://git.test/x.git#egg=x_y"]
[tool.pdm.resolution]
allow-prereleases = true
excludes = ["No_Way"]
[tool.pdm.resolution.overrides]
alpha = "1.0"
beta = ">=2"
gamma = "https://files.test/gamma-1.0.tar.gz"
[[tool.pdm.source]]
name = "pypi"
url = "https://${USER}:${TOKEN}@registry.example/simple"
[[tool.pdm.source]]
name = "links"
type = "find_links"
url = "https://links.test/"
include_packages = ["Foo"]
`, `
{"project":"demo","groups":["test"],"overrides":["alpha==1.0","beta>=2"],"excludes":["no-way"],"indexes":[{"name":"pypi","url":"https://registry.example/simple","user":true,"default":true,"where":"pyproject.toml: tool.pdm.source"},{"name":"links","url":"https://links.test/","flat":true,"where":"pyproject.toml: tool.pdm.source"}],"find_links":["https://links.test/"],"sources":{"foo":[{"index":"links"}]},"choice":{"prerelease":"allow"},"skipped":[{"name":"gamma","spec":"https://files.test/gamma-1.0.tar.gz","reason":"URL dependency","where":"pyproject.toml: tool.pdm.resolution.overrides.gamma"},{"name":"sub","spec":"file://…/sub","reason":"editable dependency","where":"pyproject.toml: tool.pdm.dev-dependencies.Test"},{"name":"x-y","spec":"git+https://git.test/x.git","reason":"editable dependency","where":"pyproject.toml: tool.pdm.dev-dependencies.Test"}]}
pytest <group:test>
`},
	{"pyproject: settings of tools alone", "pyproject.toml", "[tool.black]\nline-length = 100\n", "{}\n"},
	{"script", "tool.py", `#!/usr/bin/env python3
# /// other
# x = 1
# ///
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#   "rich",
# ]
#
# [tool.uv]
# exclude-newer = "2023-10-16T00:00:00Z"
# ///
import requests
`, `
{"requires_python":">=3.11","choice":{"exclude_newer":"2023-10-16T00:00:00Z"}}
requests<3 <>
rich <>
`},
	{"Pipfile", "Pipfile", `
[[source]]
name = "main"
url = "https://registry.example/simple"
[[source]]
name = "second"
url = "https://second.test/${PART}/simple"
[packages]
alpha = "*"
beta = {version = "~=1.0", extras = ["x"], index = "second", sys_platform = "== 'win32'", markers = "python_version < '3.9'"}
gamma = "==1.0,!=1.1"
delta = "1.5"
here = {path = ".", editable = true}
[dev-packages]
pytest = ">=8"
[Docs]
sphinx = "*"
[requires]
python_version = "3.11"
[pipenv]
allow_prereleases = true
[scripts]
run = "python x.py"
`, `
{"requires_python":"==3.11.*","groups":["develop","docs"],"indexes":[{"name":"main","url":"https://registry.example/simple","default":true,"where":"Pipfile"},{"name":"second","url":"https://second.test/${PART}/simple","explicit":true,"where":"Pipfile"}],"sources":{"beta":[{"index":"second"}]},"choice":{"prerelease":"allow"},"skipped":[{"name":"here","spec":".","reason":"editable dependency","where":"Pipfile: packages.here"}]}
sphinx <group:docs>
pytest>=8 <group:develop>
alpha <>
beta[x]~=1.0; python_version < "3.9" and sys_platform == "win32" <>
delta==1.5 <>
gamma==1.0,!=1.1 <>
`},
}

func TestWorkspace(t *testing.T) {
	fsys := files(
		"pyproject.toml", `
[project]
name = "root"
dependencies = ["member-one", "alpha"]
[tool.uv.workspace]
members = ["packages/*", "tool"]
exclude = ["packages/old"]
[tool.uv.sources]
member-one = { workspace = true }
alpha = { index = "main" }
`,
		"packages/one/pyproject.toml", `
[project]
name = "member_one"
requires-python = ">=3.10"
dependencies = ["alpha", "beta", "tool"]
[project.optional-dependencies]
x = ["gamma"]
[dependency-groups]
dev = ["delta"]
[tool.uv.sources]
beta = { git = "https://git.test/beta" }
`,
		"packages/old/pyproject.toml", "[project]\nname = \"old\"\ndependencies = [\"never\"]\n",
		"packages/README.md", "text",
		"tool/pyproject.toml", "[project]\nname = \"tool\"\n",
	)
	want := `{"project":"root","extras":["x"],"groups":["dev"],"sources":{"alpha":[{"index":"main"}]},"skipped":[{"name":"beta","spec":"https://git.test/beta","reason":"git dependency","where":"packages/one/pyproject.toml: project.dependencies"}],"notes":["packages/one/pyproject.toml is for Python >=3.10"]}
alpha <>
gamma <extra:x>
delta <group:dev>
`
	if diff := cmp.Diff(want, brief(t, mustRead(t, fsys, "pyproject.toml"))); diff != "" {
		t.Errorf("request differs (-want +got):\n%s", diff)
	}
}
