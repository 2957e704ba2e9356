//go:build live

package pypi_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
	"github.com/feedctl/feedctl/pkg/feed"
)

// TestLiveUV compares what a request comes to with "uv pip compile", one target
// after the other, then resolves for all of them at once. Set ROOTS, PYTHONS and
// PLATFORMS to others.
func TestLiveUV(t *testing.T) {
	uv := uvProgram(t)
	roots := strings.Fields(cmp.Or(os.Getenv("ROOTS"), "django fastapi[standard] pandas scikit-learn sqlalchemy boto3 jupyterlab black pytest celery[redis]"))
	pythons := strings.Fields(cmp.Or(os.Getenv("PYTHONS"), "3.11"))
	platforms := cmp.Or(os.Getenv("PLATFORMS"), "manylinux_2_28_x86_64")
	m := newMiniature(t, liveIndex(t))
	for _, python := range pythons {
		for _, platform := range strings.Fields(platforms) {
			t.Run(python+" "+platform, func(t *testing.T) {
				started := time.Now()
				graph, err := pypi.Ecosystem().Resolve(t.Context(), request(t, python, platform, roots...), m)
				took := time.Since(started)
				if err != nil {
					t.Fatal(err)
				}
				want, uvTook := compiled(t, uv, roots, python, platform)
				if got := pinned(graph); got != want {
					t.Errorf("got, not in uv's:\n%s\nonly uv's:\n%s", without(got, want), without(want, got))
				}
				t.Logf("%d releases in %v (uv %v)\n%s", len(graph.Nodes), took, uvTook, strings.Join(graph.Notes, "\n"))
			})
		}
	}
	m = newMiniature(t, liveIndex(t))
	started := time.Now()
	graph, err := pypi.Ecosystem().Resolve(t.Context(), request(t, strings.Join(pythons, ","), platforms, roots...), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("all at once, cold: %d releases in %v", len(graph.Nodes), time.Since(started))
}

// pinned lists what a graph runs as pins. What is only for building is left out.
func pinned(graph feed.Graph) string {
	var lines []string
	for _, node := range graph.Nodes {
		if !strings.HasSuffix(node.Reason, "for building") {
			lines = append(lines, node.Name+"=="+node.Version)
		}
	}
	return strings.Join(lines, "\n")
}

func without(a, b string) string {
	other := strings.Split(b, "\n")
	return strings.Join(slices.DeleteFunc(strings.Split(a, "\n"), func(line string) bool { return slices.Contains(other, line) }), "\n")
}

func compiled(t *testing.T, uv string, roots []string, python, platform string) (string, time.Duration) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "requirements.in")
	if err := os.WriteFile(file, []byte(strings.Join(roots, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), uv, "pip", "compile", "-q", "--no-cache", "--no-header", "--no-annotate", "--python-version", python, "--python-platform", uvPlatform(platform), file)
	started := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("uv: %v\n%s", err, out)
	}
	return strings.TrimSpace(regexp.MustCompile(`\[[^\]]*\]`).ReplaceAllString(string(out), "")), time.Since(started)
}

// uvPlatform writes a platform as uv has it.
func uvPlatform(p string) string {
	if m := regexp.MustCompile(`^musllinux_1_2_(\w+)$`).FindStringSubmatch(p); m != nil {
		return m[1] + "-unknown-linux-musl"
	}
	if m := regexp.MustCompile(`^manylinux_(\d+_\d+)_(\w+)$`).FindStringSubmatch(p); m != nil {
		return m[2] + "-manylinux_" + m[1]
	}
	return map[string]string{"win_amd64": "x86_64-pc-windows-msvc", "macosx_14_0_arm64": "aarch64-apple-darwin"}[p]
}
