package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

const netrcText = `
# machine a.test login wrong password wrong
machine other.test login o password o
macdef init
machine a.test login macro password macro

machine A.test
  login ann
  password "pa ss\"1"
machine a.test login second password second
machine empty.test login x
default login anyone password any
`

func TestCredentials(t *testing.T) {
	environ := []string{"TOKEN= tok-1\n", "USER=bob", "PASSWORD=tok-2", "LINES=a\nb", "EMPTY=", "NETRC="}
	client := func(u ecosystem.UpstreamConfig) (web.Access, error) {
		if u.URL != "https://a.test/npm" {
			return web.Access{}, errors.New("no such address")
		}
		return web.Access{Base: "https://a.test/", Authorization: "Bearer tok-3", CAFiles: []string{"/own.pem"}}, nil
	}
	for name, test := range map[string]struct{ credentials, url, auth, err string }{
		"token":          {"{env: TOKEN}", "", "Bearer tok-1", ""},
		"basic":          {"{username: ann, password_env: PASSWORD}", "", "Basic YW5uOnRvay0y", ""},
		"basic, both":    {"{username_env: USER, password_env: PASSWORD}", "", "Basic Ym9iOnRvay0y", ""},
		"netrc":          {"{netrc: true}", "", `Basic YW5uOnBhIHNzIjE=`, ""},
		"netrc, port":    {"{netrc: true}", "https://a.test:8443/", `Basic YW5uOnBhIHNzIjE=`, ""},
		"netrc default":  {"{netrc: true}", "https://b.test/", "Basic YW55b25lOmFueQ==", ""},
		"netrc no word":  {"{netrc: true}", "https://empty.test/", "", `netrc: the machine empty.test has no password in HOME/.netrc`},
		"client":         {"{client: true}", "", "Bearer tok-3", ""},
		"client fails":   {"{client: true}", "https://b.test/", "", "no such address"},
		"netrc off":      {"{netrc: false}", "", "", ""},
		"none":           {"none", "", "", ""},
		"not set":        {"{env: NONE}", "", "", "the environment variable NONE is not set"},
		"empty":          {"{env: EMPTY}", "", "", "the environment variable EMPTY is not set"},
		"several lines":  {"{env: LINES}", "", "", "the environment variable LINES holds more than one line"},
		"user not set":   {"{username_env: NONE, password_env: PASSWORD}", "", "", "the environment variable NONE is not set"},
		"secret not set": {"{username: ann, password_env: NONE}", "", "", "the environment variable NONE is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.url == "" {
				test.url = "https://a.test/npm"
			}
			file := fmt.Sprintf("upstreams:\n  - name: a\n    ecosystem: npm\n    url: %s\n    ca: ca.pem\n    credentials: %s\n", test.url, test.credentials)
			s := setup{file: file, environ: environ, home: "home", files: []string{"ca.pem", "home/.netrc=" + netrcText}, access: client}
			c, err := s.load(t)
			if test.err != "" {
				if err != nil {
					t.Fatal(err)
				}
				problem := trimHome(fmt.Sprint(c.Upstreams[0].Problem))
				if !strings.HasPrefix(problem, "feedctl.yaml:6: credentials: ") || !strings.Contains(problem, test.err) {
					t.Errorf("problem %s, want %s", problem, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			access := c.Upstreams[0].Access
			if string(access.Authorization) != test.auth || access.Upstream != "a" || !strings.HasPrefix(test.url, access.Base) {
				t.Errorf("%q to %s", string(access.Authorization), access.Base)
			}
			if got := access.CAFiles[len(access.CAFiles)-1]; got != "ca.pem" {
				t.Errorf("authorities %v", access.CAFiles)
			}
			if shown := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(shown, "tok-") {
				t.Errorf("printing the configuration shows a secret: %s", shown)
			}
		})
	}
}

// trimHome cuts the path of the temporary home folder.
func trimHome(text string) string {
	end := strings.Index(text, "/home/.netrc")
	if end < 0 {
		return text
	}
	start := strings.LastIndex(text[:end], " ") + 1
	return text[:start] + "HOME" + text[end+len("/home"):]
}

func TestCredentialsThatAreNotNeeded(t *testing.T) {
	const file = "upstreams:\n  - {name: a, ecosystem: npm, url: 'https://a.test', credentials: {env: NONE}"
	for name, test := range map[string]setup{
		"disabled": {file: file + ", enabled: false}\n"},
		"offline":  {file: file + "}\n", args: []string{"--offline"}},
	} {
		if _, err := test.load(t); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for form, want := range map[string]string{
		"client: true": "feedctl.yaml:2: credentials: the package manager's own settings cannot be read here; write credentials: {env: NAME}",
		"netrc: true":  ".netrc: no such file",
	} {
		c, err := setup{file: strings.Replace(file, "env: NONE", form, 1) + "}\n", home: "home"}.load(t)
		if err != nil {
			t.Fatal(err)
		}
		if problem := fmt.Sprint(c.Upstreams[0].Problem); !strings.Contains(problem, want) {
			t.Errorf("%s: problem %s, want %s", form, problem, want)
		}
	}
}

func TestUpstreams(t *testing.T) {
	c, err := setup{
		dir: "sub", at: "feedctl.yaml", files: []string{".git", "ca.pem"}, environ: []string{"HOST=h.test:81", "TEAM=blue"},
		file: `inputs: [package-lock.json, "npm:x", "pkg:npm/x", -]
upstreams:
  - {name: one, ecosystem: npm, url: "https://${HOST}/${TEAM}/", include: ["@a/*", b], exclude: [c], ca: ca.pem}
  - {name: two, feed: ../team/feed, ecosystem: npm, enabled: false}
  - {name: three, feed: "https://feed.test/x", ecosystem: npm, enabled: true}
`,
	}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	want := []ecosystem.UpstreamConfig{
		{
			Name: "one", Ecosystem: "npm", URL: "https://h.test:81/blue/", Include: []string{"@a/*", "b"}, Exclude: []string{"c"}, FoundIn: "../feedctl.yaml:3",
			Access: web.Access{Upstream: "one", Base: "https://h.test:81/blue/", CAFiles: []string{"../ca.pem"}},
		},
		{Name: "two", Ecosystem: "npm", URL: "../../team/feed", Feed: true, Disabled: true, FoundIn: "../feedctl.yaml:4", Access: web.Access{Upstream: "two"}},
		{Name: "three", Ecosystem: "npm", URL: "https://feed.test/x", Feed: true, FoundIn: "../feedctl.yaml:5", Access: web.Access{Upstream: "three", Base: "https://feed.test/x"}},
	}
	if diff := cmp.Diff([]string{"../package-lock.json", "npm:x", "pkg:npm/x", "-"}, c.Inputs); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, c.Upstreams); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func FuzzNetrc(f *testing.F) {
	f.Add(netrcText, "a.test")
	f.Add("machine", "x")
	f.Add(`default login "a\`, "x")
	f.Fuzz(func(t *testing.T, text, host string) {
		if m, ok := findMachine(text, host); !ok && m != (web.NetrcEntry{}) {
			t.Error("an entry that was not found")
		}
	})
}
