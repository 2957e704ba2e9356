package lock

import (
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{
		"express", "@babel/core", "JSONStream", "a", "3", "-", "_", "_underscore", "a.b", "lodash.merge", "it's", "a!(b)~",
		"@s/_x", "@S/X", "console", "com", "com10", "nulls", "auxiliary", "@con/x", "http", strings.Repeat("a", 214),
	} {
		if err := CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"": "empty", "..": "dot", ".": "dot", ".hidden": "begins with a dot", "a..b": `holds ".."`, "a.": "Windows drops",
		"a/b": `holds '/'`, "../x": `holds '/'`, `a\b`: `holds '\\'`, "a b": `holds ' '`, "a\x00": `holds '\x00'`, "a%2fb": `holds '%'`,
		"a:b": `holds ':'`, "é": "holds 'é'", "a*": "holds '*'", "a?b": "holds '?'", "\xff": "holds",
		"@": "looks like @scope/name", "@s": "looks like", "@/x": "looks like", "@s/": "looks like", "@s/a/b": `holds '/'`,
		"@../x": "begins with a dot", "@s/..": "begins with a dot", "@s/.x": "begins with a dot", "@s./x": "Windows drops", "@@s/x": "holds '@'",
		"node_modules": "reserves", "Node_Modules": "reserves", "favicon.ico": "reserves", "@s/node_modules": "reserves",
		"CON": "device", "con": "device", "nul.js": "device", "@s/aux": "device", "COM1": "device", "lpt9.x.y": "device",
		strings.Repeat("a", 215): "215 characters",
	} {
		if err := CheckName(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want …%s…", name, err, want)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for _, version := range []string{"1.2.3", "0.0.0", "1.2.3-beta.1+build.5", "v1.0.0", "=1.0.0", "1.0.0beta", "0.0.0-use.local", "99999999999999999999.0.0"} {
		if err := CheckVersion(version); err != nil {
			t.Error(err)
		}
	}
	for _, version := range []string{
		"", "1", "1.2", "latest", "^1.2.3", "1.2.3/../x", "1.2.3 ", "1.2.3-..", "1.2.3.", "../1.2.3", "1.2.3\n", "1.2.x", "vv1.2.3", "1.2.3_4",
		"1.2.3-é", "1.2.3" + strings.Repeat("0", 256),
	} {
		if CheckVersion(version) == nil {
			t.Errorf("%q passes", version)
		}
	}
}

func TestParseRequirement(t *testing.T) {
	for text, want := range map[string]string{
		"express":             "express",
		" express@^4 ":        "express@^4",
		"express@>=4 <5 || 6": "express@>=4 <5 || 6",
		"@s/n":                "@s/n",
		"@s/n@tag":            "@s/n@tag",
		"@s/n@1.0.0":          "@s/n@1.0.0",
		"x@npm:@s/real@~1":    "x (@s/real@~1)",
		"@a/x@npm:real":       "@a/x (real)",
		"x@npm:x@1":           "x@1",
		"fs@jsr:@std/fs@^1":   "fs (@jsr/std__fs@^1)",
		"express@":            "express",
		"e@https://registry.example/e/-/e-1.0.0.tgz": "e@1.0.0",
	} {
		got, err := ParseRequirement(text)
		if err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                                    "empty",
		"../x":                                "is not a package name",
		`a\b@1`:                               "is not a package name",
		"CON":                                 "device",
		strings.Repeat("a", 300):              "300 characters",
		"x@git+https://u:secret@git.test/x":   "git dependency",
		"x@jsr:^1":                            "jsr:^1",
		"x@jsr:@a/b@jsr:1":                    "jsr:@a/b@jsr:1",
		"x@npm:a@npm:b":                       "npm:a@npm:b",
		"x@owner/project":                     "git dependency",
		"x@git@git.test:o/p":                  "git dependency",
		"x@file:../y":                         "file dependency",
		"x@../y":                              "file dependency",
		"x@y.tgz":                             "file dependency",
		`x@C:\y`:                              "file dependency",
		"x@https://files.test/x.tgz?t=secret": "URL dependency",
		"x@workspace:*":                       "workspace member",
		"x@catalog:":                          "catalog entry",
		"x@link:y":                            "link",
		"x@portal:y":                          "portal dependency",
		"x@exec:y":                            "exec dependency",
		"x@runtime:22":                        "runtime",
		"x@ftp://files.test/x":                "unknown protocol",
		"x@npm:../y@1":                        "is not a package name",
		"x@1\x00":                             "neither a version",
		"x@" + strings.Repeat("1", 5000):      "5000 characters",
	} {
		_, err := ParseRequirement(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "write NAME") {
			t.Errorf("%q: got %v, want …%s…", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: a secret is in the message: %v", text, err)
		}
	}
}

func TestParsePURL(t *testing.T) {
	for _, row := range []struct{ namespace, name, version, want string }{
		{"", "express", "4.18.2", "express@4.18.2"},
		{"@babel", "core", "", "@babel/core"},
		{"babel", "core", "7.0.0", "@babel/core@7.0.0"},
	} {
		got, err := ParsePURL(row.namespace, row.name, row.version)
		if err != nil || got.String() != row.want {
			t.Errorf("%v: got %q, %v", row, got, err)
		}
	}
	for _, row := range [][3]string{{"", "", ""}, {"a/b", "c", "1"}, {"..", "x", "1"}, {"", "x", "npm:y@1"}, {"", "x", "git://git.test/x"}, {"", "@s/x", ""}} {
		if row[1] == "@s/x" {
			continue
		}
		if got, err := ParsePURL(row[0], row[1], row[2]); err == nil {
			t.Errorf("%v: got %v", row, got)
		}
	}
}

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"git+https://user:secret@git.test/o/p.git#v1": "git+https://git.test/o/p.git#v1",
		"git+https://token@git.test/o/p.git":          "git+https://git.test/o/p.git",
		"git+ssh://git@git.test/o/p.git#semver:^1":    "git+ssh://git@git.test/o/p.git",
		"https://files.test/x.tgz?token=secret":       "https://files.test/x.tgz",
		"https://a:b@c@files.test/x.tgz":              "https://files.test/x.tgz",
		"user:secret@git.test:o/p":                    "git.test:o/p",
		"git@git.test:o/p.git":                        "git@git.test:o/p.git",
		"github:token:x@o/p:q":                        "github:o/p:q",
		"file:/home/me/x.tgz":                         "file:…/x.tgz",
		"file:///home/me/x.tgz":                       "file://…/x.tgz",
		"/home/me/x":                                  "…/x",
		`C:\Users\me\x.tgz`:                           "…/x.tgz",
		"~/x":                                         "…/x",
		"file:./x":                                    "file:./x",
		"../x":                                        "../x",
		"workspace:^":                                 "workspace:^",
	} {
		if got := redact(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestRegistryTarball(t *testing.T) {
	for address, want := range map[string]string{
		"https://registry.example/express/-/express-4.0.0.tgz":      "express@4.0.0",
		"http://registry.example/api/npm/x/@s/n/-/n-1.0.0-rc.1.tgz": "@s/n@1.0.0-rc.1",
		"https://registry.example/@s%2fn/-/n-1.0.0.tgz?cache=0#abc": "@s/n@1.0.0",
		"https://registry.example/@s/n/-/@s/n-1.0.0.tgz":            "@s/n@1.0.0",
		"https://registry.example/x/-/y-1.0.0.tgz":                  "",
		"https://registry.example/x/-/x-latest.tgz":                 "",
		"https://registry.example/x/-/x-1.0.0.zip":                  "",
		"https://registry.example/download/x/1.0.0/abcdef":          "",
		"https://registry.example/../../con/-/con-1.0.0.tgz":        "",
		"file:x/-/x-1.0.0.tgz":                                      "",
		"https://[::1":                                              "",
	} {
		name, version, ok := registryTarball(address)
		got := ""
		if ok {
			got = name + "@" + version
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}
