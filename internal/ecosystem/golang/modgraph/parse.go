package modgraph

import (
	"fmt"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// MaxSize is the largest go.mod or go.work file that is read, in bytes: the go
// command's own limit.
const MaxSize = 16 << 20

// Parse reads the go.mod file of a dependency, as tolerantly as the go command
// reads it: what only concerns a main module is ignored, and so are unknown
// directives. A file without a module line is no error here.
func Parse(data []byte) (Module, error) {
	const file = "go.mod"
	if err := checkSize(file, data); err != nil {
		return Module{}, err
	}
	f, err := modfile.ParseLax(file, data, nil)
	if err != nil {
		return Module{}, fmt.Errorf("go.mod of a dependency: %s", shorten(err.Error()))
	}
	m := summarize(f)
	if module.CheckImportPath(m.Path) != nil {
		m.Path = shorten(m.Path) // only a folder may call itself so, and messages name it
	}
	m.Synthetic = string(data) == "module "+modfile.AutoQuote(m.Path)+"\n"
	for _, r := range m.Require {
		if err := module.CheckImportPath(r.Path); err != nil {
			return Module{}, fmt.Errorf("go.mod of a dependency: a required module: %s", shorten(err.Error()))
		}
	}
	return m, nil
}

func checkSize(file string, data []byte) error {
	if len(data) > MaxSize {
		return fmt.Errorf("%s: %d bytes, more than the %d that a go.mod or go.work file may have", file, len(data), MaxSize)
	}
	return nil
}

func summarize(f *modfile.File) Module {
	var m Module
	if f.Module != nil {
		m.Path, m.Deprecated = f.Module.Mod.Path, shorten(f.Module.Deprecated)
	}
	if f.Go != nil {
		m.Go = f.Go.Version
	}
	for _, r := range f.Require {
		m.Require = append(m.Require, Require{Path: r.Mod.Path, Version: r.Mod.Version, Indirect: r.Indirect})
	}
	m.Retract = readRetract(f.Retract)
	return m
}

// readRetract gives what is no version the place that the go command gives it: a
// lower end below every version, an upper one with no version in the range.
func readRetract(lines []*modfile.Retract) []Retract {
	var ranges []Retract
	for _, r := range lines {
		one := Retract{Low: r.Low, High: r.High, Rationale: shorten(r.Rationale)}
		if !semver.IsValid(one.Low) {
			one.Low = ""
		}
		if semver.IsValid(one.High) {
			ranges = append(ranges, one)
		}
	}
	return ranges
}

// ParseMain reads the go.mod file of a main module. file names it in errors,
// which begin with the file and line and say all that is wrong.
func ParseMain(file string, data []byte) (Module, error) {
	if err := checkSize(file, data); err != nil {
		return Module{}, err
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		return Module{}, err // says file and line itself
	}
	if f.Module == nil {
		return Module{}, fmt.Errorf("%s: no module line; name the module with \"go mod edit -module=example.com/name\"", file)
	}
	if err := checkMainPath(f.Module.Mod.Path); err != nil {
		return Module{}, fmt.Errorf("%s:%d: %w", file, f.Module.Syntax.Start.Line, err)
	}
	m := summarize(f)
	if f.Toolchain != nil {
		m.Toolchain = f.Toolchain.Name
	}
	for _, x := range f.Exclude {
		m.Exclude = append(m.Exclude, x.Mod)
	}
	if m.Replace, err = readReplace(file, f.Replace); err != nil {
		return Module{}, err
	}
	if err := checkRequire(file, f.Require); err != nil {
		return Module{}, err
	}
	m.Tool, err = readTool(file, f.Tool)
	return m, err
}

func checkMainPath(path string) error {
	if isToolchain(path) {
		return fmt.Errorf("the module path %q is reserved for Go itself; choose another", path)
	}
	return module.CheckImportPath(path)
}

func checkRequire(file string, lines []*modfile.Require) error {
	for _, r := range lines {
		if err := module.CheckImportPath(r.Mod.Path); err != nil {
			return fmt.Errorf("%s:%d: require: %w", file, r.Syntax.Start.Line, err)
		}
	}
	return nil
}

func readTool(file string, lines []*modfile.Tool) ([]string, error) {
	var tools []string
	for _, t := range lines {
		if err := module.CheckImportPath(t.Path); err != nil {
			return nil, fmt.Errorf("%s:%d: tool: %w", file, t.Syntax.Start.Line, err)
		}
		tools = append(tools, t.Path)
	}
	return tools, nil
}

// readReplace returns the replacements of one file. A repeated line is allowed,
// two answers for the same module are not.
func readReplace(file string, lines []*modfile.Replace) ([]Replace, error) {
	var replace []Replace
	seen := map[Version]Version{}
	for _, r := range lines {
		first, again := seen[r.Old]
		if again && first != r.New {
			return nil, fmt.Errorf("%s:%d: %v is replaced by %v and by %v; keep one of the lines", file, r.Syntax.Start.Line, r.Old, first, r.New)
		}
		if !again {
			replace = append(replace, Replace{Old: r.Old, New: r.New})
		}
		seen[r.Old] = r.New
	}
	return replace, nil
}
