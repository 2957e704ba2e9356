package discover

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

var testEnv = ecosystem.Environment{Dir: "/project", Home: "/home/ann", Environ: []string{"A=va", "EMPTY="}}

func parsed(t *testing.T, parse parseFunc, text string) (map[string]string, error) {
	t.Helper()
	f := &file{env: testEnv, place: "file", dir: "/dir", layer: layer{}}
	err := parse(f, []byte(text))
	got := map[string]string{}
	for key, set := range f.layer {
		got[key] = set.value + strings.Join(set.list, "|")
		if set.missing != "" {
			got[key] += " lacks " + set.missing
		}
	}
	return got, err
}

// TestParseNpmrc holds what the ini reader of npm 11.19 does with the same lines.
func TestParseNpmrc(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want map[string]string
	}{
		"spaces":              {" key \t= value  ", map[string]string{"key": "value"}},
		"several equal signs": {"k=a=b==", map[string]string{"k": "a=b=="}},
		"no value":            {"key", map[string]string{"key": "true"}},
		"comment lines":       {";a=1\n#b=2\n  # c=3\nd=4", map[string]string{"d": "4"}},
		"comment behind":      {"a=1 ; x\nb=2#x", map[string]string{"a": "1", "b": "2"}},
		"escaped signs":       {`a=1\;2\#3\\4\n`, map[string]string{"a": `1;2#3\4\n`}},
		"last backslash":      {`a=1\`, map[string]string{"a": `1\`}},
		"double quotes":       {`a="x ; \n y"`, map[string]string{"a": "x ; \n y"}},
		"single quotes":       {`a='x ; y'`, map[string]string{"a": "x ; y"}},
		"one quote":           {`a='`, map[string]string{"a": ""}},
		"quotes inside":       {`a=x"y"`, map[string]string{"a": `x"y"`}},
		"not JSON":            {`a="b\q"`, map[string]string{"a": `"b\q"`}},
		"list":                {"ca[]=1\nca[]=2\nca=3", map[string]string{"ca": "1|2|3"}},
		"section ends":        {"a=1\n[x]\nb=2", map[string]string{"a": "1"}},
		"variable":            {"a=${A}-${EMPTY}-${NONE?}", map[string]string{"a": "va--"}},
		"variable in key":     {"//${A}.test/:_authToken=x", map[string]string{"//va.test/:_authToken": "x"}},
		"no such variable":    {"a=${NONE}", map[string]string{"a": "${NONE} lacks NONE"}},
		"null and false":      {"a=null\nb=false\nc=true", map[string]string{"a": "", "b": "", "c": "true"}},
		"old line ends":       {"a=1\rb=2\r\nc=3", map[string]string{"a": "1", "b": "2", "c": "3"}},
		"paths":               {"cafile=ca.pem\n//h/:keyfile=~/k\nprefix=/p", map[string]string{"cafile": "/project/ca.pem", "//h/:keyfile": "/home/ann/k", "prefix": "/p"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parsed(t, parseNpmrc, test.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestExpandYarn(t *testing.T) {
	for text, want := range map[string]string{
		"${A}":            "va",
		"x${NONE-a b}y":   "xa by",
		"${NONE:-}":       "",
		"${EMPTY-x}":      "",
		"${EMPTY:-x}":     "x",
		"${NONE}":         "${NONE} lacks NONE",
		"$A":              "$A",
		"${A:-no}${A-no}": "vava",
	} {
		got, missing := expandYarn(testEnv, text)
		if missing != "" {
			got += " lacks " + missing
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestExpandBun(t *testing.T) {
	f := &file{env: testEnv}
	for text, want := range map[string]string{
		"$A":       "va",
		"x${A}$A":  "xvava",
		"$NONE":    "$NONE lacks NONE",
		"pa$$word": "pa$$word",
		"p$word":   "p$word",
	} {
		got, missing := expandBun(f, text)
		if missing != "" {
			got += " lacks " + missing
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	var got []string
	for path := "/a/b/"; path != ""; path = shorten(path) {
		got = append(got, path)
	}
	if diff := cmp.Diff([]string{"/a/b/", "/a/b", "/a/", "/a", "/"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBaseOf(t *testing.T) {
	for name, test := range map[string]struct{ url, pkg, want string }{
		"plain":             {"https://h.test/a/-/a-1.tgz", "a", "https://h.test/"},
		"prefix":            {"http://H.test:81/npm/a/-/a-1.tgz", "a", "http://h.test:81/npm/"},
		"scoped":            {"https://h.test/@s/a/-/a-1.tgz", "@s/a", "https://h.test/"},
		"escaped":           {"https://h.test/x/@s%2Fa/-/a-1.tgz", "@s/a", "https://h.test/x/"},
		"user and query":    {"https://u:p@h.test/a/-/a-1.tgz?t=1", "a", "https://h.test/"},
		"other name":        {"https://h.test/b/-/b-1.tgz", "a", ""},
		"unscoped for sure": {"https://h.test/a/-/a-1.tgz", "@s/a", ""},
		"own layout":        {"https://h.test/download/a/1/x", "a", ""},
		"git":               {"git+https://h.test/a/-/a", "a", ""},
		"file":              {"file:///a/-/a-1.tgz", "a", ""},
		"relative":          {"/a/-/a-1.tgz", "a", ""},
		"broken":            {"https://h.test/%zz/a/-/a.tgz", "a", ""},
	} {
		if got, _ := baseOf(test.url, test.pkg); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// FuzzFiles checks that no settings file, however broken, makes a parser panic,
// nor an error repeat what it holds.
func FuzzFiles(f *testing.F) {
	f.Add(`registry=https://h.test/ # "x`)
	f.Add("npmScopes: {a: {npmAuthToken: x}}\nnpmRegistries: [1]")
	f.Add("registry \"https://h.test")
	f.Add("[install]\nregistry = {url = 1}\nscopes = 3")
	f.Add("registries: {default: {scopes: [@]}, x: &a [*a]}")
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []parseFunc{parseNpmrc, parseYarnrcYML, parseYarnrc, parseBunfig, parsePnpmWorkspace} {
			got, err := parsed(t, parse, text)
			if err != nil && len(err.Error()) > 60 {
				t.Errorf("long error: %v", err)
			}
			for key, value := range got {
				r, err := newRegistry(setting{value: value, at: key})
				if err == nil {
					s := settings{{"//h.test/:_authToken": {value: "x", at: "y"}}}
					s.access(r)
				}
			}
		}
	})
}
