package modgraph

import (
	"context"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// universe is a set of go.mod files read from text. Every line but the indented
// ones is a file:
//
//	a@1.0.0 1.17: b@1.0.0 c@2.0.0+incompatible   a dependency, its go line, what it requires
//	./fork 1.17: b@1.0.0                         a folder
//	main m 1.21: a@1.0.0 b@1.0.0?                a main module; ? marks an indirect requirement
//	work 1.22                                    go.work, which uses every main module
//
// "-" is a missing go line. The indented lines below a main module or work are
// directives: replace, exclude, toolchain, tool. The name a stands for the path
// a.test. What follows a line "=>" is the expected result.
type universe struct {
	mods map[Version]string // text of go.mod; a folder has no version
	main map[string]string  // text of go.mod, by folder
	work string             // text of go.work
	want string
}

func parseUniverse(t testing.TB, text string) universe {
	t.Helper()
	text, want, _ := strings.Cut(text, "=>\n")
	u := universe{mods: map[Version]string{}, main: map[string]string{}, want: want}
	var add func(directive string)
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.TrimRight(line, "\n"), "#")
		head, requires, _ := strings.Cut(line, ":")
		words := strings.Fields(head)
		switch {
		case len(words) == 0:
		case strings.HasPrefix(line, " "):
			add(directive(strings.Fields(line)))
		case words[0] == "work":
			u.work = "// a workspace\n" + goLine(words[1])
			add = func(directive string) { u.work += directive + "\n" }
		case words[0] == "main":
			u.main[words[1]] = goMod(words[1], words[2], requires)
			add = func(directive string) { u.main[words[1]] += directive + "\n" }
		default:
			m := long(words[0])
			u.mods[m] = goMod(strings.TrimPrefix(strings.Split(words[0], "@")[0], "./"), words[1], requires)
		}
	}
	for _, folder := range u.folders() {
		if u.work != "" {
			u.work += "use ./" + folder + "\n"
		}
	}
	return u
}

func (u universe) folders() []string {
	var list []string
	for folder := range u.main {
		list = append(list, folder)
	}
	slices.Sort(list)
	return list
}

func goMod(name, line, requires string) string {
	text := "module " + longPath(name) + "\n" + goLine(line)
	for r := range strings.FieldsSeq(requires) {
		m := long(strings.TrimSuffix(r, "?"))
		text += "require " + m.Path + " " + m.Version
		if strings.HasSuffix(r, "?") {
			text += " // indirect"
		}
		text += "\n"
	}
	return text
}

func goLine(version string) string {
	if version == "-" {
		return ""
	}
	return "go " + version + "\n"
}

func directive(fields []string) string {
	for i, field := range fields[1:] {
		if fields[0] != "toolchain" && field != "=>" {
			fields[i+1] = words(long(field))
		}
	}
	return strings.Join(fields, " ")
}

// long returns the version that "a@1.0.0" stands for, or the path that "a" does.
func long(short string) Version {
	name, version, found := strings.Cut(short, "@")
	if found {
		version = "v" + version
	}
	return Version{Path: longPath(name), Version: version}
}

func longPath(name string) string {
	if strings.HasPrefix(name, ".") {
		return name
	}
	first, rest, found := strings.Cut(name, "/")
	if found {
		rest = "/" + rest
	}
	return first + ".test" + rest
}

var versionPrefix = regexp.MustCompile(`([@ ])v([0-9])`)

// short turns paths and versions back into the notation of a universe.
func short(text string) string {
	return versionPrefix.ReplaceAllString(strings.ReplaceAll(text, ".test", ""), "$1$2")
}

// input parses the main modules.
func (u universe) input(t testing.TB) (Input, error) {
	t.Helper()
	var mains []Module
	for _, folder := range u.folders() {
		main, err := ParseMain(path.Join(folder, "go.mod"), []byte(u.main[folder]))
		if err != nil {
			return Input{}, err
		}
		main.Dir = folder
		mains = append(mains, main)
	}
	if u.work == "" {
		return Input{Mains: mains}, nil
	}
	work, err := ParseWork("go.work", []byte(u.work))
	if err != nil {
		return Input{}, err
	}
	if len(work.Use) != len(mains) {
		t.Fatalf("go.work uses %v", work.Use)
	}
	return work.Input(mains), nil
}

// loader answers from the universe, and counts.
type loader struct {
	universe universe
	mu       sync.Mutex
	loaded   map[Version]int
}

func (l *loader) load(_ context.Context, m Version) (Module, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.loaded == nil {
		l.loaded = map[Version]int{}
	}
	l.loaded[m]++
	text, found := l.universe.mods[m]
	if !found {
		return Module{}, fmt.Errorf("read %v: %w", m, os.ErrNotExist)
	}
	return Parse([]byte(text))
}

func (u universe) resolve(t testing.TB) (Graph, error) {
	t.Helper()
	input, err := u.input(t)
	if err != nil {
		return Graph{}, err
	}
	l := &loader{universe: u}
	g, err := Load(t.Context(), input, l.load)
	for m, times := range l.loaded {
		if times != 1 {
			t.Errorf("%v is loaded %d times", m, times)
		}
	}
	return g, err
}

// draw writes a graph in the notation of a universe: one line for what each
// version requires, the build list, what was read and the highest go line.
func draw(g Graph) string {
	var b strings.Builder
	var from Version
	for _, e := range g.Edges {
		if e.From != from {
			from = e.From
			fmt.Fprintf(&b, "\n%v:", from)
		}
		fmt.Fprintf(&b, " %v", e.To)
	}
	b.WriteString("\n\nlist")
	for _, n := range g.Selected {
		fmt.Fprintf(&b, "\n  %v", n)
	}
	b.WriteString("\nread")
	for _, n := range g.Visited {
		fmt.Fprintf(&b, " %v", n.Version)
		if n.Replace.Path != "" {
			fmt.Fprintf(&b, "=>%v", n.Replace)
		}
	}
	fmt.Fprintf(&b, "\ngo %s %v\n", g.Go, g.GoBy)
	text := strings.ReplaceAll(b.String(), " \n", "\n")
	return strings.TrimPrefix(short(text), "\n")
}
