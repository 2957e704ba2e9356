package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdTree prints what a feed consists of, one file a line.
func cmdTree(ts *testscript.TestScript, neg bool, args []string) {
	times, without := false, []string{}
	for len(args) > 1 {
		switch args[0] {
		case "-mtime":
			times, args = true, args[1:]
		case "-without":
			without, args = append(without, args[1]), args[2:]
		}
	}
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tree [-mtime] [-without PREFIX]… DIR")
	}
	lines, err := listing(ts.MkAbs(args[0]), times)
	ts.Check(err)
	out := ts.Stdout() // an empty folder empties it
	for _, line := range lines {
		if !slices.ContainsFunc(without, func(prefix string) bool { return strings.HasPrefix(line.path, prefix) }) {
			fmt.Fprintln(out, line.text)
		}
	}
}

type listed struct{ path, text string }

// listing lists the files of a feed, .feedctl apart, in the order of their paths.
func listing(dir string, times bool) ([]listed, error) {
	var lines []listed
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == ".feedctl" {
			return fs.SkipDir
		}
		if entry.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		line := listed{path: filepath.ToSlash(rel)}
		line.text = fmt.Sprintf("%x %s", sha256.Sum256(data), line.path)
		if info, err := entry.Info(); times && err == nil {
			line.text += " " + strconv.FormatInt(info.ModTime().UnixNano(), 10)
		}
		lines = append(lines, line)
		return nil
	})
	return lines, err
}

func cmdCopy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: copy FROM TO")
	}
	ts.Check(copyTree(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

func copyTree(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return os.Chtimes(filepath.Join(to, rel), time.Time{}, info.ModTime())
	})
}

// change rewrites a file and leaves its time as it was.
func change(ts *testscript.TestScript, file string, edit func([]byte) []byte) {
	path := ts.MkAbs(file)
	info, err := os.Stat(path)
	ts.Check(err)
	data, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, edit(data), info.Mode()))
	ts.Check(os.Chtimes(path, time.Time{}, info.ModTime()))
}

func cmdFlip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flip FILE")
	}
	change(ts, args[0], func(data []byte) []byte {
		data[len(data)/2] ^= 1
		return data
	})
}

func cmdEdit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	change(ts, args[0], func(data []byte) []byte {
		if n := bytes.Count(data, []byte(args[1])); n != 1 {
			ts.Fatalf("%s holds %q %d times, want once:\n%s", args[0], args[1], n, data)
		}
		return bytes.Replace(data, []byte(args[1]), []byte(args[2]), 1)
	})
}

func cmdCut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE TEXT")
	}
	change(ts, args[0], func(data []byte) []byte {
		at := bytes.Index(data, []byte(args[1]))
		if at < 0 {
			ts.Fatalf("%s does not hold %q", args[0], args[1])
		}
		return data[:at]
	})
}

// cmdAbsent looks for a text that must not be in any file, such as a secret.
func cmdAbsent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: absent TEXT DIR…")
	}
	seen := 0
	for _, dir := range args[1:] {
		ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			seen++
			data, err := os.ReadFile(path)
			if err == nil && bytes.Contains(data, []byte(args[0])) {
				err = fmt.Errorf("%s holds %q", path, args[0])
			}
			return err
		}))
	}
	if seen == 0 {
		ts.Fatalf("no file in %v: nothing was checked", args[1:])
	}
}

// cmdChosen finds the one lock that feedctl chose.
func cmdChosen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: chosen DIR")
	}
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "locks", "npm", "*", "package-lock.json"))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d locks, want one: %q", len(found), found)
	}
	ts.Setenv("LOCK", found[0])
}
