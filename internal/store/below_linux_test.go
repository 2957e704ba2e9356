package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/feedctl/feedctl/pkg/feed"
)

// TestReadBelow reads what lies in a feed's folder in odd ways. A pipe without a
// writer must not be waited for.
func TestReadBelow(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	errs := errors.Join(
		os.WriteFile(secret, []byte("secret"), 0o600),
		os.WriteFile(filepath.Join(dir, "file"), []byte("file"), 0o600),
		os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600),
		os.Mkdir(filepath.Join(dir, "folder"), 0o700),
		unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
		os.Symlink("file", filepath.Join(dir, "inside")),
		os.Symlink(secret, filepath.Join(dir, "outside")),
		os.Symlink(outside, filepath.Join(dir, "way")),
	)
	if errs != nil {
		t.Fatal(errs)
	}
	d, err := openDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for path, want := range map[string]string{"file": "file", "inside": "file", "empty": ""} {
		if got, err := readFile(context.Background(), d, path, 100); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"pipe", "folder", "none", "file/none"} {
		if got, err := readFile(context.Background(), d, path, 100); !errors.Is(err, feed.ErrNotFound) {
			t.Errorf("%s: %q, %v, want not found", path, got, err)
		}
	}
	for _, path := range []string{"outside", "way/secret", "../" + filepath.Base(outside) + "/secret", secret} {
		if got, err := readFile(context.Background(), d, path, 100); err == nil {
			t.Errorf("%s: %q, which is outside", path, got)
		}
	}
	if got, err := d.read("file", 3); err == nil {
		t.Errorf("%q is longer than 3 bytes", got)
	}
}
