package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTouched(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(dir string) error
		want   []string
	}{
		"nothing": {func(string) error { return nil }, nil},
		"written": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a/b"), []byte("more text"), 0o600) }, []string{"a/b"}},
		"new times": {func(dir string) error {
			return os.Chtimes(filepath.Join(dir, "a/b"), time.Time{}, time.Unix(1e9, 0))
		}, []string{"a/b"}},
		"another mode": {func(dir string) error { return os.Chmod(filepath.Join(dir, "a/b"), 0o400) }, []string{"a/b"}},
		"replaced, with the old times": {func(dir string) error {
			from, to := filepath.Join(dir, "a/b"), filepath.Join(dir, "a/new")
			info, err := os.Stat(from)
			if err != nil {
				return err
			}
			if err := os.WriteFile(to, []byte("a/b"), info.Mode()); err != nil {
				return err
			}
			if err := os.Chtimes(to, time.Time{}, info.ModTime()); err != nil {
				return err
			}
			return os.Rename(to, from)
		}, []string{"a", "a/b"}},
		"new":             {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a/c"), nil, 0o600) }, []string{"a", "a/c"}},
		"gone":            {func(dir string) error { return os.Remove(filepath.Join(dir, "a/b")) }, []string{"a", "a/b"}},
		"the work folder": {func(dir string) error { return os.Remove(filepath.Join(dir, workFolder, "x")) }, []string{workFolder + "/x"}},
		"the work folder's own": {func(dir string) error {
			return os.Chtimes(filepath.Join(dir, workFolder), time.Time{}, time.Unix(1e9, 0))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, "a/b", workFolder+"/x")
			// A change within the clock's resolution must not hide.
			for _, path := range []string{"a/b", "a"} {
				if err := os.Chtimes(filepath.Join(dir, path), time.Time{}, time.Unix(1_700_000_000, 0)); err != nil {
					t.Fatal(err)
				}
			}
			was, err := snap(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.change(dir); err != nil {
				t.Fatal(err)
			}
			paths, err := was.touched(dir)
			var got []string
			for _, path := range paths {
				got = append(got, filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator))))
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
			if err := was.idle(dir, usage{}); (err == nil) != (len(tt.want) == 0) {
				t.Errorf("idle: %v", err)
			}
			if was.idle(dir, usage{requests: 1}) == nil {
				t.Error("a request is passed over")
			}
		})
	}
}
