package discover

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

var update = flag.Bool("update", false, "write the answers into testdata")

// TestDiscover runs the archives in testdata. The files of an archive are the
// folders home, project and prefix; $ROOT is the folder that holds them. The
// lines before the first file are
//
//	env KEY=value     a variable
//	dir FOLDER        the input's folder; default project
//	lock NAME URL     an entry of the lock
//	npm TEXT          what "npm config get registry" answers
//
// and the file want is what comes out. A text with "tok-" in it is a secret.
func TestDiscover(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d archives, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) { runArchive(t, name) })
	}
}

func runArchive(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	want := writeFiles(t, archive, root)
	env := parseScript(t, string(archive.Comment), root)
	configs, err := Discover(t.Context(), env)
	got := strings.ReplaceAll(describe(configs, err), root, "$ROOT")
	if err != nil && strings.Contains(err.Error(), "tok-") {
		t.Errorf("the error shows a secret: %v", err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", configs, configs, configs); strings.Contains(shown, "tok-") {
		t.Errorf("printing the upstreams shows a secret: %s", shown)
	}
	if *update {
		updateWant(t, name, archive, got)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func writeFiles(t *testing.T, archive *txtar.Archive, root string) (want string) {
	t.Helper()
	for _, dir := range []string{"home", "project"} {
		mkdir(t, filepath.Join(root, dir))
	}
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		path := filepath.Join(root, filepath.FromSlash(f.Name))
		mkdir(t, filepath.Dir(path))
		mode := os.FileMode(0o600)
		if strings.Contains(f.Name, "/bin/") {
			mode = 0o755
		}
		data := strings.ReplaceAll(string(f.Data), "$ROOT", root)
		if err := os.WriteFile(path, []byte(data), mode); err != nil {
			t.Fatal(err)
		}
	}
	return want
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func parseScript(t *testing.T, script, root string) ecosystem.Environment {
	t.Helper()
	env := ecosystem.Environment{
		Dir:      filepath.Join(root, "project"),
		Home:     filepath.Join(root, "home"),
		ReadFile: os.ReadFile,
		Run: func(context.Context, string, ...string) ([]byte, error) {
			return nil, errors.New("not installed")
		},
	}
	for line := range strings.Lines(script) {
		word, rest, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(line, "$ROOT", root)), " ")
		switch word {
		case "env":
			env.Environ = append(env.Environ, rest)
		case "dir":
			env.Dir = filepath.Join(root, filepath.FromSlash(rest))
		case "lock":
			name, url, _ := strings.Cut(rest, " ")
			env.Recorded = append(env.Recorded, feed.Node{Name: name, Version: "1.0.0", Pins: []feed.Pin{{URL: url}}})
		case "npm":
			env.Run = answer(t, strings.ReplaceAll(rest, `\n`, "\n"))
		case "", "#":
		default:
			t.Fatalf("unknown line %q", line)
		}
	}
	return env
}

func answer(t *testing.T, text string) func(context.Context, string, ...string) ([]byte, error) {
	return func(_ context.Context, name string, args ...string) ([]byte, error) {
		if got := name + " " + strings.Join(args, " "); got != "npm config get registry" {
			t.Errorf("ran %s", got)
		}
		return []byte(text), nil
	}
}

func describe(configs []ecosystem.UpstreamConfig, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	for _, c := range configs {
		fmt.Fprintf(&b, "%s %s\n  found in %s\n", c.Name, c.URL, c.FoundIn)
		if c.Ecosystem != "npm" || c.Access.Upstream != c.Name || c.Feed || c.Disabled || c.Exclude != nil {
			fmt.Fprintf(&b, "  WRONG %+v\n", c)
		}
		if len(c.Include) > 0 {
			fmt.Fprintf(&b, "  include %s\n", strings.Join(c.Include, " "))
		}
		if c.Access.Authorization != "" {
			fmt.Fprintf(&b, "  sends %s to %s\n", string(c.Access.Authorization), c.Access.Base)
		}
		if c.Access.CertFile != "" {
			fmt.Fprintf(&b, "  certificate %s %s to %s\n", c.Access.CertFile, c.Access.KeyFile, c.Access.Base)
		}
		for _, file := range c.Access.CAFiles {
			fmt.Fprintf(&b, "  trusts %s\n", file)
		}
		if len(c.Access.CA) > 0 {
			fmt.Fprintf(&b, "  trusts %q\n", c.Access.CA)
		}
	}
	return b.String()
}

func updateWant(t *testing.T, name string, archive *txtar.Archive, got string) {
	t.Helper()
	for i := range archive.Files {
		if archive.Files[i].Name == "want" {
			archive.Files[i].Data = []byte(got)
			if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("the archive has no file want")
}
