package npm

import (
	"strings"
	"testing"
)

func TestSplitName(t *testing.T) {
	for _, row := range []struct {
		name, scope, base string
		ok                bool
	}{
		{"express", "", "express", true},
		{"@babel/core", "babel", "core", true},
		{"JSONStream", "", "JSONStream", true},
		{"ipaddr.js", "", "ipaddr.js", true},
		{"-", "", "-", true},
		{"a~!'()*b", "", "a~!'()*b", true},
		{"_x", "", "_x", true},
		{strings.Repeat("x", 214), "", strings.Repeat("x", 214), true},
		{strings.Repeat("x", 215), "", "", false},
		{"", "", "", false},
		{"@", "", "", false},
		{"@s", "", "", false},
		{"@s/", "", "", false},
		{"@/n", "", "", false},
		{"a/b", "", "", false},
		{"@a/b/c", "", "", false},
		{".", "", "", false},
		{"..", "", "", false},
		{".hidden", "", "", false},
		{"@s/..", "", "", false},
		{"@../n", "", "", false},
		{"a b", "", "", false},
		{"a\\b", "", "", false},
		{"a\x00", "", "", false},
		{"ä", "", "", false},
		{"a%2fb", "", "", false},
		{"a?b", "", "", false},
		{"a#b", "", "", false},
		{"a:b", "", "", false},
		{"a@1", "", "", false},
		{"<a>", "", "", false},
	} {
		scope, base, ok := splitName(row.name)
		if ok != row.ok || ok && (scope != row.scope || base != row.base) {
			t.Errorf("splitName(%q) = %q, %q, %v", row.name, scope, base, ok)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, row := range []struct{ name, version, packument, tarball, mirror, url string }{
		{
			"express", "1.0.0", "npm/express/index.html", "npm/express/-/express-1.0.0.tgz",
			"npm/yarn-offline-mirror/express-1.0.0.tgz", "https://r.test/p/express",
		},
		{
			"@s/n", "1.0.0-rc.1+b", "npm/@s/n/index.html", "npm/@s/n/-/n-1.0.0-rc.1+b.tgz",
			"npm/yarn-offline-mirror/@s-n-1.0.0-rc.1+b.tgz", "https://r.test/p/@s%2fn",
		},
	} {
		got := [...]string{packumentPath(row.name), tarballPath(row.name, row.version), offlineMirrorPath(row.name, row.version), packumentURL("https://r.test/p", row.name)}
		if want := [...]string{row.packument, row.tarball, row.mirror, row.url}; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOwner(t *testing.T) {
	for path, want := range map[string]string{
		"npm/express/index.html": "express", "npm/@s/n/index.html": "@s/n", "npm/express/-/express-1.0.0.tgz": "express",
		"npm/@s/n/-/@s/n-1.0.0.tgz": "@s/n", "npm/express/1.0.0": "express", "npm/@s/n/latest": "@s/n",
		"npm/-/package/express/dist-tags": "express", "npm/-/package/@s/n/dist-tags": "@s/n", "npm/-/package/-/dist-tags": "-",
		"npm/-/index.html": "-", "npm/-/-/--0.0.1.tgz": "-", "npm/yarn-offline-mirror/index.html": "yarn-offline-mirror",
		"npm/yarn-offline-mirror/-/yarn-offline-mirror-1.0.0.tgz": "yarn-offline-mirror",
		"npm/-/ping": "", "npm/-/v1/search": "", "npm/-/package/express": "", "npm/-/package/express/other": "", "npm/-/npm/v1/keys": "",
		"npm/yarn-offline-mirror/@s-n-1.0.0.tgz": "", "npm/": "", "npm": "", "": "", "npm/express": "", "npm/@s/n": "", "npm/@s": "",
		"npm/express/a/b": "", "npm/express/-/": "", "npm/express/": "", "nuget/express/index.html": "", "npm/../x/index.html": "",
		"npm/.x/index.html": "", "/npm/express/index.html": "", "npm//index.html": "",
	} {
		if got := Owner(path); got != want {
			t.Errorf("Owner(%q) = %q, want %q", path, got, want)
		}
	}
}

func FuzzOwner(f *testing.F) {
	f.Add("npm/@s/n/-/n-1.0.0.tgz", "@s/n", "1.0.0")
	f.Add("npm/-/package/x/dist-tags", "-", "v1.0.0beta")
	f.Fuzz(func(t *testing.T, path, name, version string) {
		if owner := Owner(path); owner != "" {
			if _, _, ok := splitName(owner); !ok || !strings.Contains(path, owner) {
				t.Errorf("Owner(%q) = %q", path, owner)
			}
		}
		if checkKey(name, version) != nil {
			return
		}
		for _, path := range []string{packumentPath(name), tarballPath(name, version)} {
			if Owner(path) != name || strings.Contains("/"+path+"/", "/../") {
				t.Errorf("Owner(%q) = %q, want %q", path, Owner(path), name)
			}
		}
	})
}

func TestUpstreamAlias(t *testing.T) {
	for _, row := range []struct{ name, address, want string }{
		{"alpha", "https://r.test/alpha/-/alpha-1.tgz", "npm/alpha/-/alpha-1.tgz"},
		{"alpha", "https://r.test/api/npm/x/alpha/-/odd+1.tgz?t=1", "npm/alpha/-/odd+1.tgz"},
		{"@s/n", "https://r.test/@s%2fn/-/n-1.tgz", "npm/@s/n/-/n-1.tgz"},
		{"@s/n", "https://r.test/@s/n/-/@s/n-1.tgz", "npm/@s/n/-/@s/n-1.tgz"},
		{"@s/n", "https://r.test/@s/n/-/@x/n-1.tgz", ""},
		{"alpha", "https://r.test/beta/-/beta-1.tgz", ""},
		{"alpha", "https://r.test/alpha/-/../../beta/-/beta-1.tgz", ""},
		{"alpha", "https://r.test/alpha/-/%2e%2e", ""},
		{"alpha", "https://r.test/alpha/-/a/b.tgz", ""},
		{"alpha", "https://r.test/alpha/-/", ""},
		{"alpha", "https://r.test/alpha/-/a%5Cb.tgz", ""},
		{"alpha", "https://r.test/alpha/-/" + strings.Repeat("x", 300), ""},
		{"alpha", "https://r.test/download/alpha/1/x.tgz", ""},
		{"alpha", "://", ""},
		{"alpha", "", ""},
	} {
		if got := upstreamAlias(row.name, row.address); got != row.want {
			t.Errorf("upstreamAlias(%s, %s) = %q, want %q", row.name, row.address, got, row.want)
		}
	}
}
