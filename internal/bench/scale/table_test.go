package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRatios(t *testing.T) {
	one := func(ecosystem string, releases int, step string, seconds int, bytes int64) row {
		d := time.Duration(seconds) * time.Second
		return row{ecosystem: ecosystem, releases: releases, step: step, used: usage{wall: d, cpu: 2 * d}, written: written{bytes: bytes}}
	}
	all := table{rows: []row{
		one("npm", 1000, "mirror all", 50, 5), one("npm", 1000, oneMore, 2, 100), one("npm", 10000, oneMore, 4, 150),
		one("npm", 100000, oneMore, 3, 200), one("go", 1000, oneMore, 1, 1),
	}}
	want := []string{"npm: one more release into 100000 ÷ into 1000: wall 1.50, cpu 1.50, bytes 2.00"}
	if got := all.ratios(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var text strings.Builder
	if err := all.write(&text); err != nil || !strings.Contains(text.String(), want[0]) {
		t.Errorf("%v\n%s", err, text.String())
	}
}

func TestSnapshot(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("same", "1")
	write("longer", "1")
	before, err := snapshot(dir)
	if err != nil {
		t.Fatal(err)
	}
	write("longer", "12345")
	write("new/file", "123")
	write(".feedctl/lock", "not counted")
	after, err := snapshot(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := after.since(before); got != (written{files: 2, bytes: 8}) {
		t.Errorf("got %+v", got)
	}
	if none, err := snapshot(filepath.Join(dir, "none")); err != nil || len(none) != 0 {
		t.Errorf("a folder that does not exist: %v, %v", none, err)
	}
}

func TestNumbers(t *testing.T) {
	if got, err := numbers("1000, 2000"); err != nil || !slices.Equal(got, []int{1000, 2000}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "many", "10"} {
		if _, err := numbers(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestPeak(t *testing.T) {
	if got := peak(os.Getpid()); got < 0 || got > 0 && got < 1<<20 {
		t.Errorf("this process has held %d bytes", got)
	}
	if got := peak(-1); got != 0 {
		t.Errorf("no process has held %d bytes", got)
	}
}

func TestMedian(t *testing.T) {
	got := median([]usage{{wall: 3, cpu: 1, memory: 5}, {wall: 1, cpu: 9, memory: 7}, {wall: 2, cpu: 4, memory: 6}})
	if want := (usage{wall: 2, cpu: 4, memory: 7}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
