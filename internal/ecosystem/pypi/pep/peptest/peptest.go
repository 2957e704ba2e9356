// Package peptest asks the reference implementations of Python's packaging
// standards. Only tests with the build tag "live" do: they need python3 and its
// configured package index.
package peptest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// Reference is the release of the packaging library that feedctl follows, and UV
// that of the other installer that it is compared with.
const (
	Reference = "packaging==26.3"
	UV        = "uv==0.13.9"
)

// Install installs a package into a folder of its own and returns that. The test
// is skipped where python3 or the package is not to be had.
func Install(t *testing.T, requirement string) string {
	t.Helper()
	folder := t.TempDir()
	install := exec.CommandContext(t.Context(), "python3", "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, requirement)
	if text, err := install.CombinedOutput(); err != nil {
		t.Skipf("%s is not to be had: %v\n%s", requirement, err, text)
	}
	return folder
}

// Python runs a script with the packaging library on its path. The script reads
// input from its standard input as JSON and prints what output is filled with.
func Python(t *testing.T, script string, input, output any) {
	t.Helper()
	folder := Install(t, Reference)
	data, err := json.Marshal(input)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "python3", "-c", script)
	run.Env = append(os.Environ(), "PYTHONPATH="+folder)
	run.Stdin = bytes.NewReader(data)
	run.Stderr = os.Stderr
	data, err = run.Output()
	if err != nil {
		t.Fatalf("python3: %v", err)
	}
	if err := json.Unmarshal(data, output); err != nil {
		t.Fatalf("python3 printed no JSON: %v", err)
	}
}
