package lock

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/feedctl/feedctl/pkg/feed"
)

// fuzzLock seeds with small locks and one that a client wrote, and checks what
// holds for whatever is read without an error.
func fuzzLock(f *testing.F, file string, reader Reader, seeds ...string) {
	for _, fixture := range fixtures {
		if fixture.file != file {
			continue
		}
		data, err := os.ReadFile(filepath.Join("testdata", "nasty", fixture.dir, file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:min(len(data), 6000)])
	}
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		request, err := reader(fstest.MapFS{file: {Data: data}}, file)
		if err != nil {
			var problem *Error
			if !errors.As(err, &problem) || problem.Problem == "" || problem.Advice == "" {
				t.Fatalf("not an *Error with advice: %v", err)
			}
			return
		}
		checkGraph(t, *request.Lock)
	})
}

func FuzzPackageLock(f *testing.F) {
	fuzzLock(f, "package-lock.json", ReadPackageLock,
		`{"lockfileVersion":3,"packages":{"":{"dependencies":{"a":"npm:b@^1"}},"node_modules/a":{"name":"b","version":"1.0.0","integrity":"`+sriA+`","resolved":"https://registry.example/b/-/b-1.0.0.tgz"},"node_modules/l":{"link":true,"resolved":"l"},"l":{}}}`,
		`{"lockfileVersion":3,"packages":{"":{"inBundle":true,"link":true,"dependencies":{"a":"1"}},"a":{"inBundle":true},"node_modules/b":{"inBundle":true}}}`,
		`{"lockfileVersion":1,"dependencies":{"a":{"version":"npm:b@1.0.0","requires":{"c":"1"},"dependencies":{"c":{"version":"1.0.0","bundled":true}}},"f":{"version":"file:f"}}}`,
	)
}

func FuzzYarn(f *testing.F) {
	fuzzLock(f, "yarn.lock", ReadYarn,
		"# yarn lockfile v1\n\n\"@s/a@^1\", a@2:\n  version \"1.0.0\"\n  resolved \"https://registry.example/a/-/a-1.0.0.tgz#"+hex1+"\"\n  dependencies:\n    b \"*\"\n",
		"__metadata:\n  version: 8\n\n\"a@npm:^1, a@patch:a@npm%3A1#x\":\n  resolution: \"a@patch:a@npm%3A1.0.0#x::v=1\"\n  dependencies:\n    b: npm:1\n\nb@npm:1:\n  resolution: b@npm:1.0.0::__archiveUrl=https%3A%2F%2Fx.test\n",
	)
}

func FuzzPnpm(f *testing.F) {
	fuzzLock(f, "pnpm-lock.yaml", ReadPnpm,
		"lockfileVersion: 5.4\nspecifiers: {a: 1}\ndependencies: {a: 1.0.0_b@1}\npackages:\n  /a/1.0.0_b@1: {resolution: {integrity: "+sriA+"}}\n  x.test/@s/b/1.0.0: {resolution: {tarball: x}}\n",
		"lockfileVersion: '6.0'\nimporters: {.: {dependencies: {a: {specifier: 1, version: 1.0.0(b@1)}}}}\npackages: {/a@1.0.0(b@1): {resolution: {integrity: "+sriA+"}}, x.test/b@1.0.0: {resolution: {type: git}}}\n",
		"lockfileVersion: '9.0'\nimporters: {.: {}}\na: &a {x: y}\npackages: {a@1.0.0: {resolution: {tarball: 'https://x.test/a.tgz'}, peerDependencies: {p: 1}}}\nsnapshots: {a@1.0.0(p@1): {dependencies: {q: 'link:x'}}}\n",
	)
}

func FuzzBun(f *testing.F) {
	fuzzLock(f, "bun.lock", ReadBun,
		`{"lockfileVersion":1,"workspaces":{"":{"dependencies":{"a":"catalog:"}}},"catalog":{"a":"1"},"packages":{"a":["a@1.0.0","",{"optionalPeers":["x"]},"`+sriA+`"],"a/@s/b":["c@github:x/y",{}],},} // x`)
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"name":"x","workspaces":["m","{a,b}/**"],"dependencies":{"a":"workspace:x@*","b":"git+https://u:p@x.test/y#z","c":"catalog:"},"resolutions":{"a/**/b":"1","c@>=1>d":"patch:x@npm%3A1#y"},"packageManager":"yarn@4.0.0+sha1.x"}`),
		[]byte("packages: ['!x', 'a/*']\ncatalog: {c: ^1}\noverrides: {x>y: '-'}\n"))
	f.Fuzz(func(t *testing.T, manifest, workspace []byte) {
		fsys := fstest.MapFS{
			"package.json": {Data: manifest}, "pnpm-workspace.yaml": {Data: workspace},
			"m/package.json": {Data: []byte(`{"name":"m"}`)}, "a/x/package.json": {Data: []byte(`{}`)},
		}
		request, err := ReadManifest(fsys, "package.json")
		if err != nil {
			return
		}
		var settings Settings
		if err := json.Unmarshal(request.Settings, &settings); err != nil || !json.Valid(settings.Manifest) {
			t.Fatalf("settings are not JSON: %v", err)
		}
	})
}

func FuzzRequirement(f *testing.F) {
	for _, seed := range []string{"a@^1", "@s/n@tag", "x@npm:@s/r@~1", "x@patch:y@npm%3A1#z", "x@https://registry.example/a/-/a-1.0.0.tgz", "x@jsr:@a/b@1", "npm:", "@", "x@npm:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRequirement(text)
		if err != nil {
			return
		}
		if CheckName(r.Name) != nil || r.Alias != "" && CheckName(r.Alias) != nil {
			t.Fatalf("%q: bad name in %v", text, r)
		}
		again := feed.Requirement{Name: r.Name, Range: r.Range}
		if back, err := ParseRequirement(again.String()); err == nil && back.Name != r.Name {
			t.Fatalf("%q: %v reads back as %v", text, again, back)
		}
	})
}

func FuzzRedact(f *testing.F) {
	f.Add("git+https://user:secret@git.test/x?y#z")
	f.Add(`C:\x\y@z:1`)
	f.Fuzz(func(t *testing.T, text string) {
		redact(text)
		pinURL(text)
		registryTarball(text)
	})
}
