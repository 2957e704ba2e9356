package marker

import (
	"strings"
	"testing"
)

var goodRequirements = map[string]string{
	"requests":                              "requests",
	" Requests ":                            "requests",
	"A.B_c":                                 "a-b-c",
	"requests[socks,Use_Chardet] >=2, <3":   "requests[socks,use-chardet]>=2,<3",
	"requests [ socks , socks ]>=2":         "requests[socks]>=2",
	"requests[]":                            "requests",
	"requests (>=2.0)":                      "requests>=2.0",
	"requests( >=2.0 , !=2.1 )":             "requests>=2.0,!=2.1",
	"requests>=2,":                          "requests>=2",
	"requests()":                            "requests",
	"requests==2.*":                         "requests==2.*",
	"requests===foo.bar":                    "requests===foo.bar",
	"requests~=2.0; python_version<'3.8'":   `requests~=2.0; python_version < "3.8"`,
	"a;os_name=='nt'":                       `a; os_name == "nt"`,
	`a[x] ; extra == "Foo_Bar"`:             `a[x]; extra == "foo-bar"`,
	"a @ https://files.test/a-1.zip":        "a @ https://files.test/a-1.zip",
	"a@https://files.test/a-1.zip":          "a @ https://files.test/a-1.zip",
	"a[x] @ file:///a;b ; os_name == 'nt'":  `a[x] @ file:///a;b ; os_name == "nt"`,
	"a @ git+ssh://git@host.test/a.git@v1 ": "a @ git+ssh://git@host.test/a.git@v1",
	"a>=1 ; (python_version >= '3.8' and (os_name == 'nt' or os_name == 'posix'))": `a>=1; python_version >= "3.8" and (os_name == "nt" or os_name == "posix")`,
}

var badRequirements = []string{
	"", " ", "-a", "a-", "é", "a b", "a >=1 b", "a[", "a[x", "a[x y]", "a[,]", "a[x,]", "a[-]", "a>=1;", "a;", "a;;os_name=='nt'", "a (>=1", "a >=1)", "a @", "a @ ", "a @ ;os_name=='nt' x",
	"a>=x", "a>=1.*", "a=1", "a==1 ==2", "a>=1,>", "a; foo == 'x'", "a; os_name == posix", "a; os_name = 'nt'", "a; os_name == 'nt", "./a", "a/b", "https://files.test/a.zip", "a==1; os_name", "-e .", "a @ https://files.test/a b",
	"a[x]>=1; python_version", "a>=1#c", "a\x00", "!a", "==1",
}

func TestParseRequirement(t *testing.T) {
	for text, want := range goodRequirements {
		r, err := ParseRequirement(text)
		if err != nil || r.String() != want {
			t.Errorf("ParseRequirement(%q) = %q, %v; want %q", text, r, err, want)
			continue
		}
		if again, err := ParseRequirement(want); err != nil || again.String() != want {
			t.Errorf("ParseRequirement(%q) = %q, %v", want, again, err)
		}
	}
	r, err := ParseRequirement("A.b[Y,x]>=1; os_name=='nt'")
	if err != nil || r.Written != "A.b" || r.Name != "a-b" || strings.Join(r.Extras, " ") != "x y" || r.Specifiers.String() != ">=1" || r.URL != "" || r.Marker.String() != `os_name == "nt"` {
		t.Errorf("parts of a requirement: %+v, %v", r, err)
	}
}

func TestParseRequirementRefuses(t *testing.T) {
	for _, text := range append(badRequirements, "a"+strings.Repeat(" ", maxMarker)) {
		if r, err := ParseRequirement(text); err == nil {
			t.Errorf("ParseRequirement(%q) = %q", text, r)
		} else if len(err.Error()) > 600 {
			t.Errorf("ParseRequirement of %d bytes: an error of %d bytes", len(text), len(err.Error()))
		}
	}
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"a; pyhton_version < '3'":       `unknown field "pyhton_version"`,
		"a>=1.x":                        "1.x",
		"a[x":                           `"," or "]"`,
		"a @":                           "an address",
		"a (>=1":                        `")"`,
		"a; os_name == sys_platform":    "a quoted text on the other",
		"a; 'x' == 'y'":                 "want a field on one side",
		"a; os_name ~= 'nt'":            "os_name ~=",
		"a; python_version ~= 'x'":      "compares versions",
		"a; extras == 'x'":              `write "name" in extras`,
		"a; dependency_groups in 'x'":   `write "name" in dependency_groups`,
		"a; os_name == 'nt' xor 'x'":    `"and", "or" or the end`,
		"a; os_name not 'nt'":           "an operator",
		"a; (os_name == 'nt'":           `")"`,
		"a; os_name == 'nt":             "a closing '",
		strings.Repeat("a", 300) + "==": "the name of a project",
	} {
		if _, err := ParseRequirement(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseRequirement(%q): %v; want an error with %s", text, err, want)
		}
	}
}

func TestParseLenient(t *testing.T) {
	for text, want := range map[string]string{"a (>=1.0.*)": "a>=1.0", "a>=1 <2; os_name == 'nt'": `a>=1,<2; os_name == "nt"`, "a>=1,<2": "a>=1,<2"} {
		if r, err := ParseLenient(text); err != nil || r.String() != want {
			t.Errorf("ParseLenient(%q) = %q, %v; want %q", text, r, err, want)
		}
	}
	if r, err := ParseLenient("a>=x; os_name == 'nt'"); err == nil {
		t.Errorf("ParseLenient of a wrong version: %q", r)
	}
}

func FuzzParseRequirement(f *testing.F) {
	for text := range goodRequirements {
		f.Add(text)
	}
	for _, text := range badRequirements {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRequirement(text)
		if err != nil {
			return
		}
		again, err := ParseRequirement(r.String())
		if err != nil || again.String() != r.String() || again.Name != r.Name || !again.Specifiers.Ranges().Equal(r.Specifiers.Ranges()) {
			t.Fatalf("%q reads as %q, and that as %q, %v", text, r, again, err)
		}
	})
}
