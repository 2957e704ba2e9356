package feedrun

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/golangtest"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/npmtest"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
)

const sumDatabase = golangtest.Key

// packages is how many packages the application of each ecosystem needs.
var packages = map[string]int{"npm": 12, "cargo": 4, "go": 3, "pypi": 4}

// artifactBytes is the size of the larger file in each package, which does not
// compress.
const artifactBytes = 24 << 10

// World is a folder to run feedctl in, and the upstreams that feedctl.yaml there
// names. The upstreams first offer "base" alone, in version 1.0.0 (see
// [World.Advance]).
type World struct {
	Dir     string
	Program string // path of the feedctl program
	Servers map[string]*registrytest.Server

	advance []func() error
}

// New makes a world that ends with the test.
func New(t testing.TB) *World {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Dir: t.TempDir(), Program: program, Servers: map[string]*registrytest.Server{}}
	js := npmtest.New(t, archive("npm", 1))
	rust := cargotest.New(t, archive("cargo", 1))
	modules := golangtest.New(t, archive("go", 1))
	python := pypitest.New(t, archive("pypi", 1))
	w.Servers["npm"], w.Servers["cargo"], w.Servers["go"], w.Servers["pypi"] = js.Server, rust.Server, modules.Server, python.Server
	w.advance = []func() error{
		func() error { return js.Set(archive("npm", 2)) },
		func() error { return rust.Set(archive("cargo", 2)) },
		func() error { return modules.Set(archive("go", 2)) },
		func() error { return python.Set(archive("pypi", 2)) },
	}
	w.configure(t, rust.IndexURL())
	return w
}

func (w *World) configure(t testing.TB, cargoIndex string) {
	t.Helper()
	text := "upstreams:\n"
	for _, row := range [][2]string{
		{"npm", w.Servers["npm"].URL + "/"},
		{"cargo", cargoIndex},
		{"go", w.Servers["go"].URL},
		{"pypi", w.Servers["pypi"].URL + "/simple/"},
	} {
		text += fmt.Sprintf("  - {name: %s, ecosystem: %s, url: %q}\n", row[0], row[0], row[1])
	}
	if err := os.WriteFile(filepath.Join(w.Dir, "feedctl.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Advance makes every upstream offer version 1.1.0 of "base", which needs a package
// that 1.0.0 did not, and an "app" that needs it and a dozen more packages.
func (w *World) Advance(t testing.TB) {
	t.Helper()
	for _, set := range w.advance {
		if err := set(); err != nil {
			t.Fatal(err)
		}
	}
}

// Path returns a path in the world's folder.
func (w *World) Path(name string) string { return filepath.Join(w.Dir, filepath.FromSlash(name)) }

// Old are the arguments of the run that makes a feed with "base" in it.
func Old(to string) []string { return mirror(to, "npm:base", "cargo:base", "pypi:base") }

// App are the arguments of the run that brings everything else into a feed: files
// beside those that are there, documents in the place of others, and, with the
// modules of Go, a folder that the old feed does not have.
func App(to string) []string {
	return mirror(to, "npm:app", "cargo:app", "go:example.com/app@v1.1.0", "pypi:app", "--upgrade", "--max-age", "0")
}

// Base is the address under which the feeds say that they are served.
const Base = "http://feed.test"

func mirror(to string, args ...string) []string {
	return append([]string{"mirror", "--to", to, "--base-url", Base, "--python", "3.11", "--platform", "linux/amd64"}, args...)
}

// archive is what the upstream of an ecosystem offers at a stage of its life.
func archive(ecosystem string, stage int) *txtar.Archive {
	a := &txtar.Archive{}
	add := func(name, text string) {
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	release(ecosystem, "base", 0, nil, add)
	if stage == 1 {
		return a
	}
	needs := []string{"base"}
	for i := range packages[ecosystem] {
		needs = append(needs, fmt.Sprintf("part%02d", i))
	}
	release(ecosystem, "app", 1, needs, add)
	for _, name := range needs[1:] {
		release(ecosystem, name, 1, nil, add)
	}
	release(ecosystem, "base", 1, []string{"part00"}, add)
	return a
}

// release adds version 1.MINOR.0 of a package, whose files are random but the
// same every time.
func release(ecosystem, name string, minor int, needs []string, add func(name, text string)) {
	version := fmt.Sprintf("1.%d.0", minor)
	text := noise(ecosystem + name + version)
	var list strings.Builder
	each := func(format string) string {
		list.Reset()
		for i, need := range needs {
			if i > 0 && ecosystem == "npm" {
				list.WriteString(", ")
			}
			fmt.Fprintf(&list, format, need)
		}
		return list.String()
	}
	switch ecosystem {
	case "npm":
		add(name+"/"+version+".json", `{"dependencies": {`+each(`"%s": "*"`)+`}}`)
		add(name+"/"+version+"/data.txt", text)
	case "cargo":
		add(name+"/"+version+".toml", "[dependencies]\n"+each("%s = \"1\"\n"))
		add(name+"/"+version+"/src/lib.rs", "// "+text)
	case "go":
		module := "example.com/" + name
		add(module+"@v"+version+"/go.mod", "module "+module+"\n\ngo 1.20\n"+each("require example.com/%s v1.1.0\n"))
		add(module+"@v"+version+"/data.go", "package data // "+text)
	case "pypi":
		add(name+"@"+version+"/METADATA", "Requires-Python: >=3.8\n"+each("Requires-Dist: %s>=1\n"))
		add(name+"@"+version+"/data.py", "# "+text)
	}
}

// noise is one line of text that does not compress, the same for the same name.
func noise(name string) string {
	var seed [32]byte
	copy(seed[:], name)
	random := rand.New(rand.NewChaCha8(seed))
	text := make([]byte, artifactBytes)
	for i := range text {
		text[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[random.IntN(64)]
	}
	return string(text) + "\n"
}
