package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// result is what came of measuring one lock.
type result struct {
	lock    string // its file name
	example string // "" for a lock of one's own
	mode    mode
	from    string // where the bytes came from
	runs    int
	day     time.Time
	machine machine
	planned plan
	tables  []*table
	goals   []goal
}

// mode is where the upstreams are, as the markers of a section have it.
type mode string

const (
	registries mode = "registries"
	onLoopback mode = "loopback"
)

func (b *bench) mode() mode {
	if b.loopback {
		return onLoopback
	}
	return registries
}

func (b *bench) result(ctx context.Context, s *subject, from string, tables ...*table) result {
	return result{
		lock: filepath.Base(s.path), example: s.name, mode: b.mode(), from: from, runs: b.runs, day: time.Now().UTC(),
		machine: thisMachine(ctx, b.dir), planned: s.planned, tables: tables, goals: s.reach.goals(tables),
	}
}

// head says what was measured, and where.
func (r result) head() string {
	return fmt.Sprintf("%s, %d metadata documents and %d artifacts from %s, %d runs, %s, %s",
		r.lock, len(r.planned.metadata), len(r.planned.artifacts), r.from, r.runs, r.day.Format(time.DateOnly), r.machine)
}

func (r result) print(w io.Writer) error {
	fmt.Fprintln(w, r.head())
	for _, t := range r.tables {
		if err := t.write(w); err != nil {
			return err
		}
	}
	for _, g := range r.goals {
		fmt.Fprintf(w, "%s: %s (%s), %s\n", g.measure, g.got, g.reach, strings.Trim(g.verdict(), "*"))
	}
	_, err := fmt.Fprintln(w)
	return err
}

// section is the result as Markdown.
func (r result) section() (string, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s.\n\n", r.head())
	if len(r.goals) > 0 {
		fmt.Fprintln(&text, "| measure | reach | measured | |\n|---|---|---|---|")
		for _, g := range r.goals {
			fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", g.measure, g.reach, g.got, g.verdict())
		}
		fmt.Fprintln(&text)
	}
	fmt.Fprintln(&text, "```")
	for i, t := range r.tables {
		if i > 0 {
			fmt.Fprintln(&text)
		}
		if err := t.write(&text); err != nil {
			return "", err
		}
	}
	fmt.Fprintln(&text, "```")
	return text.String(), nil
}

// markers are the lines around the section of an example.
func markers(m mode, example string) (begin, end string) {
	return fmt.Sprintf("<!-- bench: %s %s -->", m, example), "<!-- /bench -->"
}

// checkOut finds out before anything is measured whether the results have a place.
func (b *bench) checkOut(chosen []kind) error {
	if b.out == "" {
		return nil
	}
	document, err := os.ReadFile(b.out)
	if err != nil {
		return err
	}
	for _, k := range chosen {
		if _, err := replaceSection(string(document), b.mode(), k.name, ""); err != nil {
			return fmt.Errorf("%s: %w", b.out, err)
		}
	}
	return nil
}

// writeTo writes the section of a document anew.
func (r result) writeTo(path string) error {
	text, err := r.section()
	if err != nil {
		return err
	}
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := replaceSection(string(document), r.mode, r.example, text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

// replaceSection puts a text between the markers of an example.
func replaceSection(document string, m mode, example, text string) (string, error) {
	begin, end := markers(m, example)
	before, rest, found := strings.Cut(document, begin+"\n")
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("no section for the results: write the lines %s and %s", begin, end)
	}
	if strings.Contains(rest[:len(rest)-len(after)-len(end)], "<!-- bench: ") {
		return "", fmt.Errorf("the section behind %s has no %s of its own", begin, end)
	}
	return before + begin + "\n" + text + end + after, nil
}
