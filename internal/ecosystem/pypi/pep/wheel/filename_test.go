package wheel

import (
	"strings"
	"testing"
)

func TestParseWheel(t *testing.T) {
	for _, row := range []struct{ filename, name, version, build, tags string }{
		{"requests-2.31.0-py3-none-any.whl", "requests", "2.31.0", "", "py3-none-any"},
		{"Demo_Pkg.Core-1.0-py2.py3-none-any.whl", "demo-pkg-core", "1.0", "", "py2-none-any py3-none-any"},
		{"a-1.0-1-py3-none-any.whl", "a", "1.0", "1", "py3-none-any"},
		{"a-1.0-007b_x-py3-none-any.whl", "a", "1.0", "7b_x", "py3-none-any"},
		{"numpy-1.26.4-CP311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "numpy", "1.26.4", "", "cp311-cp311-manylinux_2_17_x86_64 cp311-cp311-manylinux2014_x86_64"},
		{"torch-2.1.0+cpu-cp311-cp311-linux_x86_64.whl", "torch", "2.1.0+cpu", "", "cp311-cp311-linux_x86_64"},
		{"foo__bar-1!1.0rc1-py3-none-any.whl", "foo-bar", "1!1.0rc1", "", "py3-none-any"},
	} {
		w, err := ParseWheel(row.filename)
		if err != nil || w.Name != row.name || w.Version.String() != row.version || w.Build.Number+w.Build.Suffix != row.build || strings.Join(tagTexts(w.Tags()), " ") != row.tags {
			t.Errorf("ParseWheel(%q) = %+v, %v", row.filename, w, err)
		}
	}
}

func TestParseWheelRefuses(t *testing.T) {
	for filename, why := range map[string]string{
		"": "end in .whl", "a.whl": "want name", "a-1-py3-none.whl": "want name", "a-1-1-2-py3-none-any.whl": "want name", "a-1-b1-py3-none-any.whl": "begins with a digit",
		"a-latest-py3-none-any.whl": "number", "-1-py3-none-any.whl": "no name", "_-1-py3-none-any.whl": "no name", "a_-1-py3-none-any.whl": "no name", "a-1-py3-none-any.whl.exe": "end in .whl", "a-1-py3-none-.whl": "a tag is empty",
		"a-1-py3..py2-none-any.whl": "a tag is empty", "../a-1-py3-none-any.whl": "hidden", "x/a-1-py3-none-any.whl": "not allowed", `x\a-1-py3-none-any.whl`: "not allowed",
		"a-1-py3-none-any\x00.whl": "not allowed", "a-1-py3-none-any .whl": "not allowed", "a%2f-1-py3-none-any.whl": "not allowed", "é-1-py3-none-any.whl": "not allowed",
		".a-1-py3-none-any.whl": "hidden", strings.Repeat("a", 300) + "-1-py3-none-any.whl": "longer than", "a-1-py3-none-any.WHL": "end in .whl",
		"a-1-" + strings.Repeat("a.", 30) + "a-" + strings.Repeat("b.", 30) + "b-" + strings.Repeat("c.", 30) + "c.whl": "more than 4096 tags",
		"a:b-1-py3-none-any.whl": "not allowed", "a\n-1-py3-none-any.whl": "not allowed",
	} {
		if w, err := ParseWheel(filename); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("ParseWheel(%q) = %+v, %v; want an error with %q", filename, w, err, why)
		}
	}
}

func TestParseSdist(t *testing.T) {
	for _, row := range []struct{ filename, project, name, version, archive string }{
		{"requests-2.31.0.tar.gz", "", "requests", "2.31.0", ".tar.gz"},
		{"Odd.Name-0.9.tar.gz", "", "odd-name", "0.9", ".tar.gz"},
		{"foo-bar-1.0.zip", "", "foo-bar", "1.0", ".zip"},
		{"foo_bar-1.0.tar.bz2", "Foo.Bar", "foo-bar", "1.0", ".tar.bz2"},
		{"foo-1.0-1.tar.gz", "foo", "foo", "1.0.post1", ".tar.gz"},
		{"foo-2-3.tar.gz", "foo-2", "foo-2", "3", ".tar.gz"},
		{"zope.interface-5.4.0.tgz", "zope-interface", "zope-interface", "5.4.0", ".tgz"},
		{"a-1.0+local.1.tar.gz", "a", "a", "1.0+local.1", ".tar.gz"},
	} {
		s, err := ParseSdist(row.filename, row.project)
		if err != nil || s.Name != row.name || s.Version.String() != row.version || s.Archive != row.archive || !IsSdist(row.filename) || IsWheel(row.filename) {
			t.Errorf("ParseSdist(%q, %q) = %+v, %v", row.filename, row.project, s, err)
		}
	}
	for filename, project := range map[string]string{
		"": "", "a.tar.gz": "", "a-.tar.gz": "", "-1.tar.gz": "", "a-latest.tar.gz": "", "a-1.whl": "", "a-1.exe": "", "a-1.egg": "", "b-1.tar.gz": "a", "../a-1.tar.gz": "", "a/b-1.tar.gz": "",
		"a-1.0.tar.gz\n": "", "a-1.0-final-x.tar.gz": "a",
	} {
		if s, err := ParseSdist(filename, project); err == nil {
			t.Errorf("ParseSdist(%q, %q) = %+v", filename, project, s)
		}
	}
}

func TestNormalizeName(t *testing.T) {
	for name, want := range map[string]string{
		"requests": "requests", "Django": "django", "oslo.concurrency": "oslo-concurrency", "A__B--c.._-d": "a-b-c-d", "a-b": "a-b", "": "", "-a": "-a", "a--b": "a-b", "É": "É",
	} {
		if got := NormalizeName(name); got != want {
			t.Errorf("NormalizeName(%q) = %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{"a": true, "A1._-b": true, "": false, "-a": false, "a-": false, "a b": false, "é": false, "a\u212ab": false, ".": false, "a/b": false, strings.Repeat("a", 256): false} {
		if got := ValidName(name); got != want {
			t.Errorf("ValidName(%q) = %v", name, got)
		}
	}
}

func FuzzParseWheel(f *testing.F) {
	for _, seed := range []string{"a-1-py3-none-any.whl", "numpy-1.26.4-1b-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "../a-1-py3-none-any.whl"} {
		f.Add(seed)
	}
	target, err := ParseTarget("3.11", "manylinux_2_28_x86_64")
	if err != nil {
		f.Fatal(err)
	}
	s := NewSelector(target)
	f.Fuzz(func(t *testing.T, filename string) {
		w, err := ParseWheel(filename)
		if err != nil {
			return
		}
		if strings.ContainsAny(filename, "/\\\x00") || len(w.Tags()) == 0 || w.Name != NormalizeName(w.Name) || w.Version.IsZero() {
			t.Fatalf("%q reads as %+v", filename, w)
		}
		s.Rank(w)
	})
}

func FuzzParseSdist(f *testing.F) {
	f.Add("foo-bar-1.0.tar.gz", "foo-bar")
	f.Add("foo-1-1.zip", "")
	f.Fuzz(func(t *testing.T, filename, project string) {
		s, err := ParseSdist(filename, project)
		if err == nil && (strings.ContainsAny(filename, "/\\\x00") || s.Version.IsZero() || project != "" && s.Name != NormalizeName(project)) {
			t.Fatalf("%q of %q reads as %+v", filename, project, s)
		}
	})
}
