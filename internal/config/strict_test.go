package config

import (
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem/all"
)

// secret is planted where it must not be; no error may repeat it.
const secret = "npm_s3cr3tS3cr3tS3cr3tS3cr3t"

func TestStrict(t *testing.T) {
	const up = "upstreams:\n  - name: a\n    ecosystem: npm\n    url: https://a.test/\n"
	for name, test := range map[string]struct{ file, err string }{
		"empty":              {"# nothing\n", ""},
		"only a marker":      {"---\n", ""},
		"unknown key":        {"to: x\n\nupstream: []\n", `feedctl.yaml:3: unknown key "upstream"; did you mean "upstreams"?`},
		"other spelling":     {"baseUrl: x\n", `feedctl.yaml:1: unknown key "baseUrl"; did you mean "base_url"?`},
		"far from any":       {"frobnicate: 1\n", `feedctl.yaml:1: unknown key "frobnicate"; known are to, base_url, upstreams, platforms, extras, inputs, jobs, max_age, offline, locked_only, skip_unsupported, cache_dir, cargo, go, npm, pypi`},
		"twice":              {"to: x\njobs: 1\nto: y\n", `feedctl.yaml:3: "to" is already set in line 1`},
		"not a mapping":      {"- to\n", "feedctl.yaml:1: want a mapping of keys to values"},
		"two documents":      {"to: x\n---\nto: y\n", "feedctl.yaml:2: a second document begins here; the file has only one"},
		"no YAML":            {"to: x\n  y: [\n", "feedctl.yaml:2: not valid YAML: mapping values are not allowed in this context"},
		"key is a list":      {"[a]: x\n", "feedctl.yaml:1: a key must be a word"},
		"text wanted":        {"to: 5\n", "feedctl.yaml:1: to: want a text; write it in quotes"},
		"number wanted":      {"jobs: many\n", "feedctl.yaml:1: jobs: want a whole number"},
		"number in quotes":   {"jobs: '3'\n", "feedctl.yaml:1: jobs: want a whole number"},
		"fraction":           {"jobs: 1.5\n", "feedctl.yaml:1: jobs: want a whole number"},
		"too many":           {"jobs: 100000\n", "feedctl.yaml:1: jobs: want 0 to 512"},
		"bool wanted":        {"offline: yes\n", "feedctl.yaml:1: offline: want true or false"},
		"list wanted":        {"platforms: linux/amd64\n", "feedctl.yaml:1: platforms: want a list"},
		"list of texts":      {"inputs:\n  - a\n  - {b: c}\n", "feedctl.yaml:3: inputs: want a text; write it in quotes"},
		"empty element":      {"inputs: [a, '']\n", "feedctl.yaml:1: inputs: an element is empty"},
		"age":                {"max_age: soon\n", "feedctl.yaml:1: max_age: want a time such as 24h, 30m or 7d"},
		"age is a list":      {"max_age: [1h]\n", "feedctl.yaml:1: max_age: want a time such as 24h, 30m or 7d"},
		"age of nothing":     {"max_age: 0\n", ""},
		"platform":           {"platforms: [linux/amd64/libc6]\n", `feedctl.yaml:1: platforms: platform "linux/amd64/libc6": unknown libc "libc6"; glibc and musl are known`},
		"base":               {"base_url: feed.test\n", "feedctl.yaml:1: base_url: want http(s)://HOST[:PORT][/PATH], the address at which the feed's folder is served"},
		"variable in path":   {"to: ${HOME}/feed\n", "feedctl.yaml:1: to: want the path of a folder, in which nothing is replaced"},
		"option":             {"npm:\n  nod: 20\n", `feedctl.yaml:2: unknown key "nod"; did you mean "node"?`},
		"option is a list":   {"npm: {node: [1]}\n", "feedctl.yaml:1: npm: node: want a text"},
		"options no mapping": {"npm: 20\n", "feedctl.yaml:1: npm: want a mapping of keys to values"},
		"anchors":            {"inputs: &i [a]\nextras: *i\n", ""},
		"circle":             {"upstreams: &a [*a]\n", "feedctl.yaml:1: upstream: want a mapping of keys to values"},
		"upstreams no list":  {"upstreams: {}\n", "feedctl.yaml:1: upstreams: want a list"},
		"upstream no map":    {"upstreams: [a]\n", "feedctl.yaml:1: upstream: want a mapping of keys to values"},
		"nothing in it":      {"upstreams:\n  - {}\n", "feedctl.yaml:2: this upstream has no name; write name: WORD\nfeedctl.yaml:2: this upstream has no ecosystem; write ecosystem: cargo or go or npm or pypi\nfeedctl.yaml:2: this upstream has no address; write url: https://HOST/PATH/"},
		"upstream key":       {up + "    registry: x\n", `feedctl.yaml:5: unknown key "registry"; known are name, ecosystem, url, feed, include, exclude, enabled, credentials, ca`},
		"name":               {strings.Replace(up, "name: a", "name: a b", 1), "feedctl.yaml:2: upstream: name: want letters, digits, dots, hyphens and underscores, at most 64"},
		"name is a number":   {strings.Replace(up, "name: a", "name: 1", 1), "feedctl.yaml:2: upstream: name: want a text; write it in quotes"},
		"same name":          {up + strings.ReplaceAll(strings.TrimPrefix(up, "upstreams:\n"), "name: a", "name: A"), `feedctl.yaml:5: the upstream in line 2 is named "A" too`},
		"ecosystem":          {strings.Replace(up, "ecosystem: npm", "ecosystem: npn", 1), `feedctl.yaml:3: unknown ecosystem "npn"; did you mean "npm"?`},
		"url and feed":       {up + "    feed: x\n", "feedctl.yaml:5: an upstream has a url or a feed, not both"},
		"no URL":             {strings.Replace(up, "https://a.test/", "a.test", 1), "feedctl.yaml:4: upstream: url: want http(s)://HOST[:PORT][/PATH]"},
		"other scheme":       {strings.Replace(up, "https://", "ftp://", 1), "feedctl.yaml:4: upstream: url: want http(s)://HOST[:PORT][/PATH]"},
		"user in URL":        {strings.Replace(up, "https://", "https://ann:"+secret+"@", 1), "feedctl.yaml:4: upstream: url holds a user or a password; take them out, and " + instead},
		"user, broken URL":   {strings.Replace(up, "https://", "https://ann:%zz"+secret+"@", 1), "feedctl.yaml:4: upstream: url holds a user or a password; take them out, and " + instead},
		"token in query":     {strings.Replace(up, "a.test/", "a.test/?t="+secret, 1), "feedctl.yaml:4: upstream: url: nothing may follow the path; take out what begins with ? or #"},
		"variable not set":   {strings.Replace(up, "a.test/", "${HOST}/", 1), "feedctl.yaml:4: upstream: url uses ${HOST}, which is not set"},
		"odd variable":       {strings.Replace(up, "a.test/", "${A-"+secret+"}/", 1), "feedctl.yaml:4: upstream: url: only ${NAME} is replaced, with a name in capital letters, digits and underscores"},
		"pattern":            {up + "    include: ['@acme/*', '[x']\n", `feedctl.yaml:5: upstream: include: pattern "[x": no ] closes the [; write \[ for the character itself`},
		"no such CA":         {up + "    ca: none.pem\n", "feedctl.yaml:5: upstream: ca: there is no file none.pem"},
		"enabled":            {up + "    enabled: 'true'\n", "feedctl.yaml:5: upstream: enabled: want true or false"},
		"token":              {up + "    token: " + secret + "\n", `feedctl.yaml:5: "token" would put a secret into this file; ` + instead},
		"_authToken":         {"_authToken: " + secret + "\n", `feedctl.yaml:1: "_authToken" would put a secret into this file; ` + instead},
		"literal":            {up + "    credentials: " + secret + "\n", "feedctl.yaml:5: credentials: a secret does not belong into this file; " + instead},
		"password":           {up + "    credentials: {username: ann, password: " + secret + "}\n", `feedctl.yaml:5: "password" would put a secret into this file; ` + instead + "\nfeedctl.yaml:5: credentials: a username and a password_env go together"},
		"token as name":      {up + "    credentials: {env: " + secret + "}\n", "feedctl.yaml:5: credentials: want the name of an environment variable, in capital letters, digits and underscores; a secret does not belong into this file"},
		"password as user":   {up + "    credentials: {username: 'ann:" + secret + "', password_env: A}\n", "feedctl.yaml:5: credentials: username: no colon may be in it; the password does not belong into this file"},
		"two forms":          {up + "    credentials: {env: A, netrc: true}\n", "feedctl.yaml:5: credentials: want one of {env: NAME}, {username: NAME, password_env: NAME}, {netrc: true}, {client: true}"},
		"two users":          {up + "    credentials: {username: a, username_env: A, password_env: A}\n", "feedctl.yaml:5: credentials: a username is given already"},
		"credentials a list": {up + "    credentials: [" + secret + "]\n", "feedctl.yaml:5: credentials: want a mapping of keys to values"},
		"alias as secret":    {up + "    credentials: *" + secret + "\n", "feedctl.yaml: not valid YAML: unknown anchor … referenced"},
		"none":               {up + "    credentials: none\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := setup{file: test.file, environ: []string{"A=x"}}.load(t)
			checkError(t, err, test.err)
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Error("the error shows the secret")
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add("upstreams: [{name: a, url: 'https://a.test', ecosystem: npm, include: ['*'], credentials: {env: A}}]")
	f.Add("a: &a [*a]\nupstreams: *a\nnpm: {<<: *a}")
	f.Fuzz(func(t *testing.T, text string) {
		p := &problems{file: FileName}
		doc := parse([]byte(text), p, all.Ecosystems())
		lines := strings.Count(text, "\n") + strings.Count(text, "\r") + 2
		for _, problem := range p.all {
			if problem.Line < 0 || problem.Line > lines+strings.Count(text, "\u2028")+strings.Count(text, "\u2029")+strings.Count(text, "\u0085") {
				t.Errorf("%v is outside of the file", problem)
			}
		}
		_ = doc
	})
}
