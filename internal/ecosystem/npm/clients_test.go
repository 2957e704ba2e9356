package npm

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestClients(t *testing.T) {
	for _, row := range []struct {
		layout feed.Layout
		client string
		has    []string
		lacks  []string
	}{
		{feed.Layout{Base: "https://feed.test/sub"}, "npm", []string{"registry=https://feed.test/sub/npm/\n", "@scope:registry=https://feed.test/sub/npm/", "audit=false"}, nil},
		{feed.Layout{Base: "https://feed.test"}, "npm with a lockfile of another registry", []string{"replace-registry-host=always"}, nil},
		{feed.Layout{Base: "https://feed.test"}, "pnpm", []string{"registry=https://feed.test/npm/\n"}, []string{"--base-url"}},
		{feed.Layout{}, "pnpm", []string{"registry=http://HOST/npm/\n", "--base-url"}, nil},
		{feed.Layout{}, "npm", []string{"registry=http://HOST/npm/\n"}, []string{"--base-url"}},
		{feed.Layout{}, "pnpm 11 and later", []string{"trustLockfile: true"}, nil},
		{feed.Layout{}, "yarn 1", []string{"resolved", "--base-url"}, nil},
		{feed.Layout{Base: "http://feed.test:8080"}, "yarn 2 and later", []string{`npmRegistryServer: "http://feed.test:8080/npm"`, `unsafeHttpWhitelist: ["feed.test"]`}, nil},
		{feed.Layout{Base: "https://feed.test"}, "yarn 2 and later", []string{`npmRegistryServer: "https://feed.test/npm"`}, []string{"unsafeHttpWhitelist"}},
		{feed.Layout{Base: "https://feed.test"}, "bun", []string{"[install]\nregistry = \"https://feed.test/npm/\"\n"}, nil},
		{feed.Layout{Base: "https://feed.test"}, "every client", []string{"unset npm_config_registry", "BUN_CONFIG_REGISTRY=https://feed.test/npm/"}, nil},
		{feed.Layout{Extras: []string{"endpoints"}}, "corepack", []string{"COREPACK_NPM_REGISTRY=http://HOST/npm\n"}, nil},
		{feed.Layout{Extras: []string{"yarn-offline-mirror"}}, "yarn 1 without a server", []string{"yarn-offline-mirror"}, nil},
		{feed.Layout{Base: "https://feed.test/a"}, "nginx (optional)", []string{"location /a/npm/ {", "$http_host/a/npm/"}, nil},
		{feed.Layout{Base: "https://feed.test"}, "Apache (required)", []string{"AllowEncodedSlashes On\n", "^(/npm/.*[^/])$ $1/index.html"}, nil},
		{feed.Layout{Base: "https://feed.test"}, "Caddy (optional)", []string{"path /npm/*"}, nil},
		{feed.Layout{Base: "https://feed.test"}, "lighttpd (optional)", []string{`"^/npm/((?:@[^/]+/)?[^/@]+)$" => "/npm/$1/index.html"`}, nil},
	} {
		t.Run(row.client, func(t *testing.T) {
			text := snippet(t, row.layout, row.client)
			for _, part := range row.has {
				if !strings.Contains(text, part) {
					t.Errorf("lacks %q:\n%s", part, text)
				}
			}
			for _, part := range row.lacks {
				if strings.Contains(text, part) {
					t.Errorf("has %q:\n%s", part, text)
				}
			}
		})
	}
}

func snippet(t *testing.T, layout feed.Layout, client string) string {
	t.Helper()
	for _, one := range Clients(layout) {
		if one.Client == client {
			return one.Text
		}
	}
	t.Fatalf("no snippet for %s", client)
	return ""
}

func TestSnippetsAreWhole(t *testing.T) {
	for _, layout := range []feed.Layout{{}, {Base: "https://feed.test/sub", Extras: []string{"endpoints", "yarn-offline-mirror"}}} {
		for _, one := range Clients(layout) {
			for _, marker := range []string{"{registry}", "{server}", "{host}", "{prefix}"} {
				if strings.Contains(one.Text, marker) {
					t.Errorf("%s: %s is left in", one.Client, marker)
				}
			}
			if one.File == "" || !strings.HasSuffix(one.Text, "\n") {
				t.Errorf("%+v", one)
			}
		}
	}
	if len(Clients(feed.Layout{})) != len(Clients(feed.Layout{Extras: []string{"endpoints", "yarn-offline-mirror"}}))-2 {
		t.Error("snippets for extras that were not asked for")
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "main.go", "package main\n"+snippet(t, feed.Layout{}, "Go (required with http.FileServer)"), 0); err != nil {
		t.Error(err)
	}
}

func TestExtrasAreNamed(t *testing.T) {
	for _, name := range []string{extraEndpoints, extraOfflineMirror} {
		if Extras()[name] == "" {
			t.Errorf("%s has no line of help", name)
		}
	}
}
