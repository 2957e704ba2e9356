package lock

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// utf16 writes ASCII text as UTF-16 with a byte order mark.
func utf16(text string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, c := range []byte(text) {
		b.WriteByte(c)
		b.WriteByte(0)
	}
	return b.String()
}

// The beginnings of locks.
const (
	v3    = `{"lockfileVersion":3,"packages":{` + "\n"
	berry = "__metadata:\n  version: 8\n\n"
)

var errorCases = []struct{ name, file, content, want string }{
	{"empty", "package-lock.json", "", "package-lock.json: the file is empty; restore the file or make it again with `npm install --package-lock-only`"},
	{"white space", "yarn.lock", " \n\t\n", "yarn.lock: the file is empty; restore"},
	{"UTF-16", "package-lock.json", utf16(`{}`), "package-lock.json: the file is UTF-16 text; save it as UTF-8"},
	{"Latin-1", "package-lock.json", "{\n\"n\xe4me\":1}", "package-lock.json:2: the file is not UTF-8 text; save it as UTF-8"},
	{"binary", "bun.lock", "#!/usr/bin/env bun\nbun-lockfile-format-v0\n\x00\x01", "bun.lock:3: the file holds binary data; restore"},
	{"bun's binary lock", "bun.lockb", "\x00", "run `bun install --save-text-lockfile"},
	{"conflict in JSON", "package-lock.json", "{\n<<<<<<< HEAD\n\"a\":1\n=======\n\"a\":2\n>>>>>>> x\n}", "package-lock.json:2: the file holds merge conflict markers; resolve the conflict"},
	{"conflict in yarn.lock", "yarn.lock", "# yarn lockfile v1\n\n<<<<<<< HEAD\n", "yarn.lock:3: the file holds merge conflict markers"},
	{"cut JSON", "package-lock.json", v3 + `"node_modules/a":{"version":"1.0`, "package-lock.json:2: the file is cut off: the JSON ends in the middle; restore"},
	{"bad JSON", "package-lock.json", v3 + `"x":nope}}`, "package-lock.json:2: the file is not valid JSON: invalid character 'o'"},
	{"text behind JSON", "package-lock.json", "{}\n{}", "package-lock.json:2: the file is not valid JSON: invalid character '{' after top-level value"},
	{"JSON array", "package-lock.json", "[]", "package-lock.json:1: the file is JSON, but not an object"},
	{"deep JSON", "package-lock.json", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "nested deeper than 400 levels"},
	{"very deep JSON", "package-lock.json", strings.Repeat("[", 100_000), "package-lock.json:1: the file is not valid JSON"},
	{"no version", "package-lock.json", `{"name":"x"}`, "package-lock.json: there is no lockfileVersion, so this is no package-lock"},
	{"unknown version", "npm-shrinkwrap.json", "{\n\"lockfileVersion\": 4}", `npm-shrinkwrap.json:2: "lockfileVersion": version 4 is not known; 1, 2 and 3 are`},
	{"no packages", "package-lock.json", `{"lockfileVersion":3}`, "the object that lists the packages is missing"},
	{"duplicate key", "package-lock.json", v3 + "\"node_modules/a\":{},\n\"node_modules/\\u0061\":{}}}", `package-lock.json:3: "node_modules/a": the key occurs twice in one object`},
	{"duplicate among many keys", "package-lock.json", v3 + "\"1\":{},\"2\":{},\"3\":{},\"4\":{},\"5\":{},\"6\":{},\"7\":{},\"8\":{},\"9\":{},\n\"9\":{}}}", `package-lock.json:3: "9": the key occurs twice`},
	{"hostile name", "package-lock.json", v3 + `"node_modules/../../x":{"version":"1.0.0"}}}`, `package-lock.json:2: "node_modules/../../x": "../../x" is not a package name`},
	{"hostile version", "package-lock.json", v3 + `"node_modules/x":{"version":"1.0.0/../../y"}}}`, `"1.0.0/../../y" is not a version`},
	{"no version of an entry", "package-lock.json", v3 + `"node_modules/x":{}}}`, `"" is not a version`},
	{"bad integrity", "package-lock.json", v3 + `"node_modules/x":{"version":"1.0.0","integrity":"sha512-AAAA"}}}`, "not a base64 sha512 digest"},
	{"two digests", "package-lock.json", v3 + `"node_modules/x":{"version":"1.0.0","integrity":"SRI_A"},` + "\n" + `"node_modules/y/node_modules/x":{"version":"1.0.0","integrity":"SRI_B"}}}`, `package-lock.json:3: "node_modules/y/node_modules/x": x@1.0.0 has another sha512 digest here than in line 2`},
	{"classic: cut text", "yarn.lock", "# yarn lockfile v1\n\na@^1:\n  version \"1.0.0\"\n  resolved \"https://regis", "yarn.lock:5: a text in quotes does not end in its line"},
	{"classic: cut entry", "yarn.lock", "# yarn lockfile v1\n\na@^1:\n  version \"1.0.0\"\n\nb@^1:\n", `yarn.lock:6: "b@^1": the entry has no version`},
	{"classic: cut key", "yarn.lock", "# yarn lockfile v1\n\na@^1:\n  version", "yarn.lock:4: want a key and a value"},
	{"classic: missing entry", "yarn.lock", "# yarn lockfile v1\n\na@^1:\n  version \"1.0.0\"\n  dependencies:\n    b \"^1\"\n", `yarn.lock:6: "b@^1": the lock has no entry for this dependency`},
	{"classic: twice", "yarn.lock", "a@^1:\n  version \"1.0.0\"\na@^1:\n  version \"1.0.0\"\n", `yarn.lock:3: "a@^1": the descriptor occurs twice, first in line 1`},
	{"classic: another format", "yarn.lock", "# yarn lockfile v2\n\n", "yarn.lock:1: version 2 of this format is not known"},
	{"classic: no lock at all", "yarn.lock", "hello world\n", "yarn.lock:1: an entry must begin with descriptors and a colon"},
	{"classic: indented start", "yarn.lock", "  version \"1\"\n", "yarn.lock:1: an indented line stands before the first entry"},
	{"classic: hostile name", "yarn.lock", "\"../x@^1\":\n  version \"1.0.0\"\n", `"../x" is not a package name`},
	{"berry: missing entry", "yarn.lock", berry + "\"a@npm:^1\":\n  resolution: \"a@npm:1.0.0\"\n  dependencies:\n    b: \"npm:^1\"\n", `yarn.lock:7: "b@npm:^1": the lock has no entry`},
	{"berry: no resolution", "yarn.lock", berry + "\"a@npm:^1\":\n  version: 1.0.0\n", `yarn.lock:4: "a@npm:^1": the entry has no resolution`},
	{"berry: no version", "yarn.lock", "__metadata:\n  cacheKey: 8\n", "there is no version of the format"},
	{"berry: bad YAML", "yarn.lock", berry + "\"a@npm:^1\":\n  resolution: \"a@npm\n", "yarn.lock:"},
	{"berry: hostile", "yarn.lock", berry + "\"a@npm:^1\":\n  resolution: \"CON@npm:1.0.0\"\n", "Windows reserves it"},
	{"pnpm: unknown version", "pnpm-lock.yaml", "lockfileVersion: '10.0'\n", `pnpm-lock.yaml:1: "lockfileVersion": version 10.0 is not known; 5, 6, 7 and 9 are`},
	{"pnpm: no version", "pnpm-lock.yaml", "a: b\n", "there is no lockfileVersion"},
	{"pnpm: not a mapping", "pnpm-lock.yaml", "- a\n", "the document is not a YAML mapping"},
	{"pnpm: comments only", "pnpm-lock.yaml", "# nothing\n", "the file holds no YAML document"},
	{"pnpm: duplicate key", "pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n  a@1.0.0: {}\n", `pnpm-lock.yaml:4: "a@1.0.0": the key occurs twice, first in line 3`},
	{"pnpm: cut before snapshots", "pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters: {.: {}}\npackages:\n  a@1.0.0:\n    resolution: {integrity: SRI_A}\n", "pnpm-lock.yaml:3: \"snapshots\": the section is missing"},
	{"pnpm: cut before importers", "pnpm-lock.yaml", "lockfileVersion: '9.0'\nsettings: {}\n", "\"importers\": the section is missing"},
	{"pnpm: cut in snapshots", "pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: 1\n        version: 1.0.0\n", `pnpm-lock.yaml:5: "a": the lock has no entry for 1.0.0`},
	{"pnpm: cut in a dependency", "pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: 1\n", `pnpm-lock.yaml:5: "a": the dependency has no version`},
	{"pnpm: no resolution", "pnpm-lock.yaml", "lockfileVersion: '6.0'\npackages:\n  /a@1.0.0:\n    dev: true\n", `pnpm-lock.yaml:3: "/a@1.0.0": the entry has no resolution`},
	{"pnpm: unlisted", "pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters: {.: {}}\nsnapshots:\n  a@1.0.0: {}\n", "the entry is not listed under packages"},
	{"pnpm: tabs", "pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters:\n\t.:\n", "pnpm-lock.yaml:3: the file is not valid YAML"},
	{"pnpm: alias bomb", "pnpm-lock.yaml", aliasBomb(), "aliases stand for more than 100000 values"},
	{"pnpm: alias in itself", "pnpm-lock.yaml", "lockfileVersion: '9.0'\na: &a [*a]\n", "pnpm-lock.yaml"},
	{"pnpm: deep", "pnpm-lock.yaml", "a: " + strings.Repeat("[", 3000) + strings.Repeat("]", 3000), "nested deeper than 400 levels"},
	{"a path without end", "package-lock.json", v3 + `"` + strings.Repeat("a/", 5000) + `x":{}}}`, "the location has 10001 characters, at most 8192 are allowed"},
	{"bun: a path without end", "bun.lock", `{"lockfileVersion":1,"packages":{"` + strings.Repeat("a/", 5000) + `x":["x@1.0.0"]}}`, "the key has 10001 characters"},
	{"bun: unknown version", "bun.lock", `{"lockfileVersion": 3}`, "version 3 is not known; 0, 1 and 2 are"},
	{"bun: no version", "bun.lock", `{}`, "there is no lockfileVersion, so this is no bun.lock"},
	{"bun: not an array", "bun.lock", `{"lockfileVersion":1,"packages":{"a":{}}}`, `bun.lock:1: "a": the entry is not an array that begins with name@version`},
	{"bun: cut", "bun.lock", `{"lockfileVersion":1,"packages":{"a":["a@1.0.0",`, "bun.lock:1: the file is cut off"},
	{"bun: open comment", "bun.lock", `{"lockfileVersion":1} /* `, "bun.lock"},
	{"manifest: cut", "package.json", `{"name":`, "package.json:1: the file is cut off: the JSON ends in the middle; correct the file"},
	{"manifest: dependency twice", "package.json", "{\"dependencies\":{\"a\":\"1\",\n\"a\":\"2\"}}", `package.json:2: "a": the name occurs twice in dependencies`},
	{"manifest: hostile name", "package.json", `{"dependencies":{"a\\b":"1"}}`, `"a\\b" is not a package name`},
	{"manifest: hostile range", "package.json", `{"dependencies":{"a":"1\u0000"}}`, "neither a version, a range nor a tag"},
	{"manifest: no catalog", "package.json", `{"dependencies":{"a":"catalog:x"}}`, `no catalog says what "catalog:x" stands for`},
	{"manifest: outside", "package.json", `{"workspaces":["../x"]}`, "leaves the project's folder"},
}

