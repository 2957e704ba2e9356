package modgraph

import (
	"errors"
	"fmt"
)

// session is one Load. One goroutine uses it.
type session struct {
	input   Input
	mains   map[string]bool // paths
	replace []replacements  // go.work's, then those of each main
	exclude map[Version]bool
	fetch   *fetcher
	known   map[Version]*summary // as required, that is before replacement
}

// summary is what a go.mod means to the graph.
type summary struct {
	goLine  string
	prunes  bool // what it requires need not be read by a main module that prunes
	require []Version
}

func newSession(input Input) (*session, error) {
	s := &session{input: input, mains: map[string]bool{}, exclude: map[Version]bool{}, known: map[Version]*summary{}}
	if !input.Work && len(input.Mains) != 1 {
		return nil, fmt.Errorf("a module graph outside a workspace has one main module, not %d", len(input.Mains))
	}
	for _, main := range input.Mains {
		if s.mains[main.Path] {
			return nil, fmt.Errorf("the workspace has the module %s twice; remove one of its folders from go.work", main.Path)
		}
		s.mains[main.Path] = true
		for _, x := range main.Exclude {
			s.exclude[x] = true
		}
		if err := s.checkWorkVersion(main); err != nil {
			return nil, err
		}
	}
	return s, s.indexReplace()
}

func (s *session) checkWorkVersion(main Module) error {
	work := or(s.input.Go, workWithoutLine)
	if !s.input.Work || compareGo(main.Go, strictSince) < 0 || compareGo(main.Go, work) <= 0 {
		return nil
	}
	return fmt.Errorf("the module %s of the workspace needs go %s and go.work says go %s; raise it with \"go work use\"", main.Path, main.Go, work)
}

// pending is what summarize returns while a go.mod is being loaded.
var errPending = errors.New("being loaded")

// summarize returns the summary of a version in the graph. With errPending,
// actual is what is being loaded.
func (s *session) summarize(m Version) (sum *summary, actual Version, err error) {
	if sum := s.known[m]; sum != nil {
		return sum, m, nil
	}
	actual = m
	switch main, isMain := s.main(m); {
	case isMain:
		sum = s.summary(main)
	case isToolchain(m.Path):
		sum = toolchainSummary(m)
	default:
		var file Module
		if file, actual, err = s.file(m); err != nil {
			return nil, actual, err
		}
		sum = s.summary(file)
	}
	s.known[m] = sum
	return sum, actual, nil
}

func (s *session) main(m Version) (Module, bool) {
	if m.Version == "" {
		for _, main := range s.input.Mains {
			if main.Path == m.Path {
				return main, true
			}
		}
	}
	return Module{}, false
}

// file returns the go.mod that counts for a dependency.
func (s *session) file(m Version) (file Module, actual Version, err error) {
	replacement, err := s.replaced(m)
	if err != nil {
		return Module{}, m, err
	}
	actual = Node{Version: m, Replace: replacement}.Actual()
	answer := s.fetch.get(actual)
	if answer == nil {
		return Module{}, actual, errPending
	}
	if answer.err != nil {
		return Module{}, actual, answer.err
	}
	return answer.module, actual, checkPath(answer.module.Path, m, actual)
}

// checkPath compares the module line with the names it was required by. A folder
// may say what it likes.
func checkPath(path string, m, actual Version) error {
	switch {
	case actual.Version == "", path == m.Path, path == actual.Path:
		return nil
	case path == "":
		return fmt.Errorf("go.mod of %v: there is no module line", actual)
	default:
		return fmt.Errorf("go.mod of %v: the module calls itself %s but is required as %s; require it by that name or replace it", actual, path, m.Path)
	}
}

// summary drops excluded requirements and adds what the go line requires.
func (s *session) summary(file Module) *summary {
	sum := &summary{goLine: file.Go, prunes: prunes(file.Go)}
	for _, r := range file.Require {
		if m := (Version{Path: r.Path, Version: r.Version}); !s.exclude[m] {
			sum.require = append(sum.require, m)
		}
	}
	if compareGo(file.Go, strictSince) >= 0 {
		sum.require = append(sum.require, Version{Path: "go", Version: file.Go})
	}
	return sum
}

func prunes(goLine string) bool { return compareGo(or(goLine, withoutLine), prunesSince) >= 0 }

// toolchainSummary says that a Go release requires the toolchain of its version.
func toolchainSummary(m Version) *summary {
	sum := &summary{prunes: true}
	if m.Path == "go" && compareGo(m.Version, strictSince) >= 0 {
		sum.require = []Version{{Path: "toolchain", Version: "go" + m.Version}}
	}
	return sum
}
