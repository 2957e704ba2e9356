package lock

import (
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestParseRequirement(t *testing.T) {
	for _, row := range []struct {
		text, name, tail, problem string
	}{
		{text: "requests", name: "requests"},
		{text: " Requests[socks, Use_Chardet] >= 2 , <3 ", name: "requests", tail: "[socks,use-chardet]>=2,<3"},
		{text: "requests==2.32.3", name: "requests", tail: "==2.32.3"},
		{text: "zope.interface", name: "zope-interface"},
		{text: "a>=1 ; python_version < '3'", name: "a", tail: `>=1; python_version < "3"`},
		{text: "", problem: "write NAME"},
		{text: "requests@2.32.3", problem: "no index serves"},
		{text: "a @ https://u:pw@files.test/a.whl", problem: `"https://files.test/a.whl": a is to come from an address`},
		{text: "git+https://git.test/a", problem: "a git dependency, which no index serves"},
		{text: "https://files.test/a.whl", problem: "a URL dependency"},
		{text: "./a", problem: "a path dependency"},
		{text: "a-1.0.tar.gz", problem: "a path dependency"},
		{text: "../../etc", problem: "a path dependency"},
		{text: "a;moon=='full'", problem: "write NAME"},
	} {
		t.Run(row.text, func(t *testing.T) {
			got, err := ParseRequirement(row.text)
			if row.problem != "" {
				if err == nil || !strings.Contains(err.Error(), row.problem) || strings.Contains(err.Error(), "pw") {
					t.Errorf("error is %v, want %q in it", err, row.problem)
				}
				return
			}
			if want := (feed.Requirement{Name: row.name, Range: row.tail}); err != nil || got != want {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestParsePURL(t *testing.T) {
	for _, row := range []struct{ namespace, name, version, want, problem string }{
		{name: "Django_X", version: "1.11.1", want: "django-x==1.11.1"},
		{name: "django", want: "django"},
		{name: "django", version: ">=1,<2", want: "django>=1,<2"},
		{name: "torch", version: "2.0+cpu", want: "torch==2.0+cpu"},
		{name: "django", version: "[x]", problem: "is no version"},
		{name: "django", version: "latest", problem: "pkg:pypi/NAME@VERSION"},
		{name: "../x", problem: "is no name of a package"},
		{namespace: "n", name: "x", problem: "have no namespace"},
	} {
		t.Run(row.name+row.version, func(t *testing.T) {
			got, err := ParsePURL(row.namespace, row.name, row.version)
			if row.problem != "" {
				if err == nil || !strings.Contains(err.Error(), row.problem) {
					t.Errorf("error is %v, want %q in it", err, row.problem)
				}
				return
			}
			if err != nil || got.Name+got.Range != row.want || got.Kind != "" {
				t.Errorf("got %+v, %v; want %s", got, err, row.want)
			}
		})
	}
}

func TestUVConflict(t *testing.T) {
	for _, row := range []struct {
		text string
		want Conflict
		ok   bool
	}{
		{"extra-4-demo-cpu", Conflict{Package: "demo", Extra: "cpu"}, true},
		{"group-6-de-mo1-a-b", Conflict{Package: "de-mo1", Group: "a-b"}, true},
		{"extra-5-demo-cpu", Conflict{}, false},
		{"extra-99999999999999999999-demo-cpu", Conflict{}, false},
		{"extra-0--x", Conflict{}, false},
		{"extra--x", Conflict{}, false},
		{"extra-4-demo-", Conflict{}, false},
		{"other-4-demo-cpu", Conflict{}, false},
		{"socks", Conflict{}, false},
	} {
		t.Run(row.text, func(t *testing.T) {
			if got, ok := UVConflict(row.text); got != row.want || ok != row.ok {
				t.Errorf("got %+v, %v", got, ok)
			}
		})
	}
}

func TestConstraint(t *testing.T) {
	for _, row := range []struct{ text, specifiers, python string }{
		{"*", "", ""},
		{"", "", ""},
		{"^1.2.3", ">=1.2.3,<2.0", `python_full_version >= "1.2.3" and python_full_version < "2.0"`},
		{"^0.2.3", ">=0.2.3,<0.3", `python_full_version >= "0.2.3" and python_full_version < "0.3"`},
		{"^0.0", ">=0.0,<0.1", `python_full_version >= "0.0" and python_full_version < "0.1"`},
		{"^1.0b1", ">=1.0b1,<2.0", `python_full_version >= "1.0b1" and python_full_version < "2.0"`},
		{"~1.2.3", ">=1.2.3,<1.3", `python_full_version >= "1.2.3" and python_full_version < "1.3"`},
		{"^ 1.2", ">=1.2,<2.0", `python_full_version >= "1.2" and python_full_version < "2.0"`},
		{"3.8.*", "==3.8.*", `python_full_version == "3.8.*"`},
		{"!=3.8.*,>=3.7", "!=3.8.*,>=3.7", `python_full_version != "3.8.*" and python_full_version >= "3.7"`},
		{">=2.*", ">=2", `python_full_version >= "2"`},
		{"2.x", "==2.*", `python_full_version == "2.*"`},
		{"==2.*", "==2.*", `python_full_version == "2.*"`},
		{"<2||>3", "", `python_full_version < "2" or python_full_version > "3"`},
		{"1.0 | 2.0", ">=1.0,<=2.0", `python_full_version == "1.0" or python_full_version == "2.0"`},
		{"==1.* || ~=2.3.1 || !=2.5", "", `python_full_version == "1.*" or python_full_version ~= "2.3.1" or python_full_version != "2.5"`},
		{"==1.* || ~=2.3.1", ">=1,<2.4", `python_full_version == "1.*" or python_full_version ~= "2.3.1"`},
		{"<2 || ^1", "<2", `python_full_version < "2" or python_full_version >= "1" and python_full_version < "2.0"`},
	} {
		t.Run(row.text, func(t *testing.T) {
			c, err := parseConstraint(row.text)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := c.specifiers(); got != row.specifiers {
				t.Errorf("specifiers %q, want %q", got, row.specifiers)
			}
			if got := c.pythonMarker(); got != row.python {
				t.Errorf("marker %q, want %q", got, row.python)
			}
		})
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"git+https://u:p@git.test/a.git@main#egg=a": "git+https://git.test/a.git@main",
		"git+ssh://git@git.test/a.git":              "git+ssh://git@git.test/a.git",
		"git@git.test:a/b.git":                      "git@git.test:a/b.git",
		"u:p@git.test:a/b.git":                      "git.test:a/b.git",
		"https://${TOKEN}@h.test/x?a=b":             "https://h.test/x",
		"https://u:p@h.test":                        "https://h.test",
		"file:///home/me/x":                         "file://…/x",
		"/home/me/x":                                "…/x",
		`C:\Users\me\x`:                             "…/x",
		"~/x":                                       "…/x",
		"./x":                                       "./x",
	} {
		if got := redact(in); got != want {
			t.Errorf("redact(%q) = %q, want %q", in, got, want)
		}
	}
}
