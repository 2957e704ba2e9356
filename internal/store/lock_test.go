package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestLockIsHeld(t *testing.T) {
	dir := seed(t)
	w, err := Lock(t.Context(), dir, "feedctl mirror --to feed", dayOne)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Lock(t.Context(), dir, "other", dayTwo)
	var locked *LockedError
	if !errors.As(err, &locked) || locked.Dir != dir {
		t.Fatalf("second lock: %v", err)
	}
	want := fmt.Sprintf("process %d", os.Getpid())
	for _, text := range []string{want, "since 2026-03-01T12:00:00Z", "feedctl mirror --to feed", dir} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
	openFeed(t, dir) // readers need no lock
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, holderPath)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the holder is still named: %v", err)
	}
	lockFeed(t, dir)
}

func TestLockHolderIsAnyText(t *testing.T) {
	for _, row := range []struct{ what, text, want string }{
		{"nothing", "", "another process"},
		{"no JSON", "{", "another process"},
		{"no process", "{}", "another process"},
		{"control characters", `{"pid":7,"command":"a\u001b[31mb\n"}`, "process 7 since 0001-01-01T00:00:00Z: a[31mb;"},
		{"long", `{"pid":7,"command":"` + strings.Repeat("x", 500) + `"}`, strings.Repeat("x", 200) + "…;"},
		{"endless", strings.Repeat(" ", maxHolder+1), "another process"},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := seed(t)
			lockFeed(t, dir)
			write(t, dir, holderPath, row.text)
			if _, err := Lock(t.Context(), dir, "other", dayTwo); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v does not say %q", err, row.want)
			}
		})
	}
}

// TestOpenWaitsForTheLock opens a feed while another process finishes a publish.
func TestOpenWaitsForTheLock(t *testing.T) {
	dir := seed(t)
	if _, err := killAt(t, dir, 6, bigChange); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	d, err := openDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	l, err := tryLock(d, holder{Command: "slow"})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(3*lockRetry, func() {
		if _, err := rollForward(d, noStep); err != nil {
			t.Error(err)
		}
		if err := l.unlock(); err != nil {
			t.Error(err)
		}
	})
	if f := openFeed(t, dir); f.RolledForward {
		t.Error("the feed was finished twice")
	}
	wantWhole(t, dir)
}

func TestDirectoryThatIsNoFeed(t *testing.T) {
	for _, row := range []struct {
		what, file string
		want       string // of the error; empty when the directory counts as empty
	}{
		{"only .feedctl", ".feedctl/lock", ""},
		{"version control", ".git/config", ""},
		{"a fresh disk", "lost+found/x", ""},
		{"somebody's files", "thesis.txt", `not a feed and not empty: it has no feed.json but holds "thesis.txt"`},
		{"a ledger without a manifest", "ledger/npm/x", "not a feed"},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, row.file, "")
			before := tree(t, dir)
			f, err := Open(dir)
			if err == nil {
				_ = f.Close()
			}
			w, lockErr := Lock(t.Context(), dir, "test", dayOne)
			if lockErr == nil {
				closeWriter(w)
			}
			for _, err := range []error{err, lockErr} {
				if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
					t.Errorf("error is %v, want %q", err, row.want)
				}
			}
			wantTree(t, dir, before)
			if _, err := os.Stat(filepath.Join(dir, controlDir)); row.want != "" && err == nil {
				t.Error(".feedctl was made")
			}
		})
	}
	t.Run("a file", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "x")
		write(t, filepath.Dir(name), "x", "")
		if _, err := Open(name); err == nil {
			t.Error("a file is opened")
		}
		if _, err := Lock(t.Context(), name, "test", dayOne); err == nil {
			t.Error("a file is locked")
		}
	})
}

func TestEmptyFeed(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		f := openFeed(t, dir)
		manifest, err := f.Manifest(t.Context())
		if err != nil || manifest.Sequence != 0 || len(manifest.Ecosystems) != 0 || f.Digest() != "" {
			t.Errorf("manifest is %+v, %v", manifest, err)
		}
		if _, err := f.Package(t.Context(), eco, "alpha"); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("package: %v", err)
		}
		if _, err := f.ReadFile(t.Context(), "demo/x", 10); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("file: %v", err)
		}
		if _, err := f.Stat("demo/x"); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("stat: %v", err)
		}
		if len(summaries(t, f)) != 0 {
			t.Error("an empty feed has packages")
		}
		for entry, err := range f.Walk(t.Context()) {
			t.Errorf("an empty feed has %+v, %v", entry, err)
		}
		if _, err := os.Stat(filepath.Join(dir, controlDir)); err == nil {
			t.Error("reading made .feedctl")
		}
		if roots, err := rootsIn(t, f); err != nil || len(roots) != 0 {
			t.Errorf("roots: %v, %v", roots, err)
		}
	}
}

func TestControlFolderThatIsNone(t *testing.T) {
	elsewhere := t.TempDir()
	for what, prepare := range map[string]func(dir string) error{
		"a file":          func(dir string) error { return os.WriteFile(filepath.Join(dir, controlDir), nil, 0o644) },
		"a symbolic link": func(dir string) error { return os.Symlink(elsewhere, filepath.Join(dir, controlDir)) },
		"a linked lock": func(dir string) error {
			if err := os.Mkdir(filepath.Join(dir, controlDir), 0o755); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(elsewhere, "x"), filepath.Join(dir, lockPath))
		},
	} {
		dir := seed(t)
		if err := os.RemoveAll(filepath.Join(dir, controlDir)); err != nil {
			t.Fatal(err)
		}
		if err := prepare(dir); err != nil {
			t.Skip(err)
		}
		if _, err := Lock(t.Context(), dir, "test", dayOne); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if left, err := os.ReadDir(elsewhere); err != nil || len(left) > 0 {
		t.Errorf("outside of the feed: %v, %v", left, err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("this user may write everywhere")
	}
	dir := seed(t)
	if err := os.RemoveAll(filepath.Join(dir, controlDir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	openFeed(t, dir)
	if _, err := Lock(t.Context(), dir, "test", dayOne); err == nil || !strings.Contains(err.Error(), "must be writable") {
		t.Errorf("lock: %v", err)
	}
}
