package lock

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// readManifest returns the requirements, one a line, and the settings.
func readManifest(t *testing.T, fsys fstest.MapFS) (string, Settings) {
	t.Helper()
	request, err := ReadManifest(fsys, "package.json")
	if err != nil {
		t.Fatal(err)
	}
	if request.Ecosystem != "npm" || request.Input != "package.json" || request.Lock != nil {
		t.Errorf("request %+v", request)
	}
	var lines []string
	for _, r := range request.Requirements {
		lines = append(lines, strings.TrimSpace(r.String()+" "+r.Kind))
	}
	var settings Settings
	if err := json.Unmarshal(request.Settings, &settings); err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n"), settings
}

func TestManifest(t *testing.T) {
	for _, row := range []struct {
		name               string
		fsys               fstest.MapFS
		want, wantManifest string
	}{
		{
			"every kind, in the order that decides ties",
			files("package.json", `{"name":"p","version":"1.0.0","scripts":{"x":"secret"},"scripts":{},"description":"long",
				"dependencies":{"z":"^1","a":"2.x","o":"1","alias":"npm:@s/real@~3"},"devDependencies":{"d":"latest"},
				"optionalDependencies":{"o":"1.2"},"peerDependencies":{"p":"*","q":">=1 <3","a":"2"},
				"peerDependenciesMeta":{"q":{"optional":true}},"engines":{"node":">=18"},"overrides":{"x":{".":"1","y":"$z"}},
				"packageManager":"pnpm@10.34.9+sha512.abc"}`),
			"p@* peer\nq@>=1 <3 peerOptional\nz@^1\na@2.x\nalias (@s/real@~3)\no@1.2 optional\nd@latest dev\npnpm@10.34.9 tool",
			`{"name":"p","version":"1.0.0","dependencies":{"z":"^1","a":"2.x","o":"1","alias":"npm:@s/real@~3"},"devDependencies":{"d":"latest"},` +
				`"optionalDependencies":{"o":"1.2"},"peerDependencies":{"p":"*","q":"\u003e=1 \u003c3","a":"2"},"peerDependenciesMeta":{"q":{"optional":true}},` +
				`"engines":{"node":"\u003e=18"},"overrides":{"x":{".":"1","y":"$z"}},"packageManager":"pnpm@10.34.9+sha512.abc"}`,
		},
		{
			"what no registry serves is kept without secrets",
			files("package.json", `{"dependencies":{"g":"git+https://user:secret@git.test/o/g.git#v1","t":"file:/home/me/t.tgz","u":"https://files.test/u.tgz?secret"},
				"overrides":{"h":"git+https://secret@git.test/h"}}`),
			"g@git+https://git.test/o/g.git#v1\nt@file:…/t.tgz\nu@https://files.test/u.tgz",
			`{"dependencies":{"g":"git+https://git.test/o/g.git#v1","t":"file:…/t.tgz","u":"https://files.test/u.tgz"},"overrides":{"h":"git+https://git.test/h"}}`,
		},
		{
			"catalogs and workspace ranges",
			files("package.json", `{"dependencies":{"a":"catalog:","b":"catalog:old","y":"catalog:","c":"workspace:^","d":"workspace:~1.2","e":"workspace:d@*"},"catalog":{"n":"1"},"devDependencies":{"n":"catalog:default"}}`,
				"pnpm-workspace.yaml", "x: &r ^3\ncatalog:\n  a: *r\ncatalogs:\n  old:\n    b: ~1.0\nconfigDependencies:\n  conf: 1.0.0+sha512-abc\n",
				".yarnrc.yml", "catalog:\n  y: ^9\n"),
			"a@^3\nb@~1.0\ny@^9\nc@*\nd@~1.2\ne (d@*)\nn@1 dev\nconf@1.0.0 tool",
			`{"dependencies":{"a":"^3","b":"~1.0","y":"^9","c":"*","d":"~1.2","e":"npm:d@*"},"devDependencies":{"n":"1"}}`,
		},
		{
			"resolutions become overrides, direct dependencies are replaced",
			files("package.json", `{"dependencies":{"direct":"^1"},"resolutions":{"direct":"1.5.0","a/**/b":"2.0.0","**/c":"3","@s/d/e":"4","a":"5","f@npm:^1":"npm:g@6","h":"patch:h@npm%3A7.0.0#x"},
				"pnpm":{"overrides":{"i@1>j":"8","k@>=2 <3":"9","l":"-","m>@n/o":"10"}}}`,
				"pnpm-workspace.yaml", "overrides: {w: ^1}"),
			"direct@1.5.0",
			`{"dependencies":{"direct":"1.5.0"},"overrides":{"direct":"$direct","a":{"b":"2.0.0",".":"5"},"c":"3","@s/d":{"e":"4"},"f@^1":"npm:g@6","h":"7.0.0","i@1":{"j":"8"},"k@\u003e=2 \u003c3":"9","m":{"@n/o":"10"},"w":"^1"}}`,
		},
		{
			"npm's own overrides win over resolutions",
			files("package.json", `{"overrides":{"a":"1"},"resolutions":{"a":"2"}}`), "", `{"overrides":{"a":"1"}}`,
		},
		{"yarn classic", files("package.json", `{"packageManager":"yarn@1.22.22"}`), "yarn@1.22.22 tool", `{"packageManager":"yarn@1.22.22"}`},
		{"yarn berry", files("package.json", `{"packageManager":"yarn@4.18.1"}`), "@yarnpkg/cli-dist@4.18.1 tool", `{"packageManager":"yarn@4.18.1"}`},
		{"an unknown tool", files("package.json", `{"packageManager":"cargo@1.0.0"}`), "", `{"packageManager":"cargo@1.0.0"}`},
		{"a tool by URL", files("package.json", `{"packageManager":"yarn@https://files.test/y.js"}`), "", `{"packageManager":"yarn@https://files.test/y.js"}`},
		{"odd forms", files("package.json", `{"dependencies":[1],"devDependencies":{"a":1,"b":null,"c":{}},"workspaces":true,"packageManager":{}}`), "a@1 dev", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, settings := readManifest(t, row.fsys)
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("requirements (-want +got):\n%s", diff)
			}
			if row.wantManifest != "" && string(settings.Manifest) != row.wantManifest {
				t.Errorf("manifest\ngot  %s\nwant %s", settings.Manifest, row.wantManifest)
			}
		})
	}
}

