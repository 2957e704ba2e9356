package dist

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadRequires(t *testing.T) {
	for _, row := range []struct{ what, text, want string }{
		{"nothing", "\n", ""},
		{"plain", "requests>=2\nsix\n# no requirement\n", "requests>=2, six"},
		{"extras and environments", "six\n\n[fast]\nspeed==1\n\n[:python_version < \"3.8\"]\nzipp\n\n[Docs_all:sys_platform == 'win32' or os_name == 'nt']\ncolors\n", `six, speed==1; extra == "fast", zipp; python_version < "3.8", colors; extra == "docs-all" and (sys_platform == "win32" or os_name == "nt")`},
		{"a marker of its own", "[a]\nb; python_version < '3'\n", `b; python_version < "3" and extra == "a"`},
		{"no requirement", "a\nb ??\n", "error: requires.txt, line 2: "},
		{"no section", "[a\nb\n", `error: requires.txt, line 1: "[a" begins no section`},
		{"an unknown field", "[:moon == 'full']\nb\n", `error: requires.txt, line 1: marker`},
	} {
		t.Run(row.what, func(t *testing.T) {
			list, err := ReadRequires([]byte(row.text))
			if want, ok := strings.CutPrefix(row.want, "error: "); ok {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, %v; want an error with %q", list, err, want)
				}
				return
			}
			var texts []string
			for _, one := range list {
				texts = append(texts, one.String())
			}
			if got := strings.Join(texts, ", "); got != row.want || err != nil {
				t.Errorf("got %s, %v\nwant %s", got, err, row.want)
			}
		})
	}
}

// TestSdistRequires picks requires.txt of the project itself, where PKG-INFO does
// not tell the requirements for certain.
func TestSdistRequires(t *testing.T) {
	const old, static = "a-b-1/PKG-INFO=Metadata-Version: 2.1\nName: a-b\nVersion: 1\n", "a-b-1/PKG-INFO=Metadata-Version: 2.2\nName: a-b\nVersion: 1\n"
	for _, row := range []struct {
		what    string
		entries []string
		want    string
	}{
		{"beside PKG-INFO", []string{old, "a-b-1/a_b.egg-info/requires.txt=six"}, "six"},
		{"below src, after pyproject.toml", []string{old, "a-b-1/pyproject.toml=", "a-b-1/src/a_b.egg-info/requires.txt=six"}, "six"},
		{"of another project", []string{old, "a-b-1/c.egg-info/requires.txt=no", "a-b-1/vendor/x/a_b.egg-info/requires.txt=no"}, ""},
		{"not needed", []string{"a-b-1/a_b.egg-info/requires.txt=six", static}, ""},
		{"none", []string{old}, ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			got, err := SdistMetadata(bytes.NewReader(tarOf(t, row.entries...)), "a-b-1.tar.gz")
			if diff := cmp.Diff(row.want, string(got.Requires)); diff != "" || err != nil {
				t.Errorf("%v, -want +got\n%s", err, diff)
			}
		})
	}
}

// TestTarBomb has an archive that is small until it is unpacked.
func TestTarBomb(t *testing.T) {
	const limit = 1 << 20
	for _, row := range []struct {
		what, want string
		data       []byte
	}{
		{"a bomb", "when unpacked", tarOf(t, "a-1/zeros="+strings.Repeat("\x00", 4<<20), "a-1/PKG-INFO=Name: a\nVersion: 1\n")},
		{"below the limit", "", tarOf(t, "a-1/x="+strings.Repeat("x", limit/2), "a-1/PKG-INFO=Name: a\nVersion: 1\n")},
	} {
		for _, whole := range []bool{false, true} {
			s := sdist{filename: "a-1.tar.gz", limit: limit, whole: whole}
			err := s.open(bytes.NewReader(row.data), s.metadata)
			var wrong *WrongError
			if row.want == "" && err != nil || row.want != "" && (!errors.As(err, &wrong) || !strings.Contains(wrong.Problem, row.want)) {
				t.Errorf("%s: %v", row.what, err)
			}
		}
	}
}
