//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestChosenLock mirrors packages without a lock. The project that feedctl wrote
// into the feed, a package.json with the lock it chose, is one that npm installs
// without changing it.
func TestChosenLock(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), stageLimit)
	defer cancel()
	feed := filepath.Join(t.TempDir(), "feed")
	report, err := output(grouped(exec.CommandContext(ctx, program(t, "feedctl"), "mirror", "npm:express@^4.0.0",
		"--to", feed, "--base-url", feedURL, "--json")))
	if err != nil {
		t.Fatal(err)
	}
	chosen := chosenFiles(t, feed, report)
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	for _, version := range []string{"10.9.9", "11.19.1", "12.2.0"} {
		t.Run("npm "+version, func(t *testing.T) {
			p := newProject(t, tool(t, "npm", version), inside, "express")
			for name, text := range chosen {
				writeFile(t, p.file(name), text)
			}
			if err := p.install(t, ctx, "npm", "ci"); err != nil {
				t.Fatal(err)
			}
			if p.readLock(t) != chosen["package-lock.json"] {
				t.Error("npm ci changed the lock that feedctl chose")
			}
			if _, err := run(p.node(ctx, "express/check.js")); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// chosenFiles reads the files that the report of a run says feedctl chose, by
// their names. The lock is one of them.
func chosenFiles(t *testing.T, feed string, report []byte) map[string]string {
	t.Helper()
	var decoded struct {
		Chosen []string `json:"chosen"`
	}
	if err := json.Unmarshal(report, &decoded); err != nil {
		t.Fatalf("read the report of feedctl mirror --json: %v", err)
	}
	files := map[string]string{}
	for _, file := range decoded.Chosen {
		text, err := os.ReadFile(filepath.Join(feed, file))
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(file)] = string(text)
	}
	if files["package-lock.json"] == "" {
		t.Fatalf("feedctl mirror chose %q, want a package-lock.json", decoded.Chosen)
	}
	return files
}
