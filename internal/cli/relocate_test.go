package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("lock"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("lock", at("link")); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if err := replaceFile(at("link"), at("lock"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(at("lock"))
	info, err2 := os.Lstat(at("link"))
	if err != nil || err2 != nil || string(data) != "new" || info.Mode().IsRegular() {
		t.Errorf("behind the link: %q, %v, %v", data, err, err2)
	}
	if info, err := os.Stat(at("lock")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions: %v, %v", info.Mode(), err)
	}
	if err := replaceFile(at("folder/lock"), at("lock"), nil); err == nil {
		t.Error("a folder that is not there: no error")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestReplaceFileKeepsPipes writes into what is no plain file. The folder is one of
// the test's own: a mistake here must not reach a device of the machine.
func TestReplaceFileKeepsPipes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := makePipe(name); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	got := make(chan string, 1)
	go func() {
		data, err := os.ReadFile(name)
		if err != nil {
			data = []byte(err.Error())
		}
		got <- string(data)
	}()
	if err := replaceFile(name, name, []byte("lock")); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "lock" {
		t.Errorf("the pipe has %q", text)
	}
	if info, err := os.Lstat(name); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe became %v, %v", info, err)
	}
}

func TestRelocationBase(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "feed.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rows := map[string]struct {
		options  relocateOptions
		recorded string
		want     string // "" for a usage error
	}{
		"given":              {relocateOptions{from: dir, base: "http://host.test/feed/"}, "http://old.test", "http://host.test/feed"},
		"recorded":           {relocateOptions{from: dir}, "http://old.test", "http://old.test"},
		"folder of the feed": {relocateOptions{from: dir}, "", "file://"},
		"URL of the feed":    {relocateOptions{from: "http://host.test/feed"}, "", "http://host.test/feed"},
		"folder given":       {relocateOptions{from: "http://host.test", base: dir}, "http://old.test", "file://"},
		"file URL":           {relocateOptions{from: dir, base: "file:///srv/a%20feed/"}, "", "file:///srv/a%20feed"},
		"no feed there":      {relocateOptions{from: dir, base: filepath.Join(dir, "none")}, "", ""},
		"file URL with host": {relocateOptions{from: dir, base: "file://host/feed"}, "", ""},
		"other scheme":       {relocateOptions{from: dir, base: "ftp://host.test"}, "", ""},
	}
	for name, row := range rows {
		got, err := relocationBase(row.options, row.recorded)
		if (err != nil) != (row.want == "") || !strings.HasPrefix(got, row.want) || exitCode(err) == exitFailure {
			t.Errorf("%s: %q, %v; want %q", name, got, err, row.want)
		}
	}
}
