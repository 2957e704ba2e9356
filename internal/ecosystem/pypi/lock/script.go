package lock

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

const scriptAdvice = "correct the \"# /// script\" block (PEP 723) and run this again"

// ErrNoScript says that a Python file carries no requirements of its own.
var ErrNoScript = errors.New("the file has no \"# /// script\" block, so it asks for no package")

// blockStart begins a block of inline metadata of any type.
var blockStart = regexp.MustCompile(`^# /// ([a-zA-Z0-9-]+)$`)

// ReadScript reads the requirements that a single-file script carries (PEP 723).
// A file without any is an [*Error] that wraps [ErrNoScript].
func ReadScript(fsys fs.FS, name string) (feed.Request, error) {
	s, err := open(fsys, name, scriptAdvice)
	if err != nil {
		return feed.Request{}, err
	}
	blocks := scriptBlocks(string(s.data))
	switch len(blocks) {
	case 0:
		return feed.Request{}, &Error{
			File: s.file, Problem: ErrNoScript.Error(), Err: ErrNoScript,
			Advice: "add a block as PEP 723 describes it, or give the packages themselves",
		}
	case 1:
	default:
		return feed.Request{}, s.fail("", "the file has %d \"# /// script\" blocks; PEP 723 allows one", len(blocks))
	}
	// Empty lines keep the line numbers of messages right.
	block := &source{file: s.file, advice: s.advice, data: []byte(strings.Repeat("\n", blocks[0].line) + blocks[0].text)}
	var f struct {
		RequiresPython string         `toml:"requires-python"`
		Dependencies   []string       `toml:"dependencies"`
		Tool           pyprojectTools `toml:"tool"`
	}
	if err := block.toml(&f); err != nil {
		return feed.Request{}, err
	}
	p := newPyproject(fsys, block)
	p.doc.Tool = f.Tool
	p.doc.Project = &projectTable{RequiresPython: f.RequiresPython, Dependencies: f.Dependencies}
	return p.request()
}

// block is one block of inline metadata.
type block struct {
	line int // of its first line, from 1
	text string
}

// scriptBlocks returns the blocks of type "script". A block ends at the last line
// "# ///" before a line that is no comment.
func scriptBlocks(text string) []block {
	var found []block
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		start := blockStart.FindStringSubmatch(lines[i])
		if start == nil {
			continue
		}
		end, next := blockEnd(lines, i+1)
		if end >= 0 && start[1] == "script" {
			found = append(found, block{line: i + 1, text: uncomment(lines[i+1 : end])})
		}
		i = next - 1
	}
	return found
}

// blockEnd returns the line that ends a block, or -1, and the line to go on at.
func blockEnd(lines []string, from int) (end, next int) {
	end = -1
	for i := from; i < len(lines); i++ {
		comment := lines[i] == "#" || strings.HasPrefix(lines[i], "# ")
		if !comment || end >= 0 && blockStart.MatchString(lines[i]) {
			return end, i
		}
		if lines[i] == "# ///" {
			end = i
		}
	}
	return end, len(lines)
}

func uncomment(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, "#"), " "))
		b.WriteByte('\n')
	}
	return b.String()
}
