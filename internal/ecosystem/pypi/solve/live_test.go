//go:build live

package solve

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// liveCases are root sets of real projects, one a word.
var liveCases = []struct{ name, roots string }{
	{"ten", "django fastapi[standard] pandas scikit-learn sqlalchemy boto3 jupyterlab black pytest celery[redis]"},
	{"boto3_urllib3", "boto3 urllib3<1.25"},
	{"boto3_urllib3_impossible", "boto3>=1.30 urllib3<1.25"},
	{"airflow", "apache-airflow"},
	{"airflow_extras", "apache-airflow[amazon,google,celery,postgres]"},
	{"opentelemetry", "opentelemetry-distro"},
	{"opentelemetry_all", "opentelemetry-distro opentelemetry-exporter-otlp opentelemetry-instrumentation-flask opentelemetry-instrumentation-django<0.45"},
	{"dbt", "dbt-core dbt-postgres"},
	{"dbt_adapters", "dbt-core dbt-postgres dbt-snowflake dbt-bigquery"},
	{"tensorflow", "tensorflow numpy<1.24"},
	{"azure", "azure-cli"},
	{"sentry", "sentry-sdk[django,celery] celery<5 kombu"},
	{"jupyter", "jupyter notebook<7 jupyterlab"},
	{"homeassistant", "homeassistant aiohttp"},
	{"contradiction", "pandas>=2 numpy<1.20"},
	{"yanked", "attrs==21.1.0 pytest"},
	{"prerelease", "black>=18.9b0 opentelemetry-instrumentation>=0.40b0"},
}

// TestLive compares with "uv pip compile". Set UV to the program, LIVE to a
// pattern of cases, PYTHON and PLATFORM to another target.
func TestLive(t *testing.T) {
	uv := os.Getenv("UV")
	if uv == "" {
		uv = "uv"
	}
	if _, err := exec.LookPath(uv); err != nil {
		t.Skip("no uv")
	}
	python, platform := env("PYTHON", "3.11"), env("PLATFORM", "manylinux_2_28_x86_64")
	pattern := regexp.MustCompile(env("LIVE", "."))
	for _, c := range liveCases {
		if pattern.MatchString(c.name) {
			t.Run(c.name, func(t *testing.T) { compareWithUV(t, uv, c.roots, python, platform) })
		}
	}
}

func env(name, or string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return or
}

func compareWithUV(t *testing.T, uv, roots, python, platform string) {
	target, err := wheel.ParseTarget(python, platform)
	if err != nil {
		t.Fatal(err)
	}
	x := &simpleIndex{
		base: configuredIndex(t), target: wheel.NewSelector(target), env: marker.NewEnvironment(target),
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64,
		}},
	}
	defer x.client.CloseIdleConnections()
	in := Input{Python: x.env.PythonVersion(), LowerPythonOnly: true, Exact: os.Getenv("EXACT") != ""}
	for _, root := range strings.Fields(roots) {
		r, err := parseDependency(root, x.env)
		if err != nil {
			t.Fatal(err)
		}
		r.Origin = "roots"
		in.Roots = append(in.Roots, r)
	}
	kept := &keeping{universe: x}
	start := time.Now()
	s, err := Resolve(t.Context(), in, kept)
	took := time.Since(start)
	stats := s.Stats
	start = time.Now()
	_, _ = Resolve(t.Context(), in, kept)
	memory := time.Since(start)

	uvText, uvReads, uvTook := runUV(t, uv, roots, python, platform)
	t.Logf("%d wheels had no .metadata beside them", x.ranged.Load())
	t.Logf("%d packages; uv %.2f s, %d reads; here %.2f s, %d reads, %d pages; from memory %v; %+v",
		len(s.Packages), uvTook.Seconds(), uvReads, took.Seconds(), stats.Dependencies, stats.Versions, memory, stats)
	var conflict *Conflict
	switch {
	case errors.As(err, &conflict):
		t.Logf("no solution:\n%s", conflict)
		if !strings.Contains(uvText, "No solution found") {
			t.Errorf("uv found one:\n%s", uvText)
		}
		return
	case err != nil:
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, p := range s.Packages {
		lines.WriteString(p.Name + "==" + p.Candidate.Version.String() + "\n")
	}
	for _, a := range s.Assumed {
		t.Logf("assumed: %d of %s", a.Count, a.Name)
	}
	if diff := cmp.Diff(uvText, lines.String()); diff != "" {
		t.Errorf("-uv +here\n%s", diff)
	}
}

// pinLine matches the name of a pin with extras and padding.
var pinLine = regexp.MustCompile(`(?m)^([a-z0-9.-]+)(?:\[[^\]]*\])?==`)

var wheelRead = regexp.MustCompile(`No cache entry for: \S+\.whl`)

// runUV returns the pins, or what uv says instead, and how many wheels it read.
func runUV(t *testing.T, uv, roots, python, platform string) (text string, reads int, took time.Duration) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "requirements.in")
	if err := os.WriteFile(file, []byte(strings.Join(strings.Fields(roots), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, uv, "pip", "compile", "-v", "--no-cache", "--no-header", "--no-annotate", "--only-binary", ":all:",
		"--no-strip-extras", "--python-version", python, "--python-platform", uvPlatform(platform), file)
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	start := time.Now()
	err := cmd.Run()
	took = time.Since(start)
	seen := map[string]bool{}
	for _, m := range wheelRead.FindAllString(log.String(), -1) {
		seen[m] = true
	}
	if err != nil {
		said := log.String()
		if i := strings.Index(said, "No solution found"); i >= 0 {
			return said[i:], len(seen), took
		}
		return said[max(0, len(said)-2000):], len(seen), took
	}
	lines := strings.SplitAfter(pinLine.ReplaceAllString(out.String(), "$1=="), "\n")
	return strings.Join(slices.Compact(lines), ""), len(seen), took
}

// uvPlatform writes a platform as uv has it.
func uvPlatform(p string) string {
	if m := regexp.MustCompile(`^musllinux_1_2_(\w+)$`).FindStringSubmatch(p); m != nil {
		return m[1] + "-unknown-linux-musl"
	}
	if m := regexp.MustCompile(`^(manylinux)_(\d+_\d+)_(\w+)$`).FindStringSubmatch(p); m != nil {
		return m[3] + "-" + m[1] + "_" + m[2]
	}
	return map[string]string{"win_amd64": "x86_64-pc-windows-msvc", "macosx_14_0_arm64": "aarch64-apple-darwin"}[p]
}

// keeping remembers what a universe said.
type keeping struct {
	universe Universe
	versions sync.Map
	metas    sync.Map
}

func (k *keeping) Versions(ctx context.Context, name string) ([]Candidate, error) {
	if v, ok := k.versions.Load(name); ok {
		return v.([]Candidate), nil
	}
	list, err := k.universe.Versions(ctx, name)
	if err == nil {
		k.versions.Store(name, list)
	}
	return list, err
}

func (k *keeping) Dependencies(ctx context.Context, name string, c Candidate) (Metadata, error) {
	key := name + " " + c.Version.String()
	if v, ok := k.metas.Load(key); ok {
		return v.(Metadata), nil
	}
	m, err := k.universe.Dependencies(ctx, name, c)
	if err == nil {
		k.metas.Store(key, m)
	}
	return m, err
}
