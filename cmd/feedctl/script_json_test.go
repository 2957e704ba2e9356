package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdJSON checks that a text is exactly one JSON value, and some of its parts. A
// path is keys and indexes with dots between them, "\\." being a dot of a key; a
// value that begins with < is the first line of a file. The count of an object is
// its keys.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: json FILE [PATH=VALUE | PATH>=NUMBER | count:PATH=COUNT]…")
	}
	var root any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		ts.Fatalf("%s is no JSON: %v\n%s", args[0], err, ts.ReadFile(args[0]))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("%s goes on after a JSON value:\n%s", args[0], ts.ReadFile(args[0]))
	}
	for _, arg := range args[1:] {
		if path, least, ok := strings.Cut(arg, ">="); ok {
			ts.Check(atLeast(root, path, least))
			continue
		}
		path, want, _ := strings.Cut(arg, "=")
		path, count := strings.CutPrefix(path, "count:")
		if file, ok := strings.CutPrefix(want, "<"); ok {
			want, _, _ = strings.Cut(ts.ReadFile(file), "\n")
		}
		got, err := part(root, path)
		if err == nil && textOf(got, count) != want {
			err = fmt.Errorf("%s is %s, want %s", path, textOf(got, count), want)
		}
		if err != nil {
			ts.Fatalf("%v in\n%s", err, ts.ReadFile(args[0]))
		}
	}
}

// atLeast compares a number.
func atLeast(root any, path, least string) error {
	value, err := part(root, path)
	if err != nil {
		return err
	}
	got, err := strconv.ParseFloat(textOf(value, false), 64)
	if err != nil {
		return err
	}
	if want, err := strconv.ParseFloat(least, 64); err != nil || got < want {
		return fmt.Errorf("%s is %v, want %s or more", path, got, least)
	}
	return nil
}

// part finds a part of a JSON value. An absent member is nil.
func part(value any, path string) (any, error) {
	if path == "" {
		return value, nil
	}
	path = strings.ReplaceAll(path, `\.`, "\x00")
	for key := range strings.SplitSeq(path, ".") {
		key = strings.ReplaceAll(key, "\x00", ".")
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				return nil, fmt.Errorf("%s: no element %q of %d", path, key, len(v))
			}
			value = v[i]
		default:
			return nil, fmt.Errorf("%s: nothing at %q", path, key)
		}
	}
	return value, nil
}

func textOf(value any, count bool) string {
	switch v := value.(type) {
	case []any:
		if count {
			return strconv.Itoa(len(v))
		}
	case map[string]any:
		if count {
			return strings.Join(slices.Sorted(maps.Keys(v)), ",")
		}
	case string:
		return v
	}
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	if count {
		return "0"
	}
	return string(data)
}
