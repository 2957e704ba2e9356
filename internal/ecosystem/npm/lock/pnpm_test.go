package lock

import "testing"

var pnpmCases = []struct{ name, lock, want string }{
	{
		"version 5 of a single project, with the older spellings of a key",
		`lockfileVersion: 5.3
specifiers: {a: ^1, b: ^1, '@s/c': npm:c@^1, g: github:o/g}
dependencies:
  a: 1.0.0_b@1.0.0
  '@s/c': /c/1.0.0
  g: git.test/o/g/COMMIT
devDependencies:
  b: 1.0.0
packages:
  /a/1.0.0_b@1.0.0: {resolution: {integrity: SRI_A}, peerDependencies: {b: '*'}, dependencies: {b: 1.0.0, d: registry.example/d/2.0.0, '@s/e': 1.0.0/x@1.0.0}}
  /b/1.0.0: {resolution: {integrity: SRI_B}, dev: true}
  /c/1.0.0: {resolution: {integrity: SRI_B, tarball: 'https://registry.example/c/-/c-1.0.0.tgz'}}
  /@s/e/1.0.0/x@1.0.0: {resolution: {integrity: SRI_B}}
  registry.example/d/2.0.0: {resolution: {integrity: SRI_A}, name: d, version: 2.0.0}
  git.test/o/g/COMMIT: {resolution: {tarball: 'https://codeload.test/o/g/tar.gz/COMMIT'}, name: g, version: 1.0.0}
`,
		`root
	a@1.0.0 <a@^1>
	b@1.0.0 <b@^1> dev
	c@1.0.0 <@s/c (c@^1)>
@s/e@1.0.0 sha512:6d8d7ecd
a@1.0.0 sha512:9ca35835
	@s/e@1.0.0 <@s/e@1.0.0>
	b@1.0.0 <b@*> peer
	d@2.0.0 <d@2.0.0>
b@1.0.0 sha512:6d8d7ecd
c@1.0.0 https://registry.example/c/-/c-1.0.0.tgz sha512:6d8d7ecd
d@2.0.0 sha512:9ca35835
skipped g: https://codeload.test/o/g/tar.gz/COMMIT: git dependency (pnpm-lock.yaml:15)
`,
	},
	{
		"version 6 with peers, patches and another registry's host",
		`lockfileVersion: '6.1'
importers:
  .:
    dependencies:
      a: {specifier: ^1, version: 1.0.0(b@1.0.0)(patch_hash=abc)}
      w: {specifier: 'workspace:*', version: 'link:w'}
      f: {specifier: 'file:f', version: 'file:f'}
  w:
    optionalDependencies:
      d: {specifier: ^2, version: registry.example/@s/d@2.0.0}
packages:
  /a@1.0.0(b@1.0.0)(patch_hash=abc):
    resolution: {integrity: SRI_A}
    dependencies: {b: 1.0.0}
    optionalDependencies: {z: 1.0.0}
  /b@1.0.0:
    resolution: {integrity: SRI_B}
  file:f:
    resolution: {directory: f, type: directory}
    name: f
    dependencies: {b: 1.0.0}
  registry.example/@s/d@2.0.0:
    resolution: {integrity: SRI_A}
`,
		`root
	@s/d@2.0.0 <d (@s/d@^2)> optional
	a@1.0.0 <a@^1>
	b@1.0.0 <b@1.0.0>
@s/d@2.0.0 sha512:9ca35835
a@1.0.0 sha512:9ca35835
	b@1.0.0 <b@1.0.0>
	OPEN optional <z> optional
b@1.0.0 sha512:6d8d7ecd
skipped f: file:f: file dependency (pnpm-lock.yaml:18)
`,
	},
	{
		"several documents, tools, runtimes and addresses",
		`---
lockfileVersion: '9.0'
importers:
  .:
    configDependencies: {}
    packageManagerDependencies:
      pnpm: {specifier: 12.0.0, version: 12.0.0}
packages:
  pnpm@12.0.0: {resolution: {integrity: SRI_A}, hasBin: true}
  '@pnpm/exe.linux-x64@12.0.0': {resolution: {integrity: SRI_B}, os: [linux]}
snapshots:
  pnpm@12.0.0: {optionalDependencies: {'@pnpm/exe.linux-x64': 12.0.0}}
  '@pnpm/exe.linux-x64@12.0.0': {optional: true}
---
lockfileVersion: '9.0'
catalogs: {default: {a: {specifier: ^1, version: 1.0.0}}}
importers:
  .:
    dependencies:
      a: {specifier: 'catalog:', version: 1.0.0}
      j: {specifier: 'jsr:@std/fs@1', version: '@jsr/std__fs@1.0.0'}
      node: {specifier: 'runtime:22', version: 'runtime:22.0.0'}
      u: {specifier: 'https://files.test/u.tgz', version: 'https://files.test/u.tgz'}
      r: {specifier: 'https://registry.example/r/-/r-1.0.0.tgz', version: 'https://registry.example/r/-/r-1.0.0.tgz'}
packages:
  a@1.0.0: {resolution: {integrity: SRI_A, tarball: 'https://registry.example/dl/a/1.0.0/x?token=secret'}}
  '@jsr/std__fs@1.0.0': {resolution: {integrity: SRI_B, tarball: 'https://registry.example/~/11/@jsr/std__fs/1.0.0.tgz'}}
  node@runtime:22.0.0: {resolution: {type: variations, variants: []}, version: 22.0.0}
  u@https://files.test/u.tgz: {resolution: {tarball: 'https://files.test/u.tgz'}, version: 1.0.0}
  r@https://registry.example/r/-/r-1.0.0.tgz: {resolution: {tarball: 'https://registry.example/r/-/r-1.0.0.tgz'}, version: 1.0.0}
snapshots:
  a@1.0.0: {}
  '@jsr/std__fs@1.0.0': {}
  node@runtime:22.0.0: {}
  u@https://files.test/u.tgz: {}
  r@https://registry.example/r/-/r-1.0.0.tgz: {}
`,
		`root
	@jsr/std__fs@1.0.0 <j (@jsr/std__fs@1)>
	a@1.0.0 <a@^1>
	pnpm@12.0.0 <pnpm@12.0.0> tool
	r@1.0.0 <r@1.0.0>
@jsr/std__fs@1.0.0 https://registry.example/~/11/@jsr/std__fs/1.0.0.tgz sha512:6d8d7ecd
@pnpm/exe.linux-x64@12.0.0 sha512:6d8d7ecd
a@1.0.0 https://registry.example/dl/a/1.0.0/x sha512:9ca35835
pnpm@12.0.0 sha512:9ca35835
	@pnpm/exe.linux-x64@12.0.0 <@pnpm/exe.linux-x64@12.0.0> optional
r@1.0.0 https://registry.example/r/-/r-1.0.0.tgz
skipped node: node@runtime:22.0.0: runtime (pnpm-lock.yaml:28)
skipped u: https://files.test/u.tgz: URL dependency (pnpm-lock.yaml:29)
`,
	},
}

func TestPnpmCases(t *testing.T) {
	for _, row := range pnpmCases {
		t.Run(row.name, func(t *testing.T) {
			checkCase(t, "pnpm-lock.yaml", files("pnpm-lock.yaml", row.lock), row.want)
		})
	}
}
