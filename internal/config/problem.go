package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is what is wrong with the configuration that the user wrote.
type Error struct {
	Problems []Problem // at least one; those of the file in the order of its lines
}

// Problem is one thing that is wrong.
type Problem struct {
	Where string // "feedctl.yaml", "FEEDCTL_JOBS", "--jobs"
	Line  int    // in the file, from 1; 0 elsewhere
	Text  string // what is wrong and what to write; never a secret
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

func (p Problem) String() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.Where, p.Line, p.Text)
	}
	return p.Where + ": " + p.Text
}

// problems gathers what is wrong while a configuration is read.
type problems struct {
	file string
	all  []Problem
}

func (p *problems) at(line int, format string, args ...any) {
	p.all = append(p.all, Problem{Where: p.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

func (p *problems) in(where, format string, args ...any) {
	p.all = append(p.all, Problem{Where: where, Text: fmt.Sprintf(format, args...)})
}

func (p *problems) err() error {
	if len(p.all) == 0 {
		return nil
	}
	slices.SortStableFunc(p.all, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return &Error{Problems: p.all}
}

// clip keeps a text short enough for an error.
func clip(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}

// suggestion is the end of an error about a word that is none of the known ones:
// the nearest of these, or all.
func suggestion(word string, known []string) string {
	best, distance := "", 3
	for _, candidate := range known {
		if d := editDistance(plain(word), plain(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "known are " + strings.Join(known, ", ")
}

func plain(word string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(clip(word)))
}

// editDistance is how many letters must be put in, taken out or changed.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