func TestManifestWorkspace(t *testing.T) {
	fsys := files(
		"package.json", `{"workspaces":{"packages":["packages/*","!packages/no","tools/**","one","./{x,y}/","missing/*"]},"dependencies":{"l":"file:./link","out":"link:../out"}}`,
		"pnpm-workspace.yaml", "packages: ['.', 'pnpm-only']\n",
		"packages/b/package.json", `{"name":"@p/b","readme":"x","dependencies":{"c":"workspace:*","deep":"file:deep"}}`,
		"packages/b/deep/package.json", `{"name":"deep","dependencies":{"back":"file:.."}}`,
		"packages/no/package.json", `{"name":"no"}`,
		"packages/b/node_modules/z/package.json", `{"name":"z"}`,
		"packages/file.txt", "",
		"packages/empty/readme", "",
		"tools/deep/down/package.json", `{"name":"down"}`,
		"tools/node_modules/x/package.json", `{"name":"x"}`,
		"tools/.git/x/package.json", `{"name":"x"}`,
		"one/package.json", `{}`,
		"x/package.json", `{"name":"x"}`,
		"y/package.json", `{"name":"y"}`,
		"pnpm-only/package.json", `{"name":"pnpm-only"}`,
		"link/package.json", `{"name":"link","dependencies":{"k":"1"}}`,
	)
	got, settings := readManifest(t, fsys)
	if want := "l@file:./link\nout@link:../out"; got != want {
		t.Errorf("requirements %q", got)
	}
	if got, want := sortedKeys(settings.Members), []string{"one", "packages/b", "pnpm-only", "tools/deep/down", "x", "y"}; !slices.Equal(got, want) {
		t.Errorf("members %v, want %v", got, want)
	}
	if got, want := string(settings.Members["packages/b"]), `{"name":"@p/b","dependencies":{"c":"*","deep":"file:deep"}}`; got != want {
		t.Errorf("member %s, want %s", got, want)
	}
	if got, want := sortedKeys(settings.Links), []string{"link", "packages/b/deep"}; !slices.Equal(got, want) {
		t.Errorf("links %v, want %v", got, want)
	}
}

func TestManifestWorkspaceErrors(t *testing.T) {
	for _, row := range []struct {
		name string
		fsys fstest.MapFS
		want string
	}{
		{"a member that cannot be read", files("package.json", `{"workspaces":["a"]}`, "a/package.json", "{"), "a/package.json:1: the file is cut off"},
		{"two members of one name", files("package.json", `{"workspaces":["*"]}`, "a/package.json", `{"name":"x"}`, "b/package.json", `{"name":"x"}`), `b/package.json:1: "x": two members`},
		{"too many patterns", files("package.json", `{"workspaces":["`+strings.Repeat("{a,b}", 20)+`"]}`), "more than 1000 workspace patterns"},
		{"a member's hostile name", files("package.json", `{"workspaces":["a"]}`, "a/package.json", "{\n\"dependencies\":{\"../x\":\"1\"}}"), `a/package.json:2: "../x": "../x" is not a package name`},
		{"a catalog that loops", files("package.json", `{}`, "pnpm-workspace.yaml", "a: &a [*a]"), "pnpm-workspace.yaml"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := ReadManifest(row.fsys, "package.json")
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want …%s…", err, row.want)
			}
		})
	}
}

func TestMatchPath(t *testing.T) {
	for _, row := range []struct {
		pattern, name string
		want          bool
	}{
		{"a/*", "a/b", true},
		{"a/*", "a/b/c", false},
		{"a/**", "a/b/c", true},
		{"a/**", "a", true},
		{"**/x", "x", true},
		{"**/x", "a/b/x", true},
		{"**/x", "a/b/xy", false},
		{"a/*-y", "a/x-y", true},
		{"a/[", "a/[", false},
		{"**/**/**/**/a", "b/b/b/b/b", false},
	} {
		if got := matchPath(row.pattern, row.name); got != row.want {
			t.Errorf("%s, %s: got %v", row.pattern, row.name, got)
		}
	}
}
