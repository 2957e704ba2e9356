//go:build live

package pypi_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
	"github.com/feedctl/feedctl/pkg/feed"
)

// hardSets are requirements of real projects, of which most can only be met by
// going back from what was tried first, and some not at all.
var hardSets = []struct{ name, roots string }{
	{"the ten roots", "django fastapi[standard] pandas scikit-learn sqlalchemy boto3 jupyterlab black pytest celery[redis]"},
	{"boto3 with an old urllib3", "boto3 urllib3<1.25"},
	{"a boto3 too new for it", "boto3>=1.30 urllib3<1.25"},
	{"airflow", "apache-airflow"},
	{"airflow with providers", "apache-airflow[amazon,google,celery,postgres]"},
	{"tensorflow", "tensorflow numpy<1.24"},
	{"torch", "torch torchvision transformers[torch]"},
	{"opentelemetry", "opentelemetry-distro opentelemetry-exporter-otlp opentelemetry-instrumentation-flask opentelemetry-instrumentation-django<0.45"},
	{"sentry", "sentry-sdk[django,celery] celery<5 kombu"},
	{"azure-cli", "azure-cli"},
	{"dbt with adapters", "dbt-core dbt-postgres dbt-snowflake dbt-bigquery"},
	{"jupyter", "jupyter notebook<7 jupyterlab"},
	{"home assistant", "homeassistant aiohttp"},
}

// TestLiveSets resolves the hard sets beside "uv pip compile", wheels alone. Each
// writes one row of a table: packages, whether uv comes to the same, metadata read
// here and by uv, and the time taken as a part of uv's. Set SETS to a pattern.
func TestLiveSets(t *testing.T) {
	uv := uvProgram(t)
	pattern := regexp.MustCompile(cmp.Or(os.Getenv("SETS"), "."))
	python, platform := cmp.Or(os.Getenv("PYTHON"), "3.11"), cmp.Or(os.Getenv("PLATFORM"), "manylinux_2_28_x86_64")
	for _, set := range hardSets {
		if !pattern.MatchString(set.name) {
			continue
		}
		t.Run(set.name, func(t *testing.T) {
			theirs := compileWheels(t, uv, strings.Fields(set.roots), python, platform)
			asked := request(t, python, platform, strings.Fields(set.roots)...)
			asked.Options["sdist"] = "none"
			index := &counting{miniature: newMiniature(t, liveIndex(t)), read: map[string]bool{}}
			started := time.Now()
			graph, err := pypi.Ecosystem().Resolve(t.Context(), asked, index)
			took := time.Since(started)
			var unmet *feed.ResolveError
			result, packages := "equal", strings.Count(pinned(graph), "\n")+1
			switch {
			case errors.As(err, &unmet):
				result, packages = "the same contradiction", 0
				if !theirs.contradiction {
					result = "DIFFERS: uv finds a solution"
				}
			case err != nil:
				t.Fatal(err)
			case theirs.contradiction:
				result = "DIFFERS: uv finds none"
			case pinned(graph) != theirs.pins:
				result = "DIFFERS"
				t.Logf("got, not in uv's:\n%s\nonly uv's:\n%s", without(pinned(graph), theirs.pins), without(theirs.pins, pinned(graph)))
			}
			if strings.HasPrefix(result, "DIFFERS") {
				t.Error(result)
			}
			t.Logf("| %s | %s %s | %d | %s | %d | %d | %.2f (%.1f s, uv %.1f s) |", set.name, python, platform, packages, result, len(index.read), theirs.reads,
				took.Seconds()/theirs.took.Seconds(), took.Seconds(), theirs.took.Seconds())
		})
	}
}

// counting counts the metadata documents that are read.
type counting struct {
	*miniature
	mu   sync.Mutex
	read map[string]bool
}

func (c *counting) Open(ctx context.Context, name, version string, file feed.File) (io.ReadCloser, error) {
	c.mu.Lock()
	c.read[file.Path] = true
	c.mu.Unlock()
	return c.miniature.Open(ctx, name, version, file)
}

// compilation is what uv comes to.
type compilation struct {
	pins          string
	contradiction bool
	reads         int // wheels of which it read metadata
	took          time.Duration
}

var wheelRead = regexp.MustCompile(`No cache entry for: \S+\.whl`)

// compileWheels runs "uv pip compile" without a cache.
func compileWheels(t *testing.T, uv string, roots []string, python, platform string) compilation {
	t.Helper()
	file := filepath.Join(t.TempDir(), "requirements.in")
	if err := os.WriteFile(file, []byte(strings.Join(roots, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, uv, "pip", "compile", "-v", "--no-cache", "--no-header", "--no-annotate", "--only-binary", ":all:",
		"--python-version", python, "--python-platform", uvPlatform(platform), file)
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	started := time.Now()
	err := cmd.Run()
	found := compilation{took: time.Since(started), contradiction: strings.Contains(log.String(), "No solution found")}
	if err != nil && !found.contradiction {
		t.Fatalf("uv: %v\n%s", err, log.String()[max(0, log.Len()-2000):])
	}
	reads := wheelRead.FindAllString(log.String(), -1)
	slices.Sort(reads)
	found.reads = len(slices.Compact(reads))
	found.pins = strings.TrimSpace(regexp.MustCompile(`\[[^\]]*\]`).ReplaceAllString(out.String(), ""))
	return found
}