func TestErrors(t *testing.T) {
	for _, row := range errorCases {
		t.Run(row.name, func(t *testing.T) {
			reader := Locks()[row.file]
			if reader == nil {
				reader = Manifests()[row.file]
			}
			_, err := reader(files(row.file, row.content), row.file)
			if err == nil {
				t.Fatal("no error")
			}
			var problem *Error
			if !errors.As(err, &problem) || problem.Advice == "" {
				t.Errorf("%v: not an *Error with advice", err)
			}
			if !strings.Contains(err.Error(), row.want) {
				t.Errorf("got  %v\nwant %s", err, row.want)
			}
		})
	}
}

func aliasBomb() string {
	var b strings.Builder
	b.WriteString("lockfileVersion: '9.0'\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for _, level := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		before := string(level[0] - 1)
		b.WriteString("a" + level + ": &a" + level + " [" + strings.Repeat("*a"+before+", ", 9) + "*a" + before + "]\n")
	}
	return b.String()
}

// TestCutAnywhere cuts every fixture at many places: a lock that lost its end is
// never read as a smaller one, except where it ends between two entries that
// nothing requires.
func TestCutAnywhere(t *testing.T) {
	for _, fixture := range fixtures {
		t.Run(fixture.dir, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "nasty", fixture.dir, fixture.file))
			if err != nil {
				t.Fatal(err)
			}
			whole := len(readFixture(t, fixture.dir, fixture.file).Nodes)
			for i := 1; i < 29; i++ {
				cut := len(data) * i / 29
				_, err := Locks()[fixture.file](fstest.MapFS{fixture.file: {Data: data[:cut]}}, fixture.file)
				if err == nil {
					t.Errorf("cut to %d of %d bytes, read without an error (%d releases in all)", cut, len(data), whole)
				}
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	for name, reader := range Locks() {
		if name == "bun.lockb" {
			continue
		}
		if _, err := reader(fstest.MapFS{}, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// endless is a file that never ends.
type endless struct{ fs.File }

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
func (endless) Close() error { return nil }

type endlessFS struct{}

func (endlessFS) Open(string) (fs.File, error) { return endless{}, nil }

func TestSizeLimit(t *testing.T) {
	start := time.Now()
	_, err := ReadPnpm(endlessFS{}, "pnpm-lock.yaml")
	if err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}
