package dist

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
)

const demo = `
-- Demo_Pkg@1.0/METADATA --
Requires-Dist: beta>=1
-- Demo_Pkg@1.0/demo/__init__.py --
print("demo")
-- Demo_Pkg@1.0/Demo_Pkg-1.0.0-py3-none-any.whl --
-- Demo_Pkg@1.0/Demo.Pkg-1.0.tar.gz --
-- Demo_Pkg@1.0/Demo.Pkg-1.0.zip --
-- Demo_Pkg@1.0/pyproject.toml --
[build-system]
requires = ["hatchling>=1", "hatch-vcs ; python_version > '3.7'"]
build-backend = "hatchling.build"
`

const wheelName = "Demo_Pkg-1.0.0-py3-none-any.whl"

func registry(t testing.TB) *pypitest.Registry {
	t.Helper()
	return pypitest.New(t, txtar.Parse([]byte(demo)))
}

// change returns a zip with its entries changed: a nil file is left out, and those
// that are new come last.
func change(t testing.TB, data []byte, edit map[string][]byte, more ...string) []byte {
	t.Helper()
	old, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	write := func(name string, data []byte) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range old.File {
		body, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if other, changed := edit[file.Name]; changed {
			data = other
		}
		if data != nil {
			write(file.Name, data)
		}
	}
	for _, name := range more {
		write(name, []byte("x"))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWheel(t *testing.T) {
	r := registry(t)
	data, metadata := r.Bytes(wheelName), r.Bytes(wheelName+".metadata")
	got, err := WheelMetadata(bytes.NewReader(data), int64(len(data)), wheelName)
	if err != nil || !bytes.Equal(got, metadata) || len(got) == 0 {
		t.Fatalf("%q, %v", got, err)
	}
	if err := CheckWheel(bytes.NewReader(data), int64(len(data)), wheelName, metadata); err != nil {
		t.Error(err)
	}
	if err := CheckWheel(bytes.NewReader(data), int64(len(data)), wheelName, nil); err != nil {
		t.Error(err)
	}
	prefixed := append([]byte("#!/bin/sh\n"), data...)
	if got, err := WheelMetadata(bytes.NewReader(prefixed), int64(len(prefixed)), wheelName); err != nil || !bytes.Equal(got, metadata) {
		t.Errorf("with something before it: %q, %v", got, err)
	}
}

func TestWheelRefuses(t *testing.T) {
	const info = "Demo_Pkg-1.0.0.dist-info/"
	data := registry(t).Bytes(wheelName)
	other := bytes.Clone(data)
	if at := bytes.Index(other, []byte("demo/__init__.py")); at > 0 {
		other[at+len("demo/__init__.py")+14] ^= 1
	}
	for _, row := range []struct {
		what, filename string
		data           []byte
		metadata       string
		want           string
		read           bool // WheelMetadata sees it too
	}{
		{"another name", "other-1.0.0-py3-none-any.whl", data, "", "the file name says other 1.0.0", true},
		{"another version", "Demo_Pkg-1.0.1-py3-none-any.whl", data, "", "its folder of metadata", true},
		{"no wheel's name", "demo.whl", data, "", "want name-version", true},
		{"no zip", wheelName, []byte("PK\x03\x04 nothing"), "", "no zip archive", true},
		{"empty", wheelName, nil, "", "no zip archive", true},
		{"cut", wheelName, data[:len(data)-30], "", "no zip archive", true},
		{"no metadata", wheelName, change(t, data, map[string][]byte{info + "METADATA": nil}), "", "no Demo_Pkg-1.0.0.dist-info/METADATA", true},
		{"twice", wheelName, change(t, data, nil, info+"METADATA"), "", "there twice", true},
		{"two folders", wheelName, change(t, data, nil, "x-1.dist-info/METADATA"), "", "two folders of metadata", true},
		{"METADATA of another", wheelName, change(t, data, map[string][]byte{info + "METADATA": []byte("Name: x\nVersion: 1\n")}), "", "its METADATA x 1", false},
		{"not what was given", wheelName, data, "Name: Demo-Pkg\n", "not what was given", false},
		{"a changed file", wheelName, change(t, data, map[string][]byte{"demo/__init__.py": []byte("evil")}), "", "not what RECORD says", false},
		{"a missing file", wheelName, change(t, data, map[string][]byte{"demo/__init__.py": nil}), "", "which is not there", false},
		{"no RECORD", wheelName, change(t, data, map[string][]byte{info + "RECORD": nil}), "", "RECORD", false},
		{"a file twice", wheelName, change(t, data, nil, "demo/__init__.py"), "", "there twice", false},
		{"a file outside", wheelName, change(t, data, nil, "../evil"), "", "leaves the folder", false},
		{"an absolute file", wheelName, change(t, data, nil, "/evil"), "", "leaves the folder", false},
		{"a drive", wheelName, change(t, data, nil, "c:evil"), "", "leaves the folder", false},
		{"a backslash", wheelName, change(t, data, nil, `..\evil`), "", "leaves the folder", false},
		{"a bad bit", wheelName, other, "", "demo/__init__.py", false},
	} {
		t.Run(row.what, func(t *testing.T) {
			var metadata []byte
			if row.metadata != "" {
				metadata = []byte(row.metadata)
			}
			err := CheckWheel(bytes.NewReader(row.data), int64(len(row.data)), row.filename, metadata)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("CheckWheel: %v, want %q", err, row.want)
			}
			_, err = WheelMetadata(bytes.NewReader(row.data), int64(len(row.data)), row.filename)
			if row.read != (err != nil) || row.read && !strings.Contains(err.Error(), row.want) {
				t.Errorf("WheelMetadata: %v", err)
			}
		})
	}
}

func TestBomb(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("bomb-1.dist-info/METADATA")
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range 17 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = WheelMetadata(bytes.NewReader(out.Bytes()), int64(out.Len()), "bomb-1-py3-none-any.whl")
	if wrong := (*WrongError)(nil); !errors.As(err, &wrong) || !strings.Contains(wrong.Problem, "larger than 16 MB") {
		t.Errorf("%v", err)
	}
	// The same with a size in the directory that lies.
	lie := bytes.Clone(out.Bytes())
	at := bytes.LastIndex(lie, []byte("PK\x01\x02"))
	copy(lie[at+24:], []byte{16, 0, 0, 0})
	if data, err := WheelMetadata(bytes.NewReader(lie), int64(len(lie)), "bomb-1-py3-none-any.whl"); err == nil {
		t.Errorf("%d bytes", len(data))
	}
	// A directory of many megabytes.
	var wide bytes.Buffer
	z = zip.NewWriter(&wide)
	for i := range 1000 {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%d-%s", i, strings.Repeat("x", 20000))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = WheelMetadata(bytes.NewReader(wide.Bytes()), int64(wide.Len()), "bomb-1-py3-none-any.whl")
	if err == nil || !strings.Contains(err.Error(), "its directory is larger") {
		t.Errorf("%v", err)
	}
}

// failing is a place that cannot be read.
type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func TestReadError(t *testing.T) {
	broken := errors.New("the line is down")
	_, err := WheelMetadata(failing{broken}, 1000, wheelName)
	if wrong := (*WrongError)(nil); !errors.Is(err, broken) || errors.As(err, &wrong) {
		t.Errorf("%v", err)
	}
}

func TestSdist(t *testing.T) {
	r := registry(t)
	for _, name := range []string{"Demo.Pkg-1.0.tar.gz", "Demo.Pkg-1.0.zip"} {
		for _, whole := range []bool{false, true} {
			var in io.Reader = bytes.NewReader(r.Bytes(name))
			if whole {
				in = io.MultiReader(in) // nothing but a Reader
			}
			got, err := SdistMetadata(in, name)
			if err != nil || !strings.Contains(string(got.PKGInfo), "Name: Demo_Pkg") || !strings.Contains(string(got.Pyproject), "hatchling") || got.Requires != nil {
				t.Errorf("%s: %q %v", name, got, err)
			}
		}
		if err := CheckSdist(bytes.NewReader(r.Bytes(name)), name); err != nil {
			t.Error(err)
		}
	}
}

// tarOf makes a .tar.gz of "NAME=CONTENT" entries; one that ends in "/" is a
// folder.
func tarOf(t testing.TB, entries ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, one := range entries {
		name, data, _ := strings.Cut(one, "=")
		header := &tar.Header{Name: name, Size: int64(len(data)), Mode: 0o644, Typeflag: tar.TypeReg}
		if strings.HasSuffix(name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSdistRefuses(t *testing.T) {
	good := tarOf(t, "a-1/", "a-1/PKG-INFO=Name: a\nVersion: 1\n", "a-1/sub/PKG-INFO=Name: b\nVersion: 2\n")
	broken := bytes.Clone(good)
	broken[len(broken)-5] ^= 1
	for _, row := range []struct {
		what, name string
		data       []byte
		want       string // of CheckSdist
		read       bool   // SdistMetadata refuses it too
	}{
		{"good", "a-1.tar.gz", good, "", false},
		{"no PKG-INFO", "a-1.tar.gz", tarOf(t, "a-1/setup.py=x"), "", false},
		{"old name", "A.b-C-1.0.tar.gz", tarOf(t, "A.b-C-1.0/PKG-INFO=Name: A.b-C\nVersion: 1.0\n"), "", false},
		{"another version", "a-2.tar.gz", good, "PKG-INFO says a 1", false},
		{"another name", "b-1.tar.gz", good, "PKG-INFO says a 1", false},
		{"a kind that is not read", "a-1.tar.xz", good, "kind that is not read", true},
		{"no archive", "a-1.tar.gz", []byte("hello"), "no archive", true},
		{"no zip", "a-1.zip", []byte("hello"), "no zip", true},
		{"empty", "a-1.tar.gz", nil, "no archive", true},
		{"nothing in it", "a-1.tar.gz", tarOf(t), "it is empty", false},
		{"cut", "a-1.tar.gz", good[:len(good)/2], "no archive", true},
		{"bad checksum", "a-1.tar.gz", broken, "no archive", false},
		{"two folders", "a-1.tar.gz", tarOf(t, "a-1/x=1", "b/x=1"), "two folders", false},
		{"outside", "a-1.tar.gz", tarOf(t, "a-1/../../x=1"), "leaves the folder", true},
		{"absolute", "a-1.tar.gz", tarOf(t, "/a-1/x=1"), "leaves the folder", true},
		{"twice", "a-1.tar.gz", tarOf(t, "a-1/PKG-INFO=Name: a\nVersion: 1\n", "a-1/PKG-INFO=Name: b\nVersion: 1\n"), "there twice", true},
	} {
		t.Run(row.what, func(t *testing.T) {
			err := CheckSdist(bytes.NewReader(row.data), row.name)
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("CheckSdist: %v, want %q", err, row.want)
			}
			_, err = SdistMetadata(bytes.NewReader(row.data), row.name)
			if (err != nil) != row.read {
				t.Errorf("SdistMetadata: %v", err)
			}
		})
	}
}

func TestReadBuild(t *testing.T) {
	for _, row := range []struct{ what, text, want string }{
		{"none", "", "[setuptools>=40.8.0] false "},
		{"no table", "[project]\nname = \"x\"\n", "[setuptools>=40.8.0] false "},
		{"table", "[build-system]\nrequires = [\"a>=1\", \"b\"]\nbuild-backend = \"x.y\"\n", "[a>=1 b] true x.y"},
		{"empty", "[build-system]\nrequires = []\n", "[] true "},
		{"no requires", "[build-system]\nbuild-backend = \"x\"\n", "[setuptools>=40.8.0] false x"},
		{"no TOML", "[build-system\n", "error"},
		{"no requirement", "[build-system]\nrequires = [\"!\"]\n", "error"},
		{"no list", "[build-system]\nrequires = \"a\"\n", "error"},
	} {
		build, err := ReadBuild([]byte(row.text))
		got := fmt.Sprint(build.Requires, build.Declared, build.Backend)
		got = strings.Replace(strings.Replace(got, "] true", "] true ", 1), "] false", "] false ", 1)
		got = strings.Join(strings.Fields(got), " ")
		if err != nil {
			got = "error"
		}
		if want := strings.Join(strings.Fields(row.want), " "); got != want {
			t.Errorf("%s: %s, want %s (%v)", row.what, got, want, err)
		}
	}
}

func TestReadMetadata(t *testing.T) {
	const text = "Metadata-Version: 2.2\r\nName: Demo_Pkg\r\nVersion: 1.0\r\nSummary: x\r\nRequires-Dist: beta (>=1)\r\nRequires-Dist: gamma[x]\r\n  ; extra == \"Fast_Er\"\r\nProvides-Extra: Fast_Er\r\nProvides-Extra: doc\r\nRequires-Python: >=3.8\r\nDynamic: Requires-Dist\r\n\r\nVersion: 9\r\n"
	m, err := ReadMetadata([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s %s %s %s %v %s %v %v %v", m.MetadataVersion, m.Name, m.Version, m.Requires, m.Extras, m.RequiresPython, m.Dynamic, m.Notes, m.IsStatic())
	want := `2.2 Demo_Pkg 1.0 [beta>=1 gamma[x]; extra == "fast-er"] [doc fast-er] >=3.8 [requires-dist] [] false`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadMetadataForms(t *testing.T) {
	const head = "Metadata-Version: 2.2\nName: a\nVersion: 1\n"
	for _, row := range []struct{ what, text, want string }{
		{"plain", head, ""},
		{"no end of line", "Name: a\nVersion: 1", ""},
		{"byte order mark", "\ufeff" + head, ""},
		{"case of fields", "NAME: a\nvErsion: 1\n", ""},
		{"a colon in a value", head + "Home-page: https://a.test/\n", ""},
		{"a note", head + "Requires-Python: three\n", ""},
		{"the same twice", head + "Version: 1.0\n", ""},
		{"a hostile description", head + "\nRequires-Dist: !!!\n", ""},
		{"a long folded summary", head + "Description: " + strings.Repeat("x\n        ", 1000) + "\n", ""},
		{"no name", "Version: 1\n", "no Name"},
		{"no version", "Name: a\n", "no Version"},
		{"nothing", "", "no Name"},
		{"two names", head + "Name: b\n", "two names"},
		{"two versions", head + "Version: 2\n", "two versions"},
		{"a bad name", "Name: a/b\nVersion: 1\n", "no name of a project"},
		{"a bad version", "Name: a\nVersion: new\n", "new"},
		{"a bad requirement", head + "Requires-Dist: a b c\n", "Requires-Dist"},
		{"an unknown marker", head + "Requires-Dist: b; python_flavour == 'x'\n", "python_flavour"},
		{"a line that is no field", "Name: a\nhello\nVersion: 1\n", "no field"},
		{"a version of metadata from the future", "Metadata-Version: 3.0\nName: a\nVersion: 1\n", "Metadata-Version"},
		{"too long", "Name: a\n" + strings.Repeat("X: y\n", 1<<20), "a header of more than"},
		{"too many", head + strings.Repeat("Provides-Extra: x\n", maxRequires+1), "more than"},
	} {
		t.Run(row.what, func(t *testing.T) {
			m, err := ReadMetadata([]byte(row.text))
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("%+v, %v; want %q", m, err, row.want)
			}
			if (row.what == "a note") != (len(m.Notes) > 0) {
				t.Errorf("notes %q", m.Notes)
			}
		})
	}
}

func FuzzReadMetadata(f *testing.F) {
	f.Add([]byte("Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b>=1; extra == 'x'\n x\nProvides-Extra: x\n\nbody"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadMetadata(data)
		if err == nil && (m.Name == "" || m.Version.IsZero()) {
			t.Errorf("%+v", m)
		}
	})
}

// seeds returns distributions of an index that is closed again: its goroutines
// would disturb a fuzzer's view of what is covered.
func seeds(f *testing.F, names ...string) [][]byte {
	f.Helper()
	r, err := pypitest.Start(txtar.Parse([]byte(demo)))
	if err != nil {
		f.Fatal(err)
	}
	defer r.Close()
	var all [][]byte
	for _, name := range names {
		all = append(all, r.Bytes(name))
	}
	return all
}

func FuzzWheel(f *testing.F) {
	f.Add(seeds(f, wheelName)[0])
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := WheelMetadata(bytes.NewReader(data), int64(len(data)), wheelName); err == nil {
			_ = CheckWheel(bytes.NewReader(data), int64(len(data)), wheelName, nil)
		}
	})
}

func FuzzSdist(f *testing.F) {
	data := seeds(f, "Demo.Pkg-1.0.tar.gz", "Demo.Pkg-1.0.zip")
	f.Add(data[0], true)
	f.Add(data[1], false)
	f.Fuzz(func(t *testing.T, data []byte, tar bool) {
		name := "Demo.Pkg-1.0.zip"
		if tar {
			name = "Demo.Pkg-1.0.tar.gz"
		}
		if CheckSdist(bytes.NewReader(data), name) == nil {
			if _, err := SdistMetadata(bytes.NewReader(data), name); err != nil {
				t.Error(err)
			}
		}
	})
}
