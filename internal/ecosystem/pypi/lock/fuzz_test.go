package lock

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
)

// fuzzInput seeds with the inputs of all tests that have the file's name, and
// checks what holds for whatever is read without an error.
func fuzzInput(f *testing.F, file string) {
	for _, fixture := range fixtures {
		if fixture.file != file {
			continue
		}
		data, err := os.ReadFile(filepath.Join("testdata", "demo", fixture.dir, file))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:min(len(data), 6000)])
	}
	for _, cases := range [][]caseOf{lockCases, manifestCases, requirementsCases} {
		for _, row := range cases {
			if row.file == file || file == "pylock.toml" && row.file == "pylock.dev.toml" {
				f.Add(files(file, row.text)[file].Data)
			}
		}
	}
	for _, row := range refusals {
		if row.file == file && len(row.text) < 6000 {
			f.Add(files(file, row.text)[file].Data)
		}
	}
	reader := readerOf(f, file)
	f.Fuzz(func(t *testing.T, data []byte) {
		request, err := reader(fstest.MapFS{file: {Data: data}, "a.txt": {Data: []byte("alpha\n-r " + file)}}, file)
		if err != nil {
			var problem *Error
			if !errors.As(err, &problem) || problem.Problem == "" || problem.Advice == "" {
				t.Fatalf("not an *Error with advice: %v", err)
			}
			return
		}
		checkRequest(t, request)
	})
}

func FuzzPylock(f *testing.F)       { fuzzInput(f, "pylock.toml") }
func FuzzUV(f *testing.F)           { fuzzInput(f, "uv.lock") }
func FuzzPoetry(f *testing.F)       { fuzzInput(f, "poetry.lock") }
func FuzzPDM(f *testing.F)          { fuzzInput(f, "pdm.lock") }
func FuzzPipfileLock(f *testing.F)  { fuzzInput(f, "Pipfile.lock") }
func FuzzRequirements(f *testing.F) { fuzzInput(f, "requirements.txt") }
func FuzzPyproject(f *testing.F)    { fuzzInput(f, "pyproject.toml") }
func FuzzPipfile(f *testing.F)      { fuzzInput(f, "Pipfile") }
func FuzzScript(f *testing.F)       { fuzzInput(f, "tool.py") }

func FuzzParseRequirement(f *testing.F) {
	for _, seed := range []string{"requests[socks]>=2", "a @ https://x.test/a.whl", "./a", "a==1;os_name=='nt'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ParseRequirement(text); err == nil {
			checkRequirement(t, r)
		}
	})
}

func FuzzConstraint(f *testing.F) {
	for _, seed := range []string{"^1.2", "~1 || 2.*", ">=1,<2 !=1.5", "^1!2.0rc1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConstraint(text)
		if err != nil {
			return
		}
		specifiers, _ := c.specifiers()
		if _, err := normalSpecifiers(specifiers); err != nil {
			t.Errorf("%q becomes %q: %v", text, specifiers, err)
		}
		if condition := c.pythonMarker(); condition != "" {
			if _, err := marker.Parse(condition); err != nil {
				t.Errorf("%q becomes %q: %v", text, condition, err)
			}
		}
	})
}
